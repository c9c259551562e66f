//! A small world to ask questions of: a pack and a few facts, each question asked in every way there is, each write made
//! by somebody.

use std::collections::BTreeMap;
use std::rc::Rc;

use entail::engine::error::Error;
use entail::engine::request::{
    Check, ListObjects, ListPermissions, ListSubjects, Page, PolicyText, Query, Write, Written,
};
use entail::language::parser::{parse, parse_changes};
use entail::language::raw::raw_fact;
use entail::language::span::SourceId;
use entail::language::syntax::{Sign, Statement, StatementKind, WriteChange};
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};
use tempfile::TempDir;

/// The sample account.
pub(crate) const SAMPLE: &str = include_str!("../../../rules/samples/acme.dl");

/// One tenant of an engine in a directory of its own.
pub(crate) struct World {
    engine: Rc<Engine>,
    tenant: &'static str,
    pack: &'static str,
    _directory: Rc<TempDir>,
}

impl World {
    /// An empty tenant on a shipped pack, `sales.dl`.
    pub(crate) fn on(pack: &'static str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let engine = Engine::open(directory.path(), Options::default()).expect("a new store opens");
        let world = Self { engine: Rc::new(engine), tenant: "first", pack, _directory: Rc::new(directory) };
        world.activate("");
        world
    }

    /// The account `account:acme` on the sales pack, with Ana its admin.
    pub(crate) fn sales() -> Self {
        Self::on("sales.dl")
            .facts("account(account:acme). user(user:ana). role_of(user:ana, account:acme, role:admin).")
    }

    /// Another tenant of the same engine, with an account of its own and Gus its admin.
    pub(crate) fn neighbour(&self) -> Self {
        let world = Self {
            engine: self.engine.clone(),
            tenant: "second",
            pack: self.pack,
            _directory: self._directory.clone(),
        };
        world.activate("");
        world.facts("account(account:globex). user(user:gus). role_of(user:gus, account:globex, role:admin).")
    }

    /// Puts the pack and more statements in force.
    pub(crate) fn activate(&self, more: &str) {
        let text = format!("include \"{}\".\n{more}\n", self.pack);
        let files = BTreeMap::from([("main.dl".into(), text)]);
        if let Err(error) = self.engine.activate(self.tenant, &PolicyText { main: "main.dl".into(), files }) {
            panic!("{}\n{}", error.message, error.details.join("\n"));
        }
    }

    /// With these facts, in the language's notation.
    pub(crate) fn facts(self, text: &str) -> Self {
        self.load(text);
        self
    }

    /// With these users, in a role.
    pub(crate) fn users(self, role: &str, ids: &[&str]) -> Self {
        for id in ids {
            self.load(&format!("user(user:{id}). role_of(user:{id}, account:acme, role:{role})."));
        }
        self
    }

    /// With a record of each kind for each of these users, named like its owner; messages follow the tasks.
    pub(crate) fn records(self, ids: &[&str]) -> Self {
        for id in ids {
            for kind in ["sequence", "list", "task", "lead", "contact", "mailbox"] {
                self.load(&format!("owner({kind}:{id}, user:{id})."));
            }
            self.load(&format!("follows(incoming:{id}, task:{id}). follows(outgoing:{id}, task:{id})."));
        }
        self
    }

    /// Facts that change a world under way: a new value of a key takes the old.
    pub(crate) fn load(&self, text: &str) {
        let facts = read_facts(text);
        if let Err(error) = self.engine.load(self.tenant, &facts) {
            panic!("{}\n{}\n{text}", error.message, error.details.join("\n"));
        }
    }

    /// Writes changes in the language's notation, each with its full stop, with the pack's effects; without an actor no
    /// guard judges it.
    pub(crate) fn write(&self, actor: Option<&str>, text: &str) -> Result<Written, Error> {
        let (changes, diagnostics) = parse_changes(SourceId(0), text);
        assert_eq!(diagnostics, [], "{text}");
        let mut write = Write { actor: actor.map(str::to_owned), ..Write::default() };
        for WriteChange { sign, atom, body } in changes.expect("changes") {
            assert!(body.is_empty(), "a fact, not a rule: {text}");
            let fact = raw_fact(&atom).expect("a fact without variables");
            match sign {
                Sign::Plus => write.insert.push(fact),
                Sign::Minus => write.delete.push(fact),
            }
        }
        self.engine.write(self.tenant, &write)
    }

    /// Writes changes together with rules of the request's own, which read the state before: `+role_of(U, X, role:lead) :-
    /// role_of(U, X, role:junior).`
    pub(crate) fn write_rules(&self, actor: &str, rules: &str) -> Result<Written, Error> {
        let write = Write { actor: Some(actor.to_owned()), rules: Some(rules.to_owned()), ..Write::default() };
        self.engine.write(self.tenant, &write)
    }

    /// The engine, for threads that write at the same moment.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The tenant's name in the engine.
    pub(crate) fn tenant(&self) -> &'static str {
        self.tenant
    }

    /// The product itself writes, with the pack's effects: `+account(account:acme). +user(user:ana).`
    #[track_caller]
    pub(crate) fn made(self, text: &str) -> Self {
        if let Err(error) = self.write(None, text) {
            panic!("{}\n{}\n{text}", error.message, error.details.join("\n"));
        }
        self
    }

    /// Asserts that the actor may write this; it is written.
    #[track_caller]
    pub(crate) fn assert_accepted(&self, actor: &str, text: &str) -> Written {
        match self.write(Some(actor), text) {
            Ok(written) => written,
            Err(error) => panic!("{actor} {text}\n{}\n{}", error.message, error.details.join("\n")),
        }
    }

    /// Asserts that this write is refused with words that hold the message, and that nothing is different afterwards.
    #[track_caller]
    pub(crate) fn assert_refused(&self, actor: &str, text: &str, message: &str) {
        let head = self.revision();
        match self.write(Some(actor), text) {
            Ok(_) => panic!("{actor} may: {text}"),
            Err(error) => {
                let told = format!("{}\n{}", error.message, error.details.join("\n"));
                assert!(told.contains(message), "{actor} {text}\n{told}\nexpected: {message}");
            }
        }
        assert_eq!(self.revision(), head, "{text}");
    }

    /// The present revision, as a token.
    pub(crate) fn revision(&self) -> String {
        let answers =
            self.engine.query(self.tenant, &Query { goal: "user(X)".into(), ..Query::default() }, &Page::default());
        answers.expect("answers").revision.to_string()
    }

    /// The log's entries from the first on, each as its hash and who wrote it.
    pub(crate) fn log(&self) -> Vec<(String, Option<String>)> {
        let mut entries = Vec::new();
        let walked = self.engine.changes(self.tenant, None, None, &mut |entry| {
            entries.push((entry.hash, entry.actor));
            Ok(())
        });
        walked.expect("the log");
        entries
    }

    /// Asserts that the subject may, whichever way it is asked.
    #[track_caller]
    pub(crate) fn assert_allowed(&self, subject: &str, permission: &str, object: &str) {
        assert_eq!(self.ask(subject, permission, object), [true; 4], "{subject} {permission} {object}");
    }

    /// Asserts that the subject may not, whichever way it is asked.
    #[track_caller]
    pub(crate) fn assert_denied(&self, subject: &str, permission: &str, object: &str) {
        assert_eq!(self.ask(subject, permission, object), [false; 4], "{subject} {permission} {object}");
    }

    /// Asserts that the subject may do it to exactly these objects of a type.
    #[track_caller]
    pub(crate) fn assert_listing(&self, subject: &str, permission: &str, kind: &str, expected: &[&str]) {
        let list = objects(subject, permission, kind);
        let count = self.engine.count_objects(self.tenant, &list).expect("a count").count;
        let listed = self.list_objects(subject, permission, kind);
        assert_eq!(listed, sorted(expected), "{subject} {permission} {kind}");
        assert_eq!(count, expected.len() as u64, "{subject} {permission} {kind}");
        for object in self.values(&format!("{kind}(X)")) {
            let allowed = listed.contains(&object);
            assert_eq!(self.ask(subject, permission, &object), [allowed; 4], "{subject} {permission} {object}");
        }
    }

    /// Asserts that exactly these users may do it to the object.
    #[track_caller]
    pub(crate) fn assert_users(&self, permission: &str, object: &str, expected: &[&str]) {
        let listed = self.list_users(permission, object);
        assert_eq!(listed, sorted(expected), "{permission} {object}");
        for user in self.values("user(X)") {
            let allowed = listed.contains(&user);
            assert_eq!(self.ask(&user, permission, object), [allowed; 4], "{user} {permission} {object}");
        }
    }

    /// Asserts that the subject has exactly these permissions on the object.
    #[track_caller]
    pub(crate) fn assert_permissions(&self, subject: &str, object: &str, expected: &[&str]) {
        let listed = self.list_permissions(subject, object);
        assert_eq!(listed, sorted(expected), "{subject} {object}");
        for permission in self.values(&format!("on(X, {object})")) {
            let allowed = listed.contains(&permission);
            assert_eq!(self.ask(subject, &permission, object), [allowed; 4], "{subject} {permission} {object}");
        }
    }

    /// The check, and whether each of the three listings holds what it asks for.
    fn ask(&self, subject: &str, permission: &str, object: &str) -> [bool; 4] {
        let (kind, _) = object.split_once(':').expect("a whole id");
        [
            self.check(subject, permission, object),
            self.list_objects(subject, permission, kind).iter().any(|listed| listed == object),
            self.list_users(permission, object).iter().any(|listed| listed == subject),
            self.list_permissions(subject, object).iter().any(|listed| listed == permission),
        ]
    }

    /// The answer to a check.
    pub(crate) fn check(&self, subject: &str, permission: &str, object: &str) -> bool {
        let check = check(subject, permission, object);
        self.engine.check(self.tenant, &check).expect("a decision").allowed
    }

    /// The answer to a check that is at least as fresh as a token.
    pub(crate) fn check_at(&self, at: &str, subject: &str, permission: &str, object: &str) -> bool {
        let check = Check { at: Some(at.to_owned()), ..check(subject, permission, object) };
        self.engine.check(self.tenant, &check).expect("a decision").allowed
    }

    /// What an allow obliges its asker to.
    pub(crate) fn obligations(&self, subject: &str, permission: &str, object: &str) -> Vec<String> {
        let decision = self.engine.check(self.tenant, &check(subject, permission, object)).expect("a decision");
        assert!(decision.allowed, "{subject} {permission} {object}");
        decision.obligations.into_iter().map(text).collect()
    }

    /// The answers to many checks, at one revision.
    pub(crate) fn check_batch(&self, checks: &[Check]) -> Vec<bool> {
        let decisions = self.engine.check_batch(self.tenant, checks).expect("decisions");
        decisions.results.into_iter().map(|result| result.expect("a decision")).collect()
    }

    /// The objects of a type, sorted by id.
    pub(crate) fn list_objects(&self, subject: &str, permission: &str, kind: &str) -> Vec<String> {
        let list = objects(subject, permission, kind);
        let listing = self.engine.list_objects(self.tenant, &list, &Page::default()).expect("a listing");
        assert_eq!(listing.cursor, None, "a listing without a limit is whole");
        sorted(&listing.items)
    }

    /// The users who may, sorted by id.
    pub(crate) fn list_users(&self, permission: &str, object: &str) -> Vec<String> {
        let list = ListSubjects {
            kind: "user".into(),
            permission: permission.into(),
            object: object.into(),
            ..ListSubjects::default()
        };
        let listing = self.engine.list_subjects(self.tenant, &list, &Page::default()).expect("a listing");
        assert_eq!(listing.cursor, None, "a listing without a limit is whole");
        sorted(&listing.items)
    }

    /// The permissions of a subject on an object, sorted by name.
    pub(crate) fn list_permissions(&self, subject: &str, object: &str) -> Vec<String> {
        let list = ListPermissions { subject: subject.into(), object: object.into(), ..ListPermissions::default() };
        let listing = self.engine.list_permissions(self.tenant, &list, &Page::default()).expect("a listing");
        assert_eq!(listing.cursor, None, "a listing without a limit is whole");
        sorted(&listing.items)
    }

    /// The answers to a goal, each as text, sorted.
    pub(crate) fn query(&self, goal: &str) -> Vec<Vec<String>> {
        let query = Query { goal: goal.into(), ..Query::default() };
        let answers = self.engine.query(self.tenant, &query, &Page::default()).expect("answers");
        assert_eq!(answers.cursor, None, "answers without a limit are whole");
        let mut rows: Vec<Vec<String>> =
            answers.rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect();
        rows.sort();
        rows
    }

    /// The answers to a goal with one variable, sorted.
    pub(crate) fn values(&self, goal: &str) -> Vec<String> {
        self.query(goal).into_iter().map(|mut row| row.pop().expect("a variable")).collect()
    }
}

/// A check, spelled out.
pub(crate) fn check(subject: &str, permission: &str, object: &str) -> Check {
    Check { subject: subject.into(), permission: permission.into(), object: object.into(), ..Check::default() }
}

fn objects(subject: &str, permission: &str, kind: &str) -> ListObjects {
    ListObjects { subject: subject.into(), permission: permission.into(), kind: kind.into(), ..ListObjects::default() }
}

fn text(value: Raw) -> String {
    match value {
        Raw::Text(text) => text,
        Raw::Integer(number) => number.to_string(),
    }
}

fn sorted(items: &[impl ToString]) -> Vec<String> {
    let mut items: Vec<String> = items.iter().map(ToString::to_string).collect();
    items.sort();
    items
}

/// Reads facts in the language's notation.
pub(crate) fn read_facts(text: &str) -> Vec<RawFact> {
    let (file, diagnostics) = parse(SourceId(0), text);
    assert_eq!(diagnostics, [], "{text}");
    let fact = |statement: Statement| match statement.kind {
        StatementKind::Rule { head, body } if body.is_empty() => raw_fact(&head).expect("a fact without variables"),
        other => panic!("not a fact: {other:?}"),
    };
    file.statements.into_iter().map(fact).collect()
}
