//! Specialising a procedure: what is left of it once some arguments and the facts of the premises are known.
//!
//! Steps that these decide are gone: a test that holds is left out, a way that can't lead to an answer too, and a test of one
//! joined object becomes a set of bits. What is left gives the same answers over every snapshot that has the same premises,
//! and no row in any variant that had none.
//!
//! # Source
//! Partial evaluation: Jones, Gomard, Sestoft, *Partial Evaluation and Automatic Program Generation*, 1993.

use crate::eval::facts::{FIRST_UNKNOWN, Facts};
use crate::eval::witness::Search;
use crate::model::comparison::Comparison;
use crate::model::layout::StoredId;
use crate::plan::procedure::{Branch, Operand, Output, Plans, Procedure, ProcedureId, Source, Step};
use crate::plan::replant::replant;

/// A variant of more rows is no premise: it is left to the questions.
pub const MAX_ROWS: usize = 16_384;
/// Sets reach up to this cell: 8 KiB of bits.
const MAX_CELL: u32 = 65_536;

/// What is left of a procedure.
#[derive(Debug)]
pub struct Residual {
    /// As the machine runs it.
    pub(super) procedure: Procedure,
    /// As a search for the first witness, if it is one.
    pub(super) search: Option<Search>,
}

impl Residual {
    /// It as a procedure: a part of the plans that it was made of, in another order.
    #[must_use]
    pub fn procedure(&self) -> &Procedure {
        &self.procedure
    }
}

/// What is left of a procedure whose arguments are known as far as `known` says, for the facts of `premises`, sorted; none if
/// it is kept in tables, which many ways into it share.
///
/// It takes the same arguments, and its answers are those of the procedure, over all facts that agree with these in the
/// premises and in which variants have no rows.
pub fn specialise<F: Facts>(
    plans: &Plans,
    premises: &[StoredId],
    facts: &F,
    procedure: ProcedureId,
    known: &[Option<u32>],
) -> Option<Residual> {
    let procedure = plans.procedures.get(procedure).filter(|procedure| !procedure.tabled)?;
    let mut cells = vec![None; procedure.n_slots];
    cells.iter_mut().zip(known).for_each(|(place, cell)| *place = *cell);
    let specialiser = Specialiser { premises, facts, known: cells };
    let branches = specialiser.branches(&procedure.branches);
    let mut procedure = Procedure { adornment: procedure.adornment.clone(), branches, ..*procedure };
    if procedure.n_answers == 0 {
        replant(&mut procedure, plans.memories);
    }
    let search = Search::new(&procedure, facts);
    Some(Residual { procedure, search })
}

struct Specialiser<'a, F> {
    premises: &'a [StoredId],
    facts: &'a F,
    /// By slot.
    known: Vec<Option<u32>>,
}

/// What becomes of a step.
enum Remainder {
    /// It always lets a frame pass.
    Passes,
    /// It never does.
    Fails,
    Step(Step),
}

/// A column of rows that are looked for.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    Cell(u32),
    /// The one joined object.
    Object,
    Anything,
}

impl<F: Facts> Specialiser<'_, F> {
    fn branches(&self, branches: &[Branch]) -> Vec<Branch> {
        let mut left = Vec::with_capacity(branches.len());
        for Branch { step, next } in branches {
            let step = match self.step(step) {
                Remainder::Fails => continue,
                Remainder::Passes => {
                    left.extend(self.branches(next));
                    continue;
                }
                Remainder::Step(step) => step,
            };
            let after = self.branches(next);
            if !after.is_empty() || next.is_empty() {
                left.push(Branch { step, next: after });
            }
        }
        left
    }

    fn step(&self, step: &Step) -> Remainder {
        match step {
            Step::Each { source, outputs, exists, is_windowed } => {
                let (source, outputs) = self.source(source, outputs);
                if self.is_empty(&source) {
                    return Remainder::Fails;
                }
                let decided = if *exists { self.decide(&source, &outputs) } else { None };
                decided.unwrap_or(Remainder::Step(Step::Each {
                    source,
                    outputs,
                    exists: *exists,
                    is_windowed: *is_windowed,
                }))
            }
            Step::All { stored, .. } if self.facts.n_rows(*stored) == 0 => Remainder::Fails,
            Step::All { stored, order, prefix, column, rules } => Remainder::Step(Step::All {
                stored: *stored,
                order: *order,
                prefix: self.operands(prefix),
                column: *column,
                rules: rules.clone(),
            }),
            Step::None(sources) => self.none(sources),
            Step::Answer { exit, rules } => {
                Remainder::Step(Step::Answer { exit: self.operands(exit), rules: rules.clone() })
            }
            Step::Same(left, right) => match (self.operand(*left), self.operand(*right)) {
                (Operand::Cell(left), Operand::Cell(right)) => decided(left == right),
                (left, right) => Remainder::Step(Step::Same(left, right)),
            },
            Step::Compare { operator, left, right, column } => {
                let (left, right) = (self.operand(*left), self.operand(*right));
                match (operator, left, right) {
                    (Comparison::Equal, Operand::Cell(left), Operand::Cell(right)) => decided(left == right),
                    (Comparison::NotEqual, Operand::Cell(left), Operand::Cell(right)) => decided(left != right),
                    _ => Remainder::Step(Step::Compare { operator: *operator, left, right, column: column.clone() }),
                }
            }
            Step::OtherPermission(operand) => match self.operand(*operand) {
                Operand::Cell(cell) => decided(self.facts.is_other_permission(cell)),
                operand => Remainder::Step(Step::OtherPermission(operand)),
            },
            Step::Length { text, output, negated } => {
                let output = self.output(*output);
                Remainder::Step(Step::Length { text: self.operand(*text), output, negated: *negated })
            }
            Step::Among(operand, cells) => Remainder::Step(Step::Among(self.operand(*operand), cells.clone())),
            Step::Distinct { memory, slots } => {
                let slots = slots.iter().copied().filter(|slot| self.cell_of(*slot).is_none()).collect();
                Remainder::Step(Step::Distinct { memory: *memory, slots })
            }
        }
    }

    /// What is left of a negation: the sources that may have a row.
    fn none(&self, sources: &[(Source, Vec<Output>)]) -> Remainder {
        let mut left = Vec::with_capacity(sources.len());
        for (source, outputs) in sources {
            let (source, outputs) = self.source(source, outputs);
            if self.is_empty(&source) {
                continue;
            }
            match self.decide(&source, &outputs) {
                Some(Remainder::Passes) => return Remainder::Fails,
                Some(Remainder::Fails) => {}
                Some(Remainder::Step(_)) | None => left.push((source, outputs)),
            }
        }
        if left.is_empty() { Remainder::Passes } else { Remainder::Step(Step::None(left)) }
    }

    fn is_empty(&self, source: &Source) -> bool {
        matches!(source, Source::Stored { stored, .. } if self.facts.n_rows(*stored) == 0)
    }

    /// What the facts of a premise say of a test, if they say something.
    fn decide(&self, source: &Source, outputs: &[Output]) -> Option<Remainder> {
        let Source::Stored { stored, order, prefix } = source else {
            return None;
        };
        self.premises.binary_search(stored).ok()?;
        // What the step binds itself, no other step has filled.
        let is_own = |slot: u16| outputs.contains(&Output::Bind(slot));
        let mut object = None;
        let mut wanted = Vec::with_capacity(prefix.len() + outputs.len());
        let operands = prefix.iter().copied().map(Some).chain(outputs.iter().map(|output| match output {
            Output::Equal(operand) => Some(*operand),
            Output::Bind(_) | Output::Ignore => None,
        }));
        for operand in operands {
            wanted.push(match operand {
                None => Wanted::Anything,
                Some(Operand::Cell(cell)) => Wanted::Cell(cell),
                Some(Operand::Constant(constant)) => Wanted::Cell(self.facts.constant(constant)),
                Some(Operand::Slot(slot)) if object.is_some() || is_own(slot) => return None,
                Some(Operand::Slot(slot)) => {
                    object = Some(slot);
                    Wanted::Object
                }
            });
        }
        let found = self.matching(*stored, *order, &wanted);
        if found.is_empty() {
            return Some(Remainder::Fails);
        }
        let Some(object) = object else {
            return Some(Remainder::Passes);
        };
        let last = found.iter().copied().max().filter(|last| *last < MAX_CELL)?;
        let mut cells = vec![0; last as usize / 64 + 1];
        for cell in found {
            if let Some(word) = cells.get_mut(cell as usize / 64) {
                *word |= 1 << (cell % 64);
            }
        }
        Some(Remainder::Step(Step::Among(Operand::Slot(object), cells.into())))
    }

    /// The objects of the rows that fit, or where no object is wanted a cell for each such row.
    fn matching(&self, stored: StoredId, order: u8, wanted: &[Wanted]) -> Vec<u32> {
        let facts = self.facts;
        let Some((first_wanted, rest)) = wanted.split_first() else {
            return Vec::new();
        };
        let fits = |wanted: &Wanted, cell: u32| !matches!(wanted, Wanted::Cell(other) if *other != cell);
        let mut found = Vec::new();
        let mut add = |row: &mut dyn Iterator<Item = (&Wanted, u32)>| {
            let mut object = FIRST_UNKNOWN;
            for (wanted, cell) in row {
                if !fits(wanted, cell) {
                    return;
                }
                if *wanted == Wanted::Object {
                    object = cell;
                }
            }
            found.push(object);
        };
        let mut add_all_of = |first: u32| {
            if rest.is_empty() {
                if facts.contains(stored, order, &[first]) {
                    add(&mut std::iter::once((first_wanted, first)));
                }
                return;
            }
            for tail in facts.tails(stored, order, first).iter() {
                add(&mut wanted.iter().zip(std::iter::once(first).chain(tail.iter().copied())));
            }
        };
        match first_wanted {
            Wanted::Cell(first) => add_all_of(*first),
            Wanted::Object | Wanted::Anything => facts.firsts(stored, order, 0).for_each(add_all_of),
        }
        found
    }

    fn cell_of(&self, slot: u16) -> Option<u32> {
        self.known.get(usize::from(slot)).copied().flatten()
    }

    fn operand(&self, operand: Operand) -> Operand {
        match operand {
            Operand::Slot(slot) => self.cell_of(slot).map_or(operand, Operand::Cell),
            Operand::Constant(_) | Operand::Cell(_) => operand,
        }
    }

    fn operands(&self, operands: &[Operand]) -> Vec<Operand> {
        operands.iter().map(|operand| self.operand(*operand)).collect()
    }

    fn output(&self, output: Output) -> Output {
        match output {
            Output::Equal(operand) => Output::Equal(self.operand(operand)),
            Output::Bind(_) | Output::Ignore => output,
        }
    }

    fn source(&self, source: &Source, outputs: &[Output]) -> (Source, Vec<Output>) {
        let source = match source {
            Source::Stored { stored, order, prefix } => {
                Source::Stored { stored: *stored, order: *order, prefix: self.operands(prefix) }
            }
            Source::Context(context) => Source::Context(*context),
            Source::Call { procedure, arguments, suspends } => {
                Source::Call { procedure: *procedure, arguments: self.operands(arguments), suspends: suspends.clone() }
            }
        };
        (source, outputs.iter().map(|output| self.output(*output)).collect())
    }
}

fn decided(holds: bool) -> Remainder {
    if holds { Remainder::Passes } else { Remainder::Fails }
}
