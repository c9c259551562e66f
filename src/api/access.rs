//! Who may ask what: the tenant of a route, as a type that says what its caller was let do.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use crate::api::app::{App, Shared};
use crate::api::keys::{Allow, Grant};
use crate::api::problem::Problem;

/// The tenant of a route whose caller may ask questions.
pub(crate) struct Reader(pub(crate) String);

/// The tenant of a route whose caller may write facts.
pub(crate) struct Writer(pub(crate) String);

/// The tenant of a route whose caller may change the policy and load facts.
pub(crate) struct Operator(pub(crate) String);

/// A caller who may operate every tenant, also those that come, for routes on all of them.
pub(crate) struct Owner;

/// A caller with any key, for routes of no tenant.
pub(crate) struct KeyHolder;

impl FromRequestParts<Shared> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        admit(parts, app, Allow::Read).await.map(Self)
    }
}

impl FromRequestParts<Shared> for Writer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        admit(parts, app, Allow::Write).await.map(Self)
    }
}

impl FromRequestParts<Shared> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        admit(parts, app, Allow::Operate).await.map(Self)
    }
}

impl FromRequestParts<Shared> for Owner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        match grant(parts, app)? {
            Some(grant) if !grant.is_for_all() => {
                Err(forbidden("tenant-not-allowed", "this needs a key that is for every tenant"))
            }
            Some(grant) if !grant.allows(Allow::Operate) => Err(needs(Allow::Operate)),
            _ => Ok(Self),
        }
    }
}

impl FromRequestParts<Shared> for KeyHolder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        grant(parts, app).map(|_| Self)
    }
}

/// The tenant that the path names, if the caller's key is for it and lets its holder do this.
async fn admit(parts: &mut Parts, app: &Shared, what: Allow) -> Result<String, Problem> {
    let params = RawPathParams::from_request_parts(parts, app).await;
    let params = params.map_err(|_| Problem::invalid("invalid-path", "the path isn't UTF-8"))?;
    let tenant = params.iter().find(|(name, _)| *name == "tenant").map(|(_, tenant)| tenant.to_owned());
    let tenant = tenant.ok_or_else(|| Problem::internal("this route names no tenant"))?;
    let Some(grant) = grant(parts, app)? else {
        return Ok(tenant);
    };
    // IMPORTANT: before anything is looked up, or a key could find out which tenants there are.
    if !grant.is_for(&tenant) {
        return Err(forbidden("tenant-not-allowed", "this key isn't for this tenant"));
    }
    if grant.allows(what) { Ok(tenant) } else { Err(needs(what)) }
}

fn needs(what: Allow) -> Problem {
    let needs = match what {
        Allow::Read => "read",
        Allow::Write => "write",
        Allow::Operate => "operate",
    };
    forbidden("not-allowed", &format!("this key doesn't allow this, which needs `{needs}`"))
}

/// What the caller's key allows; none if the server has no keys.
fn grant<'a>(parts: &Parts, app: &'a App) -> Result<Option<&'a Grant>, Problem> {
    let Some(keys) = &app.keys else {
        return Ok(None);
    };
    let header = parts.headers.get(AUTHORIZATION).ok_or_else(|| unauthorized("missing-key", "a key is needed here"))?;
    let key = header.to_str().ok().and_then(|header| header.split_once(' '));
    let key = key.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, key)| key.trim());
    let known = key.and_then(|key| keys.grant(key));
    known.map(Some).ok_or_else(|| unauthorized("unknown-key", "this key isn't known here"))
}

fn unauthorized(code: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, detail)
        .help("Send a key of the server's keys file: `Authorization: Bearer KEY`.")
}

fn forbidden(code: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, code, detail).help("Ask the operator for a key that allows it.")
}
