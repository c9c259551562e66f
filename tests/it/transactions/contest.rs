//! Writers who fight over one invariant: the last two admins demote each other, and one of them stays.

use std::sync::Barrier;

use super::world::{World, write};

/// `ENTAIL_FAULTS=full` asks for all rounds.
fn rounds() -> usize {
    if std::env::var("ENTAIL_FAULTS").is_ok_and(|faults| faults == "full") { 1_000 } else { 100 }
}

#[test]
fn of_two_admins_who_demote_each_other_one_stays() {
    const WRITERS: usize = 64;
    let world = World::new();
    let rounds = rounds();
    let barrier = Barrier::new(WRITERS);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (world, barrier) = (&world, &barrier);
            scope.spawn(move || {
                for _ in 0..rounds {
                    if barrier.wait().is_leader() {
                        world.write(&["+role_of(user:ana, role:admin)", "+role_of(user:bo, role:admin)"]);
                    }
                    barrier.wait();
                    let (own, other) = if writer % 2 == 0 { ("ana", "bo") } else { ("bo", "ana") };
                    let demote = entail::engine::request::Write {
                        actor: Some(format!("user:{own}")),
                        ..write(&[&format!("+role_of(user:{other}, role:staff)")])
                    };
                    if let Err(error) = world.try_write(&demote) {
                        assert!(["guard-refused", "constraint-violated"].contains(&error.code), "{error}");
                    }
                    assert!(world.holds("has_admin(team:eu)"));
                    barrier.wait();
                }
            });
        }
    });
    assert_eq!(world.values("is_admin(U)").len(), 1);
}
