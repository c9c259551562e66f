//! The rows of a source: scans, look-ups, and what fits.

use std::ops::Range;

use smallvec::SmallVec;

use crate::eval::facts::Facts;
use crate::eval::limits::Stop;
use crate::eval::machine::{Collected, Frame, Machine, Run, Then, is_stopped};
use crate::model::layout::StoredId;
use crate::model::rows::Rows;
use crate::plan::procedure::{Operand, Output};

/// A direction of a stored variant, and the first columns that rows must have.
#[derive(Clone, Copy)]
pub(super) struct Stored<'a> {
    pub(super) stored: StoredId,
    pub(super) order: u8,
    pub(super) prefix: &'a [Operand],
}

impl<'a, F: Facts> Machine<'a, F> {
    /// Calls `each` for each row of a stored source that fits, with its outputs in the frame. A window is one of the first
    /// output.
    #[inline]
    pub(super) fn each_stored_row(
        &mut self,
        frame: Frame,
        source: Stored<'a>,
        outputs: &'a [Output],
        window: Option<Range<u32>>,
        mut each: impl FnMut(&mut Self) -> Run,
    ) -> Run {
        let facts = self.facts;
        let Stored { stored, order, prefix } = source;
        if outputs.is_empty() {
            return if self.has_row(frame, source) { each(self) } else { Ok(()) };
        }
        if let Some(last) = prefix.len().checked_sub(1) {
            let rows = self.rows(frame, source);
            let rows = window.map_or(rows, |window| rows.between(last, window.start, window.end));
            return self.each_tail(frame, rows, last, outputs, &mut each);
        }
        let (Range { start, end }, Some((first_output, rest))) = (window.unwrap_or(0..u32::MAX), outputs.split_first())
        else {
            return Ok(());
        };
        let is_unary = facts.width(stored) == 1;
        for first in facts.firsts(stored, order, start).take_while(|&first| first < end) {
            self.meter.count(1)?;
            if !self.accept(frame, *first_output, first) {
                continue;
            }
            match is_unary {
                true => each(self)?,
                false => self.each_tail(frame, facts.tails(stored, order, first), 0, rest, &mut each)?,
            }
        }
        Ok(())
    }

    /// Whether a stored source has a row that fits.
    pub(super) fn has_any_row(
        &mut self,
        frame: Frame,
        source: Stored<'a>,
        outputs: &'a [Output],
    ) -> Result<bool, Stop> {
        is_stopped(self.each_stored_row(frame, source, outputs, None, |_| Err(Stop::Enough)))
    }

    /// Calls `each` for each row of a context relation that fits, with its outputs in the frame.
    pub(super) fn each_context_row(
        &mut self,
        frame: Frame,
        context: u16,
        outputs: &'a [Output],
        mut each: impl FnMut(&mut Self) -> Run,
    ) -> Run {
        let facts = self.facts;
        let (rows, width) = (facts.context(context), facts.context_width(context).max(1));
        // The column whose value leaves fewest rows.
        let mut fewest: Option<&[u32]> = None;
        for (column, output) in outputs.iter().enumerate() {
            if let Output::Equal(operand) = output
                && self.is_fixed(outputs, *operand)
                && let Some(found) = facts.context_rows(context, column, self.value(frame, *operand))
                && fewest.is_none_or(|fewest| found.len() < fewest.len())
            {
                fewest = Some(found);
            }
        }
        let mut one = |machine: &mut Self, row: &[u32]| {
            machine.meter.count(1)?;
            if machine.accept_all(frame, outputs, row) { each(machine) } else { Ok(()) }
        };
        match fewest {
            Some(numbers) => numbers.iter().try_for_each(|number| {
                let start = *number as usize * width;
                rows.get(start..start + width).map_or(Ok(()), |row| one(self, row))
            }),
            None => rows.chunks_exact(width).try_for_each(|row| one(self, row)),
        }
    }

    /// Whether an operand is known before the row of these outputs is.
    fn is_fixed(&self, outputs: &[Output], operand: Operand) -> bool {
        match operand {
            Operand::Slot(slot) => !outputs.contains(&Output::Bind(slot)),
            Operand::Constant(_) | Operand::Cell(_) => true,
        }
    }

    /// Whether a stored source whose columns are all bound has its row.
    #[inline]
    pub(super) fn has_row(&self, frame: Frame, source: Stored<'a>) -> bool {
        let Stored { stored, order, prefix } = source;
        let facts = self.facts;
        match prefix {
            [cell] => facts.contains(stored, order, &[self.value(frame, *cell)]),
            [first, second] => facts.contains(stored, order, &[*first, *second].map(|cell| self.value(frame, cell))),
            [first, second, third] => {
                facts.contains(stored, order, &[*first, *second, *third].map(|cell| self.value(frame, cell)))
            }
            _ => {
                let row: SmallVec<[u32; 8]> = prefix.iter().map(|cell| self.value(frame, *cell)).collect();
                facts.contains(stored, order, &row)
            }
        }
    }

    /// The rows with a prefix that isn't empty and isn't the whole row.
    #[inline]
    fn rows(&self, frame: Frame, Stored { stored, order, prefix }: Stored<'a>) -> Rows<'a> {
        let Some((first, rest)) = prefix.split_first() else {
            return Rows::whole(1, &[]);
        };
        let mut rows = self.facts.tails(stored, order, self.value(frame, *first));
        for (column, operand) in rest.iter().enumerate() {
            if rows.is_empty() {
                break;
            }
            rows = rows.with(column, self.value(frame, *operand));
        }
        rows
    }

    /// Goes through tails, of which the first `skip` cells are fixed.
    #[inline]
    fn each_tail(
        &mut self,
        frame: Frame,
        rows: Rows<'a>,
        skip: usize,
        outputs: &'a [Output],
        each: &mut impl FnMut(&mut Self) -> Run,
    ) -> Run {
        if let Some(piece) = rows.whole_piece() {
            return self.each_in_piece(frame, (piece, rows.width()), skip, outputs, each);
        }
        for piece in rows.pieces() {
            self.each_in_piece(frame, (piece, rows.width()), skip, outputs, each)?;
        }
        Ok(())
    }

    #[inline]
    fn each_in_piece(
        &mut self,
        frame: Frame,
        (mut rest, width): (&'a [u32], usize),
        skip: usize,
        outputs: &'a [Output],
        each: &mut impl FnMut(&mut Self) -> Run,
    ) -> Run {
        while let Some((tail, after)) = rest.split_at_checked(width)
            && !tail.is_empty()
        {
            rest = after;
            self.meter.count(1)?;
            if self.accept_all(frame, outputs, tail.get(skip..).unwrap_or_default()) {
                each(self)?;
            }
        }
        Ok(())
    }

    /// Hands on the cells of one column of all rows of a stored source: to a set that is collected as a whole.
    pub(super) fn all_rows(&mut self, frame: Frame, source: Stored<'a>, column: usize, then: &Then<'_, 'a>) -> Run {
        let facts = self.facts;
        let Stored { stored, order, prefix } = source;
        let is_collected = matches!(then, Then::Collect) && matches!(self.collected, Collected::Cells(..));
        if !is_collected {
            return self.each_answer_of(frame, source, column, then);
        }
        let window = self.window();
        if !prefix.is_empty() {
            // Rows are sorted by the first column after the prefix, and by no other.
            let (rows, skip, is_sorted) = (self.rows(frame, source), prefix.len() - 1, column == 0);
            let rows = if is_sorted { rows.between(skip, window.start, window.end) } else { rows };
            for piece in rows.pieces() {
                self.meter.count((piece.len() / rows.width().max(1)) as u64)?;
                self.collect_column(piece, rows.width(), skip + column, is_sorted);
            }
            return Ok(());
        }
        if facts.width(stored) == 1 {
            for (first, word) in facts.words(stored, window.start).take_while(|(first, _)| *first < window.end) {
                self.meter.count(1)?;
                self.collect_word(first, word);
            }
            return Ok(());
        }
        for first in facts.firsts(stored, order, if column == 0 { window.start } else { 0 }) {
            self.meter.count(1)?;
            match column.checked_sub(1) {
                None if first >= window.end => break,
                None => self.collect(first),
                Some(column) => {
                    for tail in facts.tails(stored, order, first).iter() {
                        self.meter.count(1)?;
                        tail.get(column).into_iter().for_each(|&cell| self.collect(cell));
                    }
                }
            }
        }
        Ok(())
    }

    /// The same, one by one.
    fn each_answer_of(
        &mut self,
        frame: Frame,
        Stored { stored, order, prefix }: Stored<'a>,
        column: usize,
        then: &Then<'_, 'a>,
    ) -> Run {
        let facts = self.facts;
        if !prefix.is_empty() {
            let (rows, column) = (self.rows(frame, Stored { stored, order, prefix }), column + prefix.len() - 1);
            for tail in rows.iter() {
                self.meter.count(1)?;
                self.hand_on_cell(tail.get(column).copied(), then)?;
            }
            return Ok(());
        }
        let is_first = column == 0;
        for first in facts.firsts(stored, order, 0) {
            self.meter.count(1)?;
            if is_first {
                self.hand_on_cell(Some(first), then)?;
                continue;
            }
            for tail in facts.tails(stored, order, first).iter() {
                self.meter.count(1)?;
                self.hand_on_cell(tail.get(column - 1).copied(), then)?;
            }
        }
        Ok(())
    }
}
