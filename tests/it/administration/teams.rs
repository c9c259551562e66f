//! Teams at the front desk.

use serde_json::json;

use super::desk::Desk;

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
