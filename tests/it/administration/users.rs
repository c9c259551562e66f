//! Users at the front desk.

use serde_json::{Value, json};

use super::desk::Desk;

fn ids(users: &Value) -> Vec<String> {
    users["users"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_invited_user_has_the_default_role_until_told_otherwise() {
    let desk = Desk::of("sales.dl");
    let made = desk.ask("users/invite", &json!({"user": "bob@example.com", "name": "Bob", "actor": "user:ana"}));
    assert_eq!(made["id"], "user:bob@example.com");
    desk.ask("teams/create", &json!({"name": "EU", "actor": "user:ana"}));
    desk.ask("users/invite", &json!({"user": "user:cy", "role": "Admin", "teams": ["EU"], "actor": "user:ana"}));
    let users = desk.ask("users/list", &json!({}));
    assert_eq!(ids(&users), ["user:ana", "user:bob@example.com", "user:cy"]);
    let role = |role: &str, name: &str| json!([{"place": "account:acme", "role": role, "name": name}]);
    assert_eq!(users["users"][1]["roles"], role("role:sales_rep", "Sales Rep"));
    assert_eq!(users["users"][1]["name"], "Bob");
    assert_eq!(users["users"][2]["roles"], role("role:admin", "Admin"));
    assert_eq!(users["users"][2]["teams"], json!(["team:eu"]));
    desk.assert_refused("users/invite", &json!({"user": "user:cy", "actor": "user:ana"}), "already-there", "user:cy");
    desk.assert_refused("users/invite", &json!({"user": "team:eu"}), "wrong-kind-of-object", "team:eu");
    let invite = json!({"user": "user:di", "actor": "user:bob@example.com"});
    desk.assert_refused("users/invite", &invite, "guard-refused", "users.manage");
}

#[test]
fn users_are_listed_by_role_place_or_team_in_pages_with_their_exact_number() {
    let desk = Desk::sales();
    desk.ask("teams/create", &json!({"name": "EU", "members": ["user:cy"], "actor": "user:ana"}));
    assert_eq!(ids(&desk.ask("users/list", &json!({"role": "Sales Rep"}))), ["user:bob", "user:cy"]);
    assert_eq!(ids(&desk.ask("users/list", &json!({"role": "Admin", "place": "account:acme"}))), ["user:ana"]);
    assert_eq!(ids(&desk.ask("users/list", &json!({"team": "EU"}))), ["user:cy"]);
    let mut list = json!({"limit": 2});
    let first = desk.ask("users/list", &list);
    assert_eq!((ids(&first), &first["count"]), (vec!["user:ana".to_owned(), "user:bob".to_owned()], &json!(3)));
    list["cursor"] = first["cursor"].clone();
    let second = desk.ask("users/list", &list);
    assert_eq!((ids(&second), second.get("cursor")), (vec!["user:cy".to_owned()], None));
    desk.assert_refused("users/list", &json!({"team": "EU", "role": "Admin"}), "conflicting-filters", "team");
}

#[test]
fn a_user_has_one_role_and_an_account_keeps_an_admin() {
    let desk = Desk::sales();
    desk.ask("users/change", &json!({"user": "user:bob", "role": "Admin", "name": "Bob", "actor": "user:ana"}));
    let bob = desk.ask("users/list", &json!({"role": "Admin"}))["users"][1].clone();
    assert_eq!((&bob["name"], bob["roles"].as_array().unwrap().len()), (&json!("Bob"), 1));
    desk.ask("users/change", &json!({"user": "user:ana", "role": "Sales Rep", "actor": "user:bob"}));
    let admin = "assign the Admin role to someone else first";
    let demote = json!({"user": "user:bob", "role": "Sales Rep", "actor": "user:bob"});
    desk.assert_refused("users/change", &demote, "constraint-violated", admin);
    desk.assert_refused("users/remove", &json!({"user": "user:bob"}), "constraint-violated", admin);
    let promote = json!({"user": "user:cy", "role": "Admin", "actor": "user:cy"});
    desk.assert_refused("users/change", &promote, "guard-refused", "users.manage");
    desk.assert_refused("users/change", &json!({"user": "user:cy", "role": "Chief"}), "not-found", "Chief");
    desk.assert_refused("users/change", &json!({"user": "user:di", "role": "Admin"}), "not-found", "user:di");
    desk.assert_refused(
        "users/change",
        &json!({"user": "team:eu", "role": "Admin"}),
        "wrong-kind-of-object",
        "team:eu",
    );
}

#[test]
fn a_removed_user_leaves_their_records_to_whom_they_are_given() {
    let desk = Desk::sales();
    desk.write(&[
        &["owner", "sequence:1", "user:bob"],
        &["owner", "list:1", "user:bob"],
        &["owner", "list:2", "user:cy"],
    ]);
    let removed = desk.ask("users/remove", &json!({"user": "user:bob", "records_to": "user:cy", "actor": "user:ana"}));
    assert_eq!(removed["moved"], 2);
    assert!(desk.may("user:cy", "sequence.edit", "sequence:1"));
    desk.assert_refused("users/remove", &json!({"user": "user:bob"}), "not-found", "user:bob");
    desk.assert_refused("users/remove", &json!({"user": "user:ana", "actor": "user:ana"}), "guard-refused", "user:ana");
    assert_eq!(desk.ask("users/remove", &json!({"user": "user:cy", "actor": "user:ana"}))["moved"], 0);
}

#[test]
fn a_pack_without_adjustments_says_so() {
    let desk = Desk::sales();
    let adjust = json!({"user": "user:bob", "permission": "billing.manage", "adjustment": "granted"});
    desk.assert_refused("users/adjust", &adjust, "no-adjustments", "policy");
}

#[test]
fn a_user_is_invited_into_the_place_that_is_named_and_leaves_it_again() {
    let desk = Desk::of("shared_inbox.dl");
    desk.write(&[&["workspace", "workspace:w"], &["home", "workspace:w", "account:acme"]]);
    desk.ask("users/invite", &json!({"user": "bob@example.com", "place": "workspace:w", "actor": "ana"}));
    let here = json!({"place": "workspace:w"});
    assert_eq!(desk.ask("users/list", &here)["users"][0]["roles"][0]["role"], "role:standard");
    let nowhere = json!({"user": "user:cy", "place": "workspace:x", "actor": "user:ana"});
    desk.assert_refused("users/invite", &nowhere, "not-found", "workspace:x");
    let nothing = json!({"user": "bob@example.com", "place": "account:acme"});
    desk.assert_refused("users/change", &nothing, "role-needed", "no role");
    desk.ask("users/change", &json!({"user": "bob@example.com", "place": "account:acme", "role": "Standard access"}));
    let leave = json!({"user": "bob@example.com", "place": "workspace:w", "actor": "user:ana"});
    assert_eq!(desk.ask("users/leave", &leave)["changed"], true);
    assert_eq!(desk.ask("users/list", &here)["count"], 0);
    desk.assert_refused("users/leave", &leave, "not-found", "has no role in `workspace:w`");
    let last = json!({"user": "bob@example.com", "place": "account:acme", "actor": "user:ana"});
    desk.assert_refused("users/leave", &last, "constraint-violated", "every user has a role");
}

#[test]
fn of_several_accounts_one_is_named_and_a_roles_name_is_that_of_the_place() {
    let desk = Desk::of("marketing.dl");
    desk.write(&[&["account", "account:us"], &["user", "user:uma"]]);
    let bare = json!({"user": "user:bob", "actor": "user:ana"});
    desk.assert_refused("users/invite", &bare, "constraint-violated", "every user has a role");
    for place in ["account:acme", "account:us"] {
        desk.ask("roles/create", &json!({"name": "Zed", "place": place}));
    }
    let invite = json!({"user": "user:bob", "place": "account:us", "role": "Zed"});
    desk.ask("users/invite", &invite);
    let there = desk.ask("users/list", &json!({"place": "account:us", "role": "Zed"}));
    assert_eq!(ids(&there), ["user:bob"]);
    desk.assert_refused("roles/show", &json!({"role": "Zed"}), "ambiguous-name", "Zed");
    for place in ["account:acme", "account:us"] {
        desk.ask("roles/create", &json!({"name": "Other", "place": place}));
    }
    let zed = there["users"][0]["roles"][0]["role"].clone();
    assert_eq!(desk.ask("roles/delete", &json!({"role": zed, "to": "Other"}))["moved"], 1);
    assert_eq!(desk.ask("users/list", &json!({"place": "account:us", "role": "Other"}))["count"], 1);
}

#[test]
fn a_removed_users_private_things_go_with_them_when_that_is_asked() {
    let desk = Desk::of("shared_inbox.dl");
    desk.ask("users/invite", &json!({"user": "user:eve", "actor": "user:ana"}));
    desk.ask("write", &json!({"insert": [["owner", "draft:1", "user:eve"]], "actor": "user:eve"}));
    let remove = json!({"user": "user:eve", "actor": "user:ana"});
    desk.assert_refused("users/remove", &remove, "constraint-violated", "somebody's own");
    let both = json!({"user": "user:eve", "records_to": "user:ana", "delete_records": true});
    desk.assert_refused("users/remove", &both, "conflicting-wishes", "not both");
    desk.ask("users/remove", &json!({"user": "user:eve", "delete_records": true, "actor": "user:ana"}));
    assert_eq!(desk.ask("query", &json!({"goal": "draft(D)"}))["rows"], json!([]));
}
