//! Founding: a tenant comes with its policy and its first transaction, both or neither.

use crate::engine::activate::{Activation, Drawn, draw};
use crate::engine::error::Error;
use crate::engine::request::Written;
use crate::engine::state::State;
use crate::engine::steps::Transaction;
use crate::engine::tenants::Tenants;
use crate::engine::writer::{births, deaths, record};
use crate::index::apply::Outcome;
use crate::model::revision::Revision;
use crate::store::entry::{Action, Commit, TenantRef};
use crate::store::error::StoreError;

/// A tenant as it will be written.
pub(super) struct Founding {
    pub(super) name: String,
    /// The activation and, unless it changes nothing, the transaction.
    pub(super) commits: Vec<Commit>,
    /// The state after them. Its place, and the token of what was written, aren't known yet.
    pub(super) state: State,
    pub(super) written: Written,
}

impl Founding {
    /// Works it out: the transaction is judged on the state that the activation makes.
    ///
    /// # Errors
    /// `tenant-exists`; as activation and transaction.
    pub(super) fn new(tenants: &Tenants, activation: Activation, transaction: &Transaction) -> Result<Self, Error> {
        let Activation { tenant: name, active, hash, limits, .. } = activation;
        if tenants.find(&name).is_some() {
            return Err(StoreError::TenantExists { name }.into());
        }
        let Drawn { commit, mut state } = draw(tenants, None, &name, active, hash, limits)?;
        let mut commits = vec![commit];
        let prepared = transaction.prepare(&state)?;
        let changes = &prepared.completed.changes;
        if changes.is_empty() {
            let written = Written::nothing(state.token);
            return Ok(Self { name, commits, state, written });
        }
        let expected = state.revision;
        let Outcome { born, died, .. } = state.advance(&prepared.completed.changes(Revision(expected.0 + 1)))?;
        transaction.judge(&state, &prepared)?;
        let written = Written::new(state.token, changes);
        commits.push(Commit {
            tenant: TenantRef::Made(name.clone()),
            expected,
            record: record(Action::Transaction(changes.clone())),
            policy: None,
            births: births(&born),
            deaths: deaths(&died),
            receipt: None,
        });
        Ok(Self { name, commits, state, written })
    }
}
