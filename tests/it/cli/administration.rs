//! The administrators' verbs, on a store and on a server.

use super::program::{World, entail};

/// What a verb printed, without its revision.
fn told(text: &str) -> String {
    match text.split_once(", at revision ") {
        Some((told, _)) => told.to_owned(),
        None => text.trim_end().to_owned(),
    }
}

/// A store with an account on the sales pack, with Ana its admin and Bob a sales rep.
fn account() -> World {
    let world = World::empty();
    let made = world.run(&["account", "create", "account:acme", "user:ana", "--pack", "sales.dl", "--name", "Ana"]);
    assert_eq!(told(&made.success()), "made account:acme with user:ana, role:admin");
    let made = world.run(&["user", "invite", "user:bob", "--name", "Bob", "--as", "user:ana"]);
    assert_eq!(told(&made.success()), "made user:bob");
    world
}

#[test]
fn an_administrator_makes_a_role_gives_it_and_deletes_it() {
    let world = account();
    let run = |arguments: &[&str]| told(&world.run(arguments).success());
    let create =
        ["role", "create", "Lead", "--set", "billing.manage=on", "--set", "task.access=teammates", "--as", "user:ana"];
    assert_eq!(run(&create), "made role:lead");
    assert_eq!(run(&["role", "change", "Lead", "--description", "Leads", "--as", "user:ana"]), "changed");
    assert_eq!(run(&["user", "change", "user:bob", "--role", "Lead", "--as", "user:ana"]), "changed");
    let roles = "role:admin\tAdmin\tsystem\t1\t\nrole:sales_rep\tSales Rep\tsystem\t0\t\nrole:lead\tLead\tcustom\t1\taccount:acme";
    assert_eq!(run(&["role", "list"]), roles);
    let shown = run(&["role", "show", "Lead"]);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(&lines[..3], ["role:lead\tLead\tcustom\t1\taccount:acme", "Leads", "Account administration"]);
    assert!(lines.contains(&"\ton\tbilling.manage\tManage billing and invoices"), "{shown}");
    assert!(lines.contains(&"\tteammates\ttask.access\tTask access"), "{shown}");
    let users = "user:ana\tAna\trole:admin in account:acme\t\nuser:bob\tBob\trole:lead in account:acme";
    assert_eq!(run(&["user", "list"]), users);
    assert_eq!(run(&["role", "delete", "Lead", "--as", "user:ana"]), "done, 1 moved");
    let refused = world.run(&["role", "create", "Mine", "--as", "user:bob"]);
    assert_eq!(refused.error(), "guard-refused");
    assert!(refused.err.contains("can(user:bob, users.manage, account:acme)"), "{}", refused.err);
}

#[test]
fn teams_records_and_the_catalogue_are_at_hand() {
    let world = account();
    let run = |arguments: &[&str]| told(&world.run(arguments).success());
    assert_eq!(run(&["team", "create", "EU", "--member", "user:bob", "--as", "user:ana"]), "made team:eu");
    assert_eq!(run(&["team", "change", "EU", "--add", "user:ana", "--as", "user:ana"]), "changed");
    assert_eq!(run(&["team", "list"]), "team:eu\tEU\t2\taccount:acme");
    assert_eq!(run(&["user", "list", "--team", "EU", "--limit", "5"]).lines().count(), 2);
    world.run(&["write", "+owner(list:1, user:ana)"]).success();
    assert_eq!(run(&["record", "share", "list:1", "team:eu", "list.edit", "--as", "user:ana"]), "changed");
    assert_eq!(run(&["record", "show", "list:1"]), "owner\tuser:ana\nshared\tteam:eu\tlist.edit");
    assert_eq!(run(&["record", "unshare", "list:1", "team:eu", "--as", "user:ana"]), "changed");
    assert_eq!(run(&["record", "transfer", "user:bob", "list:1", "--as", "user:ana"]), "done, 1 moved");
    assert_eq!(run(&["user", "remove", "user:bob", "--records-to", "user:ana", "--as", "user:ana"]), "done, 1 moved");
    assert_eq!(run(&["team", "delete", "EU", "--as", "user:ana"]), "changed");
    let catalogue = run(&["catalogue"]);
    let billing = "billing.manage\tManage billing and invoices\tAccount administration\taccount\ttoggle\t\
        Update billing details and payment methods, and access invoices.";
    assert!(catalogue.lines().any(|line| line == billing), "{catalogue}");
}

#[test]
fn a_server_answers_as_the_store_does() {
    let world = account();
    let questions: [&[&str]; 5] =
        [&["role", "list"], &["role", "show", "Admin"], &["user", "list"], &["team", "list"], &["catalogue"]];
    let local: Vec<String> =
        questions.iter().map(|question| world.run(&[question, &["--json"][..]].concat()).success()).collect();
    let served = world.serve(&[]);
    for (question, local) in questions.iter().zip(local) {
        assert_eq!(
            entail(&[question, &["--json", "--server", &served.url][..]].concat()).success(),
            local,
            "{question:?}"
        );
    }
}

#[test]
fn what_is_typed_wrong_is_named() {
    let world = account();
    assert_eq!(world.run(&["role", "create", "Lead", "--set", "billing.manage"]).error(), "usage");
    assert_eq!(world.run(&["record", "transfer", "user:bob"]).error(), "usage");
    assert_eq!(world.run(&["role", "show", "Chief"]).error(), "not-found");
    assert_eq!(world.run(&["account", "create", "account:b", "user:b", "--pack", "sales.dl"]).error(), "tenant-exists");
    assert_eq!(
        world.run(&["account", "create", "account:b", "user:b", "--pack", "wat.dl", "--tenant", "b"]).error(),
        "unreadable-file"
    );
}

/// The words of a line as a shell takes them; double quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
            c => word.push(c),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

#[test]
fn the_guide_of_administration_shows_what_happens() {
    let guide = include_str!("../../../docs/administration.md");
    let world = World::empty();
    let (_, rest) = guide.split_once("```console\n$ entail ").unwrap();
    let (session, _) = rest.split_once("```").unwrap();
    for step in session.split("\n$ entail ") {
        let (command, expected) = step.split_once('\n').unwrap();
        let arguments = words(command);
        let run = world.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let said = format!("{}{}", run.out, run.err);
        let said: Vec<String> = said
            .lines()
            .map(|line| match line.split_once("at revision ") {
                Some((told, _)) => format!("{told}at revision …"),
                None => line.to_owned(),
            })
            .collect();
        assert_eq!(said, expected.lines().collect::<Vec<_>>(), "{command}");
    }
}
