//! A group of commits on its way to disk: checked against what is stored, and turned into one batch.

use std::collections::{BTreeMap, HashSet};

use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::model::value::Object;
use crate::store::chain::Link;
use crate::store::digest::Digest;
use crate::store::disk::{Batch, Cell, Space, View};
use crate::store::entry::{
    Action, Birth, Change, Commit, Death, EntryHash, Head, PolicyHash, PolicyTexts, Sign, TenantId, TenantRef, life_of,
};
use crate::store::error::StoreError;
use crate::store::format::{PART_BYTES, Place, encode_entry};
use crate::store::keys::{fact_key, log_key, meta, object_key, policy_key};
use crate::store::limits;
use crate::store::reader::decode_object;
use crate::store::receipt;
use crate::store::recover::Tenants;

/// What a group of commits will do. Nothing is written before it is complete.
pub(super) struct Draft<'a> {
    view: View<'a>,
    tenants: &'a Tenants,
    batch: Batch,
    /// The heads as the group moves them.
    heads: BTreeMap<TenantId, Head>,
    numbers: BTreeMap<String, TenantId>,
    /// Bytes of log that each tenant gets.
    n_bytes: BTreeMap<TenantId, u64>,
}

/// A complete draft.
pub(super) struct Drafted {
    pub(super) batch: Batch,
    pub(super) heads: BTreeMap<TenantId, Head>,
    pub(super) numbers: BTreeMap<String, TenantId>,
    pub(super) n_bytes: BTreeMap<TenantId, u64>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(view: View<'a>, tenants: &'a Tenants) -> Self {
        Self {
            view,
            tenants,
            batch: Batch::default(),
            heads: BTreeMap::new(),
            numbers: BTreeMap::new(),
            n_bytes: BTreeMap::new(),
        }
    }

    /// Adds a commit behind those before it; answers with its tenant and the head after it.
    pub(super) fn add(&mut self, commit: &Commit) -> Result<(TenantId, Head), StoreError> {
        limits::check_record(&commit.record)?;
        let (tenant, before) = self.resolve(commit)?;
        let at = before.map_or(Link::START, |head| head.link());
        if commit.expected != at.revision {
            return Err(StoreError::RevisionMismatch { expected: commit.expected, head: at.revision });
        }
        let policy = match (&commit.record.action, before) {
            (Action::Activation(policy), _) => self.put_policy(*policy, commit.policy.as_ref())?,
            (Action::Transaction(_), Some(head)) => head.policy,
            (Action::Transaction(_), None) => {
                return mismatch("a tenant begins with the activation of a policy".to_owned());
            }
        };
        let revision = Revision(at.revision.0.saturating_add(1));
        let place = Place { revision, previous: at.hash, policy };
        let entry = encode_entry(&place, &commit.record);
        for (part, bytes) in (0..).zip(entry.chunks(PART_BYTES)) {
            self.batch.put(Space::Log, log_key(tenant, revision, part), bytes);
        }
        *self.n_bytes.entry(tenant).or_default() += entry.len() as u64;
        let mut head = Head {
            revision,
            hash: EntryHash(*blake3::hash(&entry).as_bytes()),
            policy,
            facts: before.map_or(0, |head| head.facts),
            objects: before.map_or(0, |head| head.objects),
            digest: before.map_or(0, |head| head.digest),
        };
        if let Some(receipt) = &commit.receipt {
            receipt::put(&mut self.batch, &self.view, tenant, receipt)?;
        }
        self.put_state(tenant, &mut head, commit)?;
        self.batch.put(Space::Meta, meta::of_tenant(meta::HEADS, tenant), &head.encode());
        self.heads.insert(tenant, head);
        Ok((tenant, head))
    }

    /// The batch, and what will hold when it is on disk.
    pub(super) fn finish(self) -> Drafted {
        let Self { batch, heads, numbers, n_bytes, .. } = self;
        Drafted { batch, heads, numbers, n_bytes }
    }

    /// The number and the head of a commit's tenant; a new one has no head yet.
    fn resolve(&mut self, commit: &Commit) -> Result<(TenantId, Option<Head>), StoreError> {
        match &commit.tenant {
            TenantRef::Known(tenant) => {
                let head = self.heads.get(tenant).or_else(|| self.tenants.heads.get(tenant));
                let unknown = || StoreError::UnknownTenant { tenant: tenant.0.to_string() };
                Ok((*tenant, Some(*head.ok_or_else(unknown)?)))
            }
            TenantRef::Made(name) => {
                let made = self.numbers.get(name).and_then(|tenant| Some((*tenant, Some(*self.heads.get(tenant)?))));
                made.ok_or_else(|| StoreError::UnknownTenant { tenant: name.clone() })
            }
            TenantRef::New(name) => {
                limits::check_name(name)?;
                if self.tenants.numbers.contains_key(name) || self.numbers.contains_key(name) {
                    return Err(StoreError::TenantExists { name: name.clone() });
                }
                let n = self.tenants.numbers.len() + self.numbers.len();
                // Tenants are never dropped, so their count is the next number.
                let tenant = TenantId(u32::try_from(n).unwrap_or(u32::MAX));
                let key = meta::of_tenant(meta::NAMES, tenant);
                self.batch.put(Space::Meta, key, name.as_bytes());
                self.numbers.insert(name.clone(), tenant);
                Ok((tenant, None))
            }
        }
    }

    fn put_policy(&mut self, policy: PolicyHash, texts: Option<&PolicyTexts>) -> Result<PolicyHash, StoreError> {
        let key = policy_key(policy);
        if self.stored(Space::Policies, &key, false)?.is_some() {
            return Ok(policy);
        }
        let Some(texts) = texts else {
            return mismatch(format!("the texts of policy `{policy}` aren't stored"));
        };
        let bytes = texts.encode();
        limits::check_policy(texts, &bytes)?;
        if texts.hash() != policy {
            return mismatch(format!("`{policy}` isn't the hash of its texts"));
        }
        self.batch.put(Space::Policies, key, &bytes);
        Ok(policy)
    }

    fn put_state(&mut self, tenant: TenantId, head: &mut Head, commit: &Commit) -> Result<(), StoreError> {
        let before = self.tenants.heads.get(&tenant);
        let no_objects = before.is_none_or(|head| head.objects == 0);
        let no_facts = before.is_none_or(|head| head.facts == 0);
        let mut dead = HashSet::new();
        for death in &commit.deaths {
            dead.insert(self.end(tenant, head, death)?);
        }
        let mut born = HashSet::new();
        for birth in &commit.births {
            self.bear(tenant, head, birth, no_objects)?;
            born.insert(&birth.object);
        }
        let Action::Transaction(changes) = &commit.record.action else {
            return Ok(());
        };
        let mut n_lives = 0;
        for Change { fact, sign, .. } in changes {
            match (life_of(fact), sign) {
                (Some(object), Sign::Insert) if !born.contains(object) => {
                    return mismatch(format!("`{object}` comes alive without its birth"));
                }
                (Some(object), Sign::Delete) if !dead.contains(object) => {
                    return mismatch(format!("`{object}` goes without its death"));
                }
                (Some(_), _) => n_lives += 1,
                (None, Sign::Insert) => self.put_fact(tenant, head, fact, no_facts)?,
                (None, Sign::Delete) => self.remove_fact(tenant, head, fact)?,
            }
        }
        if n_lives != commit.births.len() + commit.deaths.len() {
            return mismatch("objects are born or die that the transaction doesn't name".to_owned());
        }
        Ok(())
    }

    fn put_fact(&mut self, tenant: TenantId, head: &mut Head, fact: &Fact, no_facts: bool) -> Result<(), StoreError> {
        let key = fact_key(tenant, fact);
        limits::check_key(key.len(), &fact.relation)?;
        if self.stored(Space::Facts, &key, no_facts)?.is_some() {
            return mismatch(format!("the fact `{}` is stored already", limits::written(fact)));
        }
        let value = head.revision.0.to_be_bytes();
        digest(head, |digest| digest.add(Space::Facts, &key, &value));
        head.facts += 1;
        self.batch.put(Space::Facts, key, &value);
        Ok(())
    }

    fn remove_fact(&mut self, tenant: TenantId, head: &mut Head, fact: &Fact) -> Result<(), StoreError> {
        let key = fact_key(tenant, fact);
        limits::check_key(key.len(), &fact.relation)?;
        let Some(value) = self.stored(Space::Facts, &key, false)? else {
            return mismatch(format!("the fact `{}` isn't stored", limits::written(fact)));
        };
        digest(head, |digest| digest.subtract(Space::Facts, &key, &value));
        head.facts = head.facts.saturating_sub(1);
        self.batch.remove(Space::Facts, key);
        Ok(())
    }

    fn bear(&mut self, tenant: TenantId, head: &mut Head, birth: &Birth, no_objects: bool) -> Result<(), StoreError> {
        limits::check_object(&birth.object)?;
        let Object { kind, id } = &birth.object;
        let key = object_key(tenant, kind, birth.ordinal);
        if self.stored(Space::Objects, &key, no_objects)?.is_some() {
            return mismatch(format!("ordinal {} of type `{kind}` was given before", birth.ordinal));
        }
        let value = [&[1], id.as_bytes()].concat();
        digest(head, |digest| digest.add(Space::Objects, &key, &value));
        head.objects += 1;
        self.batch.put(Space::Objects, key, &value);
        Ok(())
    }

    fn end(&mut self, tenant: TenantId, head: &mut Head, death: &Death) -> Result<Object, StoreError> {
        limits::check_name(&death.kind)?;
        let key = object_key(tenant, &death.kind, death.ordinal);
        let value = self.stored(Space::Objects, &key, false)?;
        let stored = value.as_ref().and_then(|value| decode_object(value));
        let (Some(value), Some((true, id))) = (&value, stored) else {
            let Death { kind, ordinal } = death;
            return mismatch(format!("no object of type `{kind}` with ordinal {ordinal} is alive"));
        };
        digest(head, |digest| digest.subtract(Space::Objects, &key, value));
        let object = Object::new(death.kind.clone(), id);
        let value = [&[0], id.as_bytes()].concat();
        digest(head, |digest| digest.add(Space::Objects, &key, &value));
        self.batch.put(Space::Objects, key, &value);
        Ok(object)
    }

    /// The value of a key as the group sees it; the disk needn't be asked where nothing was before.
    fn stored(&self, space: Space, key: &[u8], nothing_before: bool) -> Result<Option<Cell>, StoreError> {
        match self.batch.pending(space, key) {
            Some(pending) => Ok(pending),
            None if nothing_before => Ok(None),
            None => self.view.get(space, key),
        }
    }
}

fn digest(head: &mut Head, change: impl FnOnce(&mut Digest)) {
    let mut digest = Digest(head.digest);
    change(&mut digest);
    head.digest = digest.0;
}

fn mismatch<T>(found: String) -> Result<T, StoreError> {
    Err(StoreError::Mismatch { found })
}
