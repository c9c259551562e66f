//! Collecting answers of one column: whole columns and words at once, as far as they lie in the window.

use crate::eval::facts::Facts;
use crate::eval::machine::{Collected, Machine};

impl<F: Facts> Machine<'_, F> {
    /// Collects a cell.
    pub(super) fn collect(&mut self, cell: u32) {
        if let Collected::Cells(cells, window) = &mut self.collected
            && window.contains(&cell)
        {
            cells.add(cell);
        }
    }

    /// Collects a column of rows; `is_within` says that all of it lies in the window.
    pub(super) fn collect_column(&mut self, rows: &[u32], width: usize, column: usize, is_within: bool) {
        if is_within && let Collected::Cells(cells, _) = &mut self.collected {
            cells.add_column(rows, width, column);
            return;
        }
        rows.iter().skip(column).step_by(width.max(1)).for_each(|&cell| self.collect(cell));
    }

    /// Collects up to 64 cells: `first`, a multiple of 64, for the lowest bit.
    pub(super) fn collect_word(&mut self, first: u32, word: u64) {
        if let Collected::Cells(cells, window) = &mut self.collected {
            let below = u64::MAX.checked_shl(window.start.saturating_sub(first)).unwrap_or(0);
            let above = match window.end.checked_sub(first) {
                Some(n_cells) if n_cells < 64 => (1 << n_cells) - 1,
                Some(_) => u64::MAX,
                None => 0,
            };
            cells.add_word(first, word & below & above);
        }
    }
}
