//! Sharing and ownership at the front desk, and the catalogue.

use serde_json::json;

use super::desk::{Desk, TENANT};

fn desk() -> Desk {
    let desk = Desk::sales();
    desk.write(&[&["owner", "sequence:1", "user:bob"], &["owner", "sequence:2", "user:bob"]]);
    desk
}

#[test]
fn a_record_is_shared_by_who_may_share_it_and_the_sharing_ends() {
    let desk = desk();
    let share = json!({"record": "sequence:1", "with": "user:cy", "permissions": ["sequence.view", "sequence.edit"], "actor": "user:bob"});
    desk.ask("records/share", &share);
    assert!(desk.may("user:cy", "sequence.edit", "sequence:1"));
    let shown = desk.ask("records/show", &json!({"record": "sequence:1"}));
    assert_eq!(shown["owner"], "user:bob");
    let share = |permission: &str| json!({"with": "user:cy", "permission": permission});
    assert_eq!(shown["shares"], json!([share("sequence.edit"), share("sequence.view")]));
    let some =
        json!({"record": "sequence:1", "with": "user:cy", "permissions": ["sequence.edit"], "actor": "user:bob"});
    desk.ask("records/unshare", &some);
    assert!(!desk.may("user:cy", "sequence.edit", "sequence:1") && desk.may("user:cy", "sequence.view", "sequence:1"));
    desk.ask("records/unshare", &json!({"record": "sequence:1", "with": "user:cy", "actor": "user:bob"}));
    assert!(!desk.may("user:cy", "sequence.view", "sequence:1"));
    let steal =
        json!({"record": "sequence:2", "with": "user:cy", "permissions": ["sequence.view"], "actor": "user:cy"});
    desk.assert_refused("records/share", &steal, "guard-refused", "sequence:2");
    let wrong = json!({"record": "sequence:2", "with": "user:cy", "permissions": ["list.edit"]});
    desk.assert_refused("records/share", &wrong, "constraint-violated", "that permission isn't for such a record");
    let wrong = json!({"record": "user:bob", "with": "user:cy", "permissions": ["list.edit"]});
    desk.assert_refused("records/share", &wrong, "wrong-kind-of-object", "user:bob");
    let unknown = json!({"record": "sequence:9", "with": "user:cy", "permissions": ["sequence.view"]});
    desk.assert_refused("records/share", &unknown, "not-found", "sequence:9");
}

#[test]
fn a_record_is_shared_with_a_team_a_role_and_the_whole_organisation() {
    let desk = desk();
    desk.ask("teams/create", &json!({"name": "EU", "members": ["user:cy"]}));
    for with in ["team:eu", "role:sales_rep", "account:acme"] {
        assert!(!desk.may("user:cy", "sequence.view", "sequence:1"));
        let share =
            json!({"record": "sequence:1", "with": with, "permissions": ["sequence.view"], "actor": "user:bob"});
        desk.ask("records/share", &share);
        assert!(desk.may("user:cy", "sequence.view", "sequence:1"), "{with}");
        desk.ask("records/unshare", &json!({"record": "sequence:1", "with": with, "actor": "user:bob"}));
    }
}

#[test]
fn an_owner_gives_a_record_away_and_an_admin_all_of_a_users() {
    let desk = desk();
    let give = json!({"records": ["sequence:1"], "to": "user:cy", "actor": "user:bob"});
    assert_eq!(desk.ask("records/transfer", &give)["moved"], 1);
    desk.assert_refused("records/transfer", &give, "guard-refused", "sequence:1");
    let take = json!({"from": "user:bob", "to": "user:cy", "actor": "user:cy"});
    desk.assert_refused("records/transfer", &take, "guard-refused", "sequence:2");
    let all = json!({"from": "user:cy", "to": "user:ana", "actor": "user:ana"});
    assert_eq!(desk.ask("records/transfer", &all)["moved"], 1);
    assert!(desk.may("user:ana", "sequence.edit", "sequence:1") && !desk.may("user:cy", "sequence.edit", "sequence:1"));
}

#[test]
fn a10_the_catalogue_lists_the_eighteen_platform_permissions_in_four_categories() {
    let desk = Desk::of("sales.dl");
    let catalogue = desk.ask("catalogue", &json!({}));
    let entries = catalogue["permissions"].as_array().unwrap();
    let platform =
        ["Account administration", "Platform configuration", "Go-to-market configuration", "Signals & AI Messaging"];
    let of = |title: &str| entries.iter().filter(|entry| entry["category"][0] == title).count();
    assert_eq!(platform.map(of), [3, 7, 3, 5]);
    let mailboxes = entries.iter().find(|entry| entry["permission"] == "mailbox.manage").unwrap();
    assert_eq!(mailboxes["label"], "Manage mailboxes");
    assert_eq!(mailboxes["description"], "Set daily email limits for mailboxes.");
    assert_eq!(mailboxes["words"], json!(["toggle", "default"]));
    assert_eq!(mailboxes["on"], json!(["account"]));
    let defaults = entries.iter().filter(|entry| entry["words"].as_array().unwrap().contains(&json!("default")));
    assert_eq!(defaults.count(), 4, "two of the platform's, and both Create toggles");
}

#[test]
fn a_policy_without_the_words_of_roles_has_no_front_desk() {
    let desk = Desk::of("sales.dl");
    let answer = desk.server.post("roles/list", &json!({}));
    assert_eq!((answer.status, answer.code().as_str()), (409, "not-administered"));
}

#[test]
fn a_request_that_names_nothing_to_change_is_refused_and_not_told_as_done() {
    let desk = desk();
    let nothing = [
        ("records/share", json!({"record": "sequence:1", "with": "user:cy", "permissions": []})),
        ("records/transfer", json!({"to": "user:cy"})),
        ("roles/change", json!({"role": "role:sales_rep"})),
        ("users/change", json!({"user": "user:cy"})),
    ];
    for (route, request) in nothing {
        desk.assert_refused(route, &request, "nothing-asked", "nothing that shall change");
    }
}

#[test]
fn a_record_is_shared_with_whom_their_name_or_address_means() {
    let desk = desk();
    desk.ask("users/invite", &json!({"user": "di@example.com", "actor": "user:ana"}));
    desk.ask("teams/create", &json!({"name": "Europe", "members": ["user:cy", "di@example.com"]}));
    let meant = [("Europe", "team:europe"), ("Sales Rep", "role:sales_rep"), ("di@example.com", "user:di@example.com")];
    for (with, id) in meant {
        let share = json!({"record": "sequence:1", "with": with, "permissions": ["sequence.view"], "actor": "bob"});
        desk.ask("records/share", &share);
        assert_eq!(desk.ask("records/show", &json!({"record": "sequence:1"}))["shares"][0]["with"], id);
        desk.ask("records/unshare", &json!({"record": "sequence:1", "with": with, "actor": "user:bob"}));
    }
    for name in ["Sales: EU", "R@D"] {
        desk.ask("teams/create", &json!({"name": name}));
        desk.ask("records/share", &json!({"record": "sequence:1", "with": name, "permissions": ["sequence.view"]}));
    }
    let nobody = json!({"record": "sequence:1", "with": "user:nobody", "permissions": ["sequence.view"]});
    desk.assert_refused("records/share", &nobody, "not-found", "user:nobody");
    desk.assert_refused("records/unshare", &nobody, "not-found", "user:nobody");
}

#[test]
fn what_was_sent_is_not_sent_back_whole() {
    let desk = desk();
    let rename = json!({"user": "user:ana", "name": "z".repeat(1_000_000), "actor": "user:bob"});
    let answer = desk.server.post_to(TENANT, "users/change", &rename);
    assert_eq!(answer.code(), "guard-refused");
    assert!(answer.text.len() < 20_000, "{}", answer.text.len());
}

#[test]
fn a_permission_that_is_set_twice_is_refused() {
    let desk = desk();
    let twice = r#"{"name":"Lead","settings":{"billing.manage":"on","billing.manage":"off"}}"#;
    let answer = desk.server.post_text_to(TENANT, "roles/create", twice);
    assert_eq!(answer.code(), "duplicate-field", "{answer:?}");
}
