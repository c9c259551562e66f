//! The engine beside the oracle: one tenant's writes and questions, each answer held against what it should be.

use std::collections::{BTreeMap, BTreeSet};

use entail::Engine;
use entail::engine::error::Error;
use entail::engine::request::{
    Check, Context as Contextual, ListObjects, ListPermissions, ListSubjects, Listing, Page, PolicyText, Query, Write,
};
use entail::model::fact::RawFact;
use entail::model::value::{Raw, Value};

use super::naive::Context;
use super::notation::{goal, raw_fact, whole};
use super::questions::Question;
use super::state::{Change, State};

/// How the engine and the oracle disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Disagreement {
    /// Of what kind: a shrunk world must disagree in the same way.
    pub(crate) kind: Kind,
    /// In words.
    pub(crate) words: String,
}

/// The kinds of disagreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A policy that the checker takes isn't activated.
    Activation,
    /// One takes the write, the other refuses it.
    Verdict,
    /// A step of a course has another verdict, or other reasons for it.
    Judgement {
        /// What is right, by name.
        right: &'static str,
        /// What the engine says: `taken`, or its code.
        told: &'static str,
    },
    /// The stored facts differ, or the counts of what changed.
    State,
    /// The answer differs.
    Answer,
    /// The answer is an error, with this code.
    Failure(&'static str),
}

/// How an answer is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// All of it at once.
    Whole,
    /// Its size.
    Count,
    /// In pages of so many rows, put together.
    Pages(usize),
}

impl Form {
    /// Every form, with small pages.
    pub(crate) const ALL: [Self; 4] = [Self::Whole, Self::Count, Self::Pages(1), Self::Pages(3)];
}

/// One tenant of the engine under test.
pub(crate) struct Bench<'e> {
    /// The engine.
    pub(crate) engine: &'e Engine,
    /// The tenant.
    pub(crate) tenant: String,
}

type Rows = Vec<Vec<Raw>>;

impl Bench<'_> {
    /// Makes the tenant, with this policy.
    pub(crate) fn activate(&self, text: &str) -> Result<(), Disagreement> {
        let files = BTreeMap::from([("world.dl".to_owned(), text.to_owned())]);
        let pack = PolicyText { main: "world.dl".to_owned(), files };
        let activated = self.engine.activate(&self.tenant, &pack);
        activated.map(|_| ()).map_err(|error| {
            let words = format!("the policy is not activated: {error} {}", error.details.join("\n"));
            Disagreement { kind: Kind::Activation, words }
        })
    }

    /// Writes a change to both; both must refuse it, or both must take it and hold the same facts after it.
    pub(crate) fn write<'s>(
        &self,
        state: &State<'s>,
        change: &Change,
        as_load: bool,
    ) -> Result<State<'s>, Disagreement> {
        let facts = |facts: &[_]| facts.iter().map(raw_fact).collect::<Vec<RawFact>>();
        let insert = facts(&change.insert);
        let written = if as_load && change.delete.is_empty() {
            self.engine.load(&self.tenant, &insert)
        } else {
            let delete = facts(&change.delete);
            self.engine.write(&self.tenant, &Write { insert, delete, ..Write::default() })
        };
        let after = match (state.after(change), &written) {
            (Ok(after), Ok(_)) => after,
            (Err(_), Err(_)) => state.clone(),
            (Ok(_), Err(error)) => {
                return differ(Kind::Verdict, format!("the write is refused: {error}"));
            }
            (Err(why), Ok(_)) => {
                return differ(Kind::Verdict, format!("the write is taken, though it is wrong: {why:?}"));
            }
        };
        if let Ok(written) = written {
            let inserted = after.facts.difference(&state.facts).count() as u64;
            let deleted = state.facts.difference(&after.facts).count() as u64;
            if (written.inserted, written.deleted) != (inserted, deleted) {
                let told = format!("{} inserted and {} deleted are told", written.inserted, written.deleted);
                return differ(Kind::State, format!("{told}, {inserted} and {deleted} are right"));
            }
        }
        self.hold_state(&after)?;
        Ok(after)
    }

    /// The stored facts are those of the model, each once.
    pub(crate) fn hold_state(&self, state: &State<'_>) -> Result<(), Disagreement> {
        let mut stored = Vec::new();
        let walk = self.engine.export(&self.tenant, &mut |fact| {
            stored.push(fact);
            Ok(())
        });
        walk.map_err(|error| failure("export", &error))?;
        let mut expected: Vec<RawFact> = state.facts.iter().map(raw_fact).collect();
        stored.sort();
        expected.sort();
        if stored == expected {
            return Ok(());
        }
        let missing: Vec<_> = expected.iter().filter(|fact| !stored.contains(fact)).collect();
        let extra: Vec<_> = stored.iter().filter(|fact| !expected.contains(fact)).collect();
        differ(
            Kind::State,
            format!("the store lacks {missing:?} and has {extra:?} too much, of {} facts", stored.len()),
        )
    }

    /// Asks a question in one form and holds the answer against the right one.
    pub(crate) fn ask(
        &self,
        question: &Question,
        form: Form,
        context: &Context,
        right: &BTreeSet<Vec<Value>>,
    ) -> Result<(), Disagreement> {
        let right: BTreeSet<Vec<Raw>> = right.iter().map(|row| row.iter().map(Value::raw).collect()).collect();
        let context = contextual(context);
        let told = match form {
            Form::Count if !matches!(question, Question::Check(..)) => {
                let count = self.count(question, context).map_err(|error| failure(&question.to_string(), &error))?;
                if count == right.len() as u64 {
                    return Ok(());
                }
                return differ(Kind::Answer, format!("count of {question}: {count}, {} is right", right.len()));
            }
            Form::Pages(limit) => self.pages(question, &context, limit),
            _ => self.page(question, &context, &Page::default()).map(|(rows, _)| rows),
        };
        let told = told.map_err(|error| failure(&question.to_string(), &error))?;
        let distinct: BTreeSet<Vec<Raw>> = told.iter().cloned().collect();
        if distinct == right && distinct.len() == told.len() {
            return Ok(());
        }
        let missing: Vec<_> = right.difference(&distinct).collect();
        let extra: Vec<_> = distinct.difference(&right).collect();
        let words = format!("{form:?} of {question}: {missing:?} missing, {extra:?} wrong, {} rows told", told.len());
        differ(Kind::Answer, words)
    }

    /// Asks checks at once.
    pub(crate) fn ask_batch(&self, questions: &[(Question, bool)], context: &Context) -> Result<(), Disagreement> {
        let checks: Vec<Check> = questions
            .iter()
            .filter_map(|(question, _)| match Request::of(question, contextual(context)) {
                Request::Check(check) => Some(check),
                _ => None,
            })
            .collect();
        let told = self.engine.check_batch(&self.tenant, &checks).map_err(|error| failure("a batch", &error))?;
        if told.results.len() != checks.len() {
            return differ(Kind::Answer, format!("{} answers to {} checks", told.results.len(), checks.len()));
        }
        for ((question, right), allowed) in questions.iter().zip(told.results) {
            let allowed = allowed.map_err(|error| failure(&question.to_string(), &error))?;
            if allowed != *right {
                return differ(Kind::Answer, format!("batched {question}: {allowed}"));
            }
        }
        Ok(())
    }

    /// All rows, page by page.
    fn pages(&self, question: &Question, context: &Contextual, limit: usize) -> Result<Rows, Error> {
        let mut all = Rows::new();
        let mut after = None;
        loop {
            let (rows, cursor) = self.page(question, context, &Page { limit: Some(limit), after })?;
            assert!(rows.len() <= limit, "a page of {limit} has {} rows", rows.len());
            assert!(cursor.is_none() || !rows.is_empty(), "an empty page is the last");
            all.extend(rows);
            after = cursor;
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    fn page(&self, question: &Question, context: &Contextual, page: &Page) -> Result<(Rows, Option<String>), Error> {
        let listing = match Request::of(question, context.clone()) {
            Request::Check(check) => {
                let allowed = self.engine.check(&self.tenant, &check)?.allowed;
                return Ok((if allowed { vec![Vec::new()] } else { Vec::new() }, None));
            }
            Request::Query(query) => {
                let answers = self.engine.query(&self.tenant, &query, page)?;
                return Ok((answers.rows, answers.cursor));
            }
            Request::Objects(list) => self.engine.list_objects(&self.tenant, &list, page)?,
            Request::Subjects(list) => self.engine.list_subjects(&self.tenant, &list, page)?,
            Request::Permissions(list) => self.engine.list_permissions(&self.tenant, &list, page)?,
        };
        let Listing { items, cursor, .. } = listing;
        Ok((items.into_iter().map(|item| vec![Raw::Text(item)]).collect(), cursor))
    }

    fn count(&self, question: &Question, context: Contextual) -> Result<u64, Error> {
        let count = match Request::of(question, context) {
            Request::Check(_) => panic!("a check has no count"),
            Request::Query(query) => self.engine.count_query(&self.tenant, &query),
            Request::Objects(list) => self.engine.count_objects(&self.tenant, &list),
            Request::Subjects(list) => self.engine.count_subjects(&self.tenant, &list),
            Request::Permissions(list) => self.engine.count_permissions(&self.tenant, &list),
        };
        Ok(count?.count)
    }
}

/// A question as the engine takes it.
enum Request {
    Check(Check),
    Objects(ListObjects),
    Subjects(ListSubjects),
    Permissions(ListPermissions),
    Query(Query),
}

impl Request {
    fn of(question: &Question, context: Contextual) -> Self {
        let at = None;
        match question {
            Question::Check(subject, name, object) => {
                let (subject, object) = (whole(subject), whole(object));
                Self::Check(Check { subject, permission: name.to_string(), object, context, at })
            }
            Question::Objects(subject, name, kind) => {
                let (subject, kind) = (whole(subject), kind.to_string());
                Self::Objects(ListObjects { subject, permission: name.to_string(), kind, context, at })
            }
            Question::Subjects(kind, name, object) => {
                let (kind, object) = (kind.to_string(), whole(object));
                Self::Subjects(ListSubjects { kind, permission: name.to_string(), object, context, at })
            }
            Question::Permissions(subject, object) => {
                Self::Permissions(ListPermissions { subject: whole(subject), object: whole(object), context, at })
            }
            Question::Query(predicate, terms, _) => Self::Query(Query { goal: goal(predicate, terms), context, at }),
        }
    }
}

fn contextual(context: &Context) -> Contextual {
    let rows = |rows: &BTreeSet<Vec<Value>>| rows.iter().map(|row| row.iter().map(Value::raw).collect()).collect();
    context.iter().map(|(relation, facts)| (relation.to_string(), rows(facts))).collect()
}

pub(super) fn differ<T>(kind: Kind, words: String) -> Result<T, Disagreement> {
    Err(Disagreement { kind, words })
}

fn failure(asked: &str, error: &Error) -> Disagreement {
    let words = format!("{asked} fails with `{}`: {error}", error.code);
    Disagreement { kind: Kind::Failure(error.code), words }
}
