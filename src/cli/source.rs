//! Who answers a verb: the store in a directory, or a running server.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use crate::api::changes::LogLine;
use crate::api::policy::{ActivateReply, PolicyRequest};
use crate::api::problem::Problem;
use crate::api::request::Request;
use crate::api::wire::WireFact;
use crate::cli::args::Common;
use crate::cli::client::{Client, bad_gateway, percent_encoded};
use crate::cli::failure::Failure;
use crate::cli::rules::files::read_files;
use crate::cli::scratch::Scratch;
use crate::engine::engine::{Engine, Options};
use crate::engine::error::{Error, Kind};

/// Where answers come from; verbs don't care which.
pub(super) enum Source {
    /// This process holds the store.
    Local {
        /// What answers.
        engine: Engine,
        /// Whose data.
        tenant: String,
        /// The directory of a store for this run alone. INVARIANT: after the engine, which is dropped first.
        _scratch: Option<Scratch>,
    },
    /// A server holds it.
    Server(Client),
}

impl Source {
    /// The server that was named, or the store, which must be there.
    ///
    /// # Errors
    /// `no-store`; what the engine says about a store that can't be opened.
    pub(super) fn open(common: &Common) -> Result<Self, Problem> {
        match common.server() {
            None if !common.data().is_dir() => {
                let detail = format!("there is no store at `{}`", common.data().display());
                Err(Problem::new(StatusCode::NOT_FOUND, "no-store", detail).help(
                    "`entail account create` and `entail rules activate FILE` make one; `--data DIR` names another.",
                ))
            }
            _ => Self::open_or_make(common),
        }
    }

    /// The server that was named, or the store, which is made if it isn't there.
    pub(super) fn open_or_make(common: &Common) -> Result<Self, Problem> {
        match common.server() {
            Some(server) => Ok(Self::Server(Client::new(server, &common.tenant)?)),
            None => {
                // Nobody else writes meanwhile: a revision that isn't here doesn't come.
                let engine = open_engine(common.data(), Options { wait: Duration::ZERO, ..Options::default() })?;
                Ok(Self::Local { engine, tenant: common.tenant.clone(), _scratch: None })
            }
        }
    }

    /// For a question: these rules alone if they are named, or else what [`Source::open`] opens.
    pub(super) fn for_question(common: &Common, rules: Option<&PathBuf>) -> Result<Self, Problem> {
        let Some(rules) = rules else {
            return Self::open(common);
        };
        let policy = read_files(rules)?;
        let scratch = Scratch::new()?;
        let engine = Engine::open(scratch.path(), Options::default())?;
        policy.activate(&engine, &common.tenant)?;
        Ok(Self::Local { engine, tenant: common.tenant.clone(), _scratch: Some(scratch) })
    }

    /// Asks.
    pub(super) fn ask<R: Request>(&self, request: R) -> Result<R::Reply, Problem> {
        match self {
            Self::Local { engine, tenant, .. } => request.answer(engine, tenant),
            Self::Server(client) => client.post(R::ROUTE, &request),
        }
    }

    /// Makes a policy the active one.
    pub(super) fn activate(&self, policy: PolicyRequest) -> Result<ActivateReply, Problem> {
        match self {
            Self::Local { engine, tenant, .. } => policy.activate(engine, tenant),
            Self::Server(client) => client.put("policy", &policy),
        }
    }

    /// Hands over every stored fact, in an order that loads back.
    pub(super) fn export(&self, mut each: impl FnMut(WireFact) -> Result<(), Failure>) -> Result<(), Failure> {
        match self {
            Self::Local { engine, tenant, .. } => {
                let mut walk = Walk::default();
                let walked = engine.export(tenant, &mut |fact| walk.step(each(WireFact(fact))));
                walk.end(walked)
            }
            Self::Server(client) => server_lines(client, "facts", each),
        }
    }

    /// Hands over the entries of the log after a revision, oldest first.
    pub(super) fn changes(
        &self,
        after: Option<&str>,
        limit: Option<NonZeroU64>,
        mut each: impl FnMut(LogLine) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        match self {
            Self::Local { engine, tenant, .. } => {
                let mut walk = Walk::default();
                let limit = limit.map(NonZeroU64::get);
                let walked = engine.changes(tenant, after, limit, &mut |entry| walk.step(each(entry.into())));
                walk.end(walked.map(drop))
            }
            Self::Server(client) => {
                let after = after.map(|after| format!("after={}", percent_encoded(after)));
                let limit = limit.map(|limit| format!("limit={limit}"));
                let parameters: Vec<String> = after.into_iter().chain(limit).collect();
                server_lines(client, &format!("changes?{}", parameters.join("&")), each)
            }
        }
    }
}

/// Opens a store.
pub(super) fn open_engine(data: &Path, options: Options) -> Result<Engine, Problem> {
    Ok(Engine::open(data, options)?)
}

/// Hands over the lines of a server's answer, and judges the last one.
fn server_lines<T: DeserializeOwned>(
    client: &Client,
    route: &str,
    mut each: impl FnMut(T) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut ended = false;
    client.lines(route, |line| {
        if line.starts_with("{\"end\":") || line.starts_with("{\"error\":") {
            ended = true;
            return last_line(line).map_err(Failure::from);
        }
        each(serde_json::from_str(line).map_err(|_| cut())?)
    })?;
    if ended { Ok(()) } else { Err(cut().into()) }
}

/// Judges the last line of an answer in lines.
fn last_line(line: &str) -> Result<(), Problem> {
    #[derive(serde::Deserialize)]
    struct Last {
        error: Option<Problem>,
    }
    match serde_json::from_str::<Last>(line).map_err(|_| cut())?.error {
        Some(problem) => Err(problem),
        None => Ok(()),
    }
}

fn cut() -> Problem {
    bad_gateway("cut-answer", "the server's answer is not whole".to_owned()).help("Ask again.")
}

/// A walk of the engine; what ends it early is kept beside, since the engine knows its own errors alone.
#[derive(Default)]
struct Walk {
    failure: Option<Failure>,
}

impl Walk {
    fn step(&mut self, taken: Result<(), Failure>) -> Result<(), Error> {
        taken.map_err(|failure| {
            self.failure = Some(failure);
            Error::new(Kind::Unavailable, "output-failed", "the output can't be written")
        })
    }

    fn end(self, walked: Result<(), Error>) -> Result<(), Failure> {
        match self.failure {
            Some(failure) => Err(failure),
            None => Ok(walked?),
        }
    }
}
