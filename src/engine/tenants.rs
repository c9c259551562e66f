//! The tenants: who is there, and each one's state, built at its first touch.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::engine::active::Active;
use crate::engine::arrivals::Arrivals;
use crate::engine::error::{Error, Kind};
use crate::engine::memory::{Memory, Usage};
use crate::engine::published::{Published, Swapped};
use crate::engine::registry::Registry;
use crate::engine::state::State;
use crate::engine::token::{Place, shorten};
use crate::store::entry::{PolicyHash, TenantId};
use crate::store::reader::Reader;

/// A tenant of the store.
pub(super) struct Tenant {
    /// Its number.
    pub(super) id: TenantId,
    /// What readers see; none until its first touch.
    state: Published<Swapped<State>>,
    usage: Usage,
    /// Where those wait who asked for a later revision.
    pub(super) arrivals: Arrivals,
}

/// All tenants, and the policies that they share.
pub(super) struct Tenants {
    store: [u8; 16],
    pub(super) reader: Reader,
    /// Tenants only come: a question finds its own without a lock.
    by_name: Registry<Arc<Tenant>>,
    /// Policies in use, so that tenants of one policy share its plans.
    policies: Mutex<HashMap<PolicyHash, Weak<Active>>>,
    pub(super) memory: Memory,
}

impl Tenant {
    fn new(id: TenantId) -> Self {
        Self { id, state: Published::empty(), usage: Usage::default(), arrivals: Arrivals::default() }
    }
}

impl Tenants {
    /// The tenants that a store has, and the bytes that their indexes may take.
    pub(super) fn new(store: [u8; 16], reader: Reader, memory: Option<u64>) -> Result<Self, Error> {
        let memory = Memory::new(memory)?;
        let tenant = |(name, id)| (name, Arc::new(Tenant::new(id)));
        let by_name = Registry::new(reader.tenants()?.into_iter().map(tenant).collect());
        Ok(Self { store, by_name, policies: Mutex::default(), memory, reader })
    }

    /// The names of all tenants, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.by_name.iter().map(|(name, _)| name.to_owned()).collect();
        names.sort_unstable();
        names
    }

    /// Adds a tenant; without a state, it is built at its first touch.
    pub(super) fn add(&self, name: &str, id: TenantId, state: Option<Arc<State>>) {
        let tenant = Arc::new(Tenant::new(id));
        // IMPORTANT: before others find it, or one of them would build a state and publish it over a later one.
        if let Some(state) = state {
            self.memory.built(&tenant.usage);
            self.publish(&tenant, state);
        }
        self.by_name.add(name.to_owned(), tenant);
    }

    /// The tenant of this name.
    pub(super) fn find(&self, name: &str) -> Option<Arc<Tenant>> {
        self.by_name.get(name).cloned()
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

    /// What names a tenant's active policy; builds nothing.
    ///
    /// # Errors
    /// What the store says when it can't be read.
    pub(super) fn policy_hash(&self, tenant: &Tenant) -> Result<PolicyHash, Error> {
        Ok(self.reader.head(tenant.id)?.policy)
    }

    /// Shows the state of a tenant, if it is in memory: without a lock, and without a counter that other threads write.
    #[inline]
    pub(super) fn show<T>(&self, name: &str, ask: impl FnOnce(&State) -> T) -> Option<T> {
        let tenant = self.by_name.get(name)?;
        tenant.state.show(|state| {
            self.memory.touch(&tenant.usage);
            ask(state)
        })
    }

    /// A tenant's state, if it is in memory.
    #[inline]
    pub(super) fn present(&self, tenant: &Tenant) -> Option<Arc<State>> {
        let state = tenant.state.present()?;
        self.memory.touch(&tenant.usage);
        Some(state)
    }

    /// A tenant's state, built if it isn't in memory.
    ///
    /// # Errors
    /// What the store says when it can't be read.
    pub(super) fn state(&self, tenant: &Tenant) -> Result<Arc<State>, Error> {
        if let Some(state) = self.present(tenant) {
            return Ok(state);
        }
        tenant.state.or_build(|| {
            let state = Arc::new(self.build(tenant.id)?);
            self.memory.built(&tenant.usage);
            self.account(tenant, &state);
            Ok(state)
        })
    }

    /// Makes a state the one that readers see.
    pub(super) fn publish(&self, tenant: &Tenant, state: Arc<State>) {
        self.account(tenant, &state);
        if let Some(old) = tenant.state.publish(state) {
            self.memory.retire(old);
        }
        tenant.arrivals.announce();
    }

    /// Counts the bytes of a state.
    ///
    /// IMPORTANT: before it can be found, so that whoever drops it takes these bytes off.
    fn account(&self, tenant: &Tenant, state: &State) {
        self.memory.account(&tenant.usage, state.snapshot.heap_bytes());
    }

    /// Drops the states of the tenants that weren't asked for longest, until the others fit the budget; never that of the
    /// one that was asked last. For the writer's thread alone, between two groups: see [`Published::withdraw`].
    pub(super) fn make_room(&self) {
        if !self.memory.is_over() {
            return;
        }
        let mut in_memory: Vec<_> = self.in_memory().cloned().collect();
        in_memory.sort_by_cached_key(|tenant| tenant.usage.asked());
        in_memory.pop();
        for tenant in in_memory {
            if !self.memory.is_over() {
                return;
            }
            if let Some(old) = tenant.state.withdraw() {
                self.memory.account(&tenant.usage, 0);
                self.memory.retire(old);
            }
        }
    }

    /// How many tenants' indexes are in memory.
    pub(super) fn count_in_memory(&self) -> usize {
        self.in_memory().count()
    }

    fn in_memory(&self) -> impl Iterator<Item = &Arc<Tenant>> {
        self.by_name.iter().map(|(_, tenant)| tenant).filter(|tenant| tenant.state.show(|_| ()).is_some())
    }

    /// The store's uuid.
    pub(super) fn store(&self) -> [u8; 16] {
        self.store
    }

    /// Where tokens of a tenant belong.
    pub(super) fn place(&self, tenant: TenantId) -> Place {
        Place { store: self.store, tenant: tenant.0 }
    }

    /// The policy of this hash, if a tenant uses it.
    pub(super) fn known_policy(&self, hash: PolicyHash) -> Option<Arc<Active>> {
        self.policies.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).and_then(Weak::upgrade)
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
}
