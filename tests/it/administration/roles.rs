//! Roles at the front desk.

use serde_json::{Value, json};

use super::desk::Desk;

/// Each role's name, kind and number of users.
fn told(roles: &Value) -> Vec<(String, String, u64)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let row = |role: &Value| (text(&role["name"]), text(&role["kind"]), role["users"].as_u64().unwrap());
    roles["roles"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn roles_are_listed_with_who_made_them_and_how_many_have_them() {
    let desk = Desk::sales();
    desk.ask("roles/create", &json!({"name": "Lead", "actor": "user:ana"}));
    let rows = [("Admin", "system", 1), ("Sales Rep", "system", 2), ("Lead", "custom", 0)];
    let rows = rows.map(|(name, kind, users)| (name.to_owned(), kind.to_owned(), users));
    assert_eq!(told(&desk.ask("roles/list", &json!({}))), rows);
    assert_eq!(told(&desk.ask("roles/list", &json!({"place": "account:acme"}))), rows);
    desk.assert_refused("roles/list", &json!({"place": "account:globex"}), "not-found", "account:globex");
    desk.assert_refused("roles/list", &json!({"place": "team:eu"}), "not-found", "team:eu");
}

#[test]
fn a_role_is_shown_with_its_whole_configuration_by_category() {
    let desk = Desk::sales();
    let rep = desk.ask("roles/show", &json!({"role": "Sales Rep"}));
    assert_eq!(rep["role"]["id"], "role:sales_rep");
    let titles: Vec<&str> = rep["categories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|category| category["category"][0].as_str().unwrap())
        .collect();
    let catalogue = [
        "Account administration",
        "Platform configuration",
        "Go-to-market configuration",
        "Signals & AI Messaging",
        "Engagement",
        "Shareable objects",
    ];
    assert_eq!(titles, catalogue);
    let settings = desk.settings("role:sales_rep");
    assert_eq!(settings["mailbox.manage"], "on");
    assert_eq!(settings["users.manage"], "off");
    assert_eq!(settings["sequence.view"], "own");
    assert_eq!(settings.get("list.view"), None, "what no role's configuration shows");
    let admin = desk.settings("Admin");
    assert_eq!(admin["users.manage"], "on");
    assert_eq!(admin["sequence.view"], "all");
}

#[test]
fn a_blank_role_starts_from_the_default_one_and_a_copy_from_its_source() {
    let desk = Desk::sales();
    let blank = desk.ask("roles/create", &json!({"name": "Team Lead", "actor": "user:ana"}));
    assert_eq!(blank["id"], "role:team-lead");
    assert_eq!(desk.settings("role:team-lead"), desk.settings("role:sales_rep"));
    let again = json!({"name": "Team  Lead!", "role": "role:team-lead", "actor": "user:ana"});
    desk.assert_refused("roles/create", &again, "already-there", "role:team-lead");
    desk.assert_refused(
        "roles/create",
        &json!({"name": "Team Lead", "actor": "user:ana"}),
        "constraint-violated",
        "another role has this name",
    );
    let other = desk.ask("roles/create", &json!({"name": "Team-Lead", "actor": "user:ana"}));
    assert_eq!(other["id"], "role:team-lead-2");

    let settings = json!({"billing.manage": "off", "sequence.edit": "none", "list.edit": "teammates"});
    let copy = json!({"name": "Deputy", "copy_of": "Admin", "description": "Stands in", "settings": settings, "actor": "user:ana"});
    desk.ask("roles/create", &copy);
    let mut expected = desk.settings("role:admin");
    for (permission, value) in settings.as_object().unwrap() {
        expected[permission] = value.clone();
    }
    assert_eq!(desk.settings("Deputy"), expected);
    let deputy = desk.ask("roles/show", &json!({"role": "Deputy"}));
    assert_eq!((&deputy["role"]["description"], &deputy["role"]["users"]), (&json!("Stands in"), &json!(0)));
}

#[test]
fn a_role_is_renamed_described_and_configured() {
    let desk = Desk::sales();
    desk.ask("roles/create", &json!({"name": "Lead", "description": "Leads", "actor": "user:ana"}));
    let change = json!({"role": "Lead", "name": "Chief", "settings": {"billing.manage": "on", "task.access": "all"}, "actor": "user:ana"});
    assert_eq!(desk.ask("roles/change", &change)["changed"], true);
    desk.assert_refused("roles/show", &json!({"role": "Lead"}), "not-found", "Lead");
    let chief = desk.ask("roles/show", &json!({"role": "Chief"}));
    assert_eq!((&chief["role"]["id"], &chief["role"]["description"]), (&json!("role:lead"), &json!("Leads")));
    assert_eq!(desk.settings("Chief")["billing.manage"], "on");
    assert_eq!(desk.settings("Chief")["task.access"], "all");
    let change = json!({"role": "Chief", "description": "", "settings": {"billing.manage": "off", "task.access": "none"}, "actor": "user:ana"});
    desk.ask("roles/change", &change);
    assert_eq!(desk.ask("roles/show", &json!({"role": "Chief"}))["role"].get("description"), None);
    assert_eq!(desk.settings("Chief")["billing.manage"], "off");
    assert_eq!(desk.settings("Chief")["task.access"], "none");
    assert_eq!(desk.ask("roles/change", &change)["changed"], false, "nothing is left to do");
}

#[test]
fn a_setting_that_a_permission_does_not_have_is_refused_with_those_it_has() {
    let desk = Desk::sales();
    desk.ask("roles/create", &json!({"name": "Lead"}));
    for (permission, value) in [
        ("billing.manage", "all"),
        ("task.access", "on"),
        ("task.access", "far"),
        ("list.view", "off"),
        ("billing.manage", ""),
    ] {
        let change = json!({"role": "Lead", "settings": {permission: value}});
        desk.assert_refused("roles/change", &change, "no-such-setting", permission);
    }
    let change = json!({"role": "Lead", "settings": {"wat": "on"}});
    desk.assert_refused("roles/change", &change, "unknown-permission", "wat");
}

#[test]
fn system_roles_are_left_alone_and_only_who_manages_roles_changes_others() {
    let desk = Desk::sales();
    desk.ask("roles/create", &json!({"name": "Lead", "actor": "user:ana"}));
    let bob = |body: Value| {
        let mut body = body;
        body["actor"] = json!("user:bob");
        body
    };
    let needed = "can(user:bob, users.manage, account:acme)";
    desk.assert_refused("roles/create", &bob(json!({"name": "Mine"})), "guard-refused", needed);
    desk.assert_refused("roles/change", &bob(json!({"role": "Lead", "name": "Mine"})), "guard-refused", needed);
    let change = bob(json!({"role": "Lead", "settings": {"users.manage": "on"}}));
    desk.assert_refused("roles/change", &change, "guard-refused", needed);
    desk.assert_refused("roles/delete", &bob(json!({"role": "Lead"})), "guard-refused", needed);
    let change = json!({"role": "Sales Rep", "settings": {"users.manage": "on"}});
    desk.assert_refused("roles/change", &change, "constraint-violated", "system roles can't be edited");
    let change = json!({"role": "Sales Rep", "settings": {"mailbox.manage": "off"}});
    desk.assert_refused("roles/change", &change, "system-role", "system roles can't be edited");
    desk.assert_refused("roles/change", &json!({"role": "Admin", "name": "Boss"}), "built-in", "Admin");
    desk.assert_refused("roles/delete", &json!({"role": "Admin"}), "built-in", "role:admin");
}

#[test]
fn a_role_is_deleted_and_its_users_are_moved_and_counted() {
    let desk = Desk::sales();
    for name in ["Lead", "Chief"] {
        desk.ask("roles/create", &json!({"name": name, "actor": "user:ana"}));
    }
    for user in ["user:bob", "user:cy"] {
        desk.ask("users/change", &json!({"user": user, "role": "Lead", "actor": "user:ana"}));
    }
    assert_eq!(desk.ask("roles/delete", &json!({"role": "Lead", "to": "Chief", "actor": "user:ana"}))["moved"], 2);
    let of = |role: &str| desk.ask("users/list", &json!({"role": role}))["count"].clone();
    assert_eq!((of("Chief"), of("Sales Rep")), (json!(2), json!(0)));
    assert_eq!(desk.ask("roles/delete", &json!({"role": "Chief", "actor": "user:ana"}))["moved"], 2);
    assert_eq!(of("Sales Rep"), json!(2));
    desk.ask("roles/create", &json!({"name": "Nobody's", "actor": "user:ana"}));
    assert_eq!(desk.ask("roles/delete", &json!({"role": "Nobody's", "actor": "user:ana"}))["moved"], 0);
    desk.assert_refused("roles/delete", &json!({"role": "Chief"}), "not-found", "Chief");
}
