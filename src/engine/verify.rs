//! `verify`: everything that is known of a tenant, held against one another: log, disk, memory, decisions.

use crate::engine::activate::read_policy;
use crate::engine::constraints::{all_denies, violations};
use crate::engine::engine::Engine;
use crate::engine::error::{Error, Kind};
use crate::engine::question::Surroundings;
use crate::engine::recompute::Recomputed;
use crate::engine::request::Context;
use crate::engine::state::State;
use crate::engine::token::Token;
use crate::engine::transact::life_of;
use crate::model::fact::Fact;
use crate::store::audit::{Audit, Faults, Stored};
use crate::store::entry::{PolicyHash, TenantId};
use crate::store::moment::Moment;

/// What [`Engine::verify`] looked at, and what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The revision that was verified, as a token.
    pub revision: Token,
    /// How many entries of the log were walked, from the first one on.
    pub entries: u64,
    /// How many stored facts were held against the log, facts of life left out.
    pub facts: u64,
    /// How many objects were, dead ones too.
    pub objects: u64,
    /// How many facts in memory were held against the stored ones, facts of life and built-in ones included.
    pub in_memory: u64,
    /// Which decisions were worked out once more and compared.
    pub decisions: Recomputed,
    /// What is wrong: at most twenty faults of each part. None: the tenant is sound, as far as was looked.
    pub faults: Vec<Fault>,
    /// How many faults there are.
    pub n_faults: u64,
}

/// Something that isn't as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub part: Part,
    /// What: lower case, no full stop.
    pub found: String,
}

/// Where a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The log: an entry that doesn't follow on the one before, or that changes what isn't there.
    Log,
    /// What is stored isn't what the log wrote.
    Store,
    /// What is in memory isn't what is stored.
    Memory,
    /// A deny of the policy doesn't hold on the data.
    Constraints,
    /// The engine decides otherwise than the rules say.
    Decisions,
}

impl Verified {
    fn tell(&mut self, part: Part, faults: Faults) {
        self.n_faults += faults.count;
        self.faults.extend(faults.first.into_iter().map(|found| Fault { part, found }));
    }
}

impl Engine {
    /// Verifies a tenant, at one revision, while writes go on:
    ///
    /// 1. The log, from its first entry on: each follows on the one before, and changes what it can.
    /// 2. The disk: each stored fact and object is what the log left, and none is missing.
    /// 3. Memory: the index holds what is stored and what the policy states, and nothing else.
    ///
    /// 4. Constraints: no deny of the policy is broken.
    /// 5. Decisions: each is worked out once more from the stored facts, by the second opinion (`crate::verify`), and compared
    ///    with the engine's listings; on larger tenants those of some subjects are, or none, and the answer says so.
    ///
    /// What is found is in the answer. It takes as long as reading the whole log and all facts; about 50 bytes a fact are held
    /// meanwhile.
    ///
    /// # Errors
    /// `unknown-tenant`, `store-io`; `limit-exceeded` when a listing goes beyond the engine's limits.
    pub fn verify(&self, tenant: &str) -> Result<Verified, Error> {
        self.verify_with(tenant, true)
    }

    /// As [`Engine::verify`], with or without the decisions.
    ///
    /// # Errors
    /// As there.
    pub(super) fn verify_with(&self, tenant: &str, recompute: bool) -> Result<Verified, Error> {
        let id = self.tenants.get(tenant)?.id;
        let built = self.state(tenant, None);
        // While the store is lent nobody writes: what is on disk at this moment is what is published.
        let (moment, state) = self.writer.lend(|_| {
            let state = built.and_then(|_| self.state(tenant, None));
            Ok((self.tenants.reader.moment(), state))
        })?;
        let audit = moment.audit(id, &mut |policy| self.stated(policy))?;
        let Audit { head, entries, log, facts, objects, store, stored } = audit;
        let mut verified = Verified {
            revision: self.tenants.place(id).token(head.revision),
            entries,
            facts,
            objects,
            in_memory: 0,
            decisions: Recomputed::skipped("the log, the disk or the memory has faults"),
            faults: Vec::new(),
            n_faults: 0,
        };
        verified.tell(Part::Log, log);
        verified.tell(Part::Store, store);
        if entries < head.revision.0 {
            // What is stored was held against nothing.
            return Ok(verified);
        }
        let mut memory = Faults::default();
        match state {
            Err(error) => memory.add(|| format!("the index can't be built: {}", error.message)),
            Ok(state) if state.revision != head.revision => {
                let (here, there) = (state.revision.0, head.revision.0);
                memory.add(|| format!("the index is at revision {here}, and the log ends at {there}"));
            }
            Ok(state) => {
                verified.in_memory = compare(&state, &moment, id, &stored, &mut memory)?;
                if memory.count == 0 {
                    verified.tell(Part::Constraints, self.broken_denies(&state));
                }
                if recompute && verified.n_faults + memory.count == 0 {
                    let facts = moment.facts(id)?.map(|fact| fact.map_err(Error::from));
                    let mut decisions = Faults::default();
                    verified.decisions = self.recompute(&state, facts, stored.count(), &mut decisions)?;
                    verified.tell(Part::Decisions, decisions);
                }
            }
        }
        verified.tell(Part::Memory, memory);
        Ok(verified)
    }

    /// The denies that the data breaks; if a limit is hit, that it isn't known.
    fn broken_denies(&self, state: &State) -> Faults {
        let context = Context::new();
        let judged = Surroundings::read(state, &context, None, self.limits)
            .and_then(|surroundings| violations(state, &all_denies(state), &surroundings.for_all(self.limits.time)));
        match judged {
            Ok(violations) => Faults { count: violations.count(), first: violations.in_words(state) },
            Err(error) => {
                let mut unknown = Faults::default();
                unknown.add(|| format!("the denies couldn't be judged: {}", error.message));
                unknown
            }
        }
    }

    /// The facts of life that a policy of the store states, in the order in which an activation takes them.
    fn stated(&self, policy: PolicyHash) -> Result<Vec<Fact>, String> {
        let texts = self.tenants.reader.policy(policy).map_err(|error| error.message())?;
        let texts = texts.ok_or_else(|| "its texts aren't stored".to_owned())?;
        let (policy, _) = read_policy(&texts.main, &texts.files).map_err(|error| error.message.clone())?;
        Ok(policy.built_in.into_iter().filter(|fact| life_of(fact).is_some()).collect())
    }
}

/// Holds what is in memory against what is stored; how many facts are in memory.
fn compare(
    state: &State,
    moment: &Moment<'_>,
    tenant: TenantId,
    stored: &Stored,
    faults: &mut Faults,
) -> Result<u64, Error> {
    let (snapshot, active) = (&state.snapshot, &state.active);
    let (mut n_facts, mut n_right) = (0, 0);
    for fact in snapshot.facts() {
        n_facts += 1;
        let is_right = match life_of(&fact) {
            Some(object) => stored.is_alive(object),
            None => stored.contains(&fact) || active.built_in.contains(&fact),
        };
        match is_right {
            true => n_right += 1,
            false => faults.add(|| format!("`{fact}` is in memory, and is neither stored nor stated by the policy")),
        }
    }
    let is_stated_alone = |fact: &&Fact| life_of(fact).is_none() && !stored.contains(fact);
    let n_stated = active.policy.built_in.iter().filter(is_stated_alone).count() as u64;
    if n_right == stored.count() + n_stated {
        return Ok(n_facts);
    }
    for fact in moment.facts(tenant)? {
        let fact = fact?;
        if !snapshot.contains(&fact) {
            faults.add(|| format!("`{fact}` is stored, and isn't in memory"));
        }
    }
    for fact in active.policy.built_in.iter().filter(|fact| !snapshot.contains(fact)) {
        faults.add(|| format!("`{fact}` is stated by the policy, and isn't in memory"));
    }
    if faults.count == 0 {
        return Err(Error::new(Kind::Internal, "internal", "the facts in memory can't be counted"));
    }
    Ok(n_facts)
}

#[cfg(test)]
mod tests;
