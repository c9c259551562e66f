//! The history checker: the store's log is replayed, and each answer must be right for the revision that it names.
//!
//! Besides, an answer may not be older than what was acknowledged before it was asked, or than the same reader's last one,
//! each acknowledged write must stand in the log at its revision, and the writes of a writer there one after another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use entail::model::fact::Fact;
use entail::model::revision::Revision;
use entail::store::Store;
use entail::store::entry::{Action, Change, Sign};
use entail::store::log::Log;
use entail::{Engine, Options};

use super::amount;
use super::child::{Part, part, play};
use super::event::{Answer, Event, Question};
use super::work::{Row, TENANTS, WRITERS, changes, doc, loaded, name, prepare, text, user, written};

/// What is known of a store, and what was reported but isn't checked yet.
pub(crate) struct Audit {
    replays: [Replay; TENANTS],
    /// How many writes of each writer are known to be there, and how many loads: acknowledged, or found at an opening.
    known: [u64; WRITERS],
    n_loads: u64,
    answers: [Vec<Answer>; TENANTS],
    /// What was acknowledged at which revision: a writer's write, or a load.
    acknowledged: [BTreeMap<u64, (Option<usize>, u64)>; TENANTS],
    n_answers: usize,
}

/// A tenant's facts at a revision, and how they came.
#[derive(Default)]
struct Replay {
    revision: u64,
    rows: BTreeSet<Row>,
    /// How many writes of each writer the log has up to here, and how many loads.
    n_writes: [u64; WRITERS],
    n_loads: u64,
}

impl Audit {
    pub(crate) fn new() -> Self {
        Self {
            replays: Default::default(),
            known: [0; WRITERS],
            n_loads: 0,
            answers: Default::default(),
            acknowledged: Default::default(),
            n_answers: 0,
        }
    }

    /// Takes what one process reported, in its order, up to its end or to its death.
    pub(crate) fn take(&mut self, events: Vec<Event>) {
        let mut last = BTreeMap::new();
        for event in events {
            match event {
                Event::Begun { writer, n } => {
                    // The write under way at the end of the process before may be there: nobody was told.
                    let known = self.known[writer];
                    assert!((known..=known + 1).contains(&n), "writer {writer}: {known} acknowledged, {n} found");
                    self.known[writer] = n;
                }
                Event::Held { n } => {
                    let known = self.n_loads;
                    assert!((known..=known + 1).contains(&n), "{known} loads acknowledged, {n} found");
                    self.n_loads = n;
                }
                Event::Acknowledged { writer, n, revision } => {
                    assert_eq!(n, self.known[writer], "writer {writer}");
                    self.known[writer] = n + 1;
                    self.acknowledge(writer % TENANTS, revision, (Some(writer), n));
                }
                Event::Loaded { n, revision } => {
                    assert_eq!(n, self.n_loads);
                    self.n_loads = n + 1;
                    self.acknowledge(0, revision, (None, n));
                }
                Event::Answered(answer) => {
                    assert!(answer.revision >= answer.floor, "older than what was acknowledged: {answer:?}");
                    let before = last.insert((answer.reader, answer.tenant), answer.revision);
                    assert!(before.is_none_or(|before| before <= answer.revision), "older than the last: {answer:?}");
                    self.answers[answer.tenant].push(answer);
                }
                Event::Refused { .. } => {}
            }
        }
    }

    fn acknowledge(&mut self, tenant: usize, revision: u64, what: (Option<usize>, u64)) {
        let before = self.acknowledged[tenant].insert(revision, what);
        assert_eq!(before, None, "revision {revision} was given twice");
    }

    /// Replays the log of a store that nobody has open, from where the last check ended, and holds everything against it.
    pub(crate) fn check(&mut self, directory: &Path) {
        let store = Store::open(directory).unwrap();
        for tenant in 0..TENANTS {
            let replay = &mut self.replays[tenant];
            let mut answers = std::mem::take(&mut self.answers[tenant]);
            answers.sort_by_key(|answer| answer.revision);
            self.n_answers += answers.len();
            let mut answers = answers.into_iter().peekable();
            let mut acknowledged = std::mem::take(&mut self.acknowledged[tenant]);
            let number = store.tenant(&name(tenant)).unwrap();
            let mut entries = store.read_from(number, Revision(replay.revision)).unwrap();
            loop {
                while let Some(answer) = answers.next_if(|answer| answer.revision <= replay.revision) {
                    assert_eq!(answer.revision, replay.revision, "a revision that was checked before: {answer:?}");
                    assert_eq!(replay.answer(answer.question), answer.rows, "{answer:?}");
                }
                let Some(entry) = entries.next() else { break };
                let entry = entry.unwrap();
                let what = replay.advance(entry.revision.0, &entry.record.action);
                if let Some(told) = acknowledged.remove(&replay.revision) {
                    assert_eq!(what, Some(told), "revision {}", replay.revision);
                }
            }
            assert_eq!(answers.next(), None, "an answer of a revision that was never on disk");
            assert_eq!(acknowledged, BTreeMap::new(), "acknowledged, and not in the log");
            assert_eq!(store.head(number).unwrap().revision.0, replay.revision);
            replay.check_whole(tenant);
        }
        for writer in 0..WRITERS {
            let found = self.replays[writer % TENANTS].n_writes[writer];
            assert!((self.known[writer]..=self.known[writer] + 1).contains(&found), "writer {writer}: {found}");
            self.known[writer] = found;
        }
        let found = self.replays[0].n_loads;
        assert!((self.n_loads..=self.n_loads + 1).contains(&found), "{found} loads");
        self.n_loads = found;
    }

    /// What was found: writes, loads, and checked answers.
    pub(crate) fn totals(&self) -> (u64, u64, usize) {
        (self.known.iter().sum(), self.n_loads, self.n_answers)
    }

    /// The facts of a tenant at the revision of the last check.
    pub(crate) fn rows(&self, tenant: usize) -> &BTreeSet<Row> {
        &self.replays[tenant].rows
    }
}

impl Replay {
    /// The next entry: it must be an activation, one write of a writer, or one load, whole.
    fn advance(&mut self, revision: u64, action: &Action) -> Option<(Option<usize>, u64)> {
        assert_eq!(revision, self.revision + 1);
        self.revision = revision;
        let Action::Transaction(all) = action else { return None };
        let asked = |sign| {
            let of_sign = all.iter().filter(move |change| change.sign == sign).map(row_of);
            of_sign.filter(|row: &Row| row.len() == 3).collect::<BTreeSet<Row>>()
        };
        let (came, went) = (asked(Sign::Insert), asked(Sign::Delete));
        for change in all {
            let row = row_of(change);
            match change.sign {
                Sign::Insert => assert!(self.rows.insert(row), "{change:?} was there"),
                Sign::Delete => assert!(self.rows.remove(&row), "{change:?} wasn't there"),
            }
        }
        if came.iter().next().is_some_and(|row| row[0] == "mass") {
            let n = self.n_loads;
            assert_eq!(came, loaded(n).collect(), "load {n}");
            self.n_loads += 1;
            return Some((None, n));
        }
        let latest = came.iter().find(|row| row[0] == "latest").unwrap_or_else(|| panic!("half a write: {came:?}"));
        let writer: usize = latest[1].strip_prefix("user:").unwrap().parse().unwrap();
        let n = self.n_writes[writer];
        let (insert, delete) = changes(writer, n);
        assert_eq!(came, insert.into_iter().collect(), "write {n} of writer {writer}");
        let delete: BTreeSet<Row> = delete.into_iter().filter(|row| row.len() == 3).collect();
        assert!(delete.is_subset(&went), "write {n} of writer {writer}");
        self.n_writes[writer] += 1;
        Some((Some(writer), n))
    }

    /// The whole state follows from the numbers of writes.
    fn check_whole(&self, tenant: usize) {
        let of_writers = (0..WRITERS).filter(|writer| writer % TENANTS == tenant);
        let mut rows: BTreeSet<Row> = of_writers.flat_map(|writer| written(writer, self.n_writes[writer])).collect();
        for n in 0..self.n_loads {
            rows.insert(vec!["batch".to_owned(), format!("batch:{n}")]);
            rows.extend(loaded(n));
        }
        assert_eq!(self.rows.len(), rows.len());
        assert!(self.rows == rows, "{:?}", self.rows.symmetric_difference(&rows).take(9).collect::<Vec<_>>());
    }

    /// What the policy says of a question, said a second time.
    fn answer(&self, question: Question) -> Vec<String> {
        let has = |relation: &str, one: String, two: String| self.rows.contains(&vec![relation.to_owned(), one, two]);
        let may_view = |doc: &str, user: &str| {
            has("left", doc.to_owned(), user.to_owned()) && has("right", doc.to_owned(), user.to_owned())
        };
        let left = || self.relation("left").filter(|row| may_view(&row[1], &row[2]));
        match question {
            Question::View(writer, n) => {
                Vec::from_iter(may_view(&doc(writer, n), &user(writer)).then(|| "allowed".to_owned()))
            }
            Question::Viewed(writer) => left().filter(|row| row[2] == user(writer)).map(|row| row[1].clone()).collect(),
            Question::Count(writer) => vec![left().filter(|row| row[2] == user(writer)).count().to_string()],
            Question::Edited(writer) => {
                let of_writer = self.relation("latest").filter(|row| row[1] == user(writer));
                of_writer.map(|row| row[2].clone()).collect()
            }
            Question::Viewers(writer, n) => {
                left().filter(|row| row[1] == doc(writer, n)).map(|row| row[2].clone()).collect()
            }
            Question::Halves => Vec::new(),
        }
    }

    fn relation<'a>(&'a self, relation: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows.range(vec![relation.to_owned()]..).take_while(move |row| row[0] == relation)
    }
}

fn row_of(change: &Change) -> Row {
    let Fact { relation, values } = &change.fact;
    let mut row = vec![relation.to_string()];
    row.extend(values.iter().map(|value| text(&value.raw())));
    row
}

#[test]
fn every_answer_during_writes_is_right_for_the_revision_that_it_names() {
    for is_tight in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        prepare(directory.path());
        let memory = is_tight.then_some(1);
        let part = Part { writes: amount(200, 500), loads: 2, readers: 2, ..part(directory.path()) };
        let events = Mutex::new(Vec::new());
        {
            let engine = Engine::open(directory.path(), Options { memory, ..Options::default() }).unwrap();
            play(&engine, &part, &|event| events.lock().unwrap().push(event));
        }
        let mut audit = Audit::new();
        audit.take(events.into_inner().unwrap());
        audit.check(directory.path());
        let (n_writes, n_loads, n_answers) = audit.totals();
        println!("{n_writes} writes, {n_loads} loads, {n_answers} answers");
        assert_eq!((n_writes, n_loads), ((WRITERS * part.writes) as u64, 2));
        assert!(n_answers > part.writes);
    }
}
