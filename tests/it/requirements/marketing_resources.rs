//! Marketing: whose lists and templates a user sees, what they make, and what they download.

use super::marketing_roles::account as roles;
use super::world::World;

const ASSIGN: &str = "resources.assign, account:acme)";

/// An account with teams: Lim on team A, Max on team B, a list and a template of each team and of none.
fn account() -> World {
    roles()
        .made("+team(team:a). +name(team:a, \"A\"). +member(team:a, user:lim). +member(team:a, user:rep).")
        .made("+team(team:b). +name(team:b, \"B\"). +member(team:b, user:max).")
        .facts("home(list:a, account:acme). home(list:b, account:acme). home(list:none, account:acme).")
        .facts("home(template:a, account:acme). home(template:b, account:acme). home(template:none, account:acme).")
        .facts("assigned(list:a, team:a). assigned(list:b, team:b).")
        .facts("assigned(template:a, team:a). assigned(template:b, team:b).")
}

#[track_caller]
fn assert_sees(world: &World, user: &str, of: &[&str]) {
    for kind in ["list", "template"] {
        let expected: Vec<String> = of.iter().map(|id| format!("{kind}:{id}")).collect();
        world.assert_listing(user, "resource.view", kind, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn c03_marketer_limited_is_refused_where_there_are_no_teams() {
    let world = World::on("marketing.dl").made("+account(account:acme). +user(user:ana).").made("+user(user:bob).");
    let limited = "+role_of(user:bob, account:acme, role:marketer_limited).";
    world.assert_refused("user:ana", limited, "Marketer Limited needs an account with teams");
    let invited = "+user(user:cy). +role_of(user:cy, account:acme, role:marketer_limited).";
    world.assert_refused("user:ana", invited, "Marketer Limited needs an account with teams");
    world.assert_accepted("user:ana", "+role_of(user:bob, account:acme, role:marketer_admin).");

    world.load("teams_enabled(account:acme).");
    world.assert_accepted("user:ana", limited);
    let error = world.write(None, "-teams_enabled(account:acme).").expect_err("a limited marketer without teams");
    assert!(error.details.join("\n").contains("Marketer Limited needs an account with teams"), "{error:?}");
}

#[test]
fn c04_without_assign_team_resources_a_resource_is_visible_where_a_team_is_shared() {
    let world = account();
    assert_sees(&world, "user:lim", &["a"]);
    world.assert_accepted("user:ana", "+member(team:b, user:lim).");
    assert_sees(&world, "user:lim", &["a", "b"]);
    world.assert_accepted("user:ana", "-member(team:a, user:lim).");
    assert_sees(&world, "user:lim", &["b"]);
    world.assert_accepted("user:ana", "-member(team:b, user:lim).");
    assert_sees(&world, "user:lim", &[]);
}

#[test]
fn c04_with_it_all_are_visible() {
    let world = account();
    assert_sees(&world, "user:max", &["a", "b", "none"]);
    assert_sees(&world, "user:ana", &["a", "b", "none"]);
    let role = "+role(role:x). +name(role:x, \"X\"). +enabled(role:x, resources.assign).";
    world.assert_accepted("user:ana", &format!("{role} +role_of(user:rep, account:acme, role:x)."));
    assert_sees(&world, "user:rep", &["a", "b", "none"]);
    world.assert_accepted("user:ana", "-enabled(role:x, resources.assign). +enabled(role:x, menu.users).");
    assert_sees(&world, "user:rep", &["a"]);
}

#[test]
fn c04_who_has_it_assigns_resources_to_teams_and_nobody_else() {
    let world = account();
    for write in ["+assigned(list:none, team:a).", "+assigned(template:b, team:a).", "-assigned(list:a, team:a)."] {
        world.assert_refused("user:lim", write, &format!("can(user:lim, {ASSIGN}"));
        world.assert_accepted("user:max", write);
    }
    world.assert_listing("user:lim", "resource.view", "list", &["list:none"]);
    world.assert_listing("user:lim", "resource.view", "template", &["template:a", "template:b"]);
}

#[test]
fn c04_a_limited_users_other_permissions_end_where_they_see_nothing() {
    let world = account();
    world.assert_listing("user:lim", "rows.save", "template", &["template:a"]);
    world.assert_listing("user:max", "rows.save", "template", &["template:a", "template:b", "template:none"]);
    world.assert_listing("user:lim", "list.delete", "list", &[]);
    let role =
        "+role(role:x). +name(role:x, \"X\"). +copy_of(role:x, role:marketer_limited). +enabled(role:x, list.delete).";
    world.assert_accepted("user:ana", &format!("{role} +role_of(user:lim, account:acme, role:x)."));
    world.assert_listing("user:lim", "list.delete", "list", &["list:a"]);
    world.assert_refused("user:lim", "-list(list:b).", "can(user:lim, list.delete, list:b)");
    world.assert_accepted("user:lim", "-list(list:a).");
}

#[test]
fn c05_what_a_user_without_it_creates_belongs_to_their_teams() {
    let world = account();
    world.assert_accepted("user:ana", "+team(team:c). +name(team:c, \"C\"). +member(team:c, user:lim).");
    let written = world
        .assert_accepted("user:lim", "+list(list:new). +owner(list:new, user:lim). +home(list:new, account:acme).");
    assert_eq!(written.added.len(), 2);
    assert_eq!(world.values("assigned(list:new, T)"), ["team:a", "team:c"]);
    world.assert_allowed("user:lim", "resource.view", "list:new");
    let new = "+template(template:new). +owner(template:new, user:lim). +home(template:new, account:acme).";
    world.assert_accepted("user:lim", new);
    assert_eq!(world.values("assigned(template:new, T)"), ["team:a", "team:c"]);
}

#[test]
fn c05_and_what_is_created_with_it_to_none() {
    let world = account();
    let new = "+list(list:new). +owner(list:new, user:max). +home(list:new, account:acme).";
    world.assert_refused("user:rep", &new.replace("max", "rep"), "can(user:rep, menu.users, account:acme)");
    world.assert_accepted("user:max", new);
    assert_eq!(world.values("assigned(list:new, T)"), [""; 0]);
    world.assert_denied("user:lim", "resource.view", "list:new");
    world.assert_allowed("user:max", "resource.view", "list:new");
}

#[test]
fn c05_nobody_dodges_it_by_naming_another_owner_none_or_other_teams() {
    let world = account();
    let told = "`user:lim` may not write";
    world.assert_refused("user:lim", "+list(list:new). +home(list:new, account:acme).", told);
    let other = "+list(list:new). +owner(list:new, user:max). +home(list:new, account:acme).";
    world.assert_refused("user:lim", other, told);
    let own = "+list(list:new). +owner(list:new, user:lim). +home(list:new, account:acme).";
    world.assert_refused("user:lim", &format!("{own} +assigned(list:new, team:b)."), told);
    world.assert_refused("user:lim", &format!("{own} -assigned(list:new, team:a)."), told);
    world.assert_accepted("user:lim", own);
}

#[test]
fn c06_it_restricts_nobody_where_the_account_has_no_teams() {
    let world = account();
    let role = "+role(role:x). +name(role:x, \"X\"). +copy_of(role:x, role:marketer_limited).";
    world.assert_accepted("user:ana", &format!("{role} +role_of(user:lim, account:acme, role:x)."));
    assert_sees(&world, "user:lim", &["a"]);
    let disabled = world.write(None, "-teams_enabled(account:acme).");
    assert!(disabled.is_ok());
    assert_sees(&world, "user:lim", &["a", "b", "none"]);
    world.assert_accepted("user:lim", "+list(list:new). +owner(list:new, user:lim). +home(list:new, account:acme).");
    assert_eq!(world.values("assigned(list:new, T)"), [""; 0]);
    world.assert_users("resources.assign", "account:acme", &[]);
    world.assert_refused("user:max", "+assigned(list:new, team:a).", &format!("can(user:max, {ASSIGN}"));
}

#[test]
fn c06_reports_only_sees_nothing_with_teams_or_without() {
    let world = account();
    assert_sees(&world, "user:rep", &[]);
    assert!(world.write(None, "-teams_enabled(account:acme). -user(user:lim).").is_ok());
    assert_sees(&world, "user:rep", &[]);
    assert_sees(&world, "user:max", &["a", "b", "none"]);
}

#[test]
fn c09_a_list_is_downloaded_with_hashes_for_addresses_unless_the_role_exports_them() {
    let world = account();
    assert_eq!(world.obligations("user:lim", "list.download", "list:a"), ["hash_addresses"]);
    assert_eq!(world.obligations("user:max", "list.download", "list:b"), ["hash_addresses"]);
    assert_eq!(world.obligations("user:ana", "list.download", "list:b"), [""; 0]);
    world.assert_denied("user:lim", "list.download", "list:b");
    world.assert_denied("user:rep", "list.download", "list:a");

    let role =
        "+role(role:x). +name(role:x, \"X\"). +copy_of(role:x, role:marketer_limited). +enabled(role:x, pii.export).";
    world.assert_accepted("user:ana", &format!("{role} +role_of(user:lim, account:acme, role:x)."));
    assert_eq!(world.obligations("user:lim", "list.download", "list:a"), [""; 0]);
    world.assert_accepted("user:ana", "-enabled(role:x, pii.export).");
    assert_eq!(world.obligations("user:lim", "list.download", "list:a"), ["hash_addresses"]);
}
