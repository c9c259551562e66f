//! Marketing: the four default roles, the catalogue, menus, and custom roles.

use super::world::World;

/// The eight permissions that Marketer Admin lacks, and the ten that Marketer Limited lacks.
const EIGHT: [&str; 8] = [
    "list.delete",
    "list.rename",
    "list.retype",
    "pii.export",
    "roles.manage",
    "teams.manage",
    "usage.view",
    "users.manage",
];
const TWO_MORE: [&str; 2] = ["menu.api_test", "resources.assign"];

/// An account with teams, a user of each default role, and Uma who only manages users.
pub(super) fn account() -> World {
    World::on("marketing.dl")
        .made("+account(account:acme). +user(user:ana). +teams_enabled(account:acme).")
        .made("+user(user:max). +role_of(user:max, account:acme, role:marketer_admin).")
        .made("+user(user:lim). +role_of(user:lim, account:acme, role:marketer_limited).")
        .made("+user(user:rep). +role_of(user:rep, account:acme, role:reports_only).")
        .made("+role(role:users). +name(role:users, \"Users\"). +enabled(role:users, users.manage).")
        .made("+user(user:uma). +role_of(user:uma, account:acme, role:users).")
}

/// The permissions on an account but for these.
fn all_but(world: &World, lacking: &[&str]) -> Vec<String> {
    let all = world.values("category(P, _)");
    all.into_iter().filter(|permission| !lacking.contains(&permission.as_str())).collect()
}

#[track_caller]
fn assert_has(world: &World, user: &str, permissions: &[String]) {
    let permissions: Vec<&str> = permissions.iter().map(String::as_str).collect();
    world.assert_permissions(user, "account:acme", &permissions);
}

#[test]
fn c01_each_default_role_has_what_the_table_says() {
    let world = account();
    assert_has(&world, "user:ana", &all_but(&world, &[]));
    assert_has(&world, "user:max", &all_but(&world, &EIGHT));
    assert_has(&world, "user:lim", &all_but(&world, &[&EIGHT[..], &TWO_MORE[..]].concat()));
    world.assert_permissions("user:rep", "account:acme", &["menu.analytics"]);
}

#[test]
fn c01_default_roles_are_fixed() {
    let world = account();
    for role in ["account_admin", "marketer_admin", "marketer_limited", "reports_only"] {
        let told = "system roles can't be edited";
        world.assert_refused("user:ana", &format!("+enabled(role:{role}, menu.users)."), told);
        world.assert_refused("user:ana", &format!("+description(role:{role}, \"Mine\")."), told);
        world.assert_refused("user:ana", &format!("+name(role:{role}, \"Mine\")."), "built in");
        world.assert_refused("user:ana", &format!("-role(role:{role})."), "built in");
    }
    world.assert_accepted("user:ana", "+enabled(role:users, menu.users). +description(role:users, \"Mine\").");
}

#[test]
fn c01_account_admins_alone_modify_users_roles_and_teams() {
    let world = account();
    let writes = [
        "+user(user:new).",
        "+name(user:new, \"New\").",
        "+role_of(user:new, account:acme, role:marketer_admin).",
        "-user(user:new).",
        "+role(role:x). +name(role:x, \"X\").",
        "-role(role:x).",
        "+team(team:x). +name(team:x, \"X\"). +member(team:x, user:max).",
        "-team(team:x).",
    ];
    for write in writes {
        for user in ["user:max", "user:lim", "user:rep"] {
            world.assert_refused(user, write, "may not write");
        }
        world.assert_accepted("user:ana", write);
    }
}

#[test]
fn c02_the_catalogue_holds_the_27_permissions_of_the_table_with_label_and_description() {
    let world = account();
    let labels = [
        "API Test",
        "Analytics",
        "Assign Team Resources",
        "Audience Builder",
        "Change Campaign Status",
        "Change Flow Status",
        "Change List Type",
        "Change Overlay Status",
        "Content",
        "Delete Campaigns",
        "Delete Lists",
        "Delete Profiles",
        "Edit Locked Contents",
        "Edit Locked Rows",
        "Export PII",
        "Hosted Pages",
        "Lock Rows and Contents",
        "Manage Roles",
        "Manage Teams",
        "Manage Users",
        "Messaging",
        "Meter Usage",
        "Partner Exports",
        "Rename Lists",
        "Saved Rows",
        "Settings",
        "Users",
    ];
    let in_catalogue = world.values("category(P, _)");
    let mut listed: Vec<String> = world
        .query("label(P, L)")
        .into_iter()
        .filter(|row| in_catalogue.contains(&row[0]))
        .map(|row| row[1].clone())
        .collect();
    listed.sort();
    assert_eq!(listed, labels);
    let mut described: Vec<String> = world.query("description(P, D)").into_iter().map(|row| row[0].clone()).collect();
    described.retain(|permission| in_catalogue.contains(permission));
    assert_eq!(described, in_catalogue);
}

#[test]
fn c02_analytics_is_given_to_all_users() {
    let world = account().made("+role(role:none). +name(role:none, \"None\").");
    world.assert_accepted("user:ana", "+user(user:new). +role_of(user:new, account:acme, role:none).");
    let all = ["user:ana", "user:lim", "user:max", "user:new", "user:rep", "user:uma"];
    world.assert_users("menu.analytics", "account:acme", &all);
    world.assert_permissions("user:new", "account:acme", &["menu.analytics"]);
    world.assert_denied("user:new", "menu.messaging", "account:acme");
}

#[test]
fn c07_a_submenu_needs_its_menu_too() {
    let submenus = [
        ("menu.audience_builder", "menu.users"),
        ("menu.partner_exports", "menu.users"),
        ("menu.hosted_pages", "menu.content"),
        ("menu.api_test", "menu.settings"),
    ];
    for (submenu, menu) in submenus {
        let world = account().made("+role(role:x). +name(role:x, \"X\").");
        world.assert_accepted("user:ana", "+role_of(user:rep, account:acme, role:x).");
        world.assert_accepted("user:ana", &format!("+enabled(role:x, {submenu})."));
        world.assert_denied("user:rep", submenu, "account:acme");
        for other in ["menu.users", "menu.content", "menu.settings"].into_iter().filter(|other| *other != menu) {
            world.assert_accepted("user:ana", &format!("+enabled(role:x, {other})."));
        }
        world.assert_denied("user:rep", submenu, "account:acme");
        world.assert_accepted("user:ana", &format!("+enabled(role:x, {menu})."));
        world.assert_allowed("user:rep", submenu, "account:acme");
    }
}

#[test]
fn c08_meter_usage_counts_where_it_is_held_in_the_parent_account() {
    let world = account()
        .made("+role(role:meter). +name(role:meter, \"Meter\"). +home(role:meter, account:acme). +enabled(role:meter, usage.view).")
        .made("+account(account:up). +role_of(user:ana, account:up, role:account_admin).")
        .made("+role(role:up). +name(role:up, \"Meter\"). +home(role:up, account:up). +enabled(role:up, usage.view).");
    world.assert_accepted("user:ana", "+role_of(user:rep, account:acme, role:meter).");
    world.assert_allowed("user:rep", "usage.view", "account:acme");

    // Held in the account itself it no longer counts once that has a parent.
    world.load("parent(account:acme, account:up).");
    world.assert_denied("user:rep", "usage.view", "account:acme");
    world.assert_users("usage.view", "account:acme", &["user:ana"]);
    world.assert_accepted("user:ana", "+role_of(user:rep, account:up, role:up).");
    world.assert_users("usage.view", "account:acme", &["user:ana", "user:rep"]);
    world.assert_accepted("user:ana", "-enabled(role:up, usage.view).");
    world.assert_denied("user:rep", "usage.view", "account:acme");
}

#[test]
fn c10_a_custom_role_has_a_name_a_description_and_any_mix_of_permissions() {
    let world = account();
    let made = "+role(role:mail). +name(role:mail, \"Mailer\"). +description(role:mail, \"Sends campaigns\"). \
                +enabled(role:mail, menu.messaging). +enabled(role:mail, campaign.status). +enabled(role:mail, list.delete).";
    world.assert_refused("user:uma", made, "can(user:uma, roles.manage, account:acme)");
    world.assert_accepted("user:ana", made);
    assert_eq!(world.values("description(role:mail, D)"), ["Sends campaigns"]);
    world.assert_refused("user:uma", "+role_of(user:rep, account:acme, role:mail).", "can(user:uma, roles.manage");
    world.assert_accepted("user:ana", "+role_of(user:rep, account:acme, role:mail).");
    let has = ["campaign.status", "list.delete", "menu.analytics", "menu.messaging"];
    world.assert_permissions("user:rep", "account:acme", &has);
    world.assert_refused("user:ana", "+role(role:x). +name(role:x, \"Account Admin\").", "another role has this name");
    world.assert_accepted("user:ana", "-role(role:mail).");
    world.assert_permissions("user:rep", "account:acme", &["menu.analytics"]);
}

#[test]
fn c10_each_switch_of_a_custom_role_gives_its_permission_and_no_other() {
    let world = account().made("+role(role:x). +name(role:x, \"X\"). +role_of(user:rep, account:acme, role:x).");
    let needs_menu = world.query("submenu(P, M)");
    for permission in world.values("toggle(P)") {
        world.assert_accepted("user:ana", &format!("+enabled(role:x, {permission})."));
        let mut expected = vec!["menu.analytics"];
        if !needs_menu.iter().any(|row| row[0] == permission) {
            expected.push(&permission);
        }
        world.assert_permissions("user:rep", "account:acme", &expected);
        world.assert_accepted("user:ana", &format!("-enabled(role:x, {permission})."));
    }
    world.assert_permissions("user:rep", "account:acme", &["menu.analytics"]);
}

#[test]
fn c10_who_manages_users_alone_invites_and_removes_them_as_reports_only() {
    let world = account();
    world.assert_accepted("user:uma", "+user(user:new). +name(user:new, \"New\").");
    assert_eq!(world.values("role_of(user:new, account:acme, R)"), ["role:reports_only"]);
    let promoted = "+role_of(user:new, account:acme, role:account_admin).";
    world.assert_refused("user:uma", promoted, "can(user:uma, roles.manage, account:acme)");
    world.assert_refused(
        "user:uma",
        &format!("+user(user:other). {}", promoted.replace("new", "other")),
        "may not write",
    );
    world.assert_refused("user:max", "-user(user:new).", "may not write");
    world.assert_accepted("user:uma", "-user(user:new).");
}
