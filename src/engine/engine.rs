//! The engine: opening, activating, writing, exporting.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::activate::{Activation, read_policy, resolved_texts};
use crate::engine::active::Active;
use crate::engine::changes::raw_fact;
use crate::engine::error::{Error, Kind};
use crate::engine::idempotency::Key;
use crate::engine::limits::Limits;
use crate::engine::request::{Activated, ActivePolicy, PolicyText, Write, Written};
use crate::engine::state::State;
use crate::engine::steps::Transaction;
use crate::engine::tenants::Tenants;
use crate::engine::transact::life_of;
use crate::engine::writer::{Job, Writer};
use crate::model::fact::{Fact, RawFact};
use crate::policy::schema::Schema;
use crate::store::Store;
use crate::store::entry::PolicyTexts;

/// The longest name of a tenant, in bytes.
const MAX_TENANT_BYTES: usize = 128;

/// How many facts are worth files of their own: with fewer, the journal is quicker.
const BULK: usize = 4_096;

/// How an engine is opened.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What one question may cost.
    pub limits: Limits,
    /// How many bytes the tenants' indexes may take together; without it, as many as they need. A tenant that is dropped to
    /// make room is built anew when it is asked. One that needs more than that is served all the same, alone.
    pub memory: Option<u64>,
    /// How long a question waits for the revision that its `at` names, if that isn't here yet.
    pub wait: Duration,
}

impl Default for Options {
    /// The default limits, as much memory as is needed, and two seconds for a revision to come.
    fn default() -> Self {
        Self { limits: Limits::default(), memory: None, wait: Duration::from_secs(2) }
    }
}

/// What the tenants' indexes take of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// How many tenants' indexes are there.
    pub tenants: usize,
    /// About how many bytes they take on the heap, without policies and without older states that are still read.
    pub bytes: u64,
}

/// An authorization engine over one directory. `Send` and `Sync`; its verbs block.
///
/// Dropping it finishes the writes that are queued and closes the store.
pub struct Engine {
    // Dropped first: the writer holds the store.
    pub(super) writer: Writer,
    pub(super) tenants: Arc<Tenants>,
    pub(super) limits: Limits,
    wait: Duration,
}

impl Engine {
    /// Opens the store in a directory, which is made if it isn't there.
    ///
    /// # Errors
    /// `store-held` when another process has it open, `store-newer`, `store-foreign`, `store-damaged`, `store-io`.
    pub fn open(directory: &Path, options: Options) -> Result<Self, Error> {
        let store = Store::open(directory)?;
        let tenants = Arc::new(Tenants::new(*store.uuid().as_bytes(), store.reader().clone(), options.memory)?);
        let writer = Writer::start(store, tenants.clone())?;
        Ok(Self { writer, tenants, limits: options.limits, wait: options.wait })
    }

    /// Whether writes can be taken; the error says why not.
    ///
    /// # Errors
    /// `store-failed` after a write that the disk refused.
    pub fn ready(&self) -> Result<(), Error> {
        self.writer.ready()
    }

    /// The names of all tenants, sorted.
    pub fn tenants(&self) -> Vec<String> {
        self.tenants.names()
    }

    /// What the tenants' indexes take of memory at the moment.
    pub fn memory(&self) -> MemoryUse {
        MemoryUse { tenants: self.tenants.count_in_memory(), bytes: self.tenants.memory.used() }
    }

    /// Whether a tenant's index is in memory: a check takes microseconds then, and waits for nothing.
    pub fn is_in_memory(&self, tenant: &str) -> bool {
        self.tenants.show(tenant, |_| ()).is_some()
    }

    /// Makes a policy the active one of a tenant, which is made if it isn't there. Questions under way end on the policy
    /// before.
    ///
    /// # Errors
    /// `policy-invalid` with every diagnostic; `facts-do-not-fit` with the first misfits and their
    /// number; `malformed-tenant`. Nothing has changed then.
    pub fn activate(&self, tenant: &str, policy: &PolicyText) -> Result<Activated, Error> {
        let activation = Box::new(self.activation(tenant, policy)?);
        self.writer.ask(|reply| Job::Activate { activation, reply })
    }

    /// Makes a tenant: a policy and its first transaction, such as an account and its first user; both or neither. The policy's
    /// effects complete it, and its denies judge it. `fits` says whether the policy will do.
    ///
    /// # Errors
    /// `tenant-exists`; as [`Engine::activate`] and [`Engine::write`].
    pub fn found(
        &self,
        tenant: &str,
        policy: &PolicyText,
        facts: &[RawFact],
        fits: &dyn Fn(&Schema) -> Result<(), Error>,
    ) -> Result<Written, Error> {
        let activation = self.activation(tenant, policy)?;
        fits(&activation.active.policy.schema)?;
        let write = Write { insert: facts.to_vec(), ..Write::default() };
        let transaction = Transaction { write, has_effects: true, limits: self.limits };
        self.writer.lend(|group| group.found(activation, &transaction))
    }

    /// A policy on its way to a tenant, checked.
    fn activation(&self, tenant: &str, policy: &PolicyText) -> Result<Activation, Error> {
        check_tenant_name(tenant)?;
        let hash_of = |texts: &PolicyText| PolicyTexts { main: texts.main.clone(), files: texts.files.clone() }.hash();
        // Texts that are all of a policy in use, nothing left to be looked up, are checked already.
        let whole = hash_of(policy);
        let (hash, active) = match self.tenants.known_policy(whole) {
            Some(active) => (whole, active),
            None => {
                let (checked, warnings) = read_policy(&policy.main, &policy.files)?;
                let texts = resolved_texts(&checked, &policy.main);
                let hash = hash_of(&texts);
                (hash, self.tenants.policy(hash, || Active::new(checked, texts, warnings))?)
            }
        };
        let warnings = active.warnings.clone();
        Ok(Activation { tenant: tenant.to_owned(), active, hash, warnings, limits: self.limits })
    }

    /// What names a tenant's active policy. Other than [`Engine::policy`], it brings no index to memory.
    ///
    /// # Errors
    /// `unknown-tenant`.
    pub fn policy_hash(&self, tenant: &str) -> Result<String, Error> {
        Ok(self.tenants.policy_hash(self.tenants.get(tenant)?.as_ref())?.to_string())
    }

    /// The texts of a tenant's active policy.
    ///
    /// # Errors
    /// `unknown-tenant`.
    pub fn policy(&self, tenant: &str) -> Result<ActivePolicy, Error> {
        let state = self.state(tenant, None)?;
        let active = &state.active;
        let text = active.texts.clone();
        Ok(ActivePolicy {
            hash: PolicyTexts { main: text.main.clone(), files: text.files.clone() }.hash().to_string(),
            text,
            revision: state.token,
        })
    }

    /// One transaction: it happens whole, or nothing does. When this returns it is on disk, and visible to every later
    /// question.
    ///
    /// What is asked is completed, the policy's effects are added, the guards judge what an actor asks for, and the denies the
    /// state after it.
    ///
    /// # Errors
    /// What doesn't fit in a fact; `precondition-failed`, `rules-invalid`; `fact-in-both`, `built-in`, `unknown-object`,
    /// `deleted-object`, `two-values`; `guard-refused` by the guards, `constraint-violated` by the denies; `revision-mismatch`,
    /// `idempotency-conflict`; `limit-exceeded`. Nothing has changed then.
    pub fn write(&self, tenant: &str, write: &Write) -> Result<Written, Error> {
        let transaction = Transaction { write: write.clone(), has_effects: true, limits: self.limits };
        self.transact(tenant, transaction)
    }

    /// Facts as they are, in one transaction: no effects, no actor.
    ///
    /// Fewer than 4,096 are committed like a write, and share its sync with others. More go to disk past the journal, and
    /// other writes wait meanwhile; beside the facts themselves, 4 bytes a value are held and what the new snapshot keeps.
    ///
    /// # Errors
    /// As [`Engine::write`].
    pub fn load(&self, tenant: &str, facts: &[RawFact]) -> Result<Written, Error> {
        if facts.len() < BULK {
            let write = Write { insert: facts.to_vec(), ..Write::default() };
            return self.transact(tenant, Transaction { write, has_effects: false, limits: self.limits });
        }
        let tenant = self.tenants.get(tenant)?;
        self.writer.lend(|group| group.load(&tenant, facts, self.limits))
    }

    fn transact(&self, tenant: &str, transaction: Transaction) -> Result<Written, Error> {
        let tenant = self.tenants.get(tenant)?;
        let place = self.tenants.place(tenant.id);
        let expected = transaction.write.expect_revision.as_deref();
        let expected = expected.map(|token| place.revision(token)).transpose()?;
        let (key, transaction) = (Key::of(&transaction.write)?, Box::new(transaction));
        self.writer.ask(|reply| Job::Write { tenant, transaction, expected, key, reply })
    }

    /// Every stored fact, in an order that loads back: objects before the facts that mention them, each type and relation by
    /// name. What the policy states is left out. `each` is called once a fact; its error ends the walk.
    ///
    /// # Errors
    /// `unknown-tenant`, and what `each` answers.
    pub fn export(&self, tenant: &str, each: &mut dyn FnMut(RawFact) -> Result<(), Error>) -> Result<(), Error> {
        let state = self.state(tenant, None)?;
        let is_stored = |fact: &Fact| !state.active.built_in.contains(fact) || state.stored_built_in.contains(fact);
        for lives in [true, false] {
            for fact in state.snapshot.facts() {
                if life_of(&fact).is_some() == lives && is_stored(&fact) {
                    each(raw_fact(&fact))?;
                }
            }
        }
        Ok(())
    }

    /// Asks a tenant's present state, or waits for one as fresh as a token.
    #[inline]
    pub(super) fn ask<T>(
        &self,
        tenant: &str,
        at: Option<&str>,
        ask: impl Fn(&State) -> Result<T, Error>,
    ) -> Result<T, Error> {
        // Who may wait must not hold what is shown: the writer's next state is another one.
        let shown = at.is_none().then(|| self.tenants.show(tenant, &ask)).flatten();
        match shown {
            Some(answer) => answer,
            None => ask(&*self.state(tenant, at)?),
        }
    }

    /// A tenant's present state, or the first that comes as fresh as a token, within the time that a question waits.
    ///
    /// # Errors
    /// `unknown-tenant`, `malformed-token`, `foreign-token`; `revision-not-here` when the time is over.
    pub(super) fn state(&self, tenant: &str, at: Option<&str>) -> Result<Arc<State>, Error> {
        let tenant = self.tenants.get(tenant)?;
        let state = match self.tenants.present(&tenant) {
            Some(state) => state,
            None => {
                let state = self.tenants.state(&tenant)?;
                self.writer.make_room();
                state
            }
        };
        let Some(token) = at else { return Ok(state) };
        let wanted = state.place.revision(token)?;
        if state.revision >= wanted {
            return Ok(state);
        }
        let come = || self.tenants.present(&tenant).filter(|state| state.revision >= wanted);
        tenant.arrivals.wait_for(self.wait, come).ok_or_else(not_here)
    }

    /// Whether a question that asks for an answer as fresh as a token is answered without waiting for it.
    pub fn has_reached(&self, tenant: &str, token: &str) -> bool {
        // What isn't a token of a tenant that is here is told at once too.
        let is_ahead = |state: &State| state.place.revision(token).is_ok_and(|wanted| wanted > state.revision);
        !self.tenants.show(tenant, is_ahead).unwrap_or(false)
    }

    pub(super) fn fresh_enough(&self, state: &State, at: Option<&str>) -> Result<(), Error> {
        let Some(token) = at else { return Ok(()) };
        if state.place.revision(token)? > state.revision { Err(not_here()) } else { Ok(()) }
    }
}

fn not_here() -> Error {
    Error::new(Kind::Unavailable, "revision-not-here", "the revision asked for isn't here yet")
        .with_help("Ask again, or without `at`.")
}

fn check_tenant_name(name: &str) -> Result<(), Error> {
    let is_good = !name.is_empty()
        && name.len() <= MAX_TENANT_BYTES
        && name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
    if is_good {
        return Ok(());
    }
    let shown = crate::engine::token::shorten(name);
    Err(Error::invalid("malformed-tenant", format!("`{shown}` can't be the name of a tenant"))
        .with_help("Use 1 to 128 bytes of letters, digits, `-`, `_` and `.`."))
}
