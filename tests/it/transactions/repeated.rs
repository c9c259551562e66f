//! Idempotency keys: a second try of a write answers what the first one did.

use entail::engine::request::Write;

use super::world::{World, write};

fn keyed(key: &str, changes: &[&str]) -> Write {
    Write { idempotency_key: Some(key.to_owned()), ..write(changes) }
}

#[test]
fn the_same_write_under_the_same_key_answers_the_same_and_writes_once() {
    let world = World::new();
    let first = world.try_write(&keyed("k", &["+user(user:di)"])).unwrap();
    world.write(&["-user(user:di)"]);
    let again = world.try_write(&keyed("k", &["+user(user:di)"])).unwrap();
    assert_eq!(again, first);
    assert!(!world.holds("user(user:di)"));
}

#[test]
fn another_write_under_the_same_key_is_an_error() {
    let world = World::new();
    world.try_write(&keyed("k", &["+user(user:di)"])).unwrap();
    for other in [
        keyed("k", &["+user(user:ed)"]),
        keyed("k", &["-user(user:di)"]),
        keyed("k", &["+user(user:di)", "+user(user:ed)"]),
        Write { actor: Some("user:ana".to_owned()), ..keyed("k", &["+user(user:di)"]) },
    ] {
        assert_eq!(world.refusal(&other).code, "idempotency-conflict");
    }
}

#[test]
fn a_write_that_changed_nothing_is_remembered_too() {
    let world = World::new();
    let first = world.try_write(&keyed("k", &["+member(team:eu, user:bo)"])).unwrap();
    assert_eq!((first.inserted, first.deleted), (0, 0));
    world.write(&["-member(team:eu, user:bo)"]);
    assert_eq!(world.try_write(&keyed("k", &["+member(team:eu, user:bo)"])).unwrap(), first);
    assert!(!world.holds("member(team:eu, user:bo)"));
}

#[test]
fn a_refused_write_keeps_its_key_free() {
    let world = World::new();
    let write = keyed("k", &["+role_of(user:ana, role:staff)"]);
    assert_eq!(world.refusal(&write).code, "constraint-violated");
    world.write(&["+role_of(user:bo, role:admin)"]);
    world.try_write(&write).unwrap();
    assert!(world.holds("role_of(user:ana, role:staff)"));
}

#[test]
fn keys_outlive_the_process_and_belong_to_their_tenant() {
    let directory = tempfile::tempdir().unwrap();
    let policy = |engine: &entail::Engine, tenant: &str| {
        let files = [("p.dl".to_owned(), super::world::POLICY.to_owned())].into();
        let policy = entail::engine::request::PolicyText { main: "p.dl".to_owned(), files };
        engine.activate(tenant, &policy).unwrap();
    };
    let open = || entail::Engine::open(directory.path(), entail::Options::default()).unwrap();
    let engine = open();
    policy(&engine, "one");
    policy(&engine, "two");
    let first = engine.write("one", &keyed("k", &["+user(user:di)"])).unwrap();
    engine.write("two", &keyed("k", &["+user(user:ed)"])).unwrap();
    drop(engine);
    let engine = open();
    assert_eq!(
        engine.write("one", &keyed("k", &["+user(user:di)"])).unwrap().revision.to_string(),
        first.revision.to_string()
    );
    assert_eq!(engine.write("two", &keyed("k", &["+user(user:di)"])).unwrap_err().code, "idempotency-conflict");
}

#[test]
fn a_restored_store_knows_the_keys_of_the_old_one() {
    let world = World::new();
    let first = world.try_write(&keyed("k", &["+user(user:di)"])).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (file, data) = (directory.path().join("backup"), directory.path().join("restored"));
    world.engine.backup(&file).unwrap();
    entail::Engine::restore(&file, &data, true).unwrap();
    let restored = entail::Engine::open(&data, entail::Options::default()).unwrap();
    restored.write("t", &write(&["-user(user:di)"])).unwrap();
    let again = restored.write("t", &keyed("k", &["+user(user:di)"])).unwrap();
    assert_eq!(again.revision.to_string(), first.revision.to_string());
}

#[test]
fn of_many_who_send_the_same_write_at_once_one_writes() {
    let world = World::new();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..16).map(|_| scope.spawn(|| world.try_write(&keyed("k", &["+user(user:di)"])).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.inserted == 2));
}
