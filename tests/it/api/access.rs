//! Keys: who may ask what, in which tenant.

use serde_json::json;

use super::server::{Answer, RULES, TestServer};
use crate::cli::program::entail;

/// A key and its line of the keys file, made by the command.
fn key(tenants: &str, allow: &str) -> (String, String) {
    let run = entail(&["keys", "new", "--tenant", tenants, "--allow", allow, "--json"]);
    let made: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    (made["key"].as_str().unwrap().to_owned(), made["line"].as_str().unwrap().to_owned())
}

#[test]
fn a_key_opens_its_tenants_for_what_it_allows() {
    let (reader, reader_line) = key("acme", "read");
    let (writer, writer_line) = key("acme,globex", "write");
    let (operator, operator_line) = key("*", "operate");
    let server = TestServer::start_with(Some(&format!("{reader_line}\n{writer_line}\n{operator_line}\n")));
    let send = |key: &str, method: &str, tenant: &str, route: &str, body: serde_json::Value| -> Answer {
        let bearer = format!("Bearer {key}");
        let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
        server.send(method, &format!("/v1/tenants/{tenant}/{route}"), &headers, body.to_string().as_bytes())
    };
    let check = || json!({"subject": "user:ana", "permission": "doc.view", "object": "doc:1"});
    let write = || json!({"insert": [["viewer", "doc:2", "user:bo"]]});
    let policy = || json!({"main": "small.dl", "files": {"small.dl": RULES}});
    let load = || json!({"facts": []});

    assert_eq!(send(&reader, "POST", "acme", "check", check()).status, 200);
    assert_eq!(send(&reader, "POST", "globex", "check", check()).code(), "tenant-not-allowed");
    assert_eq!(send(&reader, "POST", "nobody", "check", check()).code(), "tenant-not-allowed");
    let refused = send(&reader, "POST", "acme", "write", write());
    assert_eq!((refused.status, refused.code().as_str()), (403, "not-allowed"));

    assert_eq!(send(&writer, "POST", "globex", "write", write()).status, 200);
    assert_eq!(send(&writer, "POST", "acme", "load", load()).code(), "not-allowed");
    assert_eq!(send(&writer, "PUT", "acme", "policy", policy()).code(), "not-allowed");

    assert_eq!(send(&operator, "PUT", "new", "policy", policy()).status, 200);
    assert_eq!(send(&operator, "POST", "new", "load", load()).status, 200);
    assert_eq!(send(&operator, "POST", "nobody", "check", check()).code(), "unknown-tenant");

    assert_eq!(send(&reader, "GET", "acme", "changes", json!(null)).status, 200);
    assert_eq!(send(&writer, "POST", "acme", "verify", json!({})).code(), "not-allowed");
    let verified = send(&operator, "POST", "acme", "verify", json!({})).json();
    assert_eq!((&verified["sound"], &verified["fault_count"]), (&json!(true), &json!(0)));
}

#[test]
fn a_backup_needs_a_key_that_may_operate_every_tenant() {
    let (some, some_line) = key("acme,globex", "operate");
    let (writer, writer_line) = key("*", "write");
    let server = TestServer::start_with(Some(&format!("{some_line}\n{writer_line}\n")));
    let backup = |key: &str| server.send("POST", "/v1/backup", &[("authorization", &format!("Bearer {key}"))], b"");
    assert_eq!(backup(&some).code(), "tenant-not-allowed");
    assert_eq!(backup(&writer).code(), "not-allowed");
    assert_eq!(backup("entail_wat").code(), "unknown-key");
    assert_eq!(server.send("POST", "/v1/backup", &[], b"").code(), "missing-key");
}

#[test]
fn without_a_known_key_nothing_of_a_tenant_is_told() {
    let (_, line) = key("acme", "read");
    let server = TestServer::start_with(Some(&line));
    let missing = server.get("/v1/tenants/acme/facts");
    assert_eq!((missing.status, missing.code().as_str()), (401, "missing-key"));
    assert!(missing.headers["www-authenticate"].starts_with("Bearer"));
    for wrong in ["Bearer entail_wat", "Bearer ", "Basic YTpi", &format!("Bearer {line}")] {
        let answer = server.send("GET", "/v1/tenants/acme/facts", &[("authorization", wrong)], b"");
        assert_eq!((answer.status, answer.code().as_str()), (401, "unknown-key"), "{wrong}");
    }
    assert_eq!(server.get("/metrics").code(), "missing-key");
    assert_eq!(server.get("/health").status, 200);
    assert_eq!(server.get("/openapi.json").status, 200);
}
