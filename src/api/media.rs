//! Which form of an answer the caller accepts, where there are several.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;

/// Newline-delimited JSON.
pub(crate) const NDJSON: &str = "application/x-ndjson";
/// A table (RFC 4180).
pub(crate) const CSV: &str = "text/csv; charset=utf-8";

/// Whether the caller asks for lines (`Accept: application/x-ndjson`) instead of one JSON object.
pub(crate) struct WantsLines(pub(crate) bool);

/// Whether the caller asks for a table (`Accept: text/csv`) instead of one JSON object.
pub(crate) struct WantsTable(pub(crate) bool);

impl<S: Sync> FromRequestParts<S> for WantsLines {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(accepts(parts, NDJSON)))
    }
}

impl<S: Sync> FromRequestParts<S> for WantsTable {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(accepts(parts, "text/csv")))
    }
}

fn accepts(parts: &Parts, wanted: &str) -> bool {
    let accepted = parts.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types = accepted.flat_map(|value| value.split(',')).map(|part| part.split(';').next().unwrap_or(part));
    types.any(|media_type| media_type.trim().eq_ignore_ascii_case(wanted))
}
