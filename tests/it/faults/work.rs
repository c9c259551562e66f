//! The work that is disturbed: writers whose every write has two halves, loads, and readers.
//!
//! What a writer has written is known from its number of writes alone. Its write `n` brings document `n` in two halves and
//! makes it the latest; documents before the last four go, with half of the writers as objects, with the others fact by fact.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::BASE64URL_NOPAD;
use entail::engine::request::{Check, ListObjects, ListSubjects, Page, PolicyText, Query, Write};
use entail::engine::token::Token;
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};

use super::event::{Answer, Event, Question};
use crate::oracle::random::Random;

const POLICY: &str = r#"
open type user, doc, batch.
relation left(doc, user).
relation right(doc, user).
relation latest(user) -> doc.
relation mass(batch, integer).
half(D) :- left(D, U), not right(D, U).
half(D) :- right(D, U), not left(D, U).
can(U, doc.view, D) :- left(D, U), right(D, U).
can(U, doc.edit, D) :- latest(U, D).
permission doc.view on doc "View".
permission doc.edit on doc "Edit".
"#;

/// The tenants; a writer writes to the one of its number, modulo their number. Loads go to the first.
pub(crate) const TENANTS: usize = 2;
/// The writers.
pub(crate) const WRITERS: usize = 4;
/// How many documents of a writer are whole at once.
const KEPT: u64 = 4;
/// The facts of a load: as many as go past the journal.
pub(crate) const LOADED: u64 = 4_096;

/// A fact, written down: its relation, then its values.
pub(crate) type Row = Vec<String>;

/// The name of a tenant.
pub(crate) fn name(tenant: usize) -> String {
    format!("t{tenant}")
}

pub(crate) fn user(writer: usize) -> String {
    format!("user:{writer}")
}

pub(crate) fn doc(writer: usize, n: u64) -> String {
    format!("doc:{writer}-{n}")
}

fn row(relation: &str, values: &[String]) -> Row {
    [&[relation.to_owned()], values].concat()
}

/// The facts of write `n` of a writer: those that come and those that go.
pub(crate) fn changes(writer: usize, n: u64) -> (Vec<Row>, Vec<Row>) {
    let halves = |n| ["left", "right"].map(|half| row(half, &[doc(writer, n), user(writer)])).to_vec();
    let mut insert = halves(n);
    insert.push(row("latest", &[user(writer), doc(writer, n)]));
    let delete = match n.checked_sub(KEPT) {
        None => vec![],
        Some(old) if writer.is_multiple_of(2) => vec![row("doc", &[doc(writer, old)])],
        Some(old) => halves(old),
    };
    (insert, delete)
}

/// What a writer has in the store after so many writes.
pub(crate) fn written(writer: usize, n: u64) -> BTreeSet<Row> {
    let mut rows = BTreeSet::new();
    let whole = n.saturating_sub(KEPT)..n;
    let alive = if writer.is_multiple_of(2) { whole.clone() } else { 0..n };
    rows.extend(alive.map(|n| row("doc", &[doc(writer, n)])));
    rows.extend(whole.flat_map(|n| ["left", "right"].map(|half| row(half, &[doc(writer, n), user(writer)]))));
    if let Some(last) = n.checked_sub(1) {
        rows.extend([row("user", &[user(writer)]), row("latest", &[user(writer), doc(writer, last)])]);
    }
    rows
}

/// The facts of a load.
pub(crate) fn loaded(n: u64) -> impl Iterator<Item = Row> {
    (0..LOADED).map(move |i| row("mass", &[format!("batch:{n}"), i.to_string()]))
}

fn raw(row: &Row) -> RawFact {
    let (relation, values) = row.split_first().unwrap();
    let value = |text: &String| text.parse().map_or_else(|_| Raw::Text(text.clone()), Raw::Integer);
    RawFact { relation: relation.clone(), values: values.iter().map(value).collect() }
}

/// A raw value, written down.
pub(crate) fn text(value: &Raw) -> String {
    match value {
        Raw::Text(text) => text.clone(),
        Raw::Integer(integer) => integer.to_string(),
    }
}

/// The revision of a token: its last eight bytes.
pub(crate) fn revision(token: &Token) -> u64 {
    let bytes = BASE64URL_NOPAD.decode(token.to_string().as_bytes()).unwrap();
    u64::from_be_bytes(*bytes.last_chunk().unwrap())
}

/// Makes the tenants in a new store.
pub(crate) fn prepare(directory: &Path) {
    let engine = Engine::open(directory, Options::default()).unwrap();
    let policy = PolicyText { main: "p.dl".to_owned(), files: [("p.dl".to_owned(), POLICY.to_owned())].into() };
    (0..TENANTS).for_each(|tenant| drop(engine.activate(&name(tenant), &policy).unwrap()));
}

/// An engine at work. Every event goes to `record`, an acknowledgement right after the write.
pub(crate) struct Work<'a> {
    engine: &'a Engine,
    /// The last acknowledged revision of each tenant.
    floors: [AtomicU64; TENANTS],
    /// Writes of each writer, and loads, as far as they were acknowledged.
    done: [AtomicU64; WRITERS],
    n_loads: AtomicU64,
    record: &'a (dyn Fn(Event) + Sync),
}

impl<'a> Work<'a> {
    /// Goes on where the store is.
    pub(crate) fn resume(engine: &'a Engine, record: &'a (dyn Fn(Event) + Sync)) -> Self {
        let (floors, done) = ([const { AtomicU64::new(0) }; TENANTS], [const { AtomicU64::new(0) }; WRITERS]);
        let work = Self { engine, floors, done, n_loads: AtomicU64::new(0), record };
        for writer in 0..WRITERS {
            let (rows, _) = work.ask(writer % TENANTS, Question::Edited(writer));
            let last = rows.first().map(|doc| doc.rsplit_once('-').unwrap().1.parse::<u64>().unwrap());
            let n = last.map_or(0, |last| last + 1);
            work.done[writer].store(n, Ordering::SeqCst);
            record(Event::Begun { writer, n });
        }
        let count = |goal: &str| {
            let query = Query { goal: goal.to_owned(), ..Query::default() };
            engine.count_query(&name(0), &query).unwrap().count
        };
        let n = count("batch(B)");
        assert_eq!(count("mass(B, N)"), n * LOADED, "a load is there in part");
        work.n_loads.store(n, Ordering::SeqCst);
        record(Event::Held { n });
        work
    }

    /// The next write of a writer, whose thread is the only one to write for it.
    pub(crate) fn write(&self, writer: usize) {
        let n = self.done[writer].load(Ordering::SeqCst);
        let (insert, delete) = changes(writer, n);
        let rows = |rows: &[Row]| rows.iter().map(raw).collect();
        let write = Write { insert: rows(&insert), delete: rows(&delete), ..Write::default() };
        match self.engine.write(&name(writer % TENANTS), &write) {
            Ok(written) => {
                let revision = revision(&written.revision);
                self.floors[writer % TENANTS].fetch_max(revision, Ordering::SeqCst);
                self.done[writer].store(n + 1, Ordering::SeqCst);
                (self.record)(Event::Acknowledged { writer, n, revision });
            }
            Err(error) => {
                assert!(self.engine.ready().is_err(), "{error:?}");
                (self.record)(Event::Refused { writer, n, code: error.code.to_owned() });
            }
        }
    }

    /// The next load, by the only thread that loads. A refusal is one of a writer behind the others.
    pub(crate) fn load(&self) {
        let n = self.n_loads.load(Ordering::SeqCst);
        let facts: Vec<RawFact> = loaded(n).map(|row| raw(&row)).collect();
        match self.engine.load(&name(0), &facts) {
            Ok(written) => {
                let revision = revision(&written.revision);
                self.floors[0].fetch_max(revision, Ordering::SeqCst);
                self.n_loads.store(n + 1, Ordering::SeqCst);
                (self.record)(Event::Loaded { n, revision });
            }
            Err(error) => (self.record)(Event::Refused { writer: WRITERS, n, code: error.code.to_owned() }),
        }
    }

    /// Asks at random.
    pub(crate) fn read(&self, reader: usize, random: &Random) -> Answer {
        let writer = random.below(WRITERS);
        let tenant = writer % TENANTS;
        let last = self.done[writer].load(Ordering::SeqCst);
        // A document that is about to come, is there, or has just gone.
        let n = (last + 1).saturating_sub(random.below(KEPT as usize + 3) as u64);
        let question = match random.below(7) {
            0 | 1 => Question::View(writer, n),
            2 => Question::Viewed(writer),
            3 => Question::Count(writer),
            4 => Question::Edited(writer),
            5 => Question::Viewers(writer, n),
            _ => Question::Halves,
        };
        let floor = self.floors[tenant].load(Ordering::SeqCst);
        let (rows, revision) = self.ask(tenant, question);
        Answer { reader, tenant, floor, revision, question, rows }
    }

    fn ask(&self, tenant: usize, question: Question) -> (Vec<String>, u64) {
        let (engine, tenant, page) = (self.engine, name(tenant), Page::default());
        let [view, edit] = ["doc.view", "doc.edit"].map(str::to_owned);
        let objects =
            |subject, permission| ListObjects { subject, permission, kind: "doc".to_owned(), ..ListObjects::default() };
        let listing = |listing: entail::engine::request::Listing| (listing.items, revision(&listing.revision));
        let (mut rows, revision) = match question {
            Question::View(writer, n) => {
                let check =
                    Check { subject: user(writer), permission: view, object: doc(writer, n), ..Check::default() };
                let decision = engine.check(&tenant, &check).unwrap();
                (Vec::from_iter(decision.allowed.then(|| "allowed".to_owned())), revision(&decision.revision))
            }
            Question::Viewed(writer) => {
                listing(engine.list_objects(&tenant, &objects(user(writer), view), &page).unwrap())
            }
            Question::Edited(writer) => {
                listing(engine.list_objects(&tenant, &objects(user(writer), edit), &page).unwrap())
            }
            Question::Count(writer) => {
                let count = engine.count_objects(&tenant, &objects(user(writer), view)).unwrap();
                (vec![count.count.to_string()], revision(&count.revision))
            }
            Question::Viewers(writer, n) => {
                let list = ListSubjects {
                    kind: "user".to_owned(),
                    permission: view,
                    object: doc(writer, n),
                    ..ListSubjects::default()
                };
                listing(engine.list_subjects(&tenant, &list, &page).unwrap())
            }
            Question::Halves => {
                let query = Query { goal: "half(D)".to_owned(), ..Query::default() };
                let answers = engine.query(&tenant, &query, &page).unwrap();
                (answers.rows.iter().flatten().map(text).collect(), revision(&answers.revision))
            }
        };
        rows.sort_unstable();
        (rows, revision)
    }
}
