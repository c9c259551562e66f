//! Goals are specialised by what seldom changes. When it does change, every later answer knows it.

use std::sync::atomic::{AtomicBool, Ordering};

use entail::engine::request::{Check, ListObjects, ListSubjects, Page, PolicyText, Write};
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};

const POLICY: &str = r#"
type role, user.
open type doc.
type extent { own, all }.
relation role_of(user) -> role.
relation scope(role, permission) -> extent.
relation full(role).
relation closed(permission, extent).
relation owner(doc) -> user.
relation shared(doc, user, permission).
relation banned(doc, user).
relation label_of(role) -> text.
can(U, P, D) :- role_of(U, R), scope(R, P, own), on(P, D), owner(D, U), not closed(P, own).
can(U, P, D) :- role_of(U, R), scope(R, P, all), on(P, D), doc(D), not closed(P, all), not banned(D, U).
can(U, P, D) :- role_of(U, R), full(R), on(P, D), doc(D), not banned(D, U).
can(U, P, D) :- shared(D, U, P).
can(U, P, D) :- role_of(U, R), label_of(R, "guest"), on(P, D), owner(D, V), U = V.
permission doc.view on doc "View".
permission doc.edit on doc "Edit".
"#;

/// The user who is asked about; owns `doc:own`, and not `doc:other`.
const USER: &str = "user:ana";

struct World {
    engine: Engine,
    _directory: tempfile::TempDir,
}

fn fact(text: &str) -> RawFact {
    let mut words = text.split(' ');
    let relation = words.next().unwrap().to_owned();
    RawFact { relation, values: words.map(|word| Raw::Text(word.to_owned())).collect() }
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::open(directory.path(), Options::default()).unwrap();
        let files = [("p.dl".to_owned(), POLICY.to_owned())].into();
        engine.activate("t", &PolicyText { main: "p.dl".to_owned(), files }).unwrap();
        let world = Self { engine, _directory: directory };
        world.write(
            &["user user:ana", "user user:bob", "role role:rep", "role_of user:ana role:rep", "owner doc:own user:ana"],
            &[],
        );
        world.write(&["owner doc:other user:bob"], &[]);
        world
    }

    fn write(&self, insert: &[&str], delete: &[&str]) {
        let [insert, delete] = [insert, delete].map(|facts| facts.iter().map(|text| fact(text)).collect());
        self.engine.write("t", &Write { insert, delete, ..Write::default() }).unwrap();
    }

    fn may(&self, permission: &str, object: &str) -> bool {
        let check = Check {
            subject: USER.to_owned(),
            permission: permission.to_owned(),
            object: object.to_owned(),
            ..Check::default()
        };
        let allowed = self.engine.check("t", &check).unwrap().allowed;
        let batch = self.engine.check_batch("t", &[check.clone(), check]).unwrap().results;
        assert_eq!(batch.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [allowed; 2]);
        allowed
    }

    /// What the user may view, asked in every way there is.
    fn seen(&self) -> Vec<String> {
        let [subject, permission, kind] = [USER, "doc.view", "doc"].map(str::to_owned);
        let list = ListObjects { subject, permission, kind, ..ListObjects::default() };
        let seen = self.engine.list_objects("t", &list, &Page::default()).unwrap().items;
        assert_eq!(self.engine.count_objects("t", &list).unwrap().count, seen.len() as u64);
        for object in ["doc:own", "doc:other"] {
            let is_seen = seen.iter().any(|seen| seen == object);
            assert_eq!(self.may("doc.view", object), is_seen, "{object}");
            let [kind, permission, object] = ["user", "doc.view", object].map(str::to_owned);
            let list = ListSubjects { kind, permission, object, ..ListSubjects::default() };
            let seeing = self.engine.list_subjects("t", &list, &Page::default()).unwrap().items;
            assert_eq!(seeing.iter().any(|user| user == USER), is_seen, "{list:?}");
        }
        seen
    }

    /// Writes one fact, looks, takes it back, and looks again.
    #[track_caller]
    fn check_fact(&self, text: &str, seen: &[&str]) {
        let before = self.seen();
        self.write(&[text], &[]);
        assert_eq!(self.seen(), seen, "with {text}");
        self.write(&[], &[text]);
        assert_eq!(self.seen(), before, "without {text}");
    }
}

#[test]
fn a_scope_that_comes_and_goes_is_known_at_once() {
    let world = World::new();
    assert!(world.seen().is_empty());
    world.check_fact("scope role:rep doc.view own", &["doc:own"]);
    world.check_fact("scope role:rep doc.view all", &["doc:own", "doc:other"]);
    world.check_fact("scope role:rep doc.edit all", &[]);
    world.check_fact("full role:rep", &["doc:own", "doc:other"]);
}

#[test]
fn the_first_row_of_a_variant_and_its_last_are_known_at_once() {
    let world = World::new();
    world.check_fact("shared doc:other user:ana doc.view", &["doc:other"]);
    world.write(&["scope role:rep doc.view all"], &[]);
    world.check_fact("banned doc:other user:ana", &["doc:own"]);
    world.check_fact("closed doc.view all", &[]);
    world.check_fact("closed doc.view own", &["doc:own", "doc:other"]);
}

#[test]
fn a_text_that_the_rules_name_and_that_comes_to_be_is_known_at_once() {
    let world = World::new();
    world.check_fact("label_of role:rep guest", &["doc:own"]);
    world.check_fact("label_of role:rep other", &[]);
}

#[test]
fn a_role_that_comes_later_is_one_of_those_that_have_the_scope() {
    let world = World::new();
    world.write(&["scope role:rep doc.view own"], &[]);
    assert_eq!(world.seen(), ["doc:own"]);
    for number in 0..100 {
        let role = format!("role:r{number}");
        world.write(&[&format!("role {role}"), &format!("role_of user:ana {role}")], &[]);
        assert!(world.seen().is_empty());
        world.check_fact(&format!("scope {role} doc.view all"), &["doc:own", "doc:other"]);
    }
}

#[test]
fn a_reader_never_sees_an_older_scope_than_its_revision_has() {
    let world = World::new();
    let (is_done, scope) = (AtomicBool::new(false), ["scope role:rep doc.view all"]);
    // Who is in `doc:seen` always equals whether the scope is there, for both change in one transaction.
    let witness = ["shared doc:seen user:ana doc.edit"];
    world.write(&["doc doc:seen"], &[]);
    let both = [scope[0], witness[0]];
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                let check = |permission: &str, object: &str| Check {
                    subject: USER.to_owned(),
                    permission: permission.to_owned(),
                    object: object.to_owned(),
                    ..Check::default()
                };
                let checks = [check("doc.view", "doc:other"), check("doc.edit", "doc:seen")];
                while !is_done.load(Ordering::Relaxed) {
                    let results = world.engine.check_batch("t", &checks).unwrap().results;
                    let results: Vec<bool> = results.into_iter().map(Result::unwrap).collect();
                    assert_eq!(results[0], results[1]);
                }
            });
        }
        for _ in 0..200 {
            world.write(&both, &[]);
            world.write(&[], &both);
        }
        is_done.store(true, Ordering::Relaxed);
    });
}
