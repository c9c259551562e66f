//! What is shared with the organisation, a user, a team or a role.

use super::world::World;

/// An admin, Bob the owner of sequences and lists, and reps around him.
fn account() -> World {
    World::sales()
        .users("sales_rep", &["bob", "cy", "di"])
        .facts("owner(sequence:1, user:bob). owner(sequence:2, user:bob).")
        .facts("owner(list:1, user:bob). owner(list:2, user:bob).")
}

#[test]
fn a15_a_sequence_shared_with_the_organisation_is_visible_and_no_more_than_visible() {
    let world = account().facts("shared(sequence:1, account:acme, sequence.view).");
    world.assert_users("sequence.view", "sequence:1", &["user:ana", "user:bob", "user:cy", "user:di"]);
    world.assert_users("sequence.edit", "sequence:1", &["user:ana", "user:bob"]);
    world.assert_users("sequence.add_leads", "sequence:1", &["user:ana", "user:bob"]);
    world.assert_users("sequence.view", "sequence:2", &["user:ana", "user:bob"]);
}

#[test]
fn a15_it_is_visible_to_a_role_that_has_no_scope_at_all() {
    let world = account()
        .facts("role(role:guest). name(role:guest, \"Guest\").")
        .users("guest", &["eve"])
        .facts("shared(sequence:1, account:acme, sequence.view).");
    world.assert_listing("user:eve", "sequence.view", "sequence", &["sequence:1"]);
    world.assert_denied("user:eve", "sequence.edit", "sequence:1");
}

#[test]
fn a16_sharing_with_a_user_reaches_that_user() {
    let world = account().facts("shared(sequence:1, user:cy, sequence.edit). shared(list:1, user:cy, list.edit).");
    world.assert_users("sequence.edit", "sequence:1", &["user:ana", "user:bob", "user:cy"]);
    world.assert_users("sequence.view", "sequence:1", &["user:ana", "user:bob"]);
    world.assert_listing("user:cy", "list.edit", "list", &["list:1"]);
    world.assert_denied("user:di", "list.edit", "list:1");
}

#[test]
fn a16_sharing_with_a_team_reaches_its_members() {
    let world = account()
        .facts("team(team:eu). member(team:eu, user:cy).")
        .facts("shared(sequence:1, team:eu, sequence.add_leads). shared(list:2, team:eu, list.edit).");
    world.assert_users("sequence.add_leads", "sequence:1", &["user:ana", "user:bob", "user:cy"]);
    world.assert_users("list.edit", "list:2", &["user:ana", "user:bob", "user:cy"]);
    world.load("member(team:eu, user:di).");
    world.assert_users("sequence.add_leads", "sequence:1", &["user:ana", "user:bob", "user:cy", "user:di"]);
}

#[test]
fn a16_sharing_with_a_role_reaches_whoever_has_it() {
    let world = account()
        .facts("role(role:closer). name(role:closer, \"Closer\").")
        .users("closer", &["eve"])
        .facts("shared(sequence:2, role:closer, sequence.view). shared(list:2, role:closer, list.edit).");
    world.assert_users("sequence.view", "sequence:2", &["user:ana", "user:bob", "user:eve"]);
    world.assert_users("list.edit", "list:2", &["user:ana", "user:bob", "user:eve"]);
    world.load("role_of(user:cy, account:acme, role:closer). role_of(user:eve, account:acme, role:sales_rep).");
    world.assert_users("sequence.view", "sequence:2", &["user:ana", "user:bob", "user:cy"]);
}

#[test]
fn a16_a_list_that_may_be_edited_may_be_seen_and_one_shared_to_be_seen_may_not_be_edited() {
    let world = account().facts("shared(list:1, user:cy, list.view). shared(list:2, user:cy, list.edit).");
    world.assert_listing("user:cy", "list.view", "list", &["list:1", "list:2"]);
    world.assert_listing("user:cy", "list.edit", "list", &["list:2"]);
}

#[test]
fn a16_a_role_without_create_toggles_works_only_within_what_is_shared_to_it() {
    let world = account()
        .facts("role(role:junior). name(role:junior, \"Junior\"). scope(role:junior, sequence.view, own).")
        .facts("scope(role:junior, sequence.edit, own). scope(role:junior, list.edit, own).")
        .users("junior", &["eve"])
        .facts("shared(sequence:1, role:junior, sequence.view). shared(list:1, role:junior, list.edit).");
    world.assert_permissions("user:eve", "account:acme", &[]);
    world.assert_listing("user:eve", "sequence.view", "sequence", &["sequence:1"]);
    world.assert_listing("user:eve", "sequence.edit", "sequence", &[]);
    world.assert_listing("user:eve", "list.edit", "list", &["list:1"]);
    world.assert_allowed("user:cy", "sequence.create", "account:acme");
}

#[test]
fn a18_each_create_toggle_decides_its_own_kind_of_record() {
    let world = account()
        .facts("role(role:writer). name(role:writer, \"Writer\"). enabled(role:writer, sequence.create).")
        .facts("role(role:lister). name(role:lister, \"Lister\"). enabled(role:lister, list.create).")
        .users("writer", &["eve"])
        .users("lister", &["flo"]);
    world.assert_users("sequence.create", "account:acme", &["user:ana", "user:bob", "user:cy", "user:di", "user:eve"]);
    world.assert_users("list.create", "account:acme", &["user:ana", "user:bob", "user:cy", "user:di", "user:flo"]);
    world.assert_denied("user:eve", "list.create", "account:acme");
    world.assert_denied("user:flo", "sequence.create", "account:acme");
}

#[test]
fn a16_who_may_edit_a_record_shares_it_with_a_user_a_team_or_a_role_and_nobody_else() {
    let world = account()
        .made("+team(team:eu). +name(team:eu, \"EU\"). +role(role:junior). +name(role:junior, \"Junior\").")
        .made("+role_of(user:di, account:acme, role:junior). +member(team:eu, user:di).");
    for with in ["user:di", "team:eu", "role:junior"] {
        for (record, permission) in
            [("sequence:1", "sequence.view"), ("sequence:1", "sequence.edit"), ("list:1", "list.edit")]
        {
            let shared = format!("shared({record}, {with}, {permission}).");
            world.assert_denied("user:di", permission, record);
            world.assert_refused("user:cy", &format!("+{shared}"), "`user:cy` may not write");
            world.assert_accepted("user:bob", &format!("+{shared}"));
            world.assert_allowed("user:di", permission, record);
            world.assert_refused("user:cy", &format!("-{shared}"), "`user:cy` may not write");
            world.assert_accepted("user:ana", &format!("-{shared}"));
        }
    }
    let wrong = "+shared(list:1, user:di, sequence.view).";
    let error = world.write(None, wrong).expect_err("a list isn't a sequence");
    assert!(error.details.join("\n").contains("that permission isn't for such a record"), "{error:?}");
}

#[test]
fn a18_each_create_toggle_decides_who_writes_a_new_record() {
    let world = account().made("+role(role:junior). +name(role:junior, \"Junior\").");
    world.assert_accepted("user:ana", "+role_of(user:cy, account:acme, role:junior).");
    for (kind, toggle) in [("sequence", "sequence.create"), ("list", "list.create")] {
        let create = format!("+{kind}({kind}:new). +owner({kind}:new, user:cy).");
        world.assert_accepted("user:ana", &format!("-enabled(role:junior, {toggle})."));
        world.assert_refused("user:cy", &create, &format!("can(user:cy, {toggle}, _)"));
        world.assert_accepted("user:ana", &format!("+enabled(role:junior, {toggle})."));
        world.assert_refused("user:cy", &create.replace("user:cy", "user:di"), "`user:cy` may not write");
        world.assert_accepted("user:cy", &create);
    }
}
