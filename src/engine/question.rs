//! Questions in the light of a schema: raw text → values, and what surrounds them.

use std::cell::OnceCell;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::engine::ask::limit_exceeded;
use crate::engine::error::Error;
use crate::engine::limits::Limits;
use crate::engine::request::Context;
use crate::engine::state::State;
use crate::engine::token::shorten;
use crate::eval::limits::LimitExceeded;
use crate::language::diagnostic::Diagnostic;
use crate::language::parser::parse_atom;
use crate::language::render::render;
use crate::language::span::{Source, SourceId};
use crate::model::fact::{Fact, RawFact};
use crate::model::value::{ColumnType, Raw, Value};
use crate::policy::goal::Goal;
use crate::policy::misfit::Misfit;

/// The context relation that the engine brings itself.
const NOW: &str = "now";

/// The longest goal of a query, in bytes.
const MAX_GOAL_BYTES: usize = 65_536;

/// What comes with a question: contextual facts, the instant, what it may cost.
pub(super) struct Surroundings<'a> {
    /// What the question may cost.
    pub(super) limits: Limits,
    /// When all that is asked with these must be done; without it, each question has its own time.
    pub(super) deadline: Option<Instant>,
    /// The instant at which it is judged, as the row of its relation; the clock is read when somebody asks.
    clock: OnceCell<[Value; 1]>,
    /// By relation.
    context: Vec<(&'a str, Vec<Vec<Value>>)>,
}

impl<'a> Surroundings<'a> {
    /// Reads a question's context. `now` is the engine's clock, unless a cursor or the context says otherwise.
    ///
    /// # Errors
    /// `not-context`, or what doesn't fit in a row.
    pub(super) fn read(
        state: &State,
        context: &'a Context,
        now: Option<Timestamp>,
        limits: Limits,
    ) -> Result<Self, Error> {
        let mut read = Vec::new();
        for (relation, rows) in context {
            let facts = state.active.policy.schema.context(relation, rows)?;
            read.push((relation.as_str(), facts.into_iter().map(|fact| fact.values).collect()));
        }
        let clock = now.map_or_else(OnceCell::new, |now| OnceCell::from([Value::Time(now)]));
        Ok(Self { limits, deadline: None, clock, context: read })
    }

    /// The same, for all questions of a transaction together: they share the time that one may take.
    pub(super) fn for_all(self, time: Duration) -> Self {
        Self { deadline: Instant::now().checked_add(time), ..self }
    }

    /// The same, for questions that share a deadline.
    pub(super) fn until(self, deadline: Option<Instant>) -> Self {
        Self { deadline, ..self }
    }

    /// The same, at the same instant, for a part that may cost no more than this.
    pub(super) fn within(&self, limits: Limits) -> Self {
        let clock = OnceCell::from(self.clock().clone());
        Self { limits, deadline: self.deadline, clock, context: self.context.clone() }
    }

    /// # Errors
    /// `limit-exceeded` behind the deadline.
    pub(super) fn refuse_late(&self) -> Result<(), Error> {
        match self.deadline {
            Some(deadline) if Instant::now() > deadline => Err(limit_exceeded(LimitExceeded::Time)),
            _ => Ok(()),
        }
    }

    /// An answer; none if it costs more than it may and there is still time for others.
    ///
    /// # Errors
    /// Any other one; `limit-exceeded` behind the deadline.
    pub(super) fn unless_costly<T>(&self, answer: Result<T, Error>) -> Result<Option<T>, Error> {
        match answer {
            Err(error) if error.code == "limit-exceeded" => self.refuse_late().map(|()| None),
            answer => answer.map(Some),
        }
    }

    /// The instant at which the question is judged.
    pub(super) fn now(&self) -> Timestamp {
        match self.clock() {
            [Value::Time(now)] => *now,
            _ => Timestamp::now(),
        }
    }

    fn clock(&self) -> &[Value; 1] {
        self.clock.get_or_init(|| [Value::Time(Timestamp::now())])
    }

    fn brought(&self, relation: &str) -> Option<&[Vec<Value>]> {
        self.context.iter().find(|(name, _)| *name == relation).map(|(_, rows)| rows.as_slice())
    }

    /// Whether a context relation came, even an empty one.
    pub(super) fn brings(&self, relation: &str) -> bool {
        relation == NOW || self.brought(relation).is_some()
    }

    /// The rows of a context relation whose values have these types.
    pub(super) fn rows<'s>(&'s self, relation: &str, columns: &'s [ColumnType]) -> impl Iterator<Item = &'s [Value]> {
        let brought = self.brought(relation);
        let clock = (brought.is_none() && relation == NOW).then(|| self.clock().as_slice());
        let rows = brought.into_iter().flatten().map(Vec::as_slice).chain(clock);
        rows.filter(move |row| row.iter().map(Value::column_type).eq(columns.iter().cloned()))
    }
}

/// Reads the goal of a query: one atom in the language's notation.
///
/// # Errors
/// `malformed-goal` with the diagnostics rendered; what the schema says of its names and values.
pub(super) fn read_goal(state: &State, text: &str) -> Result<Goal, Error> {
    if text.len() > MAX_GOAL_BYTES {
        let message = format!("the goal has {} bytes; {MAX_GOAL_BYTES} are allowed", text.len());
        return Err(
            Error::invalid("text-too-large", message).with_help("Ask for one atom, such as `teammate(user:ana, X)`.")
        );
    }
    let (atom, diagnostics) = parse_atom(SourceId(0), text);
    let Some(atom) = atom else {
        let sources = [Source { name: "goal".to_owned(), text: text.to_owned() }];
        let rendered = |diagnostic: &Diagnostic| render(diagnostic, &sources);
        return Err(Error::invalid("malformed-goal", format!("`{}` isn't a goal", shorten(text)))
            .with_help("Ask for one atom, such as `teammate(user:ana, X)`.")
            .with_details(diagnostics.iter().map(rendered).collect()));
    };
    Ok(state.active.policy.goal(&atom)?)
}

/// Reads a fact that is to be written.
///
/// # Errors
/// What doesn't fit.
pub(super) fn read_fact(state: &State, raw: &RawFact) -> Result<Fact, Error> {
    state.active.policy.schema.fact(raw).map_err(|misfit| {
        let values = raw.values.iter().map(|value| match value {
            Raw::Text(text) => shorten(text),
            Raw::Integer(integer) => integer.to_string(),
        });
        let shown: Vec<String> = std::iter::once(shorten(&raw.relation)).chain(values.take(8)).collect();
        let fact = format!("in the fact `{}`", shown.join(" "));
        Error::from(misfit).with_details(vec![fact])
    })
}

/// A value as one of this type: a text is a time where times are asked for.
pub(super) fn in_column(value: &Value, kind: &ColumnType) -> Option<Value> {
    match (value, kind) {
        (Value::Text(text), ColumnType::Time) => text.parse::<Timestamp>().ok().map(Value::Time),
        (value, kind) if value.column_type() == *kind => Some(value.clone()),
        _ => None,
    }
}

impl From<Misfit> for Error {
    fn from(misfit: Misfit) -> Self {
        let error = Self::invalid(misfit.code, misfit.message);
        match misfit.help {
            Some(help) => error.with_help(help),
            None => error,
        }
    }
}
