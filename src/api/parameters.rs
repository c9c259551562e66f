//! The part of a URL behind the question mark: read strictly, and refused with the reason.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::api::app::Shared;
use crate::api::place::shorten;
use crate::api::problem::Problem;

/// The longest reason that a message repeats, in characters.
const SHOWN: usize = 160;

/// What a URL says behind its question mark.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        let read = Query::try_from_uri(&parts.uri);
        read.map(|Query(read)| Self(read)).map_err(|refused| {
            let reason = refused.body_text();
            let reason = reason.strip_prefix("Failed to deserialize query string: ").unwrap_or(&reason);
            let detail = format!("the parameters of this URL can't be read: {}", shorten(reason, SHOWN));
            Problem::invalid("invalid-parameter", detail).help("`/openapi.json` lists the parameters of each route.")
        })
    }
}
