//! Rows of cells, flattened: `width` cells a row, one row after the other.

/// What a change makes of sorted rows.
#[derive(Debug)]
pub(super) struct Merged {
    /// The rows after it.
    pub(super) cells: Vec<u32>,
    /// How many rows came that were not there.
    pub(super) inserted: usize,
    /// How many rows went.
    pub(super) removed: usize,
}

/// Takes out the rows of `removed`, then puts in those of `inserted`; all are sorted, each row once. None if that changes
/// nothing. Costs a binary search a row, and the copy.
pub(super) fn merge(rows: &[u32], width: usize, removed: &[u32], inserted: &[u32]) -> Option<Merged> {
    if removed.is_empty() && inserted.is_empty() {
        return None;
    }
    let mut cells = Vec::with_capacity(rows.len() + inserted.len());
    let mut rest = rows;
    let (mut came, mut went) = (0, 0);
    let mut removed = removed.chunks_exact(width.max(1)).peekable();
    let mut inserted = inserted.chunks_exact(width.max(1)).peekable();
    loop {
        let (row, stays) = match (removed.peek(), inserted.peek()) {
            (None, None) => break,
            (Some(row), None) => (*row, false),
            (None, Some(row)) => (*row, true),
            (Some(gone), Some(new)) if gone < new => (*gone, false),
            (Some(_), Some(new)) => (*new, true),
        };
        removed.next_if(|other| *other == row);
        inserted.next_if(|other| *other == row);
        let is_after = rest.rchunks_exact(width).next().is_none_or(|last| last < row);
        let before = if is_after { rest.len() } else { partition(rest, width, |other| other < row) };
        let skip = if rest.get(before..before + width) == Some(row) { width } else { 0 };
        let (passed, after) = rest.split_at_checked(before).unwrap_or((rest, &[]));
        cells.extend_from_slice(passed);
        rest = after.get(skip..).unwrap_or_default();
        if stays {
            cells.extend_from_slice(row);
        }
        came += usize::from(stays && skip == 0);
        went += usize::from(!stays && skip > 0);
    }
    cells.extend_from_slice(rest);
    (came + went > 0).then_some(Merged { cells, inserted: came, removed: went })
}

/// Takes the rows before this one off sorted rows; all of them if there is none.
pub(super) fn take_before<'a>(rows: &mut &'a [u32], width: usize, end: Option<&[u32]>) -> &'a [u32] {
    let length = end.map_or(rows.len(), |end| partition(rows, width, |row| row < end));
    rows.split_off(..length).unwrap_or_default()
}

/// The cells of the first rows, for which `is_before` holds; it must hold for no row after one for which it doesn't.
fn partition(rows: &[u32], width: usize, is_before: impl Fn(&[u32]) -> bool) -> usize {
    let (mut low, mut high) = (0, rows.len() / width.max(1));
    while low < high {
        let middle = low + (high - low) / 2;
        if rows.get(middle * width..(middle + 1) * width).is_some_and(&is_before) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low * width
}

/// Rows, sorted, each once.
pub(super) fn sorted(rows: &[u32], width: usize) -> Vec<u32> {
    let mut rows = rows.to_vec();
    sort(&mut rows, width);
    rows
}

fn sort(rows: &mut Vec<u32>, width: usize) {
    match width {
        1 => sort_arrays::<1>(rows),
        2 => sort_arrays::<2>(rows),
        3 => sort_arrays::<3>(rows),
        4 => sort_arrays::<4>(rows),
        _ => {
            let mut sorted: Vec<&[u32]> = rows.chunks_exact(width.max(1)).collect();
            sorted.sort_unstable();
            sorted.dedup();
            *rows = sorted.concat();
        }
    }
}

fn sort_arrays<const WIDTH: usize>(rows: &mut Vec<u32>) {
    let (arrays, _) = rows.as_chunks::<WIDTH>();
    if !arrays.is_sorted_by(|a, b| a < b) {
        let mut arrays = arrays.to_vec();
        arrays.sort_unstable();
        arrays.dedup();
        *rows = arrays.into_flattened();
    }
}

/// Sorted rows with their columns in another order, sorted in it.
///
/// Many rows are distributed, column by column from the last one that isn't in place: where the columns after it stand in
/// their old order, so do the rows. Few rows, or rows of cells that lie far apart, are compared.
///
/// # Source
/// Radix sort, least significant digit first, a digit a column: Knuth, *The Art of Computer Programming* 3, 5.2.5.
pub(super) fn reorder(rows: &[u32], order: &[u8]) -> Vec<u32> {
    let width = order.len().max(1);
    let mut rows = permute(rows, order);
    let n_rows = rows.len() / width;
    let moved = order.windows(2).rposition(|pair| !pair.is_sorted()).map_or(0, |last| last + 1);
    let greatest = |column: usize| rows.iter().skip(column).step_by(width).max().map_or(0, |cell| *cell as usize);
    if n_rows < FEW || (0..moved).any(|column| greatest(column) / 4 > n_rows) {
        sort(&mut rows, width);
        return rows;
    }
    (0..moved).rev().fold(rows, |rows, column| distribute(&rows, width, column))
}

/// Rows that are worth a table of counts.
const FEW: usize = 256;

/// Rows by the cell of one column; those that have the same one stay in their order.
fn distribute(rows: &[u32], width: usize, column: usize) -> Vec<u32> {
    let cells = || rows.iter().skip(column).step_by(width);
    let mut places = vec![0; cells().max().map_or(0, |cell| *cell as usize + 1)];
    for cell in cells() {
        if let Some(count) = places.get_mut(*cell as usize) {
            *count += width;
        }
    }
    let mut before = 0;
    for place in &mut places {
        before += std::mem::replace(place, before);
    }
    let mut distributed = vec![0; rows.len()];
    for row in rows.chunks_exact(width) {
        let Some(place) = row.get(column).and_then(|cell| places.get_mut(*cell as usize)) else {
            continue;
        };
        if let Some(target) = distributed.get_mut(*place..*place + width) {
            target.copy_from_slice(row);
        }
        *place += width;
    }
    distributed
}

/// The rows with their columns in another order.
fn permute(rows: &[u32], order: &[u8]) -> Vec<u32> {
    let mut permuted = Vec::with_capacity(rows.len());
    for row in rows.chunks_exact(order.len().max(1)) {
        permuted.extend(order.iter().filter_map(|column| row.get(usize::from(*column))));
    }
    permuted
}
