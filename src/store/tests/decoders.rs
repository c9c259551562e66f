//! Encoded bytes, mutated: what still decodes is what would be encoded so, and nothing panics.
//!
//! `ENTAIL_FAULTS=full` tries fifty times as many.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::arbitrary::{fact, place, policy_texts, record, text};
use crate::model::revision::Revision;
use crate::store::chain::Link;
use crate::store::entry::{EntryHash, Head, PolicyHash, PolicyTexts, TenantId};
use crate::store::format::{Place, decode_entry, encode_entry};
use crate::store::keys::{FactReader, decode_log_key, decode_object_key, fact_key, log_key, object_key};
use crate::store::load::Mark;

/// Something that happens to bytes.
#[derive(Clone, Debug)]
enum Mutation {
    Flip(Index, u8),
    Drop(Index, usize),
    Double(Index, usize),
    Put(Index, Vec<u8>),
}

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let byte = || prop_oneof![Just(0), Just(0xFF), 0..8_u8, any::<u8>()];
    vec(
        prop_oneof![
            (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
            (any::<Index>(), 0..9_usize).prop_map(|(at, n)| Mutation::Drop(at, n)),
            (any::<Index>(), 0..40_usize).prop_map(|(at, n)| Mutation::Double(at, n)),
            (any::<Index>(), vec(byte(), 1..9)).prop_map(|(at, bytes)| Mutation::Put(at, bytes)),
        ],
        1..5,
    )
}

fn mutated(mut bytes: Vec<u8>, mutations: &[Mutation]) -> Vec<u8> {
    for mutation in mutations {
        let place = |at: &Index, n: usize| {
            let from = at.index(bytes.len() + 1);
            from..(from + n).min(bytes.len())
        };
        match mutation {
            Mutation::Flip(at, bit) if !bytes.is_empty() => *at.get_mut(&mut bytes) ^= 1 << bit,
            Mutation::Flip(..) => {}
            Mutation::Drop(at, n) => drop(bytes.drain(place(at, *n))),
            Mutation::Double(at, n) => {
                let place = place(at, *n);
                let piece = bytes[place.clone()].to_vec();
                drop(bytes.splice(place.start..place.start, piece));
            }
            Mutation::Put(at, piece) => drop(bytes.splice(place(at, 0), piece.clone())),
        }
    }
    bytes
}

fn config() -> ProptestConfig {
    let is_full = std::env::var("ENTAIL_FAULTS").is_ok_and(|asked| asked == "full");
    ProptestConfig::with_cases(if is_full { 50_000 } else { 1_000 })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_mutated_entry_that_decodes_is_the_entry_of_its_bytes(
        (place, record) in place().prop_flat_map(|place| (Just(place), record(place.policy))),
        mutations in mutations(),
    ) {
        let mut bytes = mutated(encode_entry(&place, &record), &mutations);
        // Else the length alone would refuse it.
        let length = (bytes.len() as u64).to_be_bytes();
        if let Some(field) = bytes.get_mut(1..9) {
            field.copy_from_slice(&length);
        }
        if let Ok(entry) = decode_entry(&bytes) {
            let place = Place { revision: entry.revision, previous: entry.previous, policy: entry.policy };
            prop_assert_eq!(encode_entry(&place, &entry.record), bytes);
        }
    }

    #[test]
    fn a_mutated_key_that_decodes_is_the_key_of_what_it_says(
        facts in vec(fact(), 1..4), kind in text(), ordinal in any::<u32>(), mutations in mutations(),
    ) {
        // One reader for all, as a scan has it: what it remembers of one key must not show in the next.
        let mut reader = FactReader::default();
        for fact in &facts {
            let key = mutated(fact_key(TenantId(7), fact), &mutations);
            let mut values = vec![];
            let Some((signature, _)) = reader.read_key(&key, &mut values) else { continue };
            let columns = signature.columns.iter().zip(&values);
            let Some(values) = columns.map(|(column, own)| column.value(own)).collect() else { continue };
            let found = crate::model::fact::Fact { relation: signature.relation.clone(), values };
            prop_assert_eq!(&fact_key(TenantId(7), &found)[4..], &key[4..]);
        }
        let key = mutated(object_key(TenantId(7), &kind, ordinal), &mutations);
        if let Some((kind, ordinal)) = decode_object_key(&key) {
            prop_assert_eq!(&object_key(TenantId(7), &kind, ordinal)[4..], &key[4..]);
        }
        let key = mutated(log_key(TenantId(7), Revision(u64::from(ordinal)), 3), &mutations);
        if let Some((revision, part)) = decode_log_key(&key) {
            prop_assert_eq!(&log_key(TenantId(7), revision, part)[4..], &key[4..]);
        }
    }

    #[test]
    fn a_mutated_head_mark_or_policy_that_decodes_is_that_of_its_bytes(
        numbers in any::<(u64, u64, u64, u128)>(), hash in any::<[u8; 32]>(), texts in policy_texts(),
        firsts in proptest::collection::btree_map("[a-c]{0,2}", any::<u32>(), 0..3), mutations in mutations(),
    ) {
        let (revision, facts, objects, digest) = numbers;
        let (revision, hash) = (Revision(revision), EntryHash(hash));
        let head = Head { revision, hash, policy: PolicyHash(hash.0), facts, objects, digest };
        let bytes = mutated(head.encode(), &mutations);
        prop_assert!(Head::decode(&bytes).is_none_or(|head| head.encode() == bytes));
        let bytes = mutated(head.link().encode(), &mutations);
        prop_assert!(Link::decode(&bytes).is_none_or(|link| link.encode() == bytes));
        // Names that come twice or not in order are read, and written once, in order.
        let bytes = mutated(Mark { revision, firsts }.encode(), &mutations);
        prop_assert!(Mark::decode(&bytes).is_none_or(|mark| mark.encode().len() <= bytes.len()));
        let bytes = mutated(texts.encode(), &mutations);
        prop_assert!(PolicyTexts::decode(&bytes).is_none_or(|texts| texts.encode().len() <= bytes.len()));
    }
}
