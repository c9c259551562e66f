//! The one writer: takes what is queued, works it out in order, makes it durable with one sync, publishes, answers.
//!
//! A job sees what the jobs before it in its group will have written. Nothing is visible to readers, and nobody is
//! answered, before the store says that the group is on disk: a token must never outrun it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SendError, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::engine::activate::{Activation, activate, refuse_violations};
use crate::engine::constraints::denies_after;
use crate::engine::error::{Error, Kind};
use crate::engine::founding::Founding;
use crate::engine::idempotency::Key;
use crate::engine::limits::Limits;
use crate::engine::load::Loading;
use crate::engine::request::{Activated, Written};
use crate::engine::state::State;
use crate::engine::steps::Transaction;
use crate::engine::tenants::{Tenant, Tenants};
use crate::index::apply::{Numbered, Outcome};
use crate::model::fact::RawFact;
use crate::model::revision::Revision;
use crate::model::value::{Name, Object};
use crate::store::Store;
use crate::store::entry::{Action, Birth, Commit, Death, Record, TenantId, TenantRef};
use crate::store::error::StoreError;
use crate::store::log::Log;
use crate::store::receipt::Receipt;

/// How many jobs may wait.
const QUEUE: usize = 1_024;

/// How many jobs share a sync.
const GROUP: usize = 256;

/// What the writer does next.
pub(super) enum Job {
    /// A transaction.
    Write {
        /// Whose.
        tenant: Arc<Tenant>,
        /// What is asked, read in the light of the policy that is active then.
        transaction: Box<Transaction>,
        /// The head that it expects, if any.
        expected: Option<Revision>,
        /// By which a second try is known.
        key: Option<Key>,
        /// Who waits for the answer.
        reply: SyncSender<Result<Written, Error>>,
    },
    /// An activation. It goes alone.
    Activate {
        /// What is to be active where.
        activation: Box<Activation>,
        /// Who waits for the answer.
        reply: SyncSender<Result<Activated, Error>>,
    },
    /// Whoever has much to write gets the store, works on its own thread with what it borrowed, and gives it back.
    Lend {
        /// Who gets it.
        hand: SyncSender<Group>,
        /// Where it comes back.
        returned: Receiver<Group>,
    },
    /// A tenant came to memory: others may have to go.
    MakeRoom,
}

/// The queue to the writer's thread. Dropping it lets the thread finish what is queued, and waits for it.
pub(super) struct Writer {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// Whether the store has refused a write for good.
    failed: Arc<AtomicBool>,
}

fn gone() -> Error {
    Error::new(Kind::Unavailable, "store-failed", "the store takes no writes any more")
        .with_help("Restart the process: what was acknowledged is there.")
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(store: Store, tenants: Arc<Tenants>) -> Result<Self, Error> {
        let (jobs, queue) = sync_channel(QUEUE);
        let failed = Arc::new(AtomicBool::new(false));
        let group = Group { store, tenants, failed: failed.clone() };
        let thread = std::thread::Builder::new()
            .name("entail-writer".to_owned())
            .spawn(move || group.run(&queue))
            .map_err(|error| Error::internal(format!("the writer's thread can't be started: {error}")))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), failed })
    }

    /// Whether jobs are taken and the store has not failed.
    pub(super) fn ready(&self) -> Result<(), Error> {
        let is_running = self.thread.as_ref().is_some_and(|thread| !thread.is_finished());
        if is_running && !self.failed.load(Ordering::Acquire) { Ok(()) } else { Err(gone()) }
    }

    /// Lets tenants go from memory if there are too many; waits for nothing.
    pub(super) fn make_room(&self) {
        if let Some(jobs) = &self.jobs {
            // A full queue needs no more: room is made after each group.
            let _ = jobs.try_send(Job::MakeRoom);
        }
    }

    /// Queues a job and waits for its answer.
    pub(super) fn ask<T>(&self, job: impl FnOnce(SyncSender<Result<T, Error>>) -> Job) -> Result<T, Error> {
        let (reply, answer) = sync_channel(1);
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(job(reply)).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

impl Writer {
    /// Waits for the writes before, and does this with the store while all others wait.
    pub(super) fn lend<T>(&self, work: impl FnOnce(&mut Group) -> Result<T, Error>) -> Result<T, Error> {
        let ((hand, taken), (back, returned)) = (sync_channel(1), sync_channel(1));
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(Job::Lend { hand, returned }).map_err(|_| gone())?;
        let mut group = taken.recv().map_err(|_| gone())?;
        let answer = work(&mut group);
        back.send(group).map_err(|_| gone())?;
        answer
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has answered nobody since: there is nothing left to say.
            let _ = thread.join();
        }
    }
}

/// What a group does: nobody else has seen it yet.
#[derive(Default)]
struct Drafts {
    /// The tenants that it changes, and what it makes of them.
    states: HashMap<TenantId, (Arc<Tenant>, State)>,
    /// What it answers under its idempotency keys, and the hashes of what was asked.
    answers: HashMap<(TenantId, Name), ([u8; 32], Written)>,
    /// The receipts that go with no commit.
    lone: Vec<(TenantId, Receipt)>,
}

impl Drafts {
    /// Notes what is answered under a key.
    fn note(&mut self, tenant: TenantId, key: Option<&Key>, written: &Written) {
        let answer = |key: &Key| ((tenant, key.name.clone()), (key.request, written.clone()));
        self.answers.extend(key.map(answer));
    }
}

/// What the writer's thread owns.
pub(super) struct Group {
    store: Store,
    tenants: Arc<Tenants>,
    failed: Arc<AtomicBool>,
}

/// A transaction that waits to be taken into a group.
struct Waiting {
    tenant: Arc<Tenant>,
    transaction: Box<Transaction>,
    expected: Option<Revision>,
    key: Option<Key>,
    reply: SyncSender<Result<Written, Error>>,
}

impl Group {
    fn run(mut self, queue: &Receiver<Job>) {
        while let Ok(first) = queue.recv() {
            let mut writes = Vec::new();
            let mut next = Some(first);
            while let Some(job) = next.take() {
                match job {
                    Job::Write { tenant, transaction, expected, key, reply } => {
                        writes.push(Waiting { tenant, transaction, expected, key, reply });
                    }
                    Job::Activate { activation, reply } => {
                        self.write(std::mem::take(&mut writes));
                        let answer = activate(&mut self.store, &self.tenants, *activation);
                        let is_fault =
                            |error: &Error| ["store-failed", "store-io", "store-damaged"].contains(&error.code);
                        self.failed.fetch_or(answer.as_ref().is_err_and(is_fault), Ordering::AcqRel);
                        // Whoever no longer waits needs no answer.
                        let _ = reply.send(answer);
                    }
                    Job::Lend { hand, returned } => {
                        self.write(std::mem::take(&mut writes));
                        self = match hand.send(self) {
                            Ok(()) => match returned.recv() {
                                Ok(group) => group,
                                // Its borrower panicked, and nobody knows how far it came.
                                Err(_) => return,
                            },
                            Err(SendError(group)) => group,
                        };
                    }
                    Job::MakeRoom => {}
                }
                if writes.len() < GROUP {
                    next = queue.try_recv().ok();
                }
            }
            self.write(writes);
            self.tenants.make_room();
        }
    }

    /// Writes a group with one sync. If the store refuses one of several, each goes alone, so that it harms nobody else.
    fn write(&mut self, group: Vec<Waiting>) {
        if let Err(group) = self.write_together(group) {
            for waiting in group {
                // One alone is answered, whatever the store says.
                let _ = self.write_together(vec![waiting]);
            }
        }
    }

    /// Writes a group, or gives it back untouched when it has several and the store refuses one.
    fn write_together(&mut self, group: Vec<Waiting>) -> Result<(), Vec<Waiting>> {
        let mut drafts = Drafts::default();
        let mut prepared = Vec::with_capacity(group.len());
        let mut taken = Vec::with_capacity(group.len());
        let mut group = group.into_iter();
        while let Some(waiting) = group.next() {
            let had_draft = drafts.states.contains_key(&waiting.tenant.id);
            match self.prepare(&mut drafts, &waiting) {
                Ok((commit, written)) => {
                    prepared.push((commit, Ok(written)));
                    taken.push(waiting);
                }
                Err(_) if had_draft && !drafts.states.contains_key(&waiting.tenant.id) => {
                    // What the jobs before made of this tenant is lost: all of them go anew.
                    taken.push(waiting);
                    taken.extend(group);
                    return Err(taken);
                }
                Err(error) => {
                    // A refusal may rest on what the group has yet to write: it waits for that.
                    prepared.push((None, Err(error)));
                    taken.push(waiting);
                }
            }
        }
        let commits: Vec<Commit> = prepared.iter_mut().filter_map(|(commit, _)| commit.take()).collect();
        let mut outcome = if commits.is_empty() { Ok(()) } else { self.store.append(&commits).map(drop) };
        if outcome.is_ok() && !drafts.lone.is_empty() {
            outcome = self.store.remember(&drafts.lone);
        }
        match outcome {
            Ok(()) => {
                // IMPORTANT: publish before answering, so that the token in an answer is visible to its holder.
                for (tenant, state) in drafts.states.into_values() {
                    self.tenants.publish(&tenant, Arc::new(state));
                }
                for (waiting, (_, answer)) in taken.iter().zip(prepared) {
                    let _ = waiting.reply.send(answer);
                }
            }
            Err(StoreError::TooLong { .. }) if taken.len() > 1 => return Err(taken),
            Err(error) => {
                let error = self.refused(error);
                for waiting in taken {
                    let _ = waiting.reply.send(Err(error.clone()));
                }
            }
        }
        Ok(())
    }

    /// Writes a load and publishes its state.
    ///
    /// What its relations' denies say is asked of all of the state after it, before anything is written.
    pub(super) fn load(&mut self, tenant: &Tenant, facts: &[RawFact], limits: Limits) -> Result<Written, Error> {
        let state = self.tenants.state(tenant)?;
        let loading = Loading::new(&state, facts)?;
        let (inserted, deleted) = (loading.n_inserted(), loading.replaced.len() as u64);
        if (inserted, deleted) == (0, 0) {
            return Ok(Written::nothing(state.token));
        }
        let denies = denies_after(&state, loading.touched());
        let judge = (!denies.is_empty()).then_some(|after: &State| refuse_violations(after, &denies, limits));
        let (store, mut stored, mut is_written) = (&mut self.store, Ok(()), false);
        let next = loading.finish(judge, |load| {
            is_written = true;
            stored = store.load(load).map(drop);
        });
        stored.map_err(|error| self.refused(error))?;
        // What is on disk and in no snapshot must not be written upon.
        let next = next.inspect_err(|_| {
            self.failed.fetch_or(is_written, Ordering::AcqRel);
        })?;
        let written = Written { inserted, deleted, ..Written::nothing(next.token) };
        self.tenants.publish(tenant, Arc::new(next));
        Ok(written)
    }

    /// Makes a tenant with its first transaction: two entries of its log, with one sync.
    pub(super) fn found(&mut self, activation: Activation, transaction: &Transaction) -> Result<Written, Error> {
        let founding = Founding::new(&self.tenants, activation, transaction)?;
        let appended = self.store.append(&founding.commits).map_err(|error| self.refused(error))?;
        let (id, _) = appended.first().ok_or_else(|| Error::internal("the store took no commit"))?;
        let state = founding.state.at(self.tenants.place(*id));
        let written = Written { revision: state.token, ..founding.written };
        self.tenants.add(&founding.name, *id, Some(Arc::new(state)));
        Ok(written)
    }

    /// What the store says, after which it may take no writes any more.
    fn refused(&self, error: StoreError) -> Error {
        let has_failed = matches!(error, StoreError::Failed | StoreError::Io { .. } | StoreError::Damaged { .. });
        self.failed.fetch_or(has_failed, Ordering::AcqRel);
        Error::from(error)
    }

    /// Works a job out, and takes it into the draft of its tenant's next state. A refused job leaves the draft as it is; what
    /// is no refusal but a fault leaves none.
    fn prepare(&self, drafts: &mut Drafts, waiting: &Waiting) -> Result<(Option<Commit>, Written), Error> {
        let Waiting { tenant, transaction, expected, key, .. } = waiting;
        let published = self.tenants.state(tenant)?;
        let state = drafts.states.get(&tenant.id).map_or(&*published, |(_, draft)| draft);
        if let Some(key) = key {
            if let Some((request, written)) = drafts.answers.get(&(tenant.id, key.name.clone())) {
                key.refuse_other(request)?;
                return Ok((None, written.clone()));
            }
            if let Some(receipt) = self.store.reader().receipt(tenant.id, &key.name, jiff::Timestamp::now())? {
                return Ok((None, key.answer(state, self.store.reader(), &receipt)?));
            }
        }
        refuse_other_revision(state, *expected)?;
        let prepared = transaction.prepare(state)?;
        let record = Record {
            actor: transaction.write.actor.as_deref().map(Name::from),
            idempotency_key: key.as_ref().map(|key| key.name.clone()),
            ..record(Action::Transaction(prepared.completed.changes.clone()))
        };
        let made = !prepared.completed.changes.is_empty();
        let (before, token) = (state.revision, state.token);
        let revision = Revision(before.0 + u64::from(made));
        let receipt = key.as_ref().map(|key| key.receipt(record.time, revision, made));
        if !made {
            let written = Written::nothing(token);
            drafts.note(tenant.id, key.as_ref(), &written);
            drafts.lone.extend(receipt.map(|receipt| (tenant.id, receipt)));
            return Ok((None, written));
        }
        let mut next = drafts.states.remove(&tenant.id).map_or_else(|| State::clone(&published), |(_, draft)| draft);
        // What denies may refuse can be put back.
        let kept = (!prepared.judged.is_empty()).then(|| next.keep(prepared.changing.iter().copied()));
        let Outcome { born, died, .. } = next.advance(&prepared.completed.changes(revision))?;
        if let Err(error) = transaction.judge(&next, &prepared) {
            kept.into_iter().for_each(|kept| next.put_back(kept));
            drafts.states.insert(tenant.id, (tenant.clone(), next));
            return Err(error);
        }
        let written = Written::new(next.token, &prepared.completed.changes);
        drafts.states.insert(tenant.id, (tenant.clone(), next));
        drafts.note(tenant.id, key.as_ref(), &written);
        let commit = Commit {
            tenant: TenantRef::Known(tenant.id),
            expected: before,
            record,
            policy: None,
            births: births(&born),
            deaths: deaths(&died),
            receipt,
        };
        Ok((Some(commit), written))
    }
}

/// # Errors
/// `revision-mismatch` if the tenant isn't at the revision that a write expects.
fn refuse_other_revision(state: &State, expected: Option<Revision>) -> Result<(), Error> {
    if expected.is_none_or(|expected| expected == state.revision) {
        return Ok(());
    }
    let message = "the data has changed since the revision that the write expects";
    Err(Error::new(Kind::Conflict, "revision-mismatch", message).with_help("Read again, and write on what you find."))
}

/// A log record of this moment.
pub(super) fn record(action: Action) -> Record {
    Record { time: jiff::Timestamp::now(), actor: None, idempotency_key: None, action }
}

/// Objects that came alive, as the store keeps them.
pub(super) fn births(born: &[Numbered]) -> Vec<Birth> {
    born.iter()
        .map(|born| Birth { object: Object::new(born.kind.clone(), born.id.clone()), ordinal: born.ordinal })
        .collect()
}

/// Objects that died, as the store keeps them.
pub(super) fn deaths(died: &[Numbered]) -> Vec<Death> {
    died.iter().map(|died| Death { kind: Name::clone(&died.kind), ordinal: died.ordinal }).collect()
}
