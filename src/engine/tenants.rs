//! The tenants: who is there, and each one's state, built at its first touch.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use arc_swap::ArcSwapOption;

use crate::engine::activate::read_policy;
use crate::engine::active::Active;
use crate::engine::error::{Error, Kind};
use crate::engine::request::PolicyText;
use crate::engine::state::State;
use crate::engine::token::{Place, shorten};
use crate::index::build::Builder;
use crate::model::fact::Fact;
use crate::store::entry::Stored;
use crate::store::entry::{PolicyHash, StoredObject, TenantId};
use crate::store::reader::Reader;

/// A tenant of the store.
pub(super) struct Tenant {
    /// Its number.
    pub(super) id: TenantId,
    /// What readers see; none until its first touch.
    state: ArcSwapOption<State>,
    /// Held while the state is built, so that it is built once.
    building: Mutex<()>,
}

/// All tenants, and the policies that they share.
pub(super) struct Tenants {
    store: [u8; 16],
    reader: Reader,
    by_name: RwLock<BTreeMap<String, Arc<Tenant>>>,
    /// Policies in use, so that tenants of one policy share its plans.
    policies: Mutex<HashMap<PolicyHash, Weak<Active>>>,
}

impl Tenant {
    /// Makes a state the one that readers see.
    pub(super) fn publish(&self, state: Arc<State>) {
        self.state.store(Some(state));
    }
}

impl Tenants {
    /// The tenants that a store has.
    pub(super) fn new(store: [u8; 16], reader: Reader) -> Result<Self, Error> {
        let tenants = Self { store, by_name: RwLock::default(), policies: Mutex::default(), reader };
        for (name, id) in tenants.reader.tenants()? {
            tenants.add(&name, id);
        }
        Ok(tenants)
    }

    /// The names of all tenants, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        self.by_name.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Adds a tenant whose state isn't built.
    pub(super) fn add(&self, name: &str, id: TenantId) -> Arc<Tenant> {
        let tenant = Arc::new(Tenant { id, state: ArcSwapOption::empty(), building: Mutex::default() });
        self.by_name.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), tenant.clone());
        tenant
    }

    /// The tenant of this name.
    pub(super) fn find(&self, name: &str) -> Option<Arc<Tenant>> {
        self.by_name.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// The tenant of this name.
    ///
    /// # Errors
    /// `unknown-tenant`.
    pub(super) fn get(&self, name: &str) -> Result<Arc<Tenant>, Error> {
        self.find(name).ok_or_else(|| {
            Error::new(Kind::NotFound, "unknown-tenant", format!("there is no tenant `{}`", shorten(name)))
                .with_help("Activate a policy for it: that makes it.")
        })
    }

    /// A tenant's state, built if this is its first touch.
    ///
    /// # Errors
    /// What the store says when it can't be read.
    pub(super) fn state(&self, tenant: &Tenant) -> Result<Arc<State>, Error> {
        if let Some(state) = tenant.state.load_full() {
            return Ok(state);
        }
        let _building = tenant.building.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = tenant.state.load_full() {
            return Ok(state);
        }
        let state = Arc::new(self.build(tenant.id)?);
        tenant.publish(state.clone());
        Ok(state)
    }

    /// Where tokens of a tenant belong.
    pub(super) fn place(&self, tenant: TenantId) -> Place {
        Place { store: self.store, tenant: tenant.0 }
    }

    /// The policy of this hash as it is shared; `make` makes it when no tenant uses it.
    pub(super) fn policy(
        &self,
        hash: PolicyHash,
        make: impl FnOnce() -> Result<Active, Error>,
    ) -> Result<Arc<Active>, Error> {
        let mut policies = self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = policies.get(&hash).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let active = Arc::new(make()?);
        policies.retain(|_, policy| policy.strong_count() > 0);
        policies.insert(hash, Arc::downgrade(&active));
        Ok(active)
    }

    fn build(&self, tenant: TenantId) -> Result<State, Error> {
        let head = self.reader.head(tenant)?;
        let active = self.policy(head.policy, || {
            let texts = self
                .reader
                .policy(head.policy)?
                .ok_or_else(|| Error::internal("the text of the active policy isn't in the store"))?;
            let (policy, _) = read_policy(&texts.main, &texts.files)?;
            Active::new(policy, PolicyText { main: texts.main, files: texts.files })
        })?;
        let mut building = Building {
            builder: Builder::new(active.plans.layout.clone(), &active.enumerations, head.revision),
            stored_built_in: std::collections::HashSet::new(),
            active: &active,
            failed: None,
        };
        let head = self.reader.read_tenant(tenant, |stored| match stored {
            Stored::Object(object) => building.object(&object),
            Stored::Fact(fact, _) => building.fact(fact),
        })?;
        for fact in &active.policy.built_in {
            building.add(fact);
        }
        let Building { builder, stored_built_in, failed, .. } = building;
        if let Some(failed) = failed {
            return Err(failed);
        }
        let place = self.place(tenant);
        Ok(State::new(active.clone(), builder.build(), Arc::new(stored_built_in), head.revision, place))
    }
}

/// A snapshot under way; the first thing that doesn't fit is kept, and makes the whole fail.
struct Building<'a> {
    builder: Builder,
    stored_built_in: std::collections::HashSet<Fact>,
    active: &'a Active,
    failed: Option<Error>,
}

impl Building<'_> {
    fn object(&mut self, stored: &StoredObject) {
        let StoredObject { object, ordinal, alive } = stored;
        if *alive {
            let added = self.builder.object(&object.kind, *ordinal, &object.id);
            self.keep(added);
        }
        // Also for those alive: a type whose last object died gives no ordinal again.
        self.builder.skip_ordinals(&object.kind, ordinal + 1);
    }

    fn fact(&mut self, fact: Fact) {
        self.add(&fact);
        if self.active.built_in.contains(&fact) {
            self.stored_built_in.insert(fact);
        }
    }

    fn add(&mut self, fact: &Fact) {
        let added = self.builder.fact(fact);
        self.keep(added);
    }

    fn keep(&mut self, added: Result<(), crate::index::error::ApplyError>) {
        if let Err(error) = added
            && self.failed.is_none()
        {
            self.failed = Some(Error::internal(format!("what is stored doesn't fit its policy: {error}")));
        }
    }
}
