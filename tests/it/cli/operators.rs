//! The operators' verbs: changes, verify, backup, restore.

use serde_json::{Value, json};

use super::program::{World, entail};

#[test]
fn changes_are_readable_lines_or_objects() {
    let world = World::new();
    world.run(&["write", "+viewer(doc:2, user:bo)", "-viewer(doc:1, user:bo)"]).success();
    let lines = world.run(&["changes"]).success();
    let facts: Vec<&str> = lines.lines().filter(|line| line.starts_with("  ")).collect();
    assert_eq!(facts[facts.len() - 2..], ["  +viewer(doc:2, user:bo)", "  -viewer(doc:1, user:bo)"]);
    assert!(facts.contains(&"  +user(user:ana) (completed)"), "{lines}");
    assert_eq!(lines.lines().filter(|line| line.contains(" inserted ")).count(), 2, "{lines}");

    let read = |text: String| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    let entries = read(world.run(&["changes", "--json"]).success());
    assert_eq!(entries.len(), 3);
    assert_eq!(entries[2]["deletes"], json!([{"fact": ["viewer", "doc:1", "user:bo"], "mark": "asked"}]));
    assert_eq!(entries[2]["previous"], entries[1]["hash"]);
    let after = entries[0]["revision"].as_str().unwrap();
    assert_eq!(read(world.run(&["changes", "--json", "--after", after, "--limit", "1"]).success()), entries[1..2]);
    assert_eq!(world.run(&["changes", "--after", "wat"]).error(), "malformed-token");
}

#[test]
fn verify_says_what_it_looked_at() {
    let world = World::new();
    let text = world.run(&["verify"]).success();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("verified at revision "), "{text}");
    assert_eq!(
        lines[1..],
        [
            "log: 2 entries",
            "disk: 3 facts, 6 objects",
            "memory: 13 facts",
            "decisions: all 8 recomputed",
            "decisions: recomputed without what comes by `ip`",
        ]
    );
    let json: Value = serde_json::from_str(&world.run(&["verify", "--json"]).success()).unwrap();
    assert_eq!((&json["sound"], &json["decisions"]["all"]), (&json!(true), &json!(8)));
    assert_eq!(world.run(&["verify", "--tenant", "nobody"]).error(), "unknown-tenant");
}

#[test]
fn a_backup_of_a_store_is_restored_into_another_directory() {
    let world = World::new();
    let (file, copy) = (world.path("backup"), world.path("copy"));
    let told = world.run(&["backup", &file]).success();
    assert!(told.contains("holds 1 tenants, 3 facts, 6 objects"), "{told}");
    let told = entail(&["restore", &file, "--data", &copy]).success();
    assert!(told.contains("is verified, and holds 1 tenants"), "{told}");
    let check = |data: &str| entail(&["--data", data, "check", "user:bo", "doc.view", "doc:1"]).code;
    assert_eq!((check(&copy), check(&world.path("data"))), (0, 0));
    assert_eq!(entail(&["restore", &file, "--data", &copy]).error(), "restore-needs-empty");
    assert_eq!(entail(&["restore", &world.path("small.dl"), "--data", &world.path("new")]).error(), "backup-damaged");
    assert_eq!(entail(&["restore", &world.path("nothing"), "--data", &world.path("new")]).error(), "store-io");
    assert!(!std::path::Path::new(&world.path("new")).exists());
}

#[test]
fn a_server_gives_a_backup_to_whoever_may_operate_all_of_it() {
    let world = World::new();
    let made: Value =
        serde_json::from_str(&entail(&["keys", "new", "--tenant", "*", "--allow", "operate", "--json"]).success())
            .unwrap();
    let keys = world.file("keys", made["line"].as_str().unwrap());
    let served = world.serve(&["--keys", &keys]);
    let (file, copy) = (world.path("backup"), world.path("copy"));
    let server = ["--server", &served.url];
    let refused = entail(&[&["backup", &file], &server[..]].concat());
    assert_eq!(refused.error(), "missing-key");
    assert!(!std::path::Path::new(&file).exists());
    let key = made["key"].as_str().unwrap();
    let told = super::program::entail_with_key(&[&["backup", &file, "--json"], &server[..]].concat(), key).success();
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["facts"], json!(3));
    assert_eq!(entail(&[&["restore", &file], &server[..]].concat()).error(), "usage");
    entail(&["restore", &file, "--data", &copy, "--same-store"]).success();
    assert_eq!(entail(&["--data", &copy, "check", "user:bo", "doc.view", "doc:1"]).code, 0);
}
