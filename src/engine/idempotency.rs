//! Idempotency keys: a write that was made is answered again, not made again.

use jiff::Timestamp;

use crate::engine::error::{Error, Kind};
use crate::engine::request::{Write, Written};
use crate::engine::state::State;
use crate::model::fact::RawFact;
use crate::model::value::{Name, Raw};
use crate::store::entry::Action;
use crate::store::limits::MAX_TEXT_BYTES;
use crate::store::reader::Reader;
use crate::store::receipt::Receipt;

/// A write's key, and what it asked.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) name: Name,
    /// The hash of all that was asked.
    pub(super) request: [u8; 32],
}

impl Key {
    /// The key of a write, if it has one.
    ///
    /// # Errors
    /// `malformed-idempotency-key` for an empty one or one that is too long.
    pub(super) fn of(write: &Write) -> Result<Option<Self>, Error> {
        let Some(name) = &write.idempotency_key else { return Ok(None) };
        if name.is_empty() || name.len() > MAX_TEXT_BYTES {
            let message = format!("an idempotency key of {} bytes can't be kept", name.len());
            return Err(Error::invalid("malformed-idempotency-key", message)
                .with_help(format!("Use 1 to {MAX_TEXT_BYTES} bytes, such as a UUID.")));
        }
        Ok(Some(Self { name: name.as_str().into(), request: hash(write) }))
    }

    /// What a write answers that was made before under this key.
    ///
    /// # Errors
    /// `idempotency-conflict` if another write was made under it.
    pub(super) fn answer(&self, state: &State, reader: &Reader, receipt: &Receipt) -> Result<Written, Error> {
        self.refuse_other(&receipt.request)?;
        let token = state.place.token(receipt.revision);
        if !receipt.made {
            return Ok(Written::nothing(token));
        }
        let before = crate::model::revision::Revision(receipt.revision.0.saturating_sub(1));
        let entry = reader.read_from(state.tenant_id(), before)?.next();
        match entry.transpose()?.map(|entry| entry.record.action) {
            Some(Action::Transaction(changes)) => Ok(Written::new(token, &changes)),
            _ => Err(Error::internal("the transaction of an idempotency key isn't in the log")),
        }
    }

    /// # Errors
    /// `idempotency-conflict` if what was made under this key isn't what is asked now.
    pub(super) fn refuse_other(&self, request: &[u8; 32]) -> Result<(), Error> {
        if *request == self.request {
            return Ok(());
        }
        Err(Error::new(Kind::Conflict, "idempotency-conflict", "the idempotency key belongs to another write")
            .with_help("Use a new key for each write; nothing was written."))
    }

    /// What is kept of a write under this key.
    pub(super) fn receipt(&self, time: Timestamp, revision: crate::model::revision::Revision, made: bool) -> Receipt {
        Receipt { key: self.name.clone(), time, request: self.request, revision, made }
    }
}

/// A hash of all that a write asks, each part with its length before it.
fn hash(write: &Write) -> [u8; 32] {
    let Write { insert, delete, actor, rules, require, forbid, expect_revision, idempotency_key: _ } = write;
    let mut hasher = blake3::Hasher::new();
    for facts in [insert, delete, require, forbid] {
        hasher.update(&(facts.len() as u64).to_be_bytes());
        for RawFact { relation, values } in facts {
            text(&mut hasher, relation);
            hasher.update(&(values.len() as u64).to_be_bytes());
            for value in values {
                match value {
                    Raw::Text(value) => {
                        hasher.update(b"t");
                        text(&mut hasher, value);
                    }
                    Raw::Integer(value) => {
                        hasher.update(b"i");
                        hasher.update(&value.to_be_bytes());
                    }
                }
            }
        }
    }
    for part in [actor, rules, expect_revision] {
        hasher.update(&[u8::from(part.is_some())]);
        text(&mut hasher, part.as_deref().unwrap_or_default());
    }
    *hasher.finalize().as_bytes()
}

fn text(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_be_bytes());
    hasher.update(text.as_bytes());
}
