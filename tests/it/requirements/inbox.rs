//! The shared inbox: workspaces with roles of their own, what is shared and what is one's own, and the plan.

use super::world::World;

/// A company on a plan with roles and its two workspaces: `a` with an admin, a teammate and a trainee who may not send.
pub(super) fn company() -> World {
    World::on("shared_inbox.dl")
        .made("+account(account:co). +user(user:boss). +plan_of(account:co, scale).")
        .made("+workspace(workspace:a). +home(workspace:a, account:co).")
        .made("+workspace(workspace:b). +home(workspace:b, account:co).")
        .made("+user(user:wa). +role_of(user:wa, workspace:a, role:workspace_admin).")
        .made("+user(user:tom). +role_of(user:tom, workspace:a, role:standard).")
        .made("+role(role:trainee). +name(role:trainee, \"Trainee\"). +home(role:trainee, workspace:a). +copy_of(role:trainee, role:standard). -enabled(role:trainee, message.send).")
        .made("+user(user:ted). +role_of(user:ted, workspace:a, role:trainee).")
        .made("+home(inbox:support, workspace:a). +in_inbox(conversation:1, inbox:support). +home(channel:support, workspace:a).")
        .made("+owner(inbox:ted, user:ted). +in_inbox(conversation:ted, inbox:ted). +owner(channel:ted, user:ted).")
}

#[test]
fn e01_a_role_of_one_workspace_is_not_given_in_another() {
    let world = company();
    let other = "this role belongs to another place";
    world.assert_refused("user:boss", "+role_of(user:tom, workspace:b, role:trainee).", other);
    world.assert_refused("user:boss", "+role_of(user:tom, account:co, role:trainee).", other);
    world.assert_accepted("user:wa", "+role_of(user:tom, workspace:a, role:trainee).");
    let company = "custom roles are made for a workspace";
    world.assert_refused("user:boss", "+role(role:x). +name(role:x, \"X\"). +home(role:x, account:co).", company);
    world.assert_refused("user:wa", "+role(role:x). +name(role:x, \"X\"). +home(role:x, workspace:b).", "roles.manage");
    world.assert_accepted("user:boss", "+role(role:x). +name(role:x, \"Trainee\"). +home(role:x, workspace:b).");
}

#[test]
fn e01_company_admins_workspace_admins_and_standard_access_each_have_their_place() {
    let world = company();
    world.assert_refused(
        "user:boss",
        "+role_of(user:tom, workspace:a, role:company_admin).",
        "company admins are made for the company",
    );
    world.assert_refused(
        "user:boss",
        "+role_of(user:tom, account:co, role:workspace_admin).",
        "workspace admins are made for a workspace",
    );
    world.assert_users("roles.manage", "workspace:a", &["user:boss", "user:wa"]);
    world.assert_users("roles.manage", "workspace:b", &["user:boss"]);
    world.assert_users("roles.manage", "account:co", &["user:boss"]);
    world.assert_users("comment.send", "workspace:a", &["user:boss", "user:wa", "user:tom", "user:ted"]);
}

#[test]
fn e02_every_listed_permission_is_in_the_catalogue_under_its_group() {
    let world = company();
    let mut rows = world.query("category(P, C)");
    let groups = [
        ("Analytics", 2),
        ("Contacts", 1),
        ("Conversations", 7),
        ("Inboxes", 1),
        ("Message templates", 1),
        ("Roles & permissions", 1),
        ("Rules", 1),
        ("Sequences", 1),
        ("Signatures", 1),
        ("Tags", 2),
        ("Teammates", 1),
        ("Views", 1),
    ];
    assert_eq!(rows.len(), 20);
    for (group, n) in groups {
        assert_eq!(rows.iter().filter(|row| row[1] == group).count(), n, "{group}");
    }
    rows.retain(|row| row[1] == "Tags");
    let tags: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(tags, ["shared_tag.manage", "tag.apply"]);
    assert_eq!(world.values("label(shared_tag.manage, X)"), ["Shared tags - create / edit / archive / delete"]);
}

#[test]
fn e03_a_role_binds_what_is_shared_and_leaves_alone_what_is_ones_own() {
    let world = company();
    world.assert_accepted("user:wa", "-enabled(role:trainee, shared_tag.manage). -enabled(role:trainee, shared_template.manage). -enabled(role:trainee, shared_signature.manage). -enabled(role:trainee, comment.send).");
    for (kind, permission) in
        [("tag", "shared_tag.manage"), ("template", "shared_template.manage"), ("signature", "shared_signature.manage")]
    {
        let shared = format!("+{kind}({kind}:s). +home({kind}:s, workspace:a).");
        world.assert_refused("user:ted", &shared, permission);
        world.assert_accepted("user:tom", &shared);
        world.assert_denied("user:ted", permission, &format!("{kind}:s"));
        world.assert_accepted("user:ted", &format!("+{kind}({kind}:mine). +owner({kind}:mine, user:ted)."));
        world.assert_users(permission, &format!("{kind}:mine"), &["user:ted"]);
        world.assert_refused("user:tom", &format!("+{kind}({kind}:his). +owner({kind}:his, user:ted)."), "owner");
    }
    world.assert_denied("user:ted", "comment.send", "conversation:1");
    world.assert_allowed("user:ted", "comment.send", "conversation:ted");
    world.assert_users("conversation.purge", "conversation:ted", &["user:ted"]);
    world.assert_users("tag.create", "workspace:a", &["user:boss", "user:wa", "user:tom", "user:ted"]);
}

#[test]
fn e04_sending_is_restricted_on_shared_channels_and_free_on_ones_own() {
    let world = company();
    world.assert_users("message.send", "channel:support", &["user:boss", "user:wa", "user:tom"]);
    world.assert_users("message.send", "channel:ted", &["user:ted"]);
    world.assert_listing("user:ted", "message.send", "channel", &["channel:ted"]);
}

#[test]
fn e05_every_teammate_creates_and_shares_drafts() {
    let world = company();
    let role = world
        .values("enabled(role:trainee, P)")
        .into_iter()
        .map(|p| format!("-enabled(role:trainee, {p}). "))
        .collect::<String>();
    world.assert_accepted("user:wa", &role);
    world.assert_users("draft.create", "conversation:1", &["user:boss", "user:wa", "user:tom", "user:ted"]);
    world.assert_denied("user:ted", "comment.send", "conversation:1");
    world.assert_accepted(
        "user:ted",
        "+draft(draft:1). +owner(draft:1, user:ted). +drafted_in(draft:1, conversation:1).",
    );
    world.assert_denied("user:tom", "draft.view", "draft:1");
    world.assert_refused("user:tom", "+shared(draft:1, user:tom, draft.view).", "draft.share");
    world.assert_accepted("user:ted", "+shared(draft:1, user:tom, draft.view).");
    world.assert_users("draft.view", "draft:1", &["user:ted", "user:tom"]);
    world.assert_refused(
        "user:tom",
        "+draft(draft:2). +owner(draft:2, user:tom). +drafted_in(draft:2, conversation:ted).",
        "draft.create",
    );
}

#[test]
fn e06_roles_of_workspaces_do_not_touch_company_admins() {
    let world = company();
    world.assert_accepted("user:wa", "+role_of(user:boss, workspace:a, role:trainee).");
    world.assert_allowed("user:boss", "message.send", "channel:support");
    world.assert_allowed("user:boss", "rule.manage", "workspace:b");
    world.assert_refused("user:wa", "+role_of(user:boss, account:co, role:standard).", "teammates.manage");
    world.assert_refused("user:wa", "-user(user:boss).", "beyond(user:wa, user:boss)");
    world.assert_refused("user:wa", "+role_of(user:wa, account:co, role:company_admin).", "teammates.manage");
    let last = "assign the Admin role to someone else first";
    world.assert_refused("user:boss", "+role_of(user:boss, account:co, role:standard).", last);
}

#[test]
fn e08_custom_roles_apply_where_the_plan_has_them() {
    let world = company();
    world.assert_accepted("user:wa", "+enabled(role:trainee, rule.manage).");
    for (plan, applies) in
        [("starter", false), ("growth", false), ("scale", true), ("premier", true), ("legacy", false)]
    {
        world.load(&format!("plan_of(account:co, {plan})."));
        assert_eq!(world.check("user:ted", "rule.manage", "workspace:a"), applies, "{plan}");
        assert_eq!(world.check("user:ted", "message.send", "channel:support"), !applies, "{plan}: standard access");
        world.assert_allowed("user:wa", "roles.manage", "workspace:a");
    }
    let world = world.facts("legacy_roles(account:co).");
    world.assert_allowed("user:ted", "rule.manage", "workspace:a");
    world.assert_refused("user:boss", "+plan_of(account:co, premier).", "plan_of");
}
