//! How long things may be. fjall panics on keys that are too long, so nothing gets near it unmeasured.

use crate::model::fact::Fact;
use crate::model::value::{MAX_ID_BYTES, Object, Value};
use crate::store::entry::{Action, PolicyTexts, Record};
use crate::store::error::{Bounded, StoreError};
use crate::store::keys::MAX_KEY_BYTES;

/// The longest name of a tenant, type or relation, in bytes.
pub const MAX_NAME_BYTES: usize = 512;
/// The longest text value, actor or idempotency key, in bytes.
pub const MAX_TEXT_BYTES: usize = 4096;
/// The longest texts of a policy, together, in bytes.
pub const MAX_POLICY_BYTES: usize = 64 << 20;

/// Measures everything in a record, but for the facts as a whole.
pub(super) fn check_record(record: &Record) -> Result<(), StoreError> {
    for text in [&record.actor, &record.idempotency_key].into_iter().flatten() {
        check(Bounded::Text, text, MAX_TEXT_BYTES)?;
    }
    let Action::Transaction(changes) = &record.action else {
        return Ok(());
    };
    changes.iter().try_for_each(|change| check_fact(&change.fact))
}

fn check_fact(fact: &Fact) -> Result<(), StoreError> {
    check_name(&fact.relation)?;
    for value in &fact.values {
        match value {
            Value::Object(object) | Value::Constant(object) => check_object(object)?,
            Value::Set(object, relation) => {
                check_object(object)?;
                check_name(relation)?;
            }
            Value::Everyone(kind) => check_name(kind)?,
            Value::Text(text) => check(Bounded::Text, text, MAX_TEXT_BYTES)?,
            Value::Integer(_) | Value::Time(_) => {}
        }
    }
    Ok(())
}

/// Measures an object's type and id.
pub(super) fn check_object(object: &Object) -> Result<(), StoreError> {
    check_name(&object.kind)?;
    check(Bounded::Id, &object.id, MAX_ID_BYTES)
}

/// Measures a name.
pub(super) fn check_name(name: &str) -> Result<(), StoreError> {
    check(Bounded::Name, name, MAX_NAME_BYTES)
}

/// Measures a fact as a whole, by the bytes of its key.
pub(super) fn check_key(n_bytes: usize, relation: &str) -> Result<(), StoreError> {
    within(Bounded::Fact, n_bytes, MAX_KEY_BYTES, relation)
}

/// Measures a policy by its bytes.
pub(super) fn check_policy(texts: &PolicyTexts, bytes: &[u8]) -> Result<(), StoreError> {
    within(Bounded::Policy, bytes.len(), MAX_POLICY_BYTES, &texts.main)
}

/// Measures a text.
pub(super) fn check(what: Bounded, text: &str, limit: usize) -> Result<(), StoreError> {
    within(what, text.len(), limit, text)
}

fn within(what: Bounded, bytes: usize, limit: usize, text: &str) -> Result<(), StoreError> {
    if bytes <= limit {
        return Ok(());
    }
    let begins = text.chars().take(40).collect();
    Err(StoreError::TooLong { what, bytes, limit, begins })
}

/// A fact for a message: `owner(sequence:42, user:ana)`.
pub(super) fn written(fact: &Fact) -> String {
    let values: Vec<_> = fact
        .values
        .iter()
        .map(|value| match value {
            Value::Object(object) => object.to_string(),
            Value::Constant(constant) => constant.id.to_string(),
            Value::Set(object, relation) => format!("{object}#{relation}"),
            Value::Everyone(kind) => format!("{kind}:*"),
            Value::Text(text) => format!("{text:?}"),
            Value::Integer(integer) => integer.to_string(),
            Value::Time(time) => time.to_string(),
        })
        .collect();
    format!("{}({})", fact.relation, values.join(", "))
}
