//! Who owns a message: the owner of the task or sequence lead that it belongs to.

use super::world::World;

/// An admin and two reps; Bob owns a task and Cy a lead, each with a message in and a message out.
fn account() -> World {
    World::sales()
        .users("sales_rep", &["bob", "cy"])
        .facts("owner(task:1, user:bob). follows(incoming:1, task:1). follows(outgoing:1, task:1).")
        .facts("owner(lead:1, user:cy). follows(incoming:2, lead:1). follows(outgoing:2, lead:1).")
}

#[test]
fn a17_a_message_belongs_to_the_owner_of_its_task_or_of_its_lead() {
    let world = account();
    world.assert_listing("user:bob", "unibox.inbox", "incoming", &["incoming:1"]);
    world.assert_listing("user:bob", "unibox.outbox", "outgoing", &["outgoing:1"]);
    world.assert_listing("user:cy", "unibox.inbox", "incoming", &["incoming:2"]);
    world.assert_listing("user:cy", "unibox.outbox", "outgoing", &["outgoing:2"]);
    world.assert_listing("user:bob", "task.access", "task", &["task:1"]);
}

#[test]
fn a17_a_message_moves_at_once_with_its_task() {
    let world = account();
    world.assert_users("unibox.inbox", "incoming:1", &["user:ana", "user:bob"]);
    world.load("owner(task:1, user:cy).");
    world.assert_users("unibox.inbox", "incoming:1", &["user:ana", "user:cy"]);
    world.assert_users("unibox.outbox", "outgoing:1", &["user:ana", "user:cy"]);
    world.assert_users("task.access", "task:1", &["user:ana", "user:cy"]);
    world.assert_listing("user:bob", "unibox.inbox", "incoming", &[]);
}

#[test]
fn a17_a_message_moves_at_once_with_its_lead_and_when_it_follows_something_else() {
    let world = account();
    world.load("owner(lead:1, user:bob).");
    world.assert_users("unibox.outbox", "outgoing:2", &["user:ana", "user:bob"]);
    world.load("owner(lead:1, user:cy). follows(outgoing:2, task:1).");
    world.assert_users("unibox.outbox", "outgoing:2", &["user:ana", "user:bob"]);
    world.assert_users("unibox.inbox", "incoming:2", &["user:ana", "user:cy"]);
}

#[test]
fn a17_a_message_whose_task_has_no_owner_is_the_admins_alone() {
    let world = account().facts("task(task:2). follows(incoming:3, task:2).");
    world.assert_users("unibox.inbox", "incoming:3", &["user:ana"]);
}

#[test]
fn a17_a_teammates_messages_follow_the_scope_of_the_inbox() {
    let world = account()
        .facts("role(role:lead). name(role:lead, \"Lead\"). scope(role:lead, unibox.inbox, teammates).")
        .users("lead", &["eve"])
        .facts("team(team:eu). member(team:eu, user:eve). member(team:eu, user:cy).");
    world.assert_listing("user:eve", "unibox.inbox", "incoming", &["incoming:2"]);
    world.assert_listing("user:eve", "unibox.outbox", "outgoing", &[]);
}
