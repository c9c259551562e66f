//! `GET changes`: the entries of a tenant's log, one a line.

use std::num::NonZeroU64;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::access::Reader;
use crate::api::app::Shared;
use crate::api::ndjson::LastLine;
use crate::api::parameters::Parameters;
use crate::api::problem::Problem;
use crate::api::stream::lines;
use crate::api::wire::WireFact;
use crate::engine::changes::{ChangedFact, Happened, LogEntry, Reason};

/// Which entries.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangesQuery {
    /// A token: entries after this revision; without it from the first one on.
    after: Option<String>,
    /// At most so many entries.
    limit: Option<NonZeroU64>,
}

/// An entry of the log.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct LogLine {
    /// The revision that it made, as a token: `after` goes on behind it.
    pub(crate) revision: String,
    /// When it was decided, in UTC.
    pub(crate) time: String,
    /// Who wrote, if anyone was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) actor: Option<String>,
    /// The caller's key, by which a second try is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) idempotency_key: Option<String>,
    /// What happened.
    pub(crate) kind: EntryKind,
    /// The content hash of the policy that is active after it.
    pub(crate) policy: String,
    /// Facts that came, by why: asked, completed, added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) inserts: Option<Vec<ChangedLine>>,
    /// Facts that went, by why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deletes: Option<Vec<ChangedLine>>,
    /// The hash of the entry.
    pub(crate) hash: String,
    /// The hash of the entry before; zeros before the first.
    pub(crate) previous: String,
}

/// A fact that came or went.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ChangedLine {
    /// The fact.
    pub(crate) fact: WireFact,
    /// Why it is in the transaction.
    pub(crate) mark: ChangeMark,
}

/// What an entry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EntryKind {
    /// Facts came and went.
    Transaction,
    /// A policy became the active one.
    Activation,
}

/// Why a fact is in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChangeMark {
    /// The request named it.
    Asked,
    /// It completes what was asked.
    Completed,
    /// An effect added it.
    Added,
}

impl From<ChangedFact> for ChangedLine {
    fn from(changed: ChangedFact) -> Self {
        let mark = match changed.reason {
            Reason::Asked => ChangeMark::Asked,
            Reason::Completed => ChangeMark::Completed,
            Reason::Added => ChangeMark::Added,
        };
        Self { fact: WireFact(changed.fact), mark }
    }
}

impl From<LogEntry> for LogLine {
    fn from(entry: LogEntry) -> Self {
        let changed = |facts: Vec<ChangedFact>| Some(facts.into_iter().map(ChangedLine::from).collect());
        let (kind, inserts, deletes) = match entry.happened {
            Happened::Activation => (EntryKind::Activation, None, None),
            Happened::Transaction { inserts, deletes } => (EntryKind::Transaction, changed(inserts), changed(deletes)),
        };
        Self {
            revision: entry.revision.to_string(),
            time: entry.time.to_string(),
            actor: entry.actor,
            idempotency_key: entry.idempotency_key,
            kind,
            policy: entry.policy,
            inserts,
            deletes,
            hash: entry.hash,
            previous: entry.previous,
        }
    }
}

/// Streams the entries of the log after a revision, oldest first, and a last line `{"end": true, "count": …, "revision":
/// …}` with the head of the beginning.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/changes",
    params(
        ("tenant" = String, Path, description = "Whose log"),
        ("after" = Option<String>, Query, description = "A token: entries after this revision; without it from the first on"),
        ("limit" = Option<u64>, Query, minimum = 1, description = "At most so many entries"),
    ),
    responses(
        (status = 200, description = "One entry a line (`LogLine`), and a last line `{\"end\": true, \"count\": …, \
            \"revision\": …}`: without it the answer was cut", body = LogLine, content_type = "application/x-ndjson"),
        (status = "default", description = "No answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn changes(
    State(app): State<Shared>,
    Reader(tenant): Reader,
    Parameters(ChangesQuery { after, limit }): Parameters<ChangesQuery>,
) -> Result<Response, Problem> {
    lines(app, move |app, pieces| {
        let mut count = 0;
        let head = app.engine.changes(&tenant, after.as_deref(), limit.map(NonZeroU64::get), &mut |entry| {
            count += 1;
            pieces.line(&LogLine::from(entry))
        })?;
        Ok(LastLine::End { end: true, count, revision: Some(head.to_string()), cursor: None, moved: None })
    })
    .await
}
