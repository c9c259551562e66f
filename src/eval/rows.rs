//! The rows of a source: scans, look-ups, and what fits.

use crate::eval::facts::Facts;
use crate::eval::machine::{Flow, Frame, Machine, Run};
use crate::plan::procedure::{Output, Source};

impl<'a, F: Facts> Machine<'a, F> {
    /// Calls `each` for each row of a stored or context source that fits, with its outputs in the frame.
    pub(super) fn each_row(
        &mut self,
        frame: Frame<'a>,
        source: &'a Source,
        outputs: &'a [Output],
        each: &mut dyn FnMut(&mut Self) -> Run,
    ) -> Run {
        let facts = self.facts;
        let (stored, order, prefix) = match source {
            Source::Stored { stored, order, prefix } => (*stored, *order, prefix),
            Source::Context(context) => {
                let width = facts.context_width(*context);
                for row in facts.context(*context).chunks_exact(width.max(1)) {
                    self.meter.count()?;
                    if self.accept_all(frame, outputs, row) && each(self)? == Flow::Stop {
                        return Ok(Flow::Stop);
                    }
                }
                return Ok(Flow::Continue);
            }
            Source::Call { .. } => return Ok(Flow::Continue),
        };
        let width = facts.width(stored) - 1;
        if let Some((first, rest)) = prefix.split_first() {
            let first = self.value(frame, *first);
            if width == 0 {
                self.meter.count()?;
                return if facts.contains(stored, first) { each(self) } else { Ok(Flow::Continue) };
            }
            let mut tails = facts.tails(stored, order, first);
            for (column, operand) in rest.iter().enumerate() {
                tails = narrow(tails, width, column, self.value(frame, *operand));
            }
            return self.each_tail(frame, (tails, width, rest.len()), outputs, each);
        }
        let Some((first_output, outputs)) = outputs.split_first() else {
            return Ok(Flow::Continue);
        };
        let mut from = 0;
        while let Some(first) = facts.next_first(stored, order, from) {
            self.meter.count()?;
            if self.accept(frame, *first_output, first) {
                let flow = if width == 0 {
                    each(self)?
                } else {
                    self.each_tail(frame, (facts.tails(stored, order, first), width, 0), outputs, each)?
                };
                if flow == Flow::Stop {
                    return Ok(Flow::Stop);
                }
            }
            let Some(next) = first.checked_add(1) else {
                break;
            };
            from = next;
        }
        Ok(Flow::Continue)
    }

    /// Goes through tails of `width` cells, of which the first `skip` are fixed.
    fn each_tail(
        &mut self,
        frame: Frame<'a>,
        (tails, width, skip): (&[u32], usize, usize),
        outputs: &[Output],
        each: &mut dyn FnMut(&mut Self) -> Run,
    ) -> Run {
        for tail in tails.chunks_exact(width) {
            self.meter.count()?;
            let cells = tail.get(skip..).unwrap_or_default();
            if self.accept_all(frame, outputs, cells) && each(self)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }
}

/// The rows among sorted rows of `width` cells, equal in the columns before `column`, that have `cell` there.
fn narrow(rows: &[u32], width: usize, column: usize, cell: u32) -> &[u32] {
    let n_rows = rows.len() / width;
    let at = |row: usize| rows.get(row * width + column).copied().unwrap_or(u32::MAX);
    let start = partition(0, n_rows, |row| at(row) < cell);
    let end = partition(start, n_rows, |row| at(row) <= cell);
    rows.get(start * width..end * width).unwrap_or_default()
}

/// The first of `low..high` for which `before` is false; it is true up to there.
fn partition(mut low: usize, mut high: usize, before: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
