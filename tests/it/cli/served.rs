//! The verbs through a running server, and the server's own life.

use super::program::{World, entail};

#[test]
fn every_verb_gives_the_same_answers_through_a_server() {
    let world = World::new();
    let verbs: [&[&str]; 18] = [
        &["check", "user:ana", "doc.view", "doc:2"],
        &["check", "user:bo", "doc.view", "doc:2", "--json"],
        &["check", "wat:ana", "doc.view", "doc:1"],
        &["check", "user:ana", "doc.view", "doc:2", "--explain"],
        &["check", "user:bo", "doc.view", "doc:2", "--explain"],
        &["check", "user:bo", "doc.view", "doc:2", "--explain", "--json"],
        &["list", "objects", "user:ana", "doc.view", "doc", "--json"],
        &["list", "subjects", "user", "doc.view", "doc:1", "--count"],
        &["list", "permissions", "user:bo", "doc:1", "--context", "{\"ip\":[]}"],
        &["query", "viewer(D, U)"],
        &["export"],
        &["changes"],
        &["changes", "--limit", "1", "--json"],
        &["changes", "--after", "a/b?c&d"],
        &["changes", "--tenant", "nobody"],
        &["verify"],
        &["verify", "--json"],
        &["check", "user:ana", "doc.view", "doc:2", "--tenant", "nobody", "--json"],
    ];
    let local: Vec<_> = verbs.iter().map(|verb| world.run(verb)).collect();
    let served = world.serve(&[]);
    for (verb, local) in verbs.iter().zip(local) {
        let remote = entail(&[verb, &["--server", &served.url][..]].concat());
        assert_eq!((remote.code, remote.out, remote.err), (local.code, local.out, local.err), "{verb:?}");
    }
    let changes = ["write", "+viewer(doc:2, user:bo)", "-viewer(doc:1, user:bo)", "--server", &served.url];
    assert!(entail(&changes).success().starts_with("inserted 1, deleted 1, "));
    let facts = world.file("more.jsonl", "[\"owner\",\"doc:3\",\"user:bo\"]\n{\"end\":true,\"count\":1}\n");
    entail(&["load", &facts, "--server", &served.url]).success();
    let activate = ["rules", "activate", &world.path("small.dl"), "--tenant", "x/y", "--server", &served.url];
    let activated = entail(&activate);
    assert!(activated.code == 0 || activated.code == 2, "{}", activated.err);
    let list = ["list", "objects", "user:bo", "doc.view", "doc", "--server", &served.url];
    assert_eq!(entail(&list).success(), "doc:2\ndoc:3\n");
}

#[test]
fn a_store_that_a_server_holds_is_refused_with_the_way_to_ask() {
    let world = World::new();
    let served = world.serve(&[]);
    let run = world.run(&["check", "user:ana", "doc.view", "doc:1"]);
    assert_eq!(run.error(), "store-held");
    assert!(run.err.contains("--server"), "{}", run.err);
    drop(served);
    assert_eq!(world.run(&["check", "user:ana", "doc.view", "doc:1"]).code, 0);
}

#[cfg(unix)]
#[test]
fn a_server_that_is_asked_to_end_ends_well_and_keeps_what_was_written() {
    let world = World::new();
    let served = world.serve(&[]);
    entail(&["write", "+viewer(doc:2, user:bo)", "--server", &served.url]).success();
    assert_eq!(served.end(), Some(0));
    assert_eq!(world.run(&["check", "user:bo", "doc.view", "doc:2"]).code, 0);
}

#[test]
fn a_server_that_is_not_there_or_is_none_is_named() {
    let run = entail(&["check", "user:ana", "doc.view", "doc:1", "--server", "http://127.0.0.1:1"]);
    assert_eq!(run.error(), "unreachable-server");
    let run = entail(&["check", "user:ana", "doc.view", "doc:1", "--server", "wat"]);
    assert_eq!(run.error(), "invalid-server");
}

#[test]
fn the_demo_answers_its_own_questions() {
    let world = World::empty();
    let served = world.serve(&["--demo"]);
    let tries = served.start["try"].as_array().unwrap();
    assert_eq!(tries.len(), 3);
    assert_eq!((tries[0]["answer"].as_str(), tries[1]["answer"].as_str()), (Some("allowed"), Some("denied")));
    let demo = ["--tenant", "demo", "--server", &served.url];
    let check = |permission| {
        entail(&[&["check", "user:quinn", permission, "sequence:q3-fintech-outbound"], &demo[..]].concat()).code
    };
    assert_eq!((check("sequence.view"), check("sequence.edit")), (0, 1));
    let list = [&["list", "objects", "user:quinn", "sequence.view", "sequence", "--count"], &demo[..]].concat();
    assert_eq!(format!("{} sequences", entail(&list).success().trim_end()), tries[2]["answer"].as_str().unwrap());
}
