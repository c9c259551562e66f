//! Custom roles: who makes and changes them, what they are called, and what they begin with.

use super::world::World;

const NAME_LENGTH: &str = "a role's name has 1 to 139 characters";

/// An admin, Bob a Sales Rep, and Mia who may manage users, teams and roles and nothing else.
fn account() -> World {
    World::on("sales.dl")
        .made("+account(account:acme). +user(user:ana).")
        .made("+role(role:people). +name(role:people, \"People\"). +enabled(role:people, users.manage).")
        .made("+user(user:bob). +user(user:mia). +role_of(user:mia, account:acme, role:people).")
}

#[test]
fn a07_who_may_manage_roles_creates_renames_edits_and_deletes_them_and_nobody_else() {
    let world = account();
    let writes = [
        "+role(role:lead). +name(role:lead, \"Lead\"). +copy_of(role:lead, role:sales_rep).",
        "+name(role:lead, \"Head\").",
        "+description(role:lead, \"Leads a team\").",
        "+enabled(role:lead, personas.manage). -enabled(role:lead, list.create).",
        "+scope(role:lead, list.edit, teammates).",
        "-scope(role:lead, list.edit, teammates).",
        "-role(role:lead).",
    ];
    for write in writes {
        world.assert_refused("user:bob", write, "`user:bob` may not write");
        world.assert_accepted("user:mia", write);
    }
}

#[test]
fn a07_any_other_permission_does_not_suffice() {
    let world = account().made("+role(role:all). +name(role:all, \"All the rest\"). +copy_of(role:all, role:admin).");
    world.assert_accepted("user:ana", "-enabled(role:all, users.manage).");
    world.assert_accepted("user:ana", "+role_of(user:bob, account:acme, role:all).");
    world.assert_allowed("user:bob", "billing.manage", "account:acme");
    world.assert_refused("user:bob", "+enabled(role:all, users.manage).", "can(user:bob, users.manage, account:acme)");
    world.assert_refused("user:bob", "+role(role:new). +name(role:new, \"New\").", "can(user:bob, users.manage");
    world.assert_accepted("user:ana", "+enabled(role:all, users.manage).");
    world.assert_accepted("user:bob", "+role(role:new). +name(role:new, \"New\").");
}

#[test]
fn a08_a_name_of_139_characters_passes_and_one_of_140_fails() {
    let world = account();
    // Two bytes each, and four: characters count.
    for character in ["a", "é", "🦀"] {
        let named = |n: usize| format!("+role(role:long). +name(role:long, \"{}\").", character.repeat(n));
        world.assert_refused("user:ana", &named(140), NAME_LENGTH);
        world.assert_accepted("user:ana", &named(139));
        world.assert_refused("user:ana", &format!("+name(role:long, \"{}\").", character.repeat(140)), NAME_LENGTH);
        world.assert_accepted("user:ana", "-role(role:long).");
    }
}

#[test]
fn a08_a_name_is_not_empty_and_not_missing() {
    let world = account();
    world.assert_refused("user:ana", "+role(role:x). +name(role:x, \"\").", NAME_LENGTH);
    world.assert_refused("user:ana", "+role(role:x).", "a role has a name");
    world.assert_accepted("user:ana", "+role(role:x). +name(role:x, \"X\").");
}

#[test]
fn a08_a_name_is_unique_in_its_account() {
    let world = account().made("+role(role:x). +name(role:x, \"X\"). +role(role:y). +name(role:y, \"Y\").");
    for taken in ["X", "Admin", "Sales Rep"] {
        let told = "another role has this name";
        world.assert_refused("user:ana", &format!("+role(role:z). +name(role:z, \"{taken}\")."), told);
        world.assert_refused("user:ana", &format!("+name(role:y, \"{taken}\")."), told);
    }
    world.assert_accepted("user:ana", "+name(role:x, \"Z\"). +name(role:y, \"X\").");
}

#[test]
fn a08_another_account_has_the_same_names() {
    let world = account().made("+role(role:x). +name(role:x, \"X\").");
    let other = world.neighbour();
    other.assert_accepted("user:gus", "+role(role:x). +name(role:x, \"X\").");
}

#[test]
fn a09_a_new_role_duplicates_the_configuration_of_another_and_has_no_users() {
    let world = account();
    world.assert_accepted("user:ana", "+enabled(role:people, billing.manage). +scope(role:people, list.edit, all).");
    world
        .assert_accepted("user:ana", "+role(role:copy). +name(role:copy, \"Copy\"). +copy_of(role:copy, role:people).");
    assert_eq!(world.values("enabled(role:copy, P)"), world.values("enabled(role:people, P)"));
    assert_eq!(world.query("scope(role:copy, P, E)"), world.query("scope(role:people, P, E)"));
    assert_eq!(world.values("role_of(U, account:acme, role:copy)"), [""; 0]);
}

#[test]
fn a09_later_edits_of_the_source_do_not_reach_the_copy() {
    let world = account();
    world
        .assert_accepted("user:ana", "+role(role:copy). +name(role:copy, \"Copy\"). +copy_of(role:copy, role:people).");
    let (switches, scopes) = (world.values("enabled(role:copy, P)"), world.query("scope(role:copy, P, E)"));
    world.assert_accepted("user:ana", "-enabled(role:people, list.create). +enabled(role:people, dialer.manage).");
    world.assert_accepted("user:ana", "+scope(role:people, list.edit, all).");
    assert_eq!(world.values("enabled(role:copy, P)"), switches);
    assert_eq!(world.query("scope(role:copy, P, E)"), scopes);
    assert_ne!(world.values("enabled(role:people, P)"), switches);
    world.assert_accepted("user:ana", "+role_of(user:mia, account:acme, role:copy). -role(role:people).");
    world.assert_allowed("user:mia", "users.manage", "account:acme");
}

#[test]
fn a09_a_role_that_is_left_blank_begins_as_a_sales_rep() {
    let world = account();
    world.assert_accepted("user:ana", "+role(role:blank). +name(role:blank, \"Blank\").");
    let switches = ["list.create", "mailbox.manage", "prospecting.export", "sequence.create"];
    assert_eq!(world.values("enabled(role:blank, P)"), switches);
    assert_eq!(world.values("scope(role:blank, P, own)"), world.values("scoped(P)"));
    assert_eq!(world.values("scope(role:blank, P, all)"), [""; 0]);
}

#[test]
fn a09_a_copy_of_admin_has_every_switch_and_scope_all() {
    let world = account();
    world.assert_accepted("user:ana", "+role(role:boss). +name(role:boss, \"Boss\"). +copy_of(role:boss, role:admin).");
    assert_eq!(world.values("enabled(role:boss, P)"), world.values("toggle(P)"));
    assert_eq!(world.values("scope(role:boss, P, all)"), world.values("scoped(P)"));
}
