//! Fax, e-sign, forms and connect: default roles, adjustments, products, approval, AI, and the record of it all.

use super::world::World;

/// A clinic: an Admin, a Manager and two Members, two numbers, and a fax that a Member wrote.
pub(super) fn clinic() -> World {
    World::on("fax_esign.dl")
        .made("+account(account:clinic). +user(user:adm).")
        .made("+user(user:man). +role_of(user:man, account:clinic, role:manager).")
        .made("+user(user:mem). +user(user:sam).")
        .made("+number(number:1). +number(number:2).")
        .made("+owner(fax:1, user:mem). +number_of(fax:1, number:1).")
}

/// A clinic that has eSign, switched on for its Manager and a Member.
pub(super) fn signing_clinic() -> World {
    clinic()
        .made("+licensed(account:clinic, esign).")
        .made("+product_on(user:man, esign). +product_on(user:mem, esign).")
}

#[test]
fn d01_three_default_roles_can_be_adjusted_but_not_renamed_or_deleted() {
    let world = clinic();
    assert_eq!(world.values("role_of(user:adm, account:clinic, X)"), ["role:admin"]);
    assert_eq!(world.values("role_of(user:mem, account:clinic, X)"), ["role:member"]);
    world.assert_allowed("user:man", "report.view", "account:clinic");
    world.assert_denied("user:mem", "report.view", "account:clinic");
    world.assert_refused("user:man", "-enabled(role:manager, report.view).", "enabled");
    world.assert_accepted("user:adm", "-enabled(role:manager, report.view). +enabled(role:member, report.view).");
    world.assert_denied("user:man", "report.view", "account:clinic");
    world.assert_allowed("user:mem", "report.view", "account:clinic");
    world.assert_refused("user:adm", "-role(role:manager).", "built in");
    world.assert_refused("user:adm", "+name(role:member, \"Nurse\").", "built in");
}

#[test]
fn d01_admins_make_custom_roles_and_nobody_else() {
    let world = clinic();
    let desk = "+role(role:desk). +name(role:desk, \"Desk\"). +home(role:desk, account:clinic).";
    world.assert_refused("user:man", desk, "role");
    world.assert_accepted("user:adm", desk);
    world.assert_accepted("user:adm", "+enabled(role:desk, report.view). -enabled(role:desk, fax.send).");
    world.assert_refused("user:mem", "+role_of(user:mem, account:clinic, role:desk).", "role_of");
    world.assert_accepted("user:adm", "+role_of(user:mem, account:clinic, role:desk).");
    world.assert_allowed("user:mem", "report.view", "account:clinic");
    world.assert_denied("user:mem", "fax.send", "account:clinic");
    world.assert_accepted("user:adm", "-role(role:desk).");
    assert_eq!(world.values("role_of(user:mem, account:clinic, X)"), ["role:member"]);
}

#[test]
fn d01_an_admin_customizes_whatever_is_switched_off() {
    let world = clinic();
    world.assert_accepted("user:adm", "-enabled(role:admin, user.edit). -enabled(role:admin, account.manage).");
    world.assert_denied("user:adm", "user.edit", "account:clinic");
    world.assert_users("role.customize", "account:clinic", &["user:adm"]);
    world.assert_accepted("user:adm", "+enabled(role:admin, user.edit).");
    world.assert_allowed("user:adm", "user.edit", "account:clinic");
}

#[test]
fn d02_a_users_own_grant_or_removal_wins_over_the_role() {
    let world = clinic();
    world.assert_allowed("user:man", "fax.send", "account:clinic");
    world.assert_denied("user:mem", "fax.approve", "account:clinic");
    world.assert_refused("user:mem", "+adjusted(user:mem, fax.approve, granted).", "adjusted");
    world.assert_accepted(
        "user:adm",
        "+adjusted(user:mem, fax.approve, granted). +adjusted(user:man, fax.send, removed).",
    );
    world.assert_denied("user:man", "fax.send", "account:clinic");
    world.assert_allowed("user:mem", "fax.approve", "account:clinic");
    world.assert_denied("user:sam", "fax.approve", "account:clinic");
    world.assert_accepted("user:adm", "+adjusted(user:man, fax.send, granted).");
    world.assert_allowed("user:man", "fax.send", "account:clinic");
    world.assert_refused("user:adm", "+adjusted(user:mem, fax.view, granted).", "only a toggle can be adjusted");
}

#[test]
fn d02_who_edits_users_hands_on_what_they_hold_and_no_more() {
    let world = clinic();
    world.assert_refused("user:man", "+user(user:new).", "user");
    world.assert_accepted("user:adm", "+adjusted(user:man, user.edit, granted).");
    world.assert_accepted("user:man", "+user(user:new). +name(user:new, \"New\").");
    assert_eq!(world.values("role_of(user:new, account:clinic, X)"), ["role:member"]);
    world.assert_accepted("user:man", "+adjusted(user:new, report.view, granted).");
    world.assert_allowed("user:new", "report.view", "account:clinic");
    world.assert_refused("user:man", "+adjusted(user:new, account.manage, granted).", "adjusted");
    world.assert_refused("user:man", "+role_of(user:new, account:clinic, role:admin).", "role_of");
    world.assert_refused("user:man", "+role_of(user:man, account:clinic, role:admin).", "role_of");
    world.assert_refused("user:man", "+adjusted(user:adm, fax.send, removed).", "adjusted");
    world.assert_refused("user:man", "-user(user:adm).", "user");
    world.assert_accepted("user:man", "-user(user:new).");
}

#[test]
fn d03_products_are_switched_for_each_user_whatever_the_role_says() {
    let world = clinic();
    for permission in ["fax.send", "call.make", "form.view", "app.access"] {
        world.assert_allowed("user:mem", permission, "account:clinic");
    }
    world.assert_refused("user:mem", "-product_on(user:mem, ifax).", "product_on");
    world.assert_accepted("user:adm", "-product_on(user:mem, ifax). +adjusted(user:mem, fax.approve, granted).");
    for permission in ["fax.send", "fax.approve"] {
        world.assert_denied("user:mem", permission, "account:clinic");
    }
    for permission in ["call.make", "form.view", "app.access"] {
        world.assert_allowed("user:mem", permission, "account:clinic");
    }
    world.assert_allowed("user:sam", "fax.send", "account:clinic");
}

#[test]
fn d03_esign_is_there_where_the_account_has_it() {
    let world = clinic();
    let missing = "the account doesn't have that product";
    world.assert_denied("user:adm", "document.view", "account:clinic");
    world.assert_refused("user:adm", "+product_on(user:mem, esign).", missing);
    world.assert_refused("user:adm", "+licensed(account:clinic, esign).", "licensed");
    let world = world.made("+licensed(account:clinic, esign).");
    world.assert_denied("user:mem", "document.view", "account:clinic");
    world.assert_accepted("user:adm", "+product_on(user:mem, esign).");
    world.assert_allowed("user:mem", "document.view", "account:clinic");
    let Err(error) = world.write(None, "-licensed(account:clinic, esign).") else { panic!("a user still has it on") };
    assert!(error.message.contains(missing) || error.details.join("\n").contains(missing), "{}", error.message);
    let world = world.made("-licensed(account:clinic, esign). -product_on(user:mem, esign).");
    world.assert_denied("user:mem", "document.view", "account:clinic");
}

#[test]
fn d07_a_fax_for_approval_waits_for_somebody_else_who_approves() {
    let world = clinic();
    world.assert_allowed("user:mem", "fax.transmit", "fax:1");
    world.assert_accepted("user:adm", "+enabled(role:member, fax.send_for_approval).");
    world.assert_denied("user:mem", "fax.transmit", "fax:1");
    world.assert_users("fax.approve", "fax:1", &["user:adm", "user:man"]);
    world.assert_allowed("user:man", "fax.view", "fax:1");
    world.assert_refused("user:sam", "+approved(fax:1, user:sam).", "approved");
    world.assert_refused("user:man", "+approved(fax:1, user:adm).", "approved");
    world.assert_accepted("user:adm", "+adjusted(user:mem, fax.approve, granted).");
    world.assert_denied("user:mem", "fax.approve", "fax:1");
    world.assert_refused("user:mem", "+approved(fax:1, user:mem).", "approved");
    let Err(own) = world.write(None, "+approved(fax:1, user:mem).") else { panic!("nobody approves their own fax") };
    assert_eq!(own.message, "nobody approves their own fax");
    world.assert_denied("user:mem", "fax.transmit", "fax:1");
    world.assert_accepted("user:man", "+approved(fax:1, user:man).");
    world.assert_users("fax.transmit", "fax:1", &["user:mem"]);
    world.assert_accepted("user:mem", "+fax(fax:2). +owner(fax:2, user:mem). +number_of(fax:2, number:1).");
    world.assert_denied("user:mem", "fax.transmit", "fax:2");
}

#[test]
fn d09_ai_tools_are_enabled_by_the_role_alone() {
    let world = signing_clinic();
    for user in ["user:adm", "user:man", "user:mem"] {
        world.assert_denied(user, "fax.ai", "account:clinic");
        world.assert_denied(user, "ai.use", "account:clinic");
    }
    let alone = "AI tools are enabled by the role alone";
    world.assert_refused("user:adm", "+adjusted(user:man, fax.ai, granted).", alone);
    world.assert_refused("user:adm", "+adjusted(user:man, ai.use, granted).", alone);
    world.assert_refused("user:man", "+enabled(role:manager, fax.ai).", "enabled");
    world.assert_accepted("user:adm", "+enabled(role:manager, fax.ai). +enabled(role:manager, ai.use).");
    world.assert_allowed("user:man", "fax.ai", "account:clinic");
    world.assert_allowed("user:man", "ai.use", "account:clinic");
    world.assert_denied("user:mem", "fax.ai", "account:clinic");
    world.assert_accepted("user:adm", "+adjusted(user:man, fax.ai, removed).");
    world.assert_denied("user:man", "fax.ai", "account:clinic");
}

#[test]
fn d10_no_permission_takes_anything_out_of_the_log() {
    let world = clinic();
    // Whoever holds every permission deletes what they wrote, and even the user who wrote it: the log only grows.
    world.assert_accepted("user:adm", "+enabled(role:admin, fax.ai). +enabled(role:admin, fax.send_for_approval).");
    world.assert_accepted("user:mem", "+folder(folder:1). +owner(folder:1, user:mem).");
    world.assert_accepted("user:adm", "+adjusted(user:mem, history.manage, granted).");
    let before = world.log();
    assert_eq!(before.last().and_then(|(_, actor)| actor.as_deref()), Some("user:adm"));
    world.assert_accepted("user:mem", "-folder(folder:1).");
    world.assert_accepted("user:adm", "-user(user:mem).");
    let after = world.log();
    assert_eq!(after.get(..before.len()), Some(before.as_slice()));
    assert_eq!(after.len(), before.len() + 2);
    assert!(
        after.iter().any(|(_, actor)| actor.as_deref() == Some("user:mem")),
        "what a deleted user wrote stays theirs"
    );
    // Nothing that the rules speak of is the log: what a write may name are objects and relations of the pack.
    world.assert_refused("user:adm", "-entry(entry:1).", "entry");
    world.assert_refused("user:adm", "-decision(decision:1).", "decision");
}
