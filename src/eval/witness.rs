//! The first witness of a goal of yes or no, where its residual only looks facts up: what most checks are.
//!
//! The residual's steps once more, made small: every operand is a place of one frame of 32 cells, constants among them, and a
//! step knows what it looks up. So a step costs little more than its look-up, and a check allocates nothing. Goals that call
//! procedures, read the context, put values in order or measure texts are the [machine](crate::eval::machine)'s.

use crate::eval::facts::Facts;
use crate::eval::filters::is_among;
use crate::eval::limits::{Meter, Stop};
use crate::eval::seen::Seen;
use crate::model::comparison::Comparison;
use crate::model::layout::StoredId;
use crate::model::rows::Rows;
use crate::plan::procedure::{Branch, Operand, Output, Procedure, Source, Step};

/// Cells in a frame: a residual that needs more is the machine's.
const CELLS: usize = 32;
/// The most columns of a look-up.
const COLUMNS: usize = 7;
/// A list of so many cells is looked through one by one.
const FEW: usize = 32;

/// A residual as a search.
#[derive(Debug)]
pub(super) struct Search {
    /// The cells that are known beforehand: constants, behind the slots.
    frame: [u32; CELLS],
    nodes: Box<[Node]>,
}

/// A step, and what may follow it.
#[derive(Debug)]
struct Node {
    action: Action,
    next: Box<[Node]>,
}

/// The index of a cell in the frame.
type Place = u8;

/// The cells of a look-up.
#[derive(Clone, Copy, Debug)]
struct Places {
    len: u8,
    places: [Place; COLUMNS],
}

/// What is done with a cell of a row.
#[derive(Clone, Copy, Debug)]
enum Taken {
    Put(Place),
    Equal(Place),
    Ignored,
}

#[derive(Debug)]
enum Action {
    /// An answer.
    Found,
    /// The one value of a key.
    Value(Lookup, Taken),
    /// A whole row.
    Row(Lookup),
    /// Each row that fits, one after another.
    Each(Lookup, Box<[Taken]>),
    /// Whether a row fits.
    Any(Lookup, Box<[Taken]>),
    /// None of these.
    Not(Box<[Action]>),
    Among(Place, Box<[u64]>),
    Same(Place, Place),
    Differs(Place, Place),
    Distinct(u32, Box<[Place]>),
}

/// The rows of a direction that begin with some cells.
#[derive(Clone, Copy, Debug)]
struct Lookup {
    stored: StoredId,
    order: u8,
    prefix: Places,
}

impl Search {
    /// The search that a residual without answer columns is; none if it needs the machine.
    pub(super) fn new<F: Facts>(residual: &Procedure, facts: &F) -> Option<Self> {
        let mut builder = Builder { facts, frame: [0; CELLS], n_slots: residual.n_slots, len: residual.n_slots };
        let nodes = (residual.n_answers == 0).then(|| builder.nodes(&residual.branches))??;
        Some(Self { frame: builder.frame, nodes })
    }

    /// Whether there is an answer for these arguments.
    #[inline]
    pub(super) fn holds<F: Facts>(&self, facts: &F, meter: &mut Meter<'_>, arguments: &[u32]) -> Result<bool, Stop> {
        let mut frame = self.frame;
        match (arguments, &mut frame) {
            // What nearly all have, without a loop.
            ([one, other], [first, second, ..]) => (*first, *second) = (*one, *other),
            ([subject, permission, object], [first, second, third, ..]) => {
                (*first, *second, *third) = (*subject, *permission, *object);
            }
            _ => frame.iter_mut().zip(arguments).for_each(|(cell, argument)| *cell = *argument),
        }
        Searcher { facts, meter, frame, seen: Seen::default() }.find(&self.nodes)
    }
}

struct Builder<'a, F> {
    facts: &'a F,
    frame: [u32; CELLS],
    n_slots: usize,
    /// The slots, and the constants behind them.
    len: usize,
}

impl<F: Facts> Builder<'_, F> {
    fn nodes(&mut self, branches: &[Branch]) -> Option<Box<[Node]>> {
        let node = |branch: &Branch| Some(Node { action: self.action(&branch.step)?, next: self.nodes(&branch.next)? });
        branches.iter().map(node).collect()
    }

    fn action(&mut self, step: &Step) -> Option<Action> {
        Some(match step {
            Step::Each { source, outputs, exists, .. } => self.lookup(source, outputs, *exists)?,
            Step::None(sources) => {
                let tests = sources.iter().map(|(source, outputs)| self.lookup(source, outputs, true));
                Action::Not(tests.collect::<Option<_>>()?)
            }
            Step::Answer { .. } => Action::Found,
            Step::Among(operand, cells) => Action::Among(self.place(*operand)?, cells.clone()),
            Step::Same(left, right) => Action::Same(self.place(*left)?, self.place(*right)?),
            Step::Compare { operator, left, right, .. } => {
                let (left, right) = (self.place(*left)?, self.place(*right)?);
                match operator {
                    Comparison::Equal => Action::Same(left, right),
                    Comparison::NotEqual => Action::Differs(left, right),
                    _ => return None,
                }
            }
            Step::Distinct { memory, slots } => {
                let places = slots.iter().map(|slot| self.place(Operand::Slot(*slot)));
                Action::Distinct(*memory, places.collect::<Option<_>>()?)
            }
            Step::All { .. } | Step::Length { .. } | Step::OtherPermission(_) => return None,
        })
    }

    fn lookup(&mut self, source: &Source, outputs: &[Output], exists: bool) -> Option<Action> {
        let Source::Stored { stored, order, prefix } = source else {
            return None;
        };
        let mut places = Places { len: u8::try_from(prefix.len()).ok()?, places: [0; COLUMNS] };
        if prefix.is_empty() || prefix.len() > COLUMNS {
            return None;
        }
        for (place, operand) in places.places.iter_mut().zip(prefix) {
            *place = self.place(*operand)?;
        }
        let lookup = Lookup { stored: *stored, order: *order, prefix: places };
        let taken: Box<[Taken]> = outputs.iter().map(|output| self.taken(*output)).collect::<Option<_>>()?;
        Some(match (&*taken, prefix.len()) {
            ([], _) => Action::Row(lookup),
            // Whether it is kept as one value for each key is the same for all first cells.
            ([taken], 1) if self.facts.value(*stored, *order, 0).is_some() => Action::Value(lookup, *taken),
            _ if exists => Action::Any(lookup, taken),
            _ => Action::Each(lookup, taken),
        })
    }

    fn taken(&mut self, output: Output) -> Option<Taken> {
        Some(match output {
            Output::Bind(slot) => Taken::Put(self.place(Operand::Slot(slot))?),
            Output::Equal(operand) => Taken::Equal(self.place(operand)?),
            Output::Ignore => Taken::Ignored,
        })
    }

    /// Where an operand lies: constants get a place of their own.
    fn place(&mut self, operand: Operand) -> Option<Place> {
        let cell = match operand {
            Operand::Slot(slot) => return u8::try_from(slot).ok().filter(|place| usize::from(*place) < CELLS),
            Operand::Constant(constant) => self.facts.constant(constant),
            Operand::Cell(cell) => cell,
        };
        let constants = self.n_slots..self.len;
        let known = constants.clone().find(|place| self.frame.get(*place) == Some(&cell));
        let place = known.unwrap_or(self.len);
        *self.frame.get_mut(place)? = cell;
        self.len = self.len.max(place + 1);
        u8::try_from(place).ok()
    }
}

/// A search under way.
struct Searcher<'a, 'm, F> {
    facts: &'a F,
    meter: &'a mut Meter<'m>,
    frame: [u32; CELLS],
    /// What `Distinct` steps have seen.
    seen: Seen,
}

impl<F: Facts> Searcher<'_, '_, F> {
    /// Whether one of these leads to an answer. What comes after the last needs no call of its own.
    fn find(&mut self, nodes: &[Node]) -> Result<bool, Stop> {
        let mut rest = nodes.iter();
        while let Some(Node { action, next }) = rest.next() {
            let passes = match action {
                Action::Found => return Ok(true),
                Action::Value(lookup, taken) => self.value(*lookup, *taken),
                Action::Row(lookup) => self.has_row(*lookup),
                Action::Among(place, cells) => is_among(self.cell(*place), cells),
                Action::Each(lookup, taken) => {
                    if self.any_row(*lookup, taken, |searcher| searcher.find(next))? {
                        return Ok(true);
                    }
                    false
                }
                Action::Same(left, right) => self.cell(*left) == self.cell(*right),
                Action::Differs(left, right) => self.cell(*left) != self.cell(*right),
                Action::Any(lookup, taken) => self.any_row(*lookup, taken, |_| Ok(true))?,
                Action::Not(tests) => !self.holds_any(tests)?,
                Action::Distinct(memory, places) => self.is_first(*memory, places),
            };
            if passes {
                if rest.as_slice().is_empty() {
                    rest = next.iter();
                } else if self.find(next)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "an index modulo the length")]
    fn cell(&self, place: Place) -> u32 {
        self.frame[usize::from(place) % CELLS]
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "an index modulo the length")]
    fn take(&mut self, taken: Taken, cell: u32) -> bool {
        match taken {
            Taken::Put(place) => {
                self.frame[usize::from(place) % CELLS] = cell;
                true
            }
            Taken::Equal(place) => self.cell(place) == cell,
            Taken::Ignored => true,
        }
    }

    #[inline]
    fn value(&mut self, Lookup { stored, order, prefix }: Lookup, taken: Taken) -> bool {
        let value = self.facts.value(stored, order, self.cell(prefix.first())).flatten();
        value.is_some_and(|cell| self.take(taken, cell))
    }

    #[inline]
    fn has_row(&self, Lookup { stored, order, prefix }: Lookup) -> bool {
        let [first, second, third, ..] = prefix.places;
        match prefix.len {
            1 => self.facts.contains(stored, order, &[self.cell(first)]),
            2 => self.facts.contains(stored, order, &[self.cell(first), self.cell(second)]),
            3 => self.facts.contains(stored, order, &[self.cell(first), self.cell(second), self.cell(third)]),
            len => {
                let row = prefix.places.map(|place| self.cell(place));
                self.facts.contains(stored, order, row.get(..usize::from(len)).unwrap_or_default())
            }
        }
    }

    /// Whether `go_on` finds something behind one of the rows that fit.
    #[inline]
    fn any_row(
        &mut self,
        Lookup { stored, order, prefix }: Lookup,
        taken: &[Taken],
        mut go_on: impl FnMut(&mut Self) -> Result<bool, Stop>,
    ) -> Result<bool, Stop> {
        let facts = self.facts;
        let first = self.cell(prefix.first());
        let width = usize::from(prefix.len) - 1 + taken.len();
        if let Some(piece) = facts.piece(stored, order, first)
            && (prefix.len == 1 || piece.len() <= FEW)
        {
            return self.any_in_piece((piece, width), prefix.rest(), taken, &mut go_on);
        }
        let mut rows = facts.tails(stored, order, first);
        for (column, place) in prefix.rest().iter().enumerate() {
            rows = rows.with(column, self.cell(*place));
        }
        for piece in Rows::pieces(&rows) {
            if self.any_in_piece((piece, width), prefix.rest(), taken, &mut go_on)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[inline]
    fn any_in_piece(
        &mut self,
        (mut rows, width): (&[u32], usize),
        prefix: &[Place],
        taken: &[Taken],
        go_on: &mut impl FnMut(&mut Self) -> Result<bool, Stop>,
    ) -> Result<bool, Stop> {
        while let Some((row, after)) = rows.split_at_checked(width)
            && !row.is_empty()
        {
            rows = after;
            self.meter.count(1)?;
            if self.fits(row, prefix, taken) && go_on(self)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[inline]
    fn fits(&mut self, row: &[u32], prefix: &[Place], taken: &[Taken]) -> bool {
        let mut row = row;
        for place in prefix {
            match row.split_first() {
                Some((cell, rest)) if *cell == self.cell(*place) => row = rest,
                _ => return false,
            }
        }
        for taken in taken {
            match row.split_first() {
                Some((cell, rest)) if self.take(*taken, *cell) => row = rest,
                _ => return false,
            }
        }
        true
    }

    fn holds_any(&mut self, tests: &[Action]) -> Result<bool, Stop> {
        for test in tests {
            let holds = match test {
                Action::Value(lookup, taken) => self.value(*lookup, *taken),
                Action::Row(lookup) => self.has_row(*lookup),
                Action::Any(lookup, taken) => self.any_row(*lookup, taken, |_| Ok(true))?,
                _ => false,
            };
            if holds {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_first(&mut self, memory: u32, places: &[Place]) -> bool {
        let mut row = [0; CELLS];
        row.iter_mut().zip(places).for_each(|(cell, place)| *cell = self.cell(*place));
        let row = row.get(..places.len()).unwrap_or_default();
        self.seen.insert(memory, row)
    }
}

impl Places {
    #[inline]
    fn first(&self) -> Place {
        let [first, ..] = self.places;
        first
    }

    #[inline]
    fn rest(&self) -> &[Place] {
        self.places.get(1..usize::from(self.len)).unwrap_or_default()
    }
}
