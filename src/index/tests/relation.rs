//! A relation against a set of rows.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use crate::index::chunks::{self, Sizes};
use crate::index::relation::{Changed, Relation};
use crate::model::layout::StoredVariant;
use crate::model::rows::Rows as Sorted;
use crate::model::value::ColumnType;

/// Rows of a change.
type Rows = Vec<Vec<u32>>;

/// Lists that are short, cut into chunks of a row or two.
const TINY: Sizes = Sizes { piece: 7, chunk: 3 };

fn variant(arity: usize, orders: &[&[u8]], key: Option<u8>) -> StoredVariant {
    StoredVariant {
        relation: "linked".into(),
        columns: vec![ColumnType::Integer; arity].into(),
        key,
        orders: orders.iter().map(|order| (*order).into()).collect(),
    }
}

fn flat(rows: Sorted<'_>) -> Vec<u32> {
    rows.iter().flatten().copied().collect()
}

/// Every order agrees with the model: tails, firsts, containment, rows by column.
fn assert_same(relation: &Relation, model: &BTreeSet<Vec<u32>>, orders: &[&[u8]]) {
    let arity = relation.arity();
    assert_eq!(relation.len(), model.len());
    assert_eq!(relation.is_empty(), model.is_empty());
    assert!(relation.rows().eq(model.iter().cloned()));
    for (index, order) in orders.iter().enumerate() {
        let turned: BTreeSet<Vec<u32>> =
            model.iter().map(|row| order.iter().map(|column| row[usize::from(*column)]).collect()).collect();
        let firsts: BTreeSet<u32> = turned.iter().map(|row| row[0]).collect();
        for from in [0, 3, 64, 70_000] {
            assert!(relation.firsts(index, from).eq(firsts.range(from..).copied()));
            for (base, word) in relation.first_words(index, from) {
                let wanted = (0..64_u32).filter(|bit| base + bit >= from && firsts.contains(&(base + bit)));
                assert_eq!(word, wanted.fold(0, |word, bit| word | 1 << bit));
                assert!(word != 0 && base % 64 == 0);
            }
        }
        for first in firsts.iter().copied().chain([5, 1 << 30]) {
            let tails: Vec<u32> =
                turned.iter().filter(|row| row[0] == first).flat_map(|row| &row[1..]).copied().collect();
            assert_eq!(flat(relation.tails(index, first)), tails);
        }
    }
    for column in 0..u8::try_from(arity).unwrap() {
        for cell in [0, 1, 2, 70_001] {
            let found: BTreeSet<Vec<u32>> = relation.rows_with(column, cell).into_iter().collect();
            let wanted = model.iter().filter(|row| row[usize::from(column)] == cell).cloned().collect();
            assert_eq!(found, wanted);
        }
    }
    assert!(model.iter().all(|row| relation.contains(row)));
    assert_eq!(relation.firsts(orders.len(), 0).next().is_some(), arity == 1 && !model.is_empty());
}

fn cell() -> impl Strategy<Value = u32> {
    prop_oneof![0..3_u32, 0..9_u32, Just(70_001)]
}

/// Changes: rows that go, rows that come.
fn steps(arity: usize) -> impl Strategy<Value = Vec<(Rows, Rows)>> {
    let rows = || vec(vec(cell(), arity), 0..12);
    vec((rows(), rows()), 1..12)
}

fn hold_against_the_model(orders: &[&[u8]], steps: Vec<(Rows, Rows)>) {
    for sizes in [TINY, Sizes::default()] {
        hold_in_sizes(orders, &steps, sizes);
    }
}

fn hold_in_sizes(orders: &[&[u8]], steps: &[(Rows, Rows)], sizes: Sizes) {
    let arity = orders[0].len();
    let mut relation = Relation::with_sizes(&variant(arity, orders, None), sizes);
    let mut model = BTreeSet::new();
    let mut kept = Vec::new();
    for (removed, inserted) in steps {
        kept.push((relation.clone(), model.clone()));
        let before = model.clone();
        for row in removed {
            model.remove(row);
        }
        model.extend(inserted.iter().cloned());
        let changed = relation.change(&removed.concat(), &inserted.concat());
        let wanted =
            Changed { inserted: model.difference(&before).count(), removed: before.difference(&model).count() };
        assert_eq!(changed, wanted);
        // And back, row by row.
        let mut single = kept.last().unwrap().0.clone();
        let mut present = before;
        for row in removed {
            assert_eq!(single.remove(row), present.remove(row));
        }
        for row in inserted {
            assert_eq!(single.insert(row), present.insert(row.clone()));
        }
        assert_same(&single, &present, orders);
    }
    kept.push((relation, model));
    for (relation, model) in &kept {
        assert_same(relation, model, orders);
    }
    // One batch makes the same as all of them.
    let (_, model) = kept.last().unwrap();
    let mut built = Relation::with_sizes(&variant(arity, orders, None), sizes);
    built.change(&[], &model.iter().rev().flatten().copied().collect::<Vec<_>>());
    assert_same(&built, model, orders);
}

proptest! {
    #[test]
    fn one_column_holds_what_a_set_holds(steps in steps(1)) {
        hold_against_the_model(&[&[0]], steps);
    }

    #[test]
    fn two_columns_in_both_directions_hold_what_a_set_holds(steps in steps(2)) {
        hold_against_the_model(&[&[0, 1], &[1, 0]], steps);
    }

    #[test]
    fn three_columns_in_three_orders_hold_what_a_set_holds(steps in steps(3)) {
        hold_against_the_model(&[&[0, 1, 2], &[1, 0, 2], &[2, 1, 0]], steps);
    }

    #[test]
    fn five_columns_in_one_order_hold_what_a_set_holds(steps in steps(5)) {
        hold_against_the_model(&[&[0, 1, 2, 3, 4]], steps);
    }
}

proptest! {
    #[test]
    fn a_key_holds_what_a_map_holds_in_both_directions(steps in steps(2)) {
        let orders: [&[u8]; 2] = [&[0, 1], &[1, 0]];
        let mut relation = Relation::with_sizes(&variant(2, &orders, Some(1)), TINY);
        let (mut model, mut kept) = (BTreeMap::new(), Vec::new());
        let as_rows = |model: &BTreeMap<u32, u32>| model.iter().map(|(key, cell)| vec![*key, *cell]).collect::<BTreeSet<_>>();
        for (removed, inserted) in steps {
            kept.push((relation.clone(), as_rows(&model)));
            for row in &removed {
                if model.get(&row[0]) == Some(&row[1]) {
                    model.remove(&row[0]);
                }
            }
            // Of two values of one key the greater one stays.
            model.extend(inserted.iter().collect::<BTreeSet<_>>().into_iter().map(|row| (row[0], row[1])));
            let (before, after) = (&kept.last().unwrap().1, as_rows(&model));
            let changed = relation.change(&removed.concat(), &inserted.concat());
            prop_assert_eq!(changed.inserted, after.difference(before).count());
            prop_assert_eq!(changed.removed, before.difference(&after).count());
        }
        kept.push((relation, as_rows(&model)));
        for (relation, model) in &kept {
            assert_same(relation, model, &orders);
        }
    }

    #[test]
    fn chunks_stay_between_half_and_double(
        steps in vec((vec(0..300_u32, 0..40), vec(0..300_u32, 0..40)), 1..12),
        width in 1..4_usize,
    ) {
        let sizes = Sizes { piece: 40, chunk: 12 };
        let rows = |cells: BTreeSet<u32>| cells.iter().flat_map(|cell| vec![*cell; width]).collect::<Vec<u32>>();
        let mut model: BTreeSet<u32> = (0..300).step_by(2).collect();
        let mut chunks = chunks::cut(&rows(model.clone()), width, sizes);
        for (removed, inserted) in steps {
            let (removed, inserted): (BTreeSet<u32>, BTreeSet<u32>) = (removed.into_iter().collect(), inserted.into_iter().collect());
            let after: BTreeSet<u32> = (&model - &removed).union(&inserted).copied().collect();
            let merged = chunks::merge(&chunks, width, &rows(removed), &rows(inserted), sizes);
            prop_assert_eq!(merged.is_none(), after == model);
            if let Some((next, came, went)) = merged {
                prop_assert_eq!((came, went), (after.difference(&model).count(), model.difference(&after).count()));
                (chunks, model) = (next, after);
            }
            prop_assert_eq!(chunks.concat(), rows(model.clone()));
            prop_assert!(chunks.iter().all(|chunk| chunk.len() % width == 0));
            if chunks.len() > 1 {
                prop_assert!(chunks.iter().all(|chunk| (6..24 + width).contains(&chunk.len())));
            }
        }
    }
}

#[test]
fn a_hub_of_100_000_rows_changes_in_both_directions_and_its_old_clone_stays() {
    let orders: [&[u8]; 2] = [&[0, 1], &[1, 0]];
    let mut relation = Relation::new(&variant(2, &orders, None));
    // Evens first, then odds: half of the merge lies between present rows.
    for parity in [0, 1] {
        let rows: Vec<u32> = (0..50_000).flat_map(|n| [7, 2 * n + parity]).collect();
        assert_eq!(relation.change(&[], &rows), Changed { inserted: 50_000, removed: 0 });
    }
    let before = relation.clone();
    assert!(relation.remove(&[7, 4_711]));
    assert!(!relation.remove(&[7, 4_711]));
    assert!(relation.insert(&[7, 1_000_000]));
    assert!(relation.insert(&[8, 4_711]));
    assert_eq!(before.tails(0, 7).len(), 100_000);
    assert!(before.contains(&[7, 4_711]) && !before.contains(&[7, 1_000_000]));
    assert_eq!(flat(before.tails(1, 4_711)), [7]);
    assert!(!relation.contains(&[7, 4_711]) && relation.contains(&[7, 1_000_000]));
    assert_eq!(flat(relation.tails(1, 4_711)), [8]);
    assert_eq!(relation.tails(0, 7).len(), 100_000);
    assert_eq!(relation.len(), 100_001);
    assert_eq!(flat(relation.tails(0, 7).with(0, 99_999)), [99_999]);
    let kept = relation
        .tails(0, 7)
        .pieces()
        .filter(|piece| before.tails(0, 7).pieces().any(|old| old.as_ptr() == piece.as_ptr()));
    assert!(kept.map(<[u32]>::len).sum::<usize>() > 90_000, "a change copies the chunks that it touches");
}

#[test]
fn a_row_of_another_arity_is_never_there() {
    let mut relation = Relation::new(&variant(2, &[&[0, 1]], None));
    assert!(!relation.insert(&[1]));
    assert!(relation.insert(&[1, 2]));
    assert!(!relation.contains(&[1]) && !relation.contains(&[1, 2, 3]) && !relation.contains(&[]));
    assert!(relation.tails(1, 2).is_empty());
}
