//! A tenant as readers see it: one revision's facts under one policy, immutable, swapped as a whole.

use std::collections::HashSet;
use std::sync::Arc;

use crate::engine::active::Active;
use crate::engine::facts::Constants;
use crate::engine::names::{KnownPermission, PermissionClass};
use crate::engine::residuals::Residuals;
use crate::engine::token::{Place, Token};
use crate::index::apply::{Changes, Outcome};
use crate::index::error::ApplyError;
use crate::index::snapshot::{self, Snapshot};
use crate::model::fact::Fact;
use crate::model::layout::StoredId;
use crate::model::revision::Revision;
use crate::store::entry::TenantId;

/// What questions are answered from.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// The policy.
    pub(super) active: Arc<Active>,
    /// The facts, built-in ones among them.
    pub(super) snapshot: Snapshot,
    /// The plans' constants as cells of the snapshot.
    pub(super) constants: Arc<Constants>,
    /// The goals, specialised by what seldom changes.
    pub(super) residuals: Arc<Residuals>,
    /// Stored facts that the policy states too: they stay when a policy comes that doesn't.
    pub(super) stored_built_in: Arc<HashSet<Fact>>,
    /// The revision.
    pub(super) revision: Revision,
    /// The revision as its token.
    pub(super) token: Token,
    /// Whose it is.
    pub(super) place: Place,
}

impl State {
    /// The state after a change: the same policy, other facts.
    pub(super) fn next(&self, snapshot: Snapshot, revision: Revision) -> Self {
        let constants = Constants::after(&self.constants, &self.active, &snapshot);
        let residuals = Residuals::after(&self.residuals, [&self.constants, &constants], &self.active, &snapshot);
        Self {
            active: self.active.clone(),
            snapshot,
            constants,
            residuals,
            stored_built_in: self.stored_built_in.clone(),
            revision,
            token: self.place.token(revision),
            place: self.place,
        }
    }

    /// Makes this the state after a change; what no other state shares of the facts is changed where it lies.
    ///
    /// # Errors
    /// What the index says. The state holds a part of the change then, and is to be thrown away.
    pub(super) fn advance(&mut self, changes: &Changes) -> Result<Outcome, ApplyError> {
        let outcome = self.snapshot.advance(changes)?;
        let constants = Constants::after(&self.constants, &self.active, &self.snapshot);
        self.residuals = Residuals::after(&self.residuals, [&self.constants, &constants], &self.active, &self.snapshot);
        self.constants = constants;
        self.revision = changes.revision;
        self.token = self.place.token(changes.revision);
        Ok(outcome)
    }

    /// The state of a tenant at a revision.
    pub(super) fn new(
        active: Arc<Active>,
        snapshot: Snapshot,
        stored_built_in: Arc<HashSet<Fact>>,
        revision: Revision,
        place: Place,
    ) -> Self {
        let constants = Arc::new(Constants::resolve(&active.plans, &active, &snapshot));
        let residuals = Arc::new(Residuals::new(&active, &snapshot));
        Self { constants, residuals, token: place.token(revision), active, snapshot, stored_built_in, revision, place }
    }
}

/// What a change replaces of a state: to put it back if the denies refuse it.
pub(super) struct Kept {
    snapshot: snapshot::Kept,
    constants: Arc<Constants>,
    residuals: Arc<Residuals>,
    revision: Revision,
    token: Token,
}

impl State {
    /// What a change of these variants will replace.
    pub(super) fn keep(&self, changing: impl Iterator<Item = StoredId>) -> Kept {
        Kept {
            snapshot: self.snapshot.keep(changing),
            constants: self.constants.clone(),
            residuals: self.residuals.clone(),
            revision: self.revision,
            token: self.token,
        }
    }

    /// Makes this the state before the change again.
    pub(super) fn put_back(&mut self, kept: Kept) {
        let Kept { snapshot, constants, residuals, revision, token } = kept;
        self.snapshot.put_back(snapshot);
        (self.constants, self.residuals, self.revision, self.token) = (constants, residuals, revision, token);
    }

    /// The same state at another place.
    pub(super) fn at(self, place: Place) -> Self {
        Self { token: place.token(self.revision), place, ..self }
    }

    /// A permission's cell, where it is a parameter of its goals.
    #[inline]
    pub(super) fn parameter(&self, permission: &KnownPermission) -> Option<u32> {
        match permission.class {
            PermissionClass::Named(_) => None,
            PermissionClass::Other => Some(self.constants.permission(permission.number)),
        }
    }

    /// The tenant's number.
    pub(super) fn tenant_id(&self) -> TenantId {
        TenantId(self.place.tenant)
    }
}
