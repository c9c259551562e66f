//! Shards and tables against the standard library's collections.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::index::heap::arc_slice;
use crate::index::shards::Shards;
use crate::index::table::{self, Bucket, entry, hash_of};

/// Few enough that whole hashes are equal, and homes of small tables overflow.
fn hash() -> impl Strategy<Value = u32> {
    prop_oneof![0..3_u32, Just(u32::MAX), any::<u32>()]
}

/// Like the hash of a key.
fn spread(n: u32) -> u32 {
    let n = (n ^ n >> 16).wrapping_mul(0x85EB_CA6B);
    let n = (n ^ n >> 13).wrapping_mul(0xC2B2_AE35);
    n ^ n >> 16
}

/// So many cells by [`spread`] hashes.
fn grown(n: u32) -> Shards {
    let mut shards = Shards::default();
    (0..n).for_each(|cell| shards.insert(spread(cell), cell));
    shards
}

fn find(shards: &Shards, hash: u32, is_wanted: impl Fn(u32) -> bool) -> Option<u32> {
    table::find(shards.shard(hash)?, hash, is_wanted)
}

fn built(entries: Vec<u64>) -> Shards {
    let mut shards = Shards::default();
    shards.extend(entries);
    shards
}

proptest! {
    #[test]
    fn shards_hold_what_a_map_holds_and_old_clones_stay(
        steps in vec((0..10_u8, hash(), any::<prop::sample::Index>()), 1..300),
        bulk in vec(hash(), 0..200),
    ) {
        let (mut shards, mut model) = (Shards::default(), BTreeMap::new());
        let mut kept = Vec::new();
        for (cell, (step, hash, index)) in (0..).zip(steps) {
            if step == 9 {
                kept.push((shards.clone(), model.clone()));
            }
            if step < 6 || model.is_empty() {
                shards.insert(hash, cell);
                model.insert(cell, hash);
            } else {
                let (cell, hash) = model.iter().nth(index.index(model.len())).map(|(cell, hash)| (*cell, *hash)).unwrap();
                shards.remove(hash, cell);
                model.remove(&cell);
            }
        }
        kept.push((shards.clone(), model.clone()));
        shards.extend((1_000..).zip(&bulk).map(|(cell, hash)| entry(*hash, cell)).collect());
        model.extend((1_000..).zip(bulk));
        kept.push((shards, model));
        for (shards, model) in &kept {
            for (cell, hash) in model {
                prop_assert_eq!(find(shards, *hash, |other| other == *cell), Some(*cell));
                prop_assert_eq!(find(shards, *hash, |_| false), None);
                prop_assert_eq!(find(shards, hash.wrapping_add(7), |other| other == *cell), None);
            }
            let held: BTreeMap<u32, u32> = shards.entries().map(|entry| (entry as u32, hash_of(entry))).collect();
            prop_assert_eq!(&held, model);
        }
    }
}

#[test]
fn a_bucket_is_one_cache_line() {
    assert_eq!((size_of::<Bucket>(), align_of::<Bucket>()), (64, 64));
    assert_eq!(arc_slice::<Bucket>(3), 4 * 64);
}

#[test]
fn a_table_finds_each_of_many_cells_with_one_hash_until_it_is_full() {
    for hash in [0, 1 << 31, u32::MAX] {
        let mut buckets = [Bucket::default(); 3];
        for cell in 0..24 {
            assert!(table::insert(&mut buckets, entry(hash, cell)), "{cell}");
            assert_eq!(table::find(&buckets, hash, |other| other == 24), None);
            for n in 0..=cell {
                assert_eq!(table::find(&buckets, hash, |other| other == n), Some(n), "{n} of {cell}");
            }
        }
        assert!(!table::insert(&mut buckets, entry(hash, 24)));
        assert!(
            table::entries(&buckets).eq(buckets.iter().flat_map(|bucket| table::entries(std::slice::from_ref(bucket))))
        );
        assert_eq!(table::entries(&buckets).count(), 24);
    }
}

#[test]
fn what_a_full_bucket_turned_away_is_found_after_others_left_it() {
    // 20 cells of one hash: its home has eight, the buckets after it the others.
    let mut shards = Shards::default();
    (0..20).for_each(|cell| shards.insert(5, cell));
    shards.insert(6, 20);
    let before = shards.clone();
    for gone in 0..19 {
        shards.remove(5, gone);
        for cell in 0..20 {
            assert_eq!(find(&shards, 5, |other| other == cell && cell > gone), (cell > gone).then_some(cell));
        }
        assert_eq!(find(&shards, 6, |_| true), Some(20));
    }
    assert!((0..20).all(|cell| find(&before, 5, |other| other == cell) == Some(cell)));
}

#[test]
fn more_cells_of_one_hash_than_a_shard_has_slots_make_it_larger() {
    let mut shards = Shards::default();
    (0..3_000).for_each(|cell| shards.insert(7, cell));
    for shards in [built(shards.entries().collect()), shards] {
        assert!((0..3_000).all(|cell| find(&shards, 7, |other| other == cell) == Some(cell)));
        assert_eq!(find(&shards, 7, |other| other == 3_000), None);
        // One shard has all of them, in buckets of eight; the others are small.
        assert!(shards.heap_bytes() < 2 * 3_000 * 16, "{}", shards.heap_bytes());
    }
}

#[test]
fn shards_that_grew_and_shards_that_were_built_have_the_same_size() {
    let mut shards = Shards::default();
    assert_eq!(built(vec![]).heap_bytes(), shards.heap_bytes());
    for cell in 0..20_000 {
        shards.insert(spread(cell), cell);
        if cell % 97 == 0 || cell < 300 {
            assert_eq!(built(shards.entries().collect()).heap_bytes(), shards.heap_bytes(), "{cell}");
        }
    }
}

#[test]
fn a_cell_takes_about_13_bytes_however_many_there_are() {
    for n in [5_000, 10_000, 17_000, 20_480, 30_000, 41_000] {
        let bytes = grown(n).heap_bytes() as f64 / f64::from(n);
        assert!((12.8..13.6).contains(&bytes), "{bytes} at {n}");
    }
}

#[test]
fn a_split_moves_cells_and_leaves_them_to_old_clones() {
    let mut shards = Shards::default();
    let mut kept = Vec::new();
    for cell in 0..12_000 {
        if cell % 1_111 == 0 {
            kept.push((cell, shards.clone()));
        }
        shards.insert(spread(cell), cell);
    }
    kept.push((12_000, shards));
    for (len, shards) in &kept {
        assert_eq!(shards.entries().count(), *len as usize);
        for cell in 0..12_000 {
            assert_eq!(
                find(shards, spread(cell), |other| other == cell),
                (cell < *len).then_some(cell),
                "{cell} of {len}"
            );
        }
    }
}
