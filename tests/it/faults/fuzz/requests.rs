//! Requests and files to load: JSON, JSON Lines and facts in the language's notation.

use serde_json::json;

use crate::api::server::TestServer;
use crate::cli::program::{World, entail};
use crate::faults::mutate::Corpus;

const WORDS: [&str; 26] = [
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "1e400",
    "-0",
    "18446744073709551616",
    "1.5",
    "\\u0000",
    "\\ud800",
    "\"insert\":",
    "\"delete\":",
    "\"context\":",
    "\"viewer\"",
    "\"doc:1\"",
    "\"user:*\"",
    "\"user:ana#x\"",
    "\"limit\":0",
    "\"now\"",
    "[[[[",
    "\u{feff}",
];

#[test]
fn mutated_requests_are_answered_or_refused_as_the_callers_fault() {
    let check = json!({"subject": "user:ana", "permission": "doc.view", "object": "doc:1"});
    let with_context = json!({
        "subject": "user:ana", "permission": "doc.edit", "object": "doc:1",
        "context": {"ip": [["10.0.0.1"]], "now": [["2026-07-01T00:00:00Z"]]},
    });
    let bodies = [
        ("check", with_context),
        ("check/batch", json!({"checks": [check, check]})),
        ("list/objects", json!({"subject": "user:ana", "permission": "doc.view", "type": "doc", "limit": 1})),
        ("list/subjects", json!({"type": "user", "permission": "doc.view", "object": "doc:1", "count": true})),
        ("list/permissions", json!({"subject": "user:bo", "object": "doc:1", "context": {"ip": []}})),
        ("query", json!({"goal": "viewer(D, U)", "limit": 2})),
        (
            "write",
            json!({"insert": [["viewer", "doc:2", "user:bo"], ["size", "doc:1", 4]], "delete": [["size", "doc:1", 3]]}),
        ),
        ("load", json!({"facts": [["viewer", "doc:3", "user:bo"]]})),
    ];
    let server = TestServer::start();
    let texts = bodies.iter().map(|(_, body)| body.to_string().into_bytes()).collect();
    let corpus = Corpus { texts, words: WORDS.to_vec() };
    let turn = std::cell::Cell::new(0);
    corpus.fuzz(1_200, |body| {
        // Half of the bodies go to a route that they weren't made for.
        let (route, _) = &bodies[turn.replace(turn.get() + 1) % bodies.len()];
        let path = format!("/v1/tenants/acme/{route}");
        let answer = server.send("POST", &path, &[("content-type", "application/json")], body);
        match answer.status {
            200 => drop(answer.json()),
            400..500 => assert!(!answer.code().is_empty()),
            _ => panic!("{answer:?}"),
        }
    });
    assert!(server.facts().lines().count() > 3);
}

#[test]
fn mutated_files_are_loaded_or_refused_with_a_code() {
    let world = World::new();
    let served = world.serve(&[]);
    let lines = "[\"owner\",\"doc:7\",\"user:bo\"]\n[\"size\",\"doc:7\",3]\n{\"end\":true,\"count\":2}\n";
    let notation = "owner(doc:7, user:bo).\nsize(doc:7, 3).\nviewer(doc:\"a b\", user:ana).\n";
    for (extension, text) in [("jsonl", lines), ("dl", notation)] {
        let corpus = Corpus { texts: vec![text.as_bytes().to_vec()], words: WORDS.to_vec() };
        let file = world.path(&format!("facts.{extension}"));
        corpus.fuzz(40, |bytes| {
            std::fs::write(&file, bytes).unwrap();
            let run = entail(&["load", &file, "--server", &served.url]);
            assert!(!run.err.contains("panicked"), "{}", run.err);
            match run.code {
                0 => assert!(run.out.starts_with("inserted"), "{}", run.out),
                _ => assert!(run.code == 2 && run.err.contains("error["), "{run:?}"),
            }
        });
    }
}
