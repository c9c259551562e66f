//! Rows of cells, flattened: `width` cells a row, one row after the other.

use std::cmp::Ordering;

/// The rows that begin with `prefix`, of rows that are sorted: two binary searches.
pub fn prefix<'a>(rows: &'a [u32], width: usize, prefix: &[u32]) -> &'a [u32] {
    let begins = |row: &[u32]| row.get(..prefix.len()).unwrap_or(row).cmp(prefix);
    let start = partition(rows, width, |row| begins(row) == Ordering::Less);
    let rest = rows.get(start..).unwrap_or_default();
    // Most prefixes are keys, with one row or none.
    let end = match rest.get(width..) {
        Some(after) if after.get(..width).is_some_and(|row| begins(row) == Ordering::Equal) => {
            partition(rest, width, |row| begins(row) == Ordering::Equal)
        }
        Some(_) if rest.get(..width).is_some_and(|row| begins(row) == Ordering::Equal) => width,
        Some(_) | None => 0,
    };
    rest.get(..end).unwrap_or_default()
}

/// Where a row stands among sorted rows, in cells: `Ok` if it is there, `Err` with the place where it belongs if not.
pub fn search(rows: &[u32], width: usize, row: &[u32]) -> Result<usize, usize> {
    let start = partition(rows, width, |other| other < row);
    match rows.get(start..start + width) {
        Some(other) if other == row => Ok(start),
        Some(_) | None => Err(start),
    }
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

/// Sorts rows and leaves each once.
pub(super) fn sort(rows: &mut Vec<u32>, width: usize) {
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

/// The rows with their columns in another order.
pub(super) fn permute(rows: &[u32], width: usize, order: &[u8]) -> Vec<u32> {
    let mut permuted = Vec::with_capacity(rows.len());
    for row in rows.chunks_exact(width.max(1)) {
        permuted.extend(order.iter().filter_map(|column| row.get(usize::from(*column))));
    }
    permuted
}
