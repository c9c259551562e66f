//! Pages, bits, domains and rows against the standard library's collections.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use crate::index::bits::Bits;
use crate::index::domain::{Domain, Young};
use crate::index::label::Label;
use crate::index::pages::Pages;
use crate::index::rows;
use crate::index::sparse::Sparse;
use crate::index::tails::Tails;

/// Indexes that are dense, at the borders of pages and branches, or far away.
fn index() -> impl Strategy<Value = u32> {
    prop_oneof![0..200_u32, 16_300..16_500_u32, Just(1 << 17)]
}

proptest! {
    #[test]
    fn pages_hold_what_a_map_holds_and_old_clones_stay(
        steps in vec((index(), any::<u16>()), 1..60),
        from in index(),
    ) {
        let (mut pages, mut model) = (Pages::<u16>::default(), BTreeMap::new());
        let mut kept = Vec::new();
        for (index, value) in steps {
            kept.push((pages.clone(), model.clone()));
            *pages.get_mut(index) = value;
            model.insert(index, value);
        }
        kept.push((pages, model));
        for (pages, model) in &kept {
            for (index, value) in model {
                prop_assert_eq!(pages.get(*index), Some(value));
            }
            let seen: Vec<(u32, u16)> = pages.iter_from(from).map(|(index, value)| (index, *value)).collect();
            prop_assert!(seen.is_sorted_by(|a, b| a.0 < b.0));
            prop_assert!(seen.iter().all(|(index, value)| *index >= from && *value == *model.get(index).unwrap_or(&0)));
            let seen: BTreeMap<u32, u16> = seen.into_iter().collect();
            prop_assert!(model.range(from..).all(|(index, value)| seen.get(index) == Some(value)));
        }
    }

    #[test]
    fn bits_hold_what_a_set_holds_and_old_clones_stay(
        steps in vec((any::<bool>(), index()), 1..80),
        from in index(),
    ) {
        let (mut bits, mut model) = (Bits::default(), BTreeSet::new());
        let mut kept = Vec::new();
        for (insert, member) in steps {
            kept.push((bits.clone(), model.clone()));
            if insert {
                prop_assert_eq!(bits.insert(member), model.insert(member));
            } else {
                prop_assert_eq!(bits.remove(member), model.remove(&member));
            }
        }
        kept.push((bits, model));
        for (bits, model) in &kept {
            prop_assert_eq!(bits.len(), model.len());
            prop_assert_eq!(bits.is_empty(), model.is_empty());
            prop_assert!(bits.iter_from(from).eq(model.range(from..).copied()));
            prop_assert!(model.iter().all(|member| bits.contains(*member)));
            prop_assert_eq!(bits.contains(from), model.contains(&from));
        }
    }

    #[test]
    fn labels_give_back_their_text(text in ".{0,40}") {
        let label = Label::new(&text);
        prop_assert_eq!(label.text(), Some(text.as_str()));
        prop_assert_eq!(label.bytes(), Some(text.as_bytes()));
    }

    #[test]
    fn a_sparse_map_holds_what_a_map_holds_and_old_clones_stay(
        steps in vec((index(), vec((0..64_u32, any::<Option<u16>>()), 1..8)), 1..40),
    ) {
        let (mut sparse, mut model) = (Sparse::<u16>::default(), BTreeMap::new());
        let mut kept = Vec::new();
        for (index, changes) in steps {
            kept.push((sparse.clone(), model.clone()));
            let changes: BTreeMap<u32, Option<u16>> =
                changes.into_iter().map(|(place, value)| (index / 64 * 64 + place, value)).collect();
            for (index, value) in &changes {
                match value {
                    Some(value) => model.insert(*index, *value),
                    None => model.remove(index),
                };
            }
            sparse.change(changes.into_iter().collect());
        }
        kept.push((sparse, model));
        for (sparse, model) in &kept {
            for index in (0..300).chain(16_200..16_600).chain(1 << 17..(1 << 17) + 70) {
                prop_assert_eq!(sparse.get(index), model.get(&index));
            }
        }
    }

    #[test]
    fn rows_are_sorted_each_once_in_any_order_of_columns(
        cells in prop_oneof![vec(0..4_u32, 0..200), vec(0..40_u32, 0..3_000), vec(any::<u32>(), 0..200)],
        order in Just(vec![0_u8, 1, 2, 3, 4]).prop_shuffle(),
        width in 1..6_u8,
    ) {
        let model: BTreeSet<&[u32]> = cells.chunks_exact(usize::from(width)).collect();
        let rows = rows::sorted(model.iter().rev().copied().collect::<Vec<_>>().concat().as_slice(), usize::from(width));
        prop_assert_eq!(&rows, &model.into_iter().collect::<Vec<_>>().concat());
        let order: Vec<u8> = order.into_iter().filter(|column| *column < width).collect();
        let turned: BTreeSet<Vec<u32>> = rows
            .chunks_exact(usize::from(width))
            .map(|row| order.iter().map(|column| row[usize::from(*column)]).collect())
            .collect();
        prop_assert_eq!(rows::reorder(&rows, &order), turned.into_iter().collect::<Vec<_>>().concat());
    }
}

#[test]
fn the_last_index_of_all_has_its_place() {
    let (mut pages, mut bits) = (Pages::default(), Bits::default());
    *pages.get_mut(u32::MAX) = 7;
    assert_eq!(pages.iter_from(u32::MAX).collect::<Vec<_>>(), [(u32::MAX, &7)]);
    assert_eq!(pages.iter_from(5).last(), Some((u32::MAX, &7)));
    assert!(bits.insert(u32::MAX));
    assert!(bits.iter_from(0).eq([u32::MAX]));
}

#[test]
fn a_label_takes_24_bytes_and_tails_take_24_too() {
    assert_eq!(size_of::<Label>(), 24);
    assert_eq!(size_of::<Tails>(), 24);
}

#[test]
fn a_domain_that_grows_over_many_shards_keeps_its_old_clones_right() {
    let mut domain = Domain::<Label>::default();
    let mut kept = Vec::new();
    for n in 0..20_000_u32 {
        if n.is_multiple_of(1_999) {
            kept.push((n, domain.clone()));
        }
        // Short and long ones.
        assert_eq!(domain.intern(&id(n)), Some(n));
    }
    kept.push((20_000, domain));
    for (len, domain) in &kept {
        for n in 0..20_000 {
            let is_in = n < *len;
            assert_eq!(domain.cell(&id(n)), is_in.then_some(n), "{n} of {len}");
            assert_eq!(domain.key(n), is_in.then(|| id(n)).as_deref(), "{n} of {len}");
        }
    }
}

#[test]
fn a_forgotten_value_gets_a_new_cell_and_the_others_keep_theirs() {
    let mut domain = Domain::<Label>::default();
    for n in 0..5_000 {
        domain.intern(&id(n));
    }
    let before = domain.clone();
    for n in (0..5_000).step_by(3) {
        domain.forget(n);
    }
    for n in 0..5_000 {
        assert_eq!(domain.cell(&id(n)), (n % 3 != 0).then_some(n));
        assert_eq!(before.cell(&id(n)), Some(n));
    }
    assert_eq!(domain.intern(&id(3)), Some(5_000));
    assert_eq!(domain.key(3), None);
    assert_eq!(domain.key(5_000), Some(id(3).as_str()));
}

#[test]
fn a_domain_takes_given_cells_in_any_order_and_refuses_taken_ones() {
    let mut domain = Domain::<Label>::default();
    domain.intern("old");
    let mut young = Young::default();
    assert!(domain.insert_young_at(&mut young, "late", 70_000));
    assert!(domain.insert_young_at(&mut young, "early", 2));
    assert!(domain.insert_young_at(&mut young, "early", 2));
    assert!(!domain.insert_young_at(&mut young, "early", 3));
    assert!(!domain.insert_young_at(&mut young, "other", 2));
    assert!(!domain.insert_young_at(&mut young, "other", 0));
    assert!(!domain.insert_young_at(&mut young, "old", 1));
    assert!(!domain.insert_young_at(&mut young, "last", u32::MAX));
    domain.settle(young);
    assert_eq!(domain.intern("new"), Some(70_001));
    domain.skip_to(80_000);
    assert_eq!(domain.intern("newer"), Some(80_000));
    assert_eq!(domain.cell("early"), Some(2));
}

#[test]
fn young_values_are_found_beside_the_others_and_settle_among_them() {
    for (n_old, n_young) in [(0, 10_000), (10_000, 5_000), (10_000, 50), (0, 0), (3, 1)] {
        let mut domain = Domain::<Label>::default();
        for n in 0..n_old {
            domain.intern(&id(n));
        }
        let mut young = Young::default();
        for n in n_old / 2..n_old + n_young {
            assert_eq!(domain.intern_young(&mut young, &id(n)), Some((n, n >= n_old)));
        }
        for n in 0..n_old + n_young {
            assert_eq!(domain.cell_among(&young, &id(n)), Some(n));
            assert_eq!(domain.cell(&id(n)), (n < n_old).then_some(n));
        }
        domain.settle(young);
        domain.forget(0);
        let n_all = n_old + n_young;
        assert!((1..n_all).all(|n| domain.cell(&id(n)) == Some(n) && domain.key(n) == Some(id(n).as_str())));
        assert_eq!(domain.cell(&id(n_all)), None);
        assert_eq!(domain.intern(&id(n_all)), Some(n_all));
        assert_eq!(domain.cell(&id(0)), None.or((n_all == 0).then_some(0)));
    }
}

fn id(n: u32) -> String {
    if n.is_multiple_of(2) { format!("{n}") } else { format!("an-id-that-is-rather-long-{n}") }
}
