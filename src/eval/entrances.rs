//! Where the ways of a procedure enter the facts, and touching these places for many questions at once.

use std::hint::black_box;

use crate::eval::facts::Facts;
use crate::eval::residual::Residual;
use crate::model::layout::StoredId;
use crate::plan::procedure::{Operand, Source, Step};

/// The look-ups of a procedure that begin with one of its arguments: each direction of a variant, and which argument.
#[derive(Debug)]
pub struct Entrances(Vec<(StoredId, u8, usize)>);

impl Entrances {
    /// Those of a residual, each once.
    pub fn of(Residual { procedure, .. }: &Residual) -> Self {
        let mut found = Vec::new();
        for source in procedure.steps().flat_map(Step::sources) {
            if let Source::Stored { stored, order, prefix } = source
                && let Some(Operand::Slot(slot)) = prefix.first()
                && usize::from(*slot) < procedure.n_arguments
                && !found.contains(&(*stored, *order, usize::from(*slot)))
            {
                found.push((*stored, *order, usize::from(*slot)));
            }
        }
        Self(found)
    }

    /// Reads what questions with these arguments are about to read first, look-up by look-up: the processor waits for memory
    /// once for many of them, and not once for each in the midst of its evaluation.
    pub fn touch<'q, F: Facts>(&self, facts: &F, questions: impl Iterator<Item = &'q [u32]> + Clone) {
        for &(stored, order, argument) in &self.0 {
            let is_unary = facts.width(stored) == 1;
            let read = |cell: &u32| match facts.value(stored, order, *cell) {
                Some(value) => value.unwrap_or_default(),
                None if is_unary => u32::from(facts.contains(stored, order, &[*cell])),
                None => {
                    let rows = facts.tails(stored, order, *cell);
                    rows.whole_piece().and_then(<[u32]>::first).copied().unwrap_or_default()
                }
            };
            let cells = questions.clone().filter_map(|arguments| arguments.get(argument));
            black_box(cells.fold(0, |sum, cell| sum ^ read(cell)));
        }
    }
}
