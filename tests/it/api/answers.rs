//! Right questions get right answers.

use serde_json::{Value, json};

use super::server::{RULES, TestServer};
use crate::tokens::later;

#[test]
fn a_check_allows_and_denies() {
    let server = TestServer::start();
    let check = |subject: &str, object: &str| {
        let answer = server.post("check", &json!({"subject": subject, "permission": "doc.view", "object": object}));
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.json()["revision"].is_string());
        answer.json()["allowed"].as_bool().unwrap()
    };
    assert!(check("user:ana", "doc:2"));
    assert!(!check("user:bo", "doc:2"));
    assert!(!check("user:nobody", "doc:2"));
}

#[test]
fn a_check_reads_the_context_that_comes_with_it() {
    let server = TestServer::start();
    let edit = |context: Value| {
        let check = json!({"subject": "user:ana", "permission": "doc.edit", "object": "doc:1", "context": context});
        server.post("check", &check)
    };
    assert_eq!(edit(json!({"ip": [["10.0.0.1"]]})).json()["allowed"], true);
    assert_eq!(edit(json!({"ip": [["10.0.0.2"]]})).json()["allowed"], false);
    assert_eq!(edit(json!({"ip": []})).json()["allowed"], false);
    let missing = edit(json!({}));
    assert_eq!((missing.status, missing.code().as_str()), (400, "missing-context"));
}

#[test]
fn a_batch_answers_in_order_and_an_error_stands_in_its_place() {
    let server = TestServer::start();
    let check =
        |subject: &str, permission: &str| json!({"subject": subject, "permission": permission, "object": "doc:2"});
    let checks = [check("user:ana", "doc.view"), check("user:ana", "doc.wat"), check("user:bo", "doc.view")];
    let answer = server.post("check/batch", &json!({"checks": checks}));
    assert_eq!(answer.status, 200, "{answer:?}");
    let results = answer.json()["results"].clone();
    assert_eq!(results[0], json!({"allowed": true}));
    assert_eq!(results[1]["error"]["code"], "unknown-permission");
    assert_eq!(results[2], json!({"allowed": false}));
    assert_eq!(results.as_array().unwrap().len(), 3);
}

#[test]
fn listings_hold_what_checks_allow() {
    let server = TestServer::start();
    let objects = json!({"subject": "user:ana", "permission": "doc.view", "type": "doc"});
    assert_eq!(server.post("list/objects", &objects).json()["items"], json!(["doc:1", "doc:2"]));
    let subjects = json!({"type": "user", "permission": "doc.view", "object": "doc:1"});
    assert_eq!(server.post("list/subjects", &subjects).json()["items"], json!(["user:ana", "user:bo"]));
    let permissions = json!({"subject": "user:bo", "object": "doc:1", "context": {"ip": []}});
    assert_eq!(server.post("list/permissions", &permissions).json()["items"], json!(["doc.view"]));
}

#[test]
fn a_listing_is_paged_by_its_cursor_and_counted() {
    let server = TestServer::start();
    let mut list = json!({"subject": "user:ana", "permission": "doc.view", "type": "doc", "limit": 1});
    let first = server.post("list/objects", &list).json();
    assert_eq!(first["items"], json!(["doc:1"]));
    list["cursor"] = first["cursor"].clone();
    let second = server.post("list/objects", &list).json();
    assert_eq!((&second["items"], &second["moved"]), (&json!(["doc:2"]), &json!(false)));
    assert_eq!(second.get("cursor"), None, "{second}");
    let count = json!({"subject": "user:ana", "permission": "doc.view", "type": "doc", "count": true});
    assert_eq!(server.post("list/objects", &count).json()["count"], 2);
    let both = json!({"subject": "user:ana", "permission": "doc.view", "type": "doc", "count": true, "limit": 1});
    assert_eq!(server.post("list/objects", &both).code(), "conflicting-fields");
}

#[test]
fn a_listing_comes_in_lines_when_asked_for() {
    let server = TestServer::start();
    let list = json!({"subject": "user:ana", "permission": "doc.view", "type": "doc"}).to_string();
    let headers = [("content-type", "application/json"), ("accept", "text/plain, application/x-ndjson;q=0.9")];
    let answer = server.send("POST", "/v1/tenants/acme/list/objects", &headers, list.as_bytes());
    assert_eq!(answer.headers["content-type"], "application/x-ndjson");
    let lines: Vec<Value> = answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[..2], [json!({"id": "doc:1"}), json!({"id": "doc:2"})]);
    assert_eq!((&lines[2]["end"], &lines[2]["count"]), (&json!(true), &json!(2)));
    assert!(lines[2]["revision"].is_string());
    assert_eq!(lines.len(), 3);
}

#[test]
fn a_query_answers_any_predicate() {
    let server = TestServer::start();
    let rows = server.post("query", &json!({"goal": "owner(D, user:ana)"})).json();
    assert_eq!((&rows["variables"], &rows["rows"]), (&json!(["D"]), &json!([["doc:1"], ["doc:2"]])));
    let holds = server.post("query", &json!({"goal": "viewer(doc:1, user:bo)"})).json();
    assert_eq!(holds["rows"], json!([[]]));
    assert_eq!(server.post("query", &json!({"goal": "owner(D, U)", "count": true})).json()["count"], 2);
    let headers = [("content-type", "application/json"), ("accept", "application/x-ndjson")];
    let lines = server.send("POST", "/v1/tenants/acme/query", &headers, br#"{"goal": "viewer(D, U)"}"#).text;
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines[..2], [r#"{"variables":["D","U"]}"#, r#"{"row":["doc:1","user:bo"]}"#]);
    assert!(lines[2].starts_with(r#"{"end":true,"count":1,"#), "{lines:?}");
}

#[test]
fn a_write_is_seen_by_the_next_question_and_its_token_is_understood() {
    let server = TestServer::start();
    let write = json!({"insert": [["viewer", "doc:2", "user:bo"], ["size", "doc:2", 17]], "delete": []});
    let written = server.post("write", &write);
    assert_eq!(written.status, 200, "{written:?}");
    let revision = written.json()["revision"].clone();
    assert_eq!((&written.json()["inserted"], &written.json()["deleted"]), (&json!(2), &json!(0)));
    let check = json!({"subject": "user:bo", "permission": "doc.view", "object": "doc:2", "at": revision});
    let checked = server.post("check", &check).json();
    assert_eq!((&checked["allowed"], &checked["revision"]), (&json!(true), &revision));
    assert!(server.facts().contains(r#"["size","doc:2",17]"#));

    let stale = json!({"delete": [["doc", "doc:1"]], "expect_revision": revision});
    assert_eq!(server.post("write", &stale).status, 200);
    let conflict = server.post("write", &stale);
    assert_eq!((conflict.status, conflict.code().as_str()), (409, "revision-mismatch"));
    assert!(!server.facts().contains("doc:1"));
}

#[test]
fn facts_are_streamed_and_load_back() {
    let server = TestServer::start();
    let before = server.facts();
    let (facts, last) = before.trim_end().rsplit_once('\n').unwrap();
    let last: Value = serde_json::from_str(last).unwrap();
    assert_eq!((&last["end"], &last["count"]), (&json!(true), &json!(facts.lines().count())));
    let facts: Vec<Value> = facts.lines().map(|line| serde_json::from_str(line).unwrap()).collect();

    let policy = json!({"main": "small.dl", "files": {"small.dl": RULES}}).to_string();
    let headers = [("content-type", "application/json")];
    assert_eq!(server.send("PUT", "/v1/tenants/copy/policy", &headers, policy.as_bytes()).status, 200);
    let load = json!({"facts": facts}).to_string();
    let loaded = server.send("POST", "/v1/tenants/copy/load", &headers, load.as_bytes());
    assert_eq!(loaded.status, 200, "{loaded:?}");
    assert_eq!(server.get("/v1/tenants/copy/facts").text, before);
}

#[test]
fn a_policy_is_put_and_got() {
    let server = TestServer::start();
    let got = server.get("/v1/tenants/acme/policy").json();
    assert_eq!((&got["main"], &got["files"]["small.dl"]), (&json!("small.dl"), &json!(RULES)));
    let put = |rules: &str| {
        let body = json!({"main": "small.dl", "files": {"small.dl": rules}}).to_string();
        server.send("PUT", "/v1/tenants/acme/policy", &[("content-type", "application/json")], body.as_bytes())
    };
    let broken = put("can(U, doc.view, D) :- owner(D, U, X).");
    assert_eq!(broken.status, 400);
    assert!(!broken.json()["details"].as_array().unwrap().is_empty(), "{broken:?}");
    let activated = put(&RULES.replace("viewer(D, U).\n", "viewer(D, U), D != doc:1.\n"));
    assert_eq!(activated.status, 200, "{activated:?}");
    let check = json!({"subject": "user:bo", "permission": "doc.view", "object": "doc:1"});
    assert_eq!(server.post("check", &check).json()["allowed"], false);
    assert_eq!(server.get("/v1/tenants/acme/policy").json()["hash"], activated.json()["hash"]);
}

#[test]
fn operators_tools_get_what_they_ask_for() {
    let server = TestServer::start();
    assert_eq!(server.get("/health").json(), json!({"healthy": true}));
    assert_eq!(server.get("/ready").json(), json!({"ready": true}));
    server.post("check", &json!({"subject": "user:ana", "permission": "doc.view", "object": "doc:1"}));
    let metrics = server.get("/metrics").text;
    assert!(
        metrics.contains(r#"entail_requests_total{route="/v1/tenants/{tenant}/check",status="200"} 1"#),
        "{metrics}"
    );
    assert!(!metrics.contains("acme") && !metrics.contains("user:ana"), "{metrics}");
}

#[test]
fn the_changes_are_streamed_line_by_line() {
    let server = TestServer::start();
    let first = server.get("/v1/tenants/acme/changes?limit=1");
    assert_eq!((first.status, first.headers["content-type"].as_str()), (200, "application/x-ndjson"));
    let lines: Vec<Value> = first.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["kind"], &lines[1]["end"]), (2, &json!("activation"), &json!(true)));
    let after = lines[0]["revision"].as_str().unwrap();
    let rest = server.get(&format!("/v1/tenants/acme/changes?after={after}"));
    let lines: Vec<Value> = rest.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["kind"], &lines[1]["count"]), (&json!("transaction"), &json!(1)));
    assert_eq!(lines[0]["inserts"][0], json!({"fact": ["doc", "doc:1"], "mark": "completed"}));
    assert_eq!(lines[0]["revision"], lines[1]["revision"]);
    assert_eq!(server.get("/v1/tenants/acme/changes?after=wat").code(), "malformed-token");
    for wrong in ["limit=0", "limit=x", "wat=1", "after=a&after=b"] {
        assert_eq!(server.get(&format!("/v1/tenants/acme/changes?{wrong}")).code(), "invalid-parameter", "{wrong}");
    }
    assert_eq!(server.get("/v1/tenants/nobody/changes").code(), "unknown-tenant");
}

#[test]
fn a_check_over_http_waits_for_its_revision() {
    let server = TestServer::start();
    let write = |n: u32| server.post("write", &json!({"insert": [["viewer", "doc:2", format!("user:{n}")]]})).json();
    let next = later(write(1)["revision"].as_str().unwrap(), 1);
    let check = json!({"subject": "user:2", "permission": "doc.view", "object": "doc:2", "at": next});
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| server.post("check", &check).json());
        assert_eq!(write(2)["revision"], json!(next));
        assert_eq!(asking.join().unwrap()["allowed"], json!(true));
    });
}

#[test]
fn an_explanation_shows_a_proof_or_what_is_missing() {
    let server = TestServer::start();
    let explain = |subject: &str| {
        let answer = server.post("explain", &json!({"subject": subject, "permission": "doc.view", "object": "doc:2"}));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let ana = explain("user:ana");
    assert_eq!((&ana["allowed"], &ana["proof"]["size"], &ana["denial"]), (&json!(true), &json!(3), &Value::Null));
    let steps = ana["proof"]["steps"].as_array().unwrap();
    let says: Vec<&str> = steps.iter().map(|step| step["says"].as_str().unwrap()).collect();
    assert_eq!(says, ["owner(doc:2, user:ana)", "on(doc.view, doc:2)", "can(user:ana, doc.view, doc:2)"]);
    assert_eq!((&steps[0]["because"], &steps[0]["revision"]), (&json!("written"), &ana["revision"]));
    assert_eq!(steps[0]["fact"], json!(["owner", "doc:2", "user:ana"]));
    assert_eq!((&steps[2]["place"], &steps[2]["premises"]), (&json!("small.dl:8"), &json!([0, 1])));
    assert_eq!(steps[2]["variables"], json!({"U": "user:ana", "D": "doc:2"}));

    let bo = explain("user:bo");
    assert_eq!((&bo["allowed"], &bo["denial"]["way_count"]), (&json!(false), &json!(3)));
    assert!(bo["proof"].is_null(), "{bo}");
    let ways = bo["denial"]["ways"].as_array().unwrap();
    let opened = |way: &Value| way["openings"][0]["write"].clone();
    let written: Vec<Value> = ways.iter().map(opened).collect();
    for write in ["+owner(doc:2, user:bo)", "+viewer(doc:2, user:bo)", "+size(doc:2, 0)"] {
        assert!(written.contains(&json!([write])), "{write} in {bo}");
    }
    let owner = ways.iter().find(|way| opened(way) == json!(["+owner(doc:2, user:bo)"])).unwrap();
    assert_eq!(owner["openings"][0]["replaces"], json!([["owner", "doc:2", "user:ana"]]));
    assert_eq!(owner["parts"][0], json!({"says": "owner(doc:2, user:bo)", "place": "small.dl:8", "holds": false}));
    let unknown = json!({"subject": "user:bo", "permission": "doc.wat", "object": "doc:2"});
    assert_eq!(server.post("explain", &unknown).code(), "unknown-permission");
    let missing = json!({"subject": "user:bo", "permission": "doc.edit", "object": "doc:2"});
    assert_eq!(server.post("explain", &missing).code(), "missing-context");
}

#[test]
fn the_openapi_document_names_every_route() {
    let server = TestServer::start();
    let document = server.get("/openapi.json").json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    let mut paths: Vec<&str> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    paths.sort_unstable();
    let tenant = |route: &str| format!("/v1/tenants/{{tenant}}/{route}");
    let mut expected = vec!["/health".to_owned(), "/metrics".to_owned(), "/ready".to_owned(), "/v1/backup".to_owned()];
    let routes = [
        "changes",
        "check",
        "check/batch",
        "explain",
        "facts",
        "list/objects",
        "list/permissions",
        "list/subjects",
        "load",
    ];
    expected.extend(routes.iter().map(|route| tenant(route)));
    expected.extend(["policy", "query", "verify", "write"].iter().map(|route| tenant(route)));
    let administration = [
        ("access", &["list", "role"][..]),
        ("accounts", &["create"]),
        ("records", &["share", "show", "transfer", "unshare"]),
        ("roles", &["change", "create", "delete", "list", "show"]),
        ("teams", &["change", "create", "delete", "list"]),
        ("users", &["adjust", "change", "invite", "leave", "list", "remove"]),
    ];
    for (what, acts) in administration {
        expected.extend(acts.iter().map(|act| tenant(&format!("{what}/{act}"))));
    }
    expected.push(tenant("catalogue"));
    expected.sort_unstable();
    assert_eq!(paths, expected);
    assert!(document["components"]["schemas"]["Problem"].is_object());
}

#[test]
fn a_write_may_name_an_actor_rules_preconditions_and_a_key() {
    let server = TestServer::start();
    let guarded = "guard viewer(D, _) by A :- owner(D, A).\ndeny \"nobody views their own\" :- viewer(D, U), owner(D, U).\n\
                   +size(D, 1) :- +viewer(D, U), user(U).\ntype duty { hush }.\noblige(U, doc.view, D, hush) :- viewer(D, U).\n";
    let rules = format!("{}{guarded}", RULES);
    let policy = json!({"main": "p.dl", "files": {"p.dl": rules}});
    assert_eq!(server.send("PUT", "/v1/tenants/acme/policy", &JSON, policy.to_string().as_bytes()).status, 200);

    let by_bo = json!({"insert": [["viewer", "doc:2", "user:bo"]], "actor": "user:bo"});
    let refused = server.post("write", &by_bo);
    assert_eq!((refused.status, refused.code().as_str()), (403, "guard-refused"));
    let own = json!({"rules": "+viewer(D, U) :- owner(D, U).", "actor": "user:ana"});
    let refused = server.post("write", &own);
    assert_eq!((refused.status, refused.code().as_str()), (409, "constraint-violated"));
    assert_eq!(refused.json()["detail"], "nobody views their own");
    assert_eq!(refused.json()["details"].as_array().unwrap().len(), 2);

    let write = json!({
        "rules": "+viewer(D, user:bo) :- owner(D, user:ana).", "actor": "user:ana",
        "require": [["owner", "doc:2", "user:ana"]], "forbid": [["viewer", "doc:2", "user:bo"]], "idempotency_key": "k",
    });
    let first = server.post("write", &write);
    assert_eq!(first.status, 200, "{first:?}");
    let viewer = json!({"relation": "viewer", "inserted": {"asked": 1}});
    assert!(first.json()["changes"].as_array().unwrap().contains(&viewer), "{first:?}");
    assert_eq!(first.json()["added"], json!([["size", "doc:2", 1]]));
    assert_eq!(server.post("write", &write).json(), first.json());
    let other = json!({"insert": [["size", "doc:1", 3]], "idempotency_key": "k"});
    assert_eq!(server.post("write", &other).code(), "idempotency-conflict");
    let required = json!({"insert": [["size", "doc:1", 3]], "forbid": [["viewer", "doc:2", "user:bo"]]});
    assert_eq!(server.post("write", &required).code(), "precondition-failed");

    let check = json!({"subject": "user:bo", "permission": "doc.view", "object": "doc:2"});
    assert_eq!(server.post("check", &check).json()["obligations"], json!(["hush"]));
    let batch = server.post("check/batch", &json!({"checks": [check]})).json();
    assert_eq!(batch["results"], json!([{"allowed": true, "obligations": ["hush"]}]));
}

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
