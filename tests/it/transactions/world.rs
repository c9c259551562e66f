//! A team with an admin, a role for everyone, documents with owners and watchers.

use entail::engine::error::Error;
use entail::engine::request::{Check, PolicyText, Query, Write, Written};
use entail::language::parser::parse_change;
use entail::language::raw::raw_fact;
use entail::language::span::SourceId;
use entail::language::syntax::Sign;
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};
use tempfile::TempDir;

/// Whoever is in force reads it top to bottom in the tests.
pub(super) const POLICY: &str = r#"
type user, team, role.
open type doc.
type duty { mask, log }.
relation role_of(user) -> role.
relation member(team, user).
relation owner(doc) -> user.
relation watcher(doc, user).
relation pinned(doc).
relation admin_role(role), default_role(role).
role(role:admin).
admin_role(role:admin).
role(role:staff).
default_role(role:staff).

is_admin(U) :- role_of(U, R), admin_role(R).
has_admin(T) :- member(T, U), is_admin(U).
deny "every user has a role" :- user(U), not role_of(U, _).
deny "make someone else an admin first" :- team(T), not has_admin(T).
deny "nobody watches their own document" :- watcher(D, U), owner(D, U).

+role_of(U, R) :- +user(U), default_role(R).
+role_of(U, R) :- -role(S), role_of(U, S), default_role(R).
+watcher(D, U) :- +owner(D, O), member(T, O), member(T, U), U != O.

guard +user(U) | role_of(U, _) | member(_, U) by A :- is_admin(A).
guard +doc(D) | +owner(D, A) by A :- +doc(D), +owner(D, A), user(A).
guard -doc(D) | owner(D, _) | watcher(D, _) by A :- owner(D, A).

permission doc.view on doc "View".
permission doc.edit on doc "Edit".
can(U, doc.view, D) :- owner(D, U).
can(U, doc.edit, D) :- owner(D, U).
can(U, doc.view, D) :- watcher(D, U).
oblige(U, doc.view, D, mask) :- watcher(D, U).
oblige(U, doc.view, D, log) :- watcher(D, U), not pinned(D).
"#;

/// A tenant of an engine of its own.
pub(super) struct World {
    pub(super) engine: Engine,
    _directory: TempDir,
}

impl World {
    /// Ana is the admin of the team that Bo is in; Cy is in none.
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::open(directory.path(), Options::default()).unwrap();
        let world = Self { engine, _directory: directory };
        world.activate(POLICY).unwrap();
        world.write(&[
            "+team(team:eu)",
            "+user(user:ana)",
            "+role_of(user:ana, role:admin)",
            "+member(team:eu, user:ana)",
        ]);
        world.write(&["+user(user:bo)", "+member(team:eu, user:bo)", "+user(user:cy)"]);
        world
    }

    pub(super) fn activate(&self, policy: &str) -> Result<(), Error> {
        let files = [("p.dl".to_owned(), policy.to_owned())].into();
        self.engine.activate("t", &PolicyText { main: "p.dl".to_owned(), files }).map(drop)
    }

    /// Writes as the operator; it must go through.
    #[track_caller]
    pub(super) fn write(&self, changes: &[&str]) -> Written {
        self.try_write(&write(changes)).unwrap_or_else(|error| panic!("{}\n{}", error, error.details.join("\n")))
    }

    /// Writes as an actor; it must go through.
    #[track_caller]
    pub(super) fn write_as(&self, actor: &str, changes: &[&str]) -> Written {
        let written = self.try_write(&Write { actor: Some(actor.to_owned()), ..write(changes) });
        written.unwrap_or_else(|error| panic!("{}\n{}", error, error.details.join("\n")))
    }

    pub(super) fn try_write(&self, write: &Write) -> Result<Written, Error> {
        self.engine.write("t", write)
    }

    /// What refuses a write of the operator; nothing may have changed.
    #[track_caller]
    pub(super) fn refused(&self, changes: &[&str]) -> Error {
        self.refusal(&write(changes))
    }

    /// What refuses a write of an actor; nothing may have changed.
    #[track_caller]
    pub(super) fn refused_as(&self, actor: &str, changes: &[&str]) -> Error {
        self.refusal(&Write { actor: Some(actor.to_owned()), ..write(changes) })
    }

    #[track_caller]
    pub(super) fn refusal(&self, write: &Write) -> Error {
        let before = self.facts();
        let error = self.try_write(write).expect_err("a refusal");
        assert_eq!(self.facts(), before, "a refused write changes nothing");
        error
    }

    /// Every stored fact, sorted, in the language's notation but for quotes.
    pub(super) fn facts(&self) -> Vec<String> {
        let mut facts = Vec::new();
        self.engine
            .export("t", &mut |fact| {
                facts.push(shown(&fact));
                Ok(())
            })
            .unwrap();
        facts.sort();
        facts
    }

    /// Whether a goal without variables holds.
    pub(super) fn holds(&self, goal: &str) -> bool {
        let query = Query { goal: goal.to_owned(), ..Query::default() };
        self.engine.count_query("t", &query).unwrap().count > 0
    }

    /// The values of a goal's only variable.
    pub(super) fn values(&self, goal: &str) -> Vec<String> {
        let query = Query { goal: goal.to_owned(), ..Query::default() };
        let mut values: Vec<String> =
            self.engine.query("t", &query, &Default::default()).unwrap().rows.iter().map(|row| raw(&row[0])).collect();
        values.sort();
        values
    }

    pub(super) fn check(&self, subject: &str, permission: &str, object: &str) -> (bool, Vec<String>) {
        let check = Check {
            subject: subject.to_owned(),
            permission: permission.to_owned(),
            object: object.to_owned(),
            ..Check::default()
        };
        let decision = self.engine.check("t", &check).unwrap();
        let batch = self.engine.check_batch("t", &[check.clone(), check]).unwrap();
        assert_eq!(
            batch.results.iter().map(|result| *result.as_ref().unwrap()).collect::<Vec<_>>(),
            [decision.allowed; 2]
        );
        for place in 0..2 {
            assert_eq!(batch.obligations.get(&place).cloned().unwrap_or_default(), decision.obligations);
        }
        (decision.allowed, decision.obligations.iter().map(raw).collect())
    }
}

/// Changes in the language's notation as one write; those with a body are its rules.
pub(super) fn write(changes: &[&str]) -> Write {
    let mut write = Write::default();
    for text in changes {
        let (change, diagnostics) = parse_change(SourceId(0), text);
        let change = change.unwrap_or_else(|| panic!("{text}: {diagnostics:?}"));
        if change.body.is_empty() {
            let fact = raw_fact(&change.atom).unwrap();
            let facts = if change.sign == Sign::Plus { &mut write.insert } else { &mut write.delete };
            facts.push(fact);
        } else {
            write.rules.get_or_insert_default().push_str(&format!("{text}.\n"));
        }
    }
    write
}

/// A fact in the language's notation.
pub(super) fn fact(text: &str) -> RawFact {
    write(&[&format!("+{text}")]).insert.remove(0)
}

pub(super) fn shown(fact: &RawFact) -> String {
    format!("{}({})", fact.relation, fact.values.iter().map(raw).collect::<Vec<_>>().join(", "))
}

fn raw(value: &Raw) -> String {
    match value {
        Raw::Text(text) => text.clone(),
        Raw::Integer(integer) => integer.to_string(),
    }
}
