//! Random facts, records and policies.

use jiff::Timestamp;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::model::value::{Name, Object, Value};
use crate::store::entry::{Action, Change, EntryHash, Mark, PolicyHash, PolicyTexts, Record, Sign};
use crate::store::format::Place;

/// Text that hits what escapes: NUL bytes, bytes near them, several bytes a letter.
pub(crate) fn text() -> impl Strategy<Value = Name> {
    let letter = prop_oneof![
        Just('\0'),
        Just('\u{1}'),
        Just('a'),
        Just('b'),
        Just('\u{7f}'),
        Just('ä'),
        Just('\u{10ffff}'),
        any::<char>()
    ];
    vec(letter, 0..5).prop_map(|letters| letters.into_iter().collect::<String>().into())
}

fn object() -> impl Strategy<Value = Object> {
    (text(), text()).prop_map(|(kind, id)| Object { kind, id })
}

pub(crate) fn integer() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), -2..=2_i64, Just(i64::MIN), Just(i64::MAX)]
}

pub(crate) fn time() -> impl Strategy<Value = Timestamp> {
    let (min, max) = (Timestamp::MIN.as_nanosecond(), Timestamp::MAX.as_nanosecond());
    prop_oneof![min..=max, -2..=2_i128, Just(min), Just(max)]
        .prop_map(|nanos| Timestamp::from_nanosecond(nanos).unwrap())
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        object().prop_map(Value::Object),
        object().prop_map(Value::Constant),
        (object(), text()).prop_map(|(object, relation)| Value::Set(object, relation)),
        text().prop_map(Value::Everyone),
        text().prop_map(Value::Text),
        integer().prop_map(Value::Integer),
        time().prop_map(Value::Time),
    ]
}

pub(crate) fn fact() -> impl Strategy<Value = Fact> {
    (text(), vec(value(), 0..4)).prop_map(|(relation, values)| Fact { relation, values })
}

fn change() -> impl Strategy<Value = Change> {
    let sign = prop_oneof![Just(Sign::Insert), Just(Sign::Delete)];
    let mark = prop_oneof![Just(Mark::Asked), Just(Mark::Completed), Just(Mark::Added)];
    (sign, mark, fact()).prop_map(|(sign, mark, fact)| Change { sign, mark, fact })
}

pub(crate) fn place() -> impl Strategy<Value = Place> {
    any::<(u64, [u8; 32], [u8; 32])>().prop_map(|(revision, previous, policy)| Place {
        revision: Revision(revision),
        previous: EntryHash(previous),
        policy: PolicyHash(policy),
    })
}

/// A record; an activation activates the policy given.
pub(crate) fn record(policy: PolicyHash) -> impl Strategy<Value = Record> {
    let action = prop_oneof![
        4 => vec(change(), 0..6).prop_map(Action::Transaction),
        1 => Just(Action::Activation(policy)),
    ];
    (time(), option::of(text()), option::of(text()), action).prop_map(|(time, actor, idempotency_key, action)| Record {
        time,
        actor,
        idempotency_key,
        action,
    })
}

pub(crate) fn policy_texts() -> impl Strategy<Value = PolicyTexts> {
    let string = || text().prop_map(|text| text.to_string());
    (string(), btree_map(string(), string(), 0..4)).prop_map(|(main, files)| PolicyTexts { main, files })
}
