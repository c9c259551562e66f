//! The two roles that every account has: Admin and Sales Rep.

use super::catalogue::SCOPED;
use super::world::World;

/// An admin, two reps of one team and one of none, and a record of each kind for each rep.
fn account() -> World {
    World::sales()
        .users("sales_rep", &["bob", "cy", "di"])
        .facts("team(team:eu). member(team:eu, user:bob). member(team:eu, user:cy).")
        .records(&["bob", "cy", "di"])
}

#[test]
fn a05_admin_holds_every_platform_permission_and_another_role_only_what_it_turns_on() {
    let world = account()
        .facts("role(role:buyer). name(role:buyer, \"Buyer\"). enabled(role:buyer, billing.manage).")
        .users("buyer", &["eve"]);
    let toggles = world.values("toggle(P)");
    assert_eq!(toggles.len(), 20, "18 platform permissions, and two to create records");
    for toggle in &toggles {
        world.assert_allowed("user:ana", toggle, "account:acme");
        if toggle != "billing.manage" {
            world.assert_denied("user:eve", toggle, "account:acme");
        }
    }
    world.assert_allowed("user:eve", "billing.manage", "account:acme");
}

#[test]
fn a05_admin_reaches_every_record_mailboxes_included() {
    let world = account();
    for (permission, kind) in SCOPED.into_iter().chain([("contact.edit", "contact"), ("mailbox.use", "mailbox")]) {
        let all = ["bob", "cy", "di"].map(|id| format!("{kind}:{id}"));
        world.assert_listing("user:ana", permission, kind, &all.each_ref().map(String::as_str));
        world.assert_denied("user:bob", permission, &format!("{kind}:di"));
    }
}

#[test]
fn a05_a_permission_added_to_the_catalogue_later_is_admins_at_once_and_nobody_elses() {
    let world = account();
    world.activate(
        "permission forecast.manage on account toggle \"Manage forecasts\".\n\
         permission task.delegate on task scoped \"Delegate tasks\".",
    );
    world.assert_allowed("user:ana", "forecast.manage", "account:acme");
    world.assert_denied("user:bob", "forecast.manage", "account:acme");
    world.assert_users("task.delegate", "task:di", &["user:ana", "user:di"]);
}

#[test]
fn a06_a_sales_rep_manages_mailboxes_exports_and_creates_but_has_no_other_switch() {
    let world = account();
    let on = ["list.create", "mailbox.manage", "prospecting.export", "sequence.create"];
    world.assert_permissions("user:bob", "account:acme", &on);
}

#[test]
fn a06_a_sales_rep_reaches_their_own_records_and_not_a_teammates() {
    let world = account();
    for (permission, kind) in SCOPED {
        world.assert_listing("user:bob", permission, kind, &[&format!("{kind}:bob")]);
        world.assert_users(permission, &format!("{kind}:cy"), &["user:ana", "user:cy"]);
    }
}
