//! How far a permission on records reaches: their own, their teammates', everyone's.

use super::catalogue::SCOPED;
use super::world::World;

/// Bob in a custom role whose scopes all have this extent, his teammate Cy, and Di of another team; a record of each
/// kind for each of them.
fn account(extent: &str) -> World {
    let scopes: String =
        SCOPED.iter().map(|(permission, _)| format!("scope(role:custom, {permission}, {extent}). ")).collect();
    World::sales()
        .facts("role(role:custom). name(role:custom, \"Custom\"). home(role:custom, account:acme).")
        .facts(&scopes)
        .users("custom", &["bob"])
        .users("sales_rep", &["cy", "di"])
        .facts("team(team:eu). member(team:eu, user:bob). member(team:eu, user:cy).")
        .facts("team(team:us). member(team:us, user:di).")
        .records(&["bob", "cy", "di"])
}

/// Bob sees the records of these users, by every scoped permission, and no others.
#[track_caller]
fn assert_bob_reaches(world: &World, owners: &[&str]) {
    for (permission, kind) in SCOPED {
        let expected: Vec<String> = owners.iter().map(|owner| format!("{kind}:{owner}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        world.assert_listing("user:bob", permission, kind, &expected);
    }
}

#[test]
fn a11_exactly_seven_data_access_permissions_have_a_scope() {
    let world = World::sales().users("sales_rep", &["bob"]).records(&["bob"]);
    let mut expected = SCOPED.map(|(permission, _)| permission);
    expected.sort_unstable();
    assert_eq!(world.values("scoped(P)"), expected);
    for (permission, kind) in SCOPED {
        assert!(world.values(&format!("on(P, {kind}:bob)")).iter().any(|on| on == permission), "{permission}");
    }
}

#[test]
fn a11_each_permission_has_its_own_scope() {
    let world = account("own");
    world.load("scope(role:custom, sequence.view, all). scope(role:custom, sequence.add_leads, teammates).");
    world.assert_listing("user:bob", "sequence.view", "sequence", &["sequence:bob", "sequence:cy", "sequence:di"]);
    world.assert_listing("user:bob", "sequence.add_leads", "sequence", &["sequence:bob", "sequence:cy"]);
    world.assert_listing("user:bob", "sequence.edit", "sequence", &["sequence:bob"]);
    world.assert_listing("user:bob", "list.edit", "list", &["list:bob"]);
}

#[test]
fn a11_without_a_scope_not_even_ones_own_records_are_reached() {
    let world = World::sales()
        .facts("role(role:custom). name(role:custom, \"Custom\"). scope(role:custom, list.edit, own).")
        .users("custom", &["bob"])
        .records(&["bob"]);
    world.assert_allowed("user:bob", "list.edit", "list:bob");
    world.assert_denied("user:bob", "sequence.edit", "sequence:bob");
}

#[test]
fn a12_own_is_what_the_user_owns() {
    assert_bob_reaches(&account("own"), &["bob"]);
}

#[test]
fn a12_teammates_is_what_the_user_and_members_of_their_teams_own() {
    assert_bob_reaches(&account("teammates"), &["bob", "cy"]);
}

#[test]
fn a12_all_is_every_record_of_the_account_owned_or_not() {
    let world = account("all");
    assert_bob_reaches(&world, &["bob", "cy", "di"]);
    world.load("sequence(sequence:nobodys).");
    world.assert_allowed("user:bob", "sequence.edit", "sequence:nobodys");
    world.assert_users("sequence.edit", "sequence:nobodys", &["user:ana", "user:bob"]);
}

#[test]
fn a12_all_is_never_a_record_of_another_account() {
    let world = account("all");
    let other = world.neighbour();
    other.load("user(user:bob). role_of(user:bob, account:globex, role:admin). owner(sequence:theirs, user:bob).");
    other.assert_listing("user:bob", "sequence.edit", "sequence", &["sequence:theirs"]);
    world.assert_denied("user:bob", "sequence.edit", "sequence:theirs");
    assert_bob_reaches(&world, &["bob", "cy", "di"]);
}

#[test]
fn a13_a_user_on_no_team_sees_only_their_own_records_at_scope_teammates() {
    let world = account("teammates").users("custom", &["zoe"]).records(&["zoe"]);
    world.assert_listing("user:zoe", "sequence.view", "sequence", &["sequence:zoe"]);
    world.assert_denied("user:zoe", "sequence.view", "sequence:bob");
    world.assert_denied("user:bob", "sequence.view", "sequence:zoe");
    world.assert_listing("user:bob", "sequence.view", "sequence", &["sequence:bob", "sequence:cy"]);
}

#[test]
fn a14_sharing_a_team_is_symmetric_and_not_transitive_over_teams() {
    let world = World::sales()
        .facts("role(role:lead). name(role:lead, \"Lead\"). scope(role:lead, sequence.view, teammates).")
        .users("lead", &["ann", "bob", "cy"])
        .facts("team(team:one). member(team:one, user:ann). member(team:one, user:bob).")
        .facts("team(team:two). member(team:two, user:bob). member(team:two, user:cy).")
        .records(&["ann", "bob", "cy"]);
    world.assert_listing("user:ann", "sequence.view", "sequence", &["sequence:ann", "sequence:bob"]);
    world.assert_listing("user:cy", "sequence.view", "sequence", &["sequence:bob", "sequence:cy"]);
    world.assert_denied("user:ann", "sequence.view", "sequence:cy");
    world.assert_denied("user:cy", "sequence.view", "sequence:ann");
}

#[test]
fn a14_a_user_on_several_teams_has_all_their_teammates() {
    let world = account("teammates");
    world.assert_denied("user:bob", "sequence.view", "sequence:di");
    world.load("member(team:us, user:bob).");
    assert_bob_reaches(&world, &["bob", "cy", "di"]);
    assert_eq!(world.values("teammate(user:bob, X)"), ["user:bob", "user:cy", "user:di"]);
    assert_eq!(world.values("teammate(user:cy, X)"), ["user:bob", "user:cy"]);
}
