//! Teams at the front desk.

use serde_json::{Value, json};

use super::desk::{Desk, TENANT};

#[test]
fn a_team_is_made_renamed_filled_emptied_and_deleted() {
    let desk = Desk::sales();
    let made = desk.ask("teams/create", &json!({"name": "EU", "members": ["user:bob"], "actor": "user:ana"}));
    assert_eq!(made["id"], "team:eu");
    desk.ask(
        "teams/change",
        &json!({"team": "EU", "name": "Europe", "add": ["user:cy"], "remove": ["user:bob"], "actor": "user:ana"}),
    );
    let teams = desk.ask("teams/list", &json!({"place": "account:acme"}));
    assert_eq!(teams["teams"], json!([{"id": "team:eu", "name": "Europe", "place": "account:acme", "members": 1}]));
    assert_eq!(desk.ask("users/list", &json!({"team": "Europe"}))["users"][0]["id"], "user:cy");
    desk.ask("teams/delete", &json!({"team": "Europe", "actor": "user:ana"}));
    assert_eq!(desk.ask("teams/list", &json!({}))["teams"], json!([]));
    desk.assert_refused("teams/delete", &json!({"team": "team:eu"}), "not-found", "team:eu");
}

#[test]
fn only_who_manages_teams_makes_and_changes_them() {
    let desk = Desk::sales();
    desk.ask("teams/create", &json!({"name": "EU", "actor": "user:ana"}));
    let needed = "users.manage";
    desk.assert_refused("teams/create", &json!({"name": "US", "actor": "user:bob"}), "guard-refused", needed);
    let join = json!({"team": "EU", "add": ["user:bob"], "actor": "user:bob"});
    desk.assert_refused("teams/change", &join, "guard-refused", needed);
    desk.assert_refused("teams/delete", &json!({"team": "EU", "actor": "user:bob"}), "guard-refused", needed);
    desk.assert_refused("teams/change", &json!({"team": "EU", "add": ["user:di"]}), "not-found", "user:di");
}

#[test]
fn teams_made_at_once_from_one_name_get_ids_of_their_own_or_are_told_as_there() {
    let desk = Desk::of("marketing.dl");
    let make = |body: Value| {
        let (desk, body) = (&desk, &body);
        std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| desk.server.post_to(TENANT, "teams/create", body))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        })
    };
    for answer in make(json!({"name": "EU", "actor": "user:ana"})) {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert_eq!(desk.ask("teams/list", &json!({}))["teams"].as_array().unwrap().len(), 8);
    let named = make(json!({"name": "US", "team": "team:us", "actor": "user:ana"}));
    let made = named.iter().filter(|answer| answer.status == 200).count();
    let there = named.iter().filter(|answer| answer.status == 409 && answer.code() == "already-there").count();
    assert_eq!((made, there), (1, 7), "{named:?}");
}
