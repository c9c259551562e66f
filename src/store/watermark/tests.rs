//! The watermark says what was acknowledged last, whatever a crash or a bad disk leaves of it.

use super::*;

const UUID: [u8; 16] = [9; 16];

fn mark(n: u8) -> Mark {
    (Revision(u64::from(n)), EntryHash([n; 32]))
}

fn marks(marks: &[(u32, u8)]) -> Marks {
    marks.iter().map(|(tenant, n)| (TenantId(*tenant), mark(*n))).collect()
}

fn found(directory: &Path) -> Found {
    read(directory).unwrap().unwrap()
}

/// A file that began with a tenant, and had three groups of two more.
fn three_groups(directory: &Path) -> Watermark {
    let mut watermark = Watermark::create(directory, UUID, marks(&[(0, 1)])).unwrap();
    for n in 2..=4 {
        watermark.advance(&marks(&[(0, n), (1, n)])).unwrap();
    }
    watermark
}

#[test]
fn the_last_mark_of_each_tenant_counts() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(read(directory.path()).unwrap(), None);
    let mut watermark = three_groups(directory.path());
    watermark.advance(&marks(&[(1, 9)])).unwrap();
    assert_eq!(found(directory.path()).marks, marks(&[(0, 4), (1, 9)]));
    assert_eq!(found(directory.path()).uuid, UUID);
}

#[test]
fn it_goes_on_where_it_ended() {
    let directory = tempfile::tempdir().unwrap();
    drop(three_groups(directory.path()));
    let before = found(directory.path());
    let last = before.marks.clone();
    let mut watermark = Watermark::open(directory.path(), Some(before), UUID, last).unwrap();
    watermark.advance(&marks(&[(2, 8)])).unwrap();
    let after = found(directory.path());
    assert_eq!((after.group, after.used), (5, Some(9)));
    assert_eq!(after.marks, marks(&[(0, 4), (1, 4), (2, 8)]));
}

#[test]
fn a_full_file_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let mut watermark = Watermark::create(directory.path(), UUID, marks(&[(0, 0)])).unwrap();
    watermark.used = watermark.slots;
    watermark.advance(&marks(&[(1, 7)])).unwrap();
    assert_eq!((watermark.used, watermark.slots), (3, MIN_SLOTS));
    assert_eq!(found(directory.path()).marks, marks(&[(0, 0), (1, 7)]));
}

#[test]
fn each_flipped_bit_is_seen_or_harmless() {
    let directory = tempfile::tempdir().unwrap();
    drop(three_groups(directory.path()));
    let bytes = fs::read(directory.path().join(FILE)).unwrap();
    let whole = decode(&bytes).unwrap();
    let last_group = 6 * SLOT..8 * SLOT;
    for at in 0..10 * SLOT {
        for bit in 0..8 {
            let mut spoilt = bytes.clone();
            spoilt[at] ^= 1 << bit;
            match decode(&spoilt) {
                None => assert!(at < last_group.start, "byte {at}"),
                // The last group can't be told from a torn one; then the marks before it hold.
                Some(found) if last_group.contains(&at) => {
                    assert_eq!(found.used, None);
                    assert!(found.marks.values().all(|mark| mark.0 >= Revision(3)));
                }
                Some(found) => {
                    assert!(at >= last_group.end, "byte {at}");
                    assert_eq!((found.marks, found.used), (whole.marks.clone(), None));
                }
            }
        }
    }
}

#[test]
fn a_torn_last_group_leaves_the_one_before() {
    let directory = tempfile::tempdir().unwrap();
    drop(three_groups(directory.path()));
    let bytes = fs::read(directory.path().join(FILE)).unwrap();
    // Either of its slots, or both, may not have reached the disk.
    for (lost, expected) in [(6..7, [(0, 3), (1, 4)]), (7..8, [(0, 4), (1, 3)]), (6..8, [(0, 3), (1, 3)])] {
        let mut torn = bytes.clone();
        torn[lost.start * SLOT..lost.end * SLOT].fill(0);
        assert_eq!(decode(&torn).unwrap().marks, marks(&expected));
    }
    // A slot of an earlier group can't be lost so.
    for lost in 1..6 {
        let mut torn = bytes.clone();
        torn[lost * SLOT..(lost + 1) * SLOT].fill(0);
        assert_eq!(decode(&torn), None);
    }
}

#[test]
fn a_file_cut_short_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(three_groups(directory.path()));
    let bytes = fs::read(directory.path().join(FILE)).unwrap();
    for n in [0, SLOT - 1, SLOT, 4 * SLOT, bytes.len() - SLOT] {
        assert_eq!(decode(&bytes[..n]), None);
    }
}
