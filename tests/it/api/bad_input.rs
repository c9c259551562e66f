//! Wrong input of every kind gets a clear error with a code, and changes nothing.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::server::TestServer;

/// Sends each body to its route and expects each code; afterwards nothing has changed.
fn refuses(cases: &[(&str, Value, u16, &str)]) {
    let server = TestServer::start();
    let before = server.facts();
    for (route, body, status, code) in cases {
        let answer = server.post(route, body);
        let shown: String = body.to_string().chars().take(200).collect();
        assert_eq!((answer.status, answer.code().as_str()), (*status, *code), "{route} {shown}: {}", answer.text);
    }
    assert_eq!(server.facts(), before);
}

fn check(subject: &str, permission: &str, object: &str) -> Value {
    json!({"subject": subject, "permission": permission, "object": object})
}

fn insert(fact: Value) -> Value {
    json!({"insert": [["viewer", "doc:7", "user:ana"], fact]})
}

#[test]
fn names_that_the_policy_does_not_know_are_refused() {
    refuses(&[
        ("check", check("wat:ana", "doc.view", "doc:1"), 400, "unknown-type"),
        ("check", check("user:ana", "doc.view", "wat:1"), 400, "unknown-type"),
        ("check", check("user:ana", "doc.wat", "doc:1"), 400, "unknown-permission"),
        ("check", check("user:ana", "doc.view", "folder:1"), 400, "permission-not-on"),
        ("list/objects", json!({"subject": "user:ana", "permission": "doc.view", "type": "wat"}), 400, "unknown-type"),
        ("list/subjects", json!({"type": "wat", "permission": "doc.view", "object": "doc:1"}), 400, "unknown-type"),
        ("list/permissions", json!({"subject": "user:ana", "object": "wat:1"}), 400, "unknown-type"),
        ("query", json!({"goal": "wat(X)"}), 400, "unknown-predicate"),
        ("write", insert(json!(["wat", "doc:1"])), 400, "unknown-predicate"),
        ("write", insert(json!(["viewer", "doc:1", "wat:1"])), 400, "unknown-type"),
        ("load", json!({"facts": [["wat", "doc:1"]]}), 400, "unknown-predicate"),
    ]);
}

#[test]
fn malformed_and_huge_ids_are_refused() {
    let huge = format!("doc:{}", "x".repeat(1 << 20));
    refuses(&[
        ("check", check("ana", "doc.view", "doc:1"), 400, "unknown-constant"),
        ("check", check("user:", "doc.view", "doc:1"), 400, "malformed-id"),
        ("check", check("user:ana", "doc.view", "doc:*"), 400, "wrong-type"),
        ("check", check("user:ana", "doc.view", "doc:a\tb"), 400, "malformed-id"),
        ("check", check("user:ana", "doc.view", "doc:a\u{0}b"), 400, "malformed-id"),
        ("check", check("user:ana", "doc.view", &huge), 400, "malformed-id"),
        ("write", insert(json!(["viewer", "doc:", "user:ana"])), 400, "malformed-id"),
        ("write", insert(json!(["viewer", "doc:a\u{0}b", "user:ana"])), 400, "malformed-id"),
        ("write", insert(json!(["viewer", huge, "user:ana"])), 400, "malformed-id"),
        ("write", json!({"delete": [["viewer", huge, "user:ana"]]}), 400, "malformed-id"),
    ]);
}

#[test]
fn huge_names_are_refused_and_not_repeated() {
    let huge = "x".repeat(1 << 20);
    refuses(&[
        ("check", check(&format!("{huge}:ana"), "doc.view", "doc:1"), 400, "unknown-type"),
        ("check", check(&huge, "doc.view", "doc:1"), 400, "unknown-constant"),
        ("check", check("user:ana", &huge, "doc:1"), 400, "unknown-permission"),
        ("check", check(&format!("user:ana#{huge}"), "doc.view", "doc:1"), 400, "unknown-predicate"),
        ("query", json!({"goal": format!("{huge}(X)")}), 400, "text-too-large"),
        ("write", insert(json!([huge, "doc:1"])), 400, "unknown-predicate"),
        ("write", json!({"expect_revision": huge}), 400, "malformed-token"),
        ("list/objects", json!({"subject": "user:ana", "permission": "doc.view", "type": huge}), 400, "unknown-type"),
        (
            "check",
            json!({"subject": "user:ana", "permission": "doc.view", "object": "doc:1", "at": huge}),
            400,
            "malformed-token",
        ),
        (
            "check",
            json!({"subject": "user:ana", "permission": "doc.view", "object": "doc:1", "context": {huge.as_str(): []}}),
            400,
            "unknown-predicate",
        ),
    ]);
}

#[test]
fn facts_that_do_not_fit_are_refused() {
    refuses(&[
        ("write", insert(json!(["viewer", "doc:1"])), 400, "wrong-arity"),
        ("write", insert(json!(["viewer", "doc:1", "user:ana", "user:bo"])), 400, "wrong-arity"),
        ("write", insert(json!(["viewer"])), 400, "wrong-arity"),
        ("write", insert(json!(["size", "doc:1", "many"])), 400, "wrong-type"),
    ]);
}

#[test]
fn fields_that_are_wrong_are_named() {
    refuses(&[
        ("check", json!({"subject": "user:ana", "permission": "doc.view"}), 400, "missing-field"),
        ("check", json!({"subject": 1, "permission": "doc.view", "object": "doc:1"}), 400, "invalid-field"),
        ("check", json!([1]), 400, "invalid-field"),
        ("write", json!({"inserts": []}), 400, "unknown-field"),
        ("write", insert(json!(["size", "doc:1", 1.5])), 400, "invalid-field"),
        ("write", insert(json!(["size", "doc:1", null])), 400, "invalid-field"),
        ("write", insert(json!([])), 400, "invalid-field"),
        ("check/batch", json!({"checks": [{"subject": "user:ana", "wat": 1}]}), 400, "unknown-field"),
        (
            "list/objects",
            json!({"subject": "user:ana", "permission": "doc.view", "type": "doc", "limit": 0}),
            400,
            "invalid-field",
        ),
        (
            "check",
            json!({"subject": "user:ana", "permission": "doc.view", "object": "doc:1", "context": {"ip": 1}}),
            400,
            "invalid-field",
        ),
    ]);
}

#[test]
fn an_unknown_field_is_shown_with_its_place() {
    let server = TestServer::start();
    let answer = server.post("check/batch", &json!({"checks": [{"subject": "user:ana", "wat": 1}]}));
    assert_eq!(answer.json()["detail"], "unknown field `checks[0].wat`");
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    let server = TestServer::start();
    let before = server.facts();
    for body in ["", "{", "{\"insert\": [[\"viewer\", ]]}", "\u{0}", "{} {}", "{\"insert\": [[\"a\u{0}b\"]]}"] {
        let answer = server.post_text("write", body);
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid-json"), "{body:?}");
        assert!(answer.text.contains(" at line 1 column "), "{answer:?}");
    }
    assert_eq!(server.facts(), before);
}

#[test]
fn a_body_must_say_that_it_is_json_and_be_of_a_size() {
    let server = TestServer::start();
    let path = "/v1/tenants/acme/check";
    let plain = server.send("POST", path, &[("content-type", "text/plain")], b"{}");
    assert_eq!((plain.status, plain.code().as_str()), (415, "wrong-content-type"));
    let silent = server.send("POST", path, &[], b"{}");
    assert_eq!((silent.status, silent.code().as_str()), (415, "wrong-content-type"));
    let large = format!("{{\"subject\": \"{}\"}}", "x".repeat(3 << 20));
    let large = server.post_text("check", &large);
    assert_eq!((large.status, large.code().as_str()), (413, "body-too-large"));
    let headers = [("content-type", "application/json"), ("expect", "100-continue"), ("content-length", "3145728")];
    let announced = server.head_only("POST", path, &headers);
    assert!(announced.starts_with("HTTP/1.1 413 "), "{announced}");
}

#[test]
fn routes_methods_and_tenants_that_are_not_there_are_problems_too() {
    let server = TestServer::start();
    for path in ["/", "/v1", "/v1/tenants/acme", "/v1/tenants/acme/wat", "/openapi.json/x"] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.code().as_str()), (404, "unknown-route"), "{path}");
    }
    let wrong = server.send("DELETE", "/v1/tenants/acme/policy", &[], b"");
    assert_eq!((wrong.status, wrong.code().as_str()), (405, "wrong-method"));
    let allowed = wrong.headers.get("allow").unwrap();
    assert!(allowed.contains("GET") && allowed.contains("PUT"), "{allowed}");
    assert_eq!(server.get("/v1/tenants/acme/check").code(), "wrong-method");

    let body = check("user:ana", "doc.view", "doc:1").to_string();
    for tenant in ["nobody", "a%00b", "%2E%2E", &"x".repeat(5000)] {
        let path = format!("/v1/tenants/{tenant}/check");
        let answer = server.send("POST", &path, &[("content-type", "application/json")], body.as_bytes());
        assert_eq!((answer.status, answer.code().as_str()), (404, "unknown-tenant"), "{tenant}");
        assert_eq!(server.get(&format!("/v1/tenants/{tenant}/facts")).code(), "unknown-tenant");
    }
    let answer = server.send("POST", "/v1/tenants/%FF/check", &[("content-type", "application/json")], body.as_bytes());
    assert_eq!((answer.status, answer.code().as_str()), (400, "invalid-path"));
}

#[test]
fn a_tenants_name_that_can_not_be_is_refused_when_a_policy_is_put() {
    let server = TestServer::start();
    let policy = json!({"main": "small.dl", "files": {"small.dl": super::server::RULES}}).to_string();
    for tenant in ["a%00b", &"x".repeat(5000)] {
        let path = format!("/v1/tenants/{tenant}/policy");
        let answer = server.send("PUT", &path, &[("content-type", "application/json")], policy.as_bytes());
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert_eq!(server.get(&path).code(), "unknown-tenant");
    }
}

#[test]
fn tokens_and_cursors_that_are_not_ours_are_refused() {
    let server = TestServer::start();
    let other = TestServer::start();
    let at = |token: &str| {
        let mut check = check("user:ana", "doc.view", "doc:1");
        check["at"] = json!(token);
        server.post("check", &check)
    };
    assert_eq!(at("wat").code(), "malformed-token");
    let elsewhere = other.post("check", &check("user:ana", "doc.view", "doc:1")).json()["revision"].clone();
    assert_eq!(at(elsewhere.as_str().unwrap()).code(), "foreign-token");
    let list = json!({"subject": "user:ana", "permission": "doc.view", "type": "doc", "cursor": "wat"});
    assert_eq!(server.post("list/objects", &list).code(), "malformed-cursor");
}

#[test]
fn garbage_on_the_wire_harms_nobody() {
    let server = TestServer::start();
    for garbage in [&b"\0\0\0\0\r\n\r\n"[..], b"GET /\0 HTTP/1.1\r\n\r\n", b"wat\r\n\r\n"] {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(garbage).unwrap();
        let mut reply = Vec::new();
        // The server may close the connection without a word.
        let _ = stream.read_to_end(&mut reply);
        assert!(reply.is_empty() || reply.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&reply));
    }
    assert_eq!(server.get("/health").status, 200);
}
