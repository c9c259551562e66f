//! Listings: the answers of one type, in order of creation, whole or page by page.
//!
//! An answer's cell is its place in the order, so a page is a *window* of cells. Where the plan can be told a window, a page
//! costs what lies in it: it is found window by window, each four times as wide as the one before, until it is full.

use std::ops::Range;

use crate::engine::active::Goal;
use crate::engine::ask::{Arguments, Asking, can_arguments, permission_column, permission_goals};
use crate::engine::error::Error;
use crate::engine::names::{ColumnId, KnownPermission};
use crate::engine::question::Surroundings;
use crate::engine::reference::Reference;
use crate::engine::state::State;
use crate::eval::cells::Cells;
use crate::eval::goal;
use crate::eval::limits::{LimitExceeded, Meter};
use crate::model::value::{ColumnType, Raw};

/// So many cells are looked at for each row of a page, at first.
const CELLS_PER_ROW: u32 = 32;
/// The narrowest first window.
const LEAST_WINDOW: u32 = 1_024;

/// A listing that is ready to be asked.
pub(super) struct Listing<'a> {
    asking: Asking<'a>,
    kind: ColumnType,
    state: &'a State,
    parts: Vec<Part<'a>>,
}

/// A goal whose answers belong to the listing.
struct Part<'a> {
    goal: &'a Goal,
    arguments: Arguments,
    /// What a yes stands for, where the goal is no more than a question of yes or no.
    yes: Option<u32>,
}

/// A page: its cells, ascending, and whether there are more.
pub(super) struct Rows {
    pub(super) cells: Vec<u32>,
    pub(super) has_more: bool,
}

impl<'a> Listing<'a> {
    /// The objects of a type to which the subject may do it.
    pub(super) fn objects(
        state: &'a State,
        subject: &Reference,
        permission: &'a KnownPermission,
        kind: (ColumnType, Option<ColumnId>),
        surroundings: &Surroundings<'_>,
    ) -> Result<Self, Error> {
        let (kind, column) = kind;
        let goals = subject.column.zip(column);
        let goals = goals.and_then(|(subject, object)| permission.goals(subject, object));
        let goal = goals.map(|goals| &goals.objects);
        let asking = Asking::new(state, &state.active.plans, &state.constants, goal, surroundings)?;
        let arguments = can_arguments(state, &asking, Some(subject), permission, None);
        let parts = goal.map(|goal| Part { goal, arguments, yes: None }).into_iter().collect();
        Ok(Self { asking, kind, state, parts })
    }

    /// The subjects of a type that may do it to the object.
    pub(super) fn subjects(
        state: &'a State,
        kind: (ColumnType, Option<ColumnId>),
        permission: &'a KnownPermission,
        object: &Reference,
        surroundings: &Surroundings<'_>,
    ) -> Result<Self, Error> {
        let (kind, column) = kind;
        let goals = column.zip(object.column);
        let goals = goals.and_then(|(subject, object)| permission.goals(subject, object));
        let goal = goals.map(|goals| &goals.subjects);
        let asking = Asking::new(state, &state.active.plans, &state.constants, goal, surroundings)?;
        let arguments = can_arguments(state, &asking, None, permission, Some(object));
        let parts = goal.map(|goal| Part { goal, arguments, yes: None }).into_iter().collect();
        Ok(Self { asking, kind, state, parts })
    }

    /// The permissions that the subject has on the object.
    pub(super) fn permissions(
        state: &'a State,
        subject: &Reference,
        object: &Reference,
        surroundings: &Surroundings<'_>,
    ) -> Result<Self, Error> {
        let goals = permission_goals(state, subject.column, object.column);
        let each_goal = goals.iter().map(|(_, goal)| *goal);
        let asking = Asking::new(state, &state.active.plans, &state.constants, each_goal, surroundings)?;
        let arguments: Arguments =
            [subject, object].map(|reference| reference.cell(&asking.facts)).into_iter().collect();
        let parts = goals.into_iter().map(|(yes, goal)| Part { goal, arguments: arguments.clone(), yes }).collect();
        Ok(Self { asking, kind: permission_column(), state, parts })
    }

    /// How many there are.
    ///
    /// # Errors
    /// `limit-exceeded`.
    pub(super) fn count(&self) -> Result<usize, Error> {
        self.asking.metered(|meter| Ok(self.window(meter, 0..u32::MAX)?.len()))
    }

    /// Those from a cell on, all of them or at most so many.
    ///
    /// # Errors
    /// `limit-exceeded`, never a shorter page.
    pub(super) fn page(&self, from: u32, limit: Option<usize>) -> Result<Rows, Error> {
        self.asking.metered(|meter| {
            let Some(limit) = limit else {
                return Ok(Rows { cells: self.window(meter, from..u32::MAX)?.into_sorted(), has_more: false });
            };
            let plans = self.asking.plans;
            let is_windowed = |part: &Part<'_>| {
                plans.procedures.get(part.goal.procedure).is_some_and(|procedure| procedure.is_windowed)
            };
            let width = u32::try_from(limit).unwrap_or(u32::MAX).saturating_mul(CELLS_PER_ROW).max(LEAST_WINDOW);
            let mut width = if self.parts.iter().all(is_windowed) { width } else { u32::MAX };
            let (mut cells, mut start) = (Vec::new(), from);
            while cells.len() <= limit && start < u32::MAX {
                let end = start.saturating_add(width);
                cells.extend(self.window(meter, start..end)?.into_sorted());
                (start, width) = (end, width.saturating_mul(4));
            }
            let has_more = cells.len() > limit;
            cells.truncate(limit);
            Ok(Rows { cells, has_more })
        })
    }

    /// The answers whose cells lie in a window.
    fn window(&self, meter: &mut Meter<'_>, window: Range<u32>) -> Result<Cells, LimitExceeded> {
        let Asking { plans, facts, .. } = &self.asking;
        let mut found: Option<Cells> = None;
        for Part { goal, arguments, yes } in &self.parts {
            let goal = self.asking.goal(goal, arguments);
            let cells = match yes {
                Some(cell) => {
                    let holds = window.contains(cell) && goal::holds(plans, facts, meter, goal, arguments)?;
                    Cells::from_iter(holds.then_some(*cell))
                }
                None => goal::cells(plans, facts, meter, goal, arguments, window.clone())?,
            };
            found = Some(match found {
                None => cells,
                Some(before) => Cells::from_iter(before.into_sorted().into_iter().chain(cells.into_sorted())),
            });
        }
        Ok(found.unwrap_or_default())
    }

    /// What a cursor calls the type of the answers.
    pub(super) fn kind(&self) -> &ColumnType {
        &self.kind
    }

    /// Answers in their raw form.
    ///
    /// # Errors
    /// None that a question can cause.
    pub(super) fn texts(&self, cells: &[u32]) -> Result<Vec<String>, Error> {
        let dictionary = self.state.snapshot.dictionary();
        let known = match &self.kind {
            ColumnType::Object(kind) => self.state.active.names.type_named(kind),
            _ => None,
        };
        let mut texts = Vec::with_capacity(cells.len());
        for &cell in cells {
            if let Some(known) = known
                && let Some(id) = dictionary.id(known.kind, cell)
            {
                let mut text = String::with_capacity(known.name.len() + 1 + id.len());
                text.push_str(&known.name);
                text.push(':');
                text.push_str(id);
                texts.push(text);
                continue;
            }
            let value = self.asking.facts.value(&self.kind, cell);
            match value.map(|value| value.raw()) {
                Some(Raw::Text(text)) => texts.push(text),
                Some(Raw::Integer(integer)) => texts.push(integer.to_string()),
                None => return Err(Error::internal("an answer holds an unknown value")),
            }
        }
        Ok(texts)
    }
}
