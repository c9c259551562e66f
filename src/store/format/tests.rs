//! Entries, heads and policies come back from their bytes; other bytes are refused, and nothing panics.

use proptest::prelude::*;

use super::*;
use crate::store::tests::arbitrary::{place, policy_texts, record};

fn entry() -> impl Strategy<Value = (Place, Record)> {
    place().prop_flat_map(|place| record(place.policy).prop_map(move |record| (place, record)))
}

proptest! {
    #[test]
    fn an_entry_comes_back_from_its_bytes((place, record) in entry()) {
        let bytes = encode_entry(&place, &record);
        let Place { revision, previous, policy } = place;
        prop_assert_eq!(entry_length(&bytes), Ok(bytes.len()));
        prop_assert_eq!(entry_link(&bytes), Ok((previous, revision)));
        prop_assert_eq!(decode_entry(&bytes), Ok(Entry { revision, previous, policy, record }));
    }

    #[test]
    fn an_entry_of_any_bytes_is_one_or_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [&[ENTRY_VERSION], bytes.as_slice()].concat();
        let _ = (entry_length(&bytes), entry_link(&bytes));
        // The odds that random bytes tell their own length are nil.
        prop_assert_eq!(decode_entry(&bytes), Err(Unreadable::Malformed));
    }

    #[test]
    fn a_spoilt_entry_is_another_one_or_is_refused(
        (place, record) in entry(), at in any::<prop::sample::Index>(), with in 1..=255_u8
    ) {
        let bytes = encode_entry(&place, &record);
        let mut spoilt = bytes.clone();
        *at.get_mut(&mut spoilt) ^= with;
        prop_assert_ne!(decode_entry(&spoilt).ok(), decode_entry(&bytes).ok());
    }

    #[test]
    fn a_torn_entry_is_refused((place, record) in entry(), at in any::<prop::sample::Index>()) {
        let bytes = encode_entry(&place, &record);
        let torn = &bytes[..at.index(bytes.len())];
        prop_assert_eq!(decode_entry(torn), Err(Unreadable::Malformed));
    }

    #[test]
    fn a_policy_comes_back_from_its_bytes_and_has_one_name(a in policy_texts(), b in policy_texts()) {
        prop_assert_eq!(PolicyTexts::decode(&a.encode()), Some(a.clone()));
        prop_assert_eq!(a == b, a.hash() == b.hash());
    }

    #[test]
    fn a_policy_of_any_bytes_is_one_or_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Some(texts) = PolicyTexts::decode(&bytes) {
            prop_assert!(texts.encode().len() <= bytes.len());
        }
    }
}

#[test]
fn an_entry_of_a_newer_version_is_refused_as_such() {
    for version in [ENTRY_VERSION + 1, 255] {
        assert_eq!(decode_entry(&[version, 1, 2, 3]), Err(Unreadable::Newer(version)));
    }
    assert_eq!(decode_entry(&[0, 1, 2, 3]), Err(Unreadable::Malformed));
    assert_eq!(decode_entry(&[]), Err(Unreadable::Malformed));
}

#[test]
fn a_head_comes_back_from_its_bytes() {
    let head = Head {
        revision: Revision(7),
        hash: EntryHash([1; 32]),
        policy: PolicyHash([2; 32]),
        facts: 3,
        objects: 4,
        digest: 5,
    };
    let bytes = head.encode();
    assert_eq!(Head::decode(&bytes), Some(head));
    assert_eq!(Head::decode(&bytes[1..]), None);
}
