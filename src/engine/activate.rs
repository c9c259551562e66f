//! Activation: a checked policy becomes a tenant's, if the stored facts fit it; else nothing changes.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::engine::active::Active;
use crate::engine::constraints::{all_denies, violations};
use crate::engine::error::{Error, Kind};
use crate::engine::limits::Limits;
use crate::engine::question::Surroundings;
use crate::engine::request::{Activated, Context, PolicyText};
use crate::engine::state::State;
use crate::engine::tenants::Tenants;
use crate::engine::token::Token;
use crate::engine::transact::{life_of, notation, refuse_any};
use crate::engine::writer::{births, deaths, record};
use crate::index::apply::{Applied, Changes};
use crate::index::snapshot::Snapshot;
use crate::language::diagnostic::{Diagnostic, Severity};
use crate::language::render::render;
use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::policy::check::check;
use crate::policy::checked::Policy;
use crate::policy::pack::Pack;
use crate::store::Store;
use crate::store::entry::{Action, Commit, PolicyHash, PolicyTexts, TenantId, TenantRef};
use crate::store::log::Log;

const NO_FIT: &str = "stored facts don't fit the policy";
const NO_FIT_HELP: &str = "Delete them first, or keep what declares them; nothing was changed.";

/// A policy on its way to a tenant.
pub(super) struct Activation {
    /// The tenant's name; one that isn't there is made.
    pub(super) tenant: String,
    /// The policy, planned.
    pub(super) active: Arc<Active>,
    /// What its texts are called.
    pub(super) hash: PolicyHash,
    /// Its lints, rendered.
    pub(super) warnings: Vec<String>,
    /// What judging the data by its denies may cost.
    pub(super) limits: Limits,
}

/// Checks texts; answers with the policy and its lints, rendered.
///
/// # Errors
/// `policy-invalid`, with every diagnostic rendered in its details.
pub(super) fn read_policy(main: &str, files: &BTreeMap<String, String>) -> Result<(Policy, Vec<String>), Error> {
    let pack = Pack::from_files(main, files);
    let (policy, diagnostics) = check(&pack);
    let rendered = |diagnostic: &Diagnostic| render(diagnostic, &pack.sources);
    if let Some(policy) = policy {
        return Ok((policy, diagnostics.iter().map(rendered).collect()));
    }
    let n_errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    let errors = if n_errors == 1 { "error" } else { "errors" };
    Err(Error::invalid("policy-invalid", format!("the policy has {n_errors} {errors}"))
        .with_help("Mend them, and check it with `entail rules check`.")
        .with_details(diagnostics.iter().map(rendered).collect()))
}

/// The policy's texts with every include resolved, as they are kept.
pub(super) fn resolved_texts(policy: &Policy, main: &str) -> PolicyText {
    let files = policy.sources.iter().map(|source| (source.name.clone(), source.text.clone())).collect();
    PolicyText { main: main.to_owned(), files }
}

/// Makes a policy the active one of a tenant.
///
/// # Errors
/// `facts-do-not-fit` with the first misfits and their number; what the store says.
pub(super) fn activate(store: &mut Store, tenants: &Tenants, activation: Activation) -> Result<Activated, Error> {
    let Activation { tenant: name, active, hash, mut warnings, limits } = activation;
    warnings.extend_from_slice(active.scans());
    let answer = |revision: Token| Activated { hash: hash.to_string(), revision, warnings };
    let tenant = tenants.find(&name);
    let before = tenant.as_ref().map(|tenant| tenants.state(tenant)).transpose()?;
    if let Some(before) = &before
        && store.head(before.tenant_id()).is_some_and(|head| head.policy == hash)
    {
        return Ok(answer(before.token));
    }
    let Drawn { commit, state } = draw(tenants, before.as_deref(), &name, active, hash, limits)?;
    let appended = store.append(&[commit]).map_err(Error::from)?;
    let (id, _) = appended.first().ok_or_else(|| Error::internal("the store took no commit"))?;
    let state = state.at(tenants.place(*id));
    let token = state.token;
    match tenant {
        Some(tenant) => tenants.publish(&tenant, Arc::new(state)),
        None => tenants.add(&name, *id, Some(Arc::new(state))),
    }
    Ok(answer(token))
}

/// An activation as it will be written, and the state after it. The place of a new tenant isn't known yet.
pub(super) struct Drawn {
    pub(super) commit: Commit,
    pub(super) state: State,
}

/// Works an activation out on the state before it; there is none for a tenant that it makes.
///
/// # Errors
/// `facts-do-not-fit`, `constraint-violated`, `limit-exceeded`.
pub(super) fn draw(
    tenants: &Tenants,
    before: Option<&State>,
    name: &str,
    active: Arc<Active>,
    hash: PolicyHash,
    limits: Limits,
) -> Result<Drawn, Error> {
    let expected = before.map_or(Revision(0), |before| before.revision);
    let revision = Revision(expected.0 + 1);
    let (moved, died, stored_built_in) = match before {
        Some(before) => move_facts(before, &active, revision)?,
        None => {
            let empty = Snapshot::empty(active.plans.layout.clone(), &active.enumerations);
            (empty, Vec::new(), HashSet::new())
        }
    };
    refuse_values_on_built_in_keys(&moved, &active)?;
    let insert = in_order_of_life(&active.policy.built_in);
    let Applied { snapshot, born, .. } =
        moved.apply(&Changes { revision, delete: Vec::new(), insert }).map_err(Error::from)?;
    let texts = PolicyTexts { main: active.texts.main.clone(), files: active.texts.files.clone() };
    let commit = Commit {
        tenant: match before {
            Some(before) => TenantRef::Known(before.tenant_id()),
            None => TenantRef::New(name.to_owned()),
        },
        expected,
        record: record(Action::Activation(hash)),
        policy: Some(texts),
        births: births(&born),
        deaths: deaths(&died),
        receipt: None,
    };
    // A new tenant's number isn't known yet; no deny reads it.
    let number = before.map_or(TenantId(u32::MAX), State::tenant_id);
    let state = State::new(active, snapshot, Arc::new(stored_built_in), revision, tenants.place(number));
    refuse_violations(&state, &all_denies(&state), limits)?;
    Ok(Drawn { commit, state })
}

/// The stored facts in the layout of another policy, without what the old one stated; the objects that died with it, and
/// the stored facts that the new policy states too.
fn move_facts(
    before: &State,
    active: &Active,
    revision: Revision,
) -> Result<(Snapshot, Vec<crate::index::apply::Numbered>, HashSet<Fact>), Error> {
    let old = &before.active;
    let is_gone = |fact: &&Fact| !active.built_in.contains(*fact) && !before.stored_built_in.contains(*fact);
    let gone: Vec<Fact> = old.policy.built_in.iter().filter(is_gone).cloned().collect();
    let dying: HashSet<_> = gone.iter().filter_map(life_of).collect();
    let is_stored = |fact: &Fact| !old.built_in.contains(fact) || before.stored_built_in.contains(fact);
    let mut orphans = Vec::new();
    for object in &dying {
        orphans.extend(before.snapshot.facts_mentioning(object).into_iter().filter(is_stored));
    }
    refuse_any(orphans.iter().map(notation), "facts-do-not-fit", NO_FIT, NO_FIT_HELP)?;
    let Applied { snapshot, died, .. } =
        before.snapshot.apply(&Changes { revision, delete: gone, insert: Vec::new() }).map_err(Error::from)?;
    let moved = snapshot.refit(active.plans.layout.clone(), &active.enumerations, revision);
    let moved = moved.or_else(|misfits| {
        let misfits = misfits.no_variant.iter().chain(&misfits.second_value);
        // Facts that both policies state are declared by both.
        refuse_any(misfits.map(notation), "facts-do-not-fit", NO_FIT, NO_FIT_HELP)?;
        Err(Error::internal("facts don't fit, and none is named"))
    })?;
    let stored_too = active
        .built_in
        .iter()
        .filter(|fact| life_of(fact).is_none() && is_stored(fact) && before.snapshot.contains(fact))
        .cloned()
        .collect();
    Ok((moved, died, stored_too))
}

/// No stored value may stand on a key for which the policy states one.
fn refuse_values_on_built_in_keys(snapshot: &Snapshot, active: &Active) -> Result<(), Error> {
    let others = active.policy.built_in.iter().filter_map(|fact| {
        let stored = snapshot.value_of(fact)?;
        (stored != *fact).then(|| notation(&stored))
    });
    refuse_any(others, "facts-do-not-fit", "stored facts hold another value than the policy states", NO_FIT_HELP)
}

/// These denies hold on the data, or nothing changes.
///
/// # Errors
/// `constraint-violated` with the first violations and their number; `limit-exceeded`.
pub(super) fn refuse_violations(state: &State, denies: &BTreeSet<usize>, limits: Limits) -> Result<(), Error> {
    if denies.is_empty() {
        return Ok(());
    }
    let context = Context::new();
    let surroundings = Surroundings::read(state, &context, None, limits)?.for_all(limits.time);
    violations(state, denies, &surroundings)?.refuse(state)
}

/// Lives before the facts that mention them.
fn in_order_of_life(facts: &[Fact]) -> Vec<Fact> {
    let (lives, others): (Vec<&Fact>, Vec<&Fact>) = facts.iter().partition(|fact| life_of(fact).is_some());
    lives.into_iter().chain(others).cloned().collect()
}

impl From<crate::store::error::StoreError> for Error {
    fn from(error: crate::store::error::StoreError) -> Self {
        use crate::store::error::StoreError;
        let kind = match &error {
            StoreError::Held { .. } | StoreError::Failed | StoreError::Io { .. } | StoreError::RevisionAhead { .. } => {
                Kind::Unavailable
            }
            StoreError::Newer { .. } | StoreError::Foreign { .. } | StoreError::Damaged { .. } => Kind::Unavailable,
            StoreError::BackupDamaged { .. } => Kind::Invalid,
            StoreError::RevisionMismatch { .. } | StoreError::TenantExists { .. } | StoreError::NotEmpty { .. } => {
                Kind::Conflict
            }
            StoreError::UnknownTenant { .. } => Kind::NotFound,
            StoreError::TooLong { .. } => Kind::Invalid,
            StoreError::Mismatch { .. } => Kind::Internal,
        };
        Self::new(kind, error.code(), error.message()).with_help(error.help())
    }
}
