//! Pages of a listing, and the cursor that leads from one to the next.
//!
//! A cursor holds where its page ended: which goal, under which policy, at which revision and instant, and the last row's
//! place. It names no data beyond that row; a forged one can only move the position.

use std::ops::Range;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::engine::error::Error;
use crate::engine::place::{Place, Written};
use crate::engine::request::Page;
use crate::engine::state::State;

/// The longest cursor that is read: a last row of a few long texts.
const MAX_CURSOR: usize = 65_536;

/// Where a page ended.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    /// The instant at which the question is judged, on every page.
    pub(super) now: Timestamp,
    /// The revision's token.
    at: String,
    /// The place of the last row.
    last: Vec<Place>,
}

/// A cursor as it goes outside.
#[derive(Serialize, Deserialize)]
struct WrittenCursor {
    /// The store, the tenant and the revision, as a token.
    at: String,
    /// The hash of the goal and of the policy.
    goal: String,
    now: String,
    last: Vec<Written>,
}

/// Which rows of a listing a page has, and how it goes on.
pub(super) struct Cut {
    pub(super) rows: Range<usize>,
    pub(super) cursor: Option<String>,
    pub(super) moved: bool,
}

/// The hash of a goal: its words, and the policy that answers it.
pub(super) fn goal_hash(state: &State, words: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(state.active.policy.hash.as_bytes());
    for word in words {
        hasher.update(&(word.len() as u64).to_le_bytes());
        hasher.update(word.as_bytes());
    }
    BASE64URL_NOPAD.encode(hasher.finalize().as_bytes().first_chunk::<12>().map_or(&[][..], |hash| hash))
}

/// Reads the cursor of a page, if it has one.
///
/// # Errors
/// `malformed-cursor`; `foreign-cursor` for one of another goal, policy, tenant or store.
pub(super) fn read_cursor(state: &State, goal: &str, page: &Page) -> Result<Option<Cursor>, Error> {
    let Some(text) = &page.after else {
        return Ok(None);
    };
    let malformed = || {
        Error::invalid("malformed-cursor", format!("`{}` isn't a cursor", crate::engine::token::shorten(text)))
            .with_help("Pass a `cursor` as the page before gave it.")
    };
    if text.len() > MAX_CURSOR {
        return Err(malformed());
    }
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| malformed())?;
    let WrittenCursor { at, goal: written_goal, now, last } =
        serde_json::from_slice(&bytes).map_err(|_| malformed())?;
    let now = now.parse().map_err(|_| malformed())?;
    let last = last.iter().map(Place::read).collect::<Option<_>>().ok_or_else(malformed)?;
    if state.place.revision(&at).is_err() || written_goal != goal {
        return Err(Error::invalid("foreign-cursor", "the cursor belongs to another question, policy or tenant")
            .with_help("Begin the listing anew, without a cursor."));
    }
    Ok(Some(Cursor { now, at, last }))
}

/// Cuts a page out of `n_rows` rows, which are sorted by their places.
pub(super) fn cut(
    state: &State,
    goal: &str,
    now: Timestamp,
    page: &Page,
    cursor: Option<&Cursor>,
    n_rows: usize,
    places_of: impl Fn(usize) -> Vec<Place>,
) -> Result<Cut, Error> {
    let (mut start, mut moved) = (0, false);
    if let Some(cursor) = cursor {
        moved = cursor.at != state.token;
        let mut end = n_rows;
        while start < end {
            let middle = start + (end - start) / 2;
            if places_of(middle) <= cursor.last { start = middle + 1 } else { end = middle }
        }
    }
    let end = page.limit.map_or(n_rows, |limit| start.saturating_add(limit).min(n_rows));
    let mut next = None;
    if end < n_rows {
        let last = match end.checked_sub(1) {
            Some(last) if start < end => places_of(last),
            // An empty page leads to where it began.
            _ => cursor.map_or_else(Vec::new, |cursor| cursor.last.clone()),
        };
        let last = last.iter().map(Place::write).collect();
        let written = WrittenCursor { at: state.token.clone(), goal: goal.to_owned(), now: now.to_string(), last };
        let bytes = serde_json::to_vec(&written)
            .map_err(|error| Error::internal(format!("a cursor can't be written: {error}")))?;
        next = Some(BASE64URL_NOPAD.encode(&bytes));
    }
    Ok(Cut { rows: start..end, cursor: next, moved })
}
