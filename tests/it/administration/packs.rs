//! The front desk works for every pack from the pack's own catalogue.

use serde_json::{Value, json};

use super::desk::Desk;

/// What differs between the packs: where roles are made, what the first user's role is called, a switch, and a record that the
/// product makes.
struct Product {
    pack: &'static str,
    place: &'static str,
    /// What the product writes before anything else.
    setting: &'static [&'static [&'static str]],
    admin: &'static str,
    switch: &'static str,
}

const PRODUCTS: [Product; 4] = [
    Product { pack: "sales.dl", place: "account:acme", setting: &[], admin: "Admin", switch: "billing.manage" },
    Product {
        pack: "marketing.dl",
        place: "account:acme",
        setting: &[],
        admin: "Account Admin",
        switch: "menu.settings",
    },
    Product { pack: "fax_esign.dl", place: "account:acme", setting: &[], admin: "Admin", switch: "label.manage" },
    Product {
        pack: "shared_inbox.dl",
        place: "workspace:a",
        setting: &[
            &["plan_of", "account:acme", "scale"],
            &["workspace", "workspace:a"],
            &["home", "workspace:a", "account:acme"],
        ],
        admin: "Workspace admin",
        switch: "rule.manage",
    },
];

#[test]
fn roles_users_and_teams_are_administered_in_every_pack() {
    for product in PRODUCTS {
        let desk = Desk::of(product.pack);
        desk.write(product.setting);
        let (place, switch) = (product.place, product.switch);
        let ana = |mut body: Value| {
            body["actor"] = json!("user:ana");
            body
        };
        let bob = |mut body: Value| {
            body["actor"] = json!("user:bob");
            body
        };
        let pack = product.pack;

        // A role, blank and as a copy; everything it can be set to is in the catalogue.
        let blank = desk.ask("roles/create", &ana(json!({"name": "Blank", "place": place})));
        desk.ask(
            "roles/create",
            &ana(json!({"name": "Copy", "place": place, "copy_of": product.admin, "description": "All"})),
        );
        let admin = desk.settings(product.admin);
        assert_eq!(desk.settings("Copy"), admin, "{pack}");
        assert_eq!(admin[switch], "on", "{pack}");
        let catalogue = desk.ask("catalogue", &json!({}));
        let configured = admin.as_object().unwrap();
        for entry in catalogue["permissions"].as_array().unwrap() {
            let words = entry["words"].as_array().unwrap();
            let is_set = words.contains(&json!("toggle")) || words.contains(&json!("scoped"));
            assert_eq!(configured.contains_key(entry["permission"].as_str().unwrap()), is_set, "{pack} {entry}");
        }
        desk.ask("roles/change", &ana(json!({"role": "Blank", "name": "Helper", "settings": {switch: "on"}})));
        assert_eq!(desk.settings("Helper")[switch], "on", "{pack}");

        // A user is invited, has the role's permission, and loses it with the role.
        desk.ask("users/invite", &ana(json!({"user": "user:bob", "place": place, "role": "Helper"})));
        assert!(desk.may("user:bob", switch, place), "{pack}");
        desk.assert_refused(
            "roles/change",
            &bob(json!({"role": "Helper", "name": "Mine"})),
            "guard-refused",
            "user:bob",
        );
        desk.assert_refused("roles/create", &bob(json!({"name": "Mine", "place": place})), "guard-refused", "user:bob");
        desk.assert_refused("users/invite", &bob(json!({"user": "user:di"})), "guard-refused", "user:bob");
        let promote = json!({"user": "user:bob", "place": place, "role": product.admin});
        desk.assert_refused("users/change", &bob(promote), "guard-refused", "user:bob");
        let list = desk.ask("users/list", &json!({"role": "Helper", "place": place}));
        assert_eq!((&list["count"], &list["users"][0]["id"]), (&json!(1), &json!("user:bob")), "{pack}");
        let access = desk.ask("access/list", &json!({"user": "user:bob", "permission": switch}));
        assert_eq!(access["held"][0]["sources"][0]["role"], blank["id"], "{pack} {access}");
        let moved = desk.ask("roles/delete", &ana(json!({"role": "Helper", "to": "Copy"})));
        assert_eq!(moved["moved"], 1, "{pack}");
        assert_eq!(desk.ask("access/role", &json!({"role": "Copy"}))["users"][0]["user"], "user:bob", "{pack}");
        desk.assert_refused("roles/change", &ana(json!({"role": product.admin, "name": "X"})), "built-in", "name");

        // Teams.
        desk.ask("teams/create", &ana(json!({"name": "One", "place": place, "members": ["user:bob"]})));
        desk.ask(
            "teams/change",
            &ana(json!({"team": "One", "name": "Two", "add": ["user:ana"], "remove": ["user:bob"]})),
        );
        let teams = desk.ask("teams/list", &json!({"place": place}))["teams"].clone();
        assert_eq!((&teams[0]["name"], &teams[0]["members"]), (&json!("Two"), &json!(1)), "{pack}");
        desk.ask("teams/delete", &ana(json!({"team": "Two"})));

        // The account keeps its admin; others go.
        let last = "assign the Admin role to someone else first";
        desk.assert_refused("users/remove", &json!({"user": "user:ana"}), "constraint-violated", last);
        desk.ask("users/remove", &ana(json!({"user": "user:bob"})));
        assert_eq!(desk.ask("users/list", &json!({}))["count"], 1, "{pack}");
    }
}
