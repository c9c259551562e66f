//! The overview of the two roles: what Admin and Sales Rep may, cell by cell.

use super::world::World;

/// Ana the admin, Bob and Cy the reps, a record of each kind for each of them.
fn account() -> World {
    World::sales().users("sales_rep", &["bob", "cy"]).records(&["ana", "bob", "cy"])
}

#[test]
fn b01_each_cell_of_key_differences_at_a_glance_is_a_check() {
    let world = account();
    let org = "account:acme";
    // Capability, permission, object, Admin (Ana), Sales Rep (Bob).
    let cells = [
        ("manage integrations", "integrations.manage", org, true, false),
        ("configure personas", "personas.manage", org, true, false),
        ("view account-wide analytics", "analytics.view", org, true, false),
        ("view individual analytics: another's", "analytics.view", "user:cy", true, false),
        ("view individual analytics: the rep's", "analytics.view", "user:bob", true, true),
        ("set mailbox sending limits: the organisation's", "mailbox.limit", org, true, false),
        ("set mailbox sending limits: another rep's", "mailbox.limit", "user:cy", true, false),
        ("set mailbox sending limits: the rep's", "mailbox.limit", "user:bob", true, true),
        ("invite and remove team members", "users.manage", org, true, false),
        ("set email reveal credit limits", "credits.manage", org, true, false),
        ("view credit consumption", "credits.manage", org, true, false),
        ("access Domain Health Center", "domain_health.view", org, true, false),
        ("set up Duo signals", "duo_signals.manage", org, true, false),
        ("create Duo competitors", "battlecards.manage", org, true, false),
        ("enforce messaging settings", "ai_messaging.manage", org, true, false),
    ];
    for (capability, permission, object, admin, rep) in cells {
        for (user, is_allowed) in [("user:ana", admin), ("user:bob", rep)] {
            assert_eq!(world.check(user, permission, object), is_allowed, "{capability}: {user}");
            if is_allowed {
                world.assert_allowed(user, permission, object);
            } else {
                world.assert_denied(user, permission, object);
            }
        }
    }
}

#[test]
fn b02_an_admin_sees_anyones_analytics_and_a_rep_their_own() {
    let world = account();
    world.assert_listing("user:ana", "analytics.view", "user", &["user:ana", "user:bob", "user:cy"]);
    world.assert_listing("user:bob", "analytics.view", "user", &["user:bob"]);
    world.assert_users("analytics.view", "user:cy", &["user:ana", "user:cy"]);
    world.assert_users("analytics.view", "account:acme", &["user:ana"]);
}

#[test]
fn b06_reps_have_full_control_of_their_own_records_and_none_of_anothers() {
    let world = account();
    let sequence = ["sequence.add_leads", "sequence.edit", "sequence.view"];
    let records: [(&str, &[&str]); 4] = [
        ("sequence", &sequence),
        ("list", &["list.edit", "list.view"]),
        ("task", &["task.access"]),
        ("contact", &["contact.edit"]),
    ];
    for (kind, permissions) in records {
        world.assert_permissions("user:bob", &format!("{kind}:bob"), permissions);
        world.assert_permissions("user:bob", &format!("{kind}:cy"), &[]);
        world.assert_permissions("user:ana", &format!("{kind}:cy"), permissions);
    }
    world.assert_allowed("user:bob", "sequence.create", "account:acme");
    world.assert_allowed("user:bob", "list.create", "account:acme");
}

#[test]
fn b06_a_contact_is_its_owners_whatever_the_role() {
    let world = account()
        .facts("role(role:none). name(role:none, \"None\").")
        .users("none", &["di"])
        .facts("owner(contact:di, user:di). owner(list:di, user:di).");
    world.assert_listing("user:di", "contact.edit", "contact", &["contact:di"]);
    world.assert_listing("user:di", "list.edit", "list", &[]);
}

#[test]
fn b07_domain_health_signals_competitors_and_messaging_are_the_admins_alone() {
    let world = account();
    for permission in ["domain_health.view", "duo_signals.manage", "battlecards.manage", "ai_messaging.manage"] {
        world.assert_users(permission, "account:acme", &["user:ana"]);
    }
}

#[test]
fn b05_an_admin_deletes_any_other_user_and_never_themselves() {
    let world = World::on("sales.dl")
        .made("+account(account:acme). +user(user:ana).")
        .made("+user(user:bob). +user(user:eve). +role_of(user:eve, account:acme, role:admin).");
    world.assert_refused("user:bob", "-user(user:eve).", "can(user:bob, users.manage");
    world.assert_refused("user:ana", "-user(user:ana).", "user:ana");
    world.assert_accepted("user:ana", "-user(user:bob).");
    world.assert_accepted("user:ana", "-user(user:eve).");
    assert_eq!(world.values("user(X)"), ["user:ana"]);
}

#[test]
fn b06_reps_create_give_away_and_delete_their_own_records_and_none_of_anothers() {
    let world = account();
    for kind in ["sequence", "list", "task", "contact"] {
        let own = format!("{kind}:new");
        world.assert_accepted("user:bob", &format!("+{kind}({own}). +owner({own}, user:bob)."));
        world.assert_refused("user:cy", &format!("+owner({own}, user:cy)."), "`user:cy` may not write");
        world.assert_refused("user:cy", &format!("-{kind}({own})."), "`user:cy` may not write");
        world.assert_accepted("user:bob", &format!("-{kind}({own})."));
        let given = format!("{kind}:bob");
        world.assert_accepted("user:bob", &format!("+owner({given}, user:cy)."));
        world.assert_refused("user:bob", &format!("+owner({given}, user:bob)."), "`user:bob` may not write");
        world.assert_accepted("user:ana", &format!("+owner({given}, user:bob)."));
        world.assert_accepted("user:ana", &format!("-{kind}({given})."));
    }
}
