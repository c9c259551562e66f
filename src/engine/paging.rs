//! Pages of a listing, and the cursor that leads from one to the next.
//!
//! A cursor holds where its page ended: which goal, under which policy, at which revision and instant, and the last row's
//! place. It names no data beyond that row; a forged one can only move the position.

use std::ops::Range;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::engine::ask::Row;
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
    pub(super) last: Vec<Place>,
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

/// The cursor behind a row.
pub(super) fn write_cursor(state: &State, goal: &str, now: Timestamp, last: &[Place]) -> Result<String, Error> {
    let last = last.iter().map(Place::write).collect();
    let written = WrittenCursor { at: state.token.to_string(), goal: goal.to_owned(), now: now.to_string(), last };
    let bytes =
        serde_json::to_vec(&written).map_err(|error| Error::internal(format!("a cursor can't be written: {error}")))?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

impl Cursor {
    /// Whether the data has changed since the page before.
    pub(super) fn has_moved(&self, state: &State) -> bool {
        self.at != state.token.to_string()
    }

    /// The cell behind the last row, in a listing of this type.
    pub(super) fn next_cell(&self, kind: &str) -> u32 {
        self.last.first().map_or(0, |last| last.next_cell(kind))
    }
}

/// Cuts a page out of rows, which are sorted by their places.
pub(super) fn cut(
    state: &State,
    goal: &str,
    now: Timestamp,
    page: &Page,
    cursor: Option<&Cursor>,
    rows: &[Row],
) -> Result<Cut, Error> {
    let places_of = |row: &Row| row.iter().map(|(place, _)| place.clone()).collect::<Vec<_>>();
    let start = cursor.map_or(0, |cursor| rows.partition_point(|row| places_of(row) <= cursor.last));
    let end = page.limit.map_or(rows.len(), |limit| start.saturating_add(limit).min(rows.len()));
    let mut next = None;
    if end < rows.len() {
        let last = match end.checked_sub(1).filter(|last| start <= *last).and_then(|last| rows.get(last)) {
            Some(last) => places_of(last),
            // An empty page leads to where it began.
            None => cursor.map_or_else(Vec::new, |cursor| cursor.last.clone()),
        };
        next = Some(write_cursor(state, goal, now, &last)?);
    }
    Ok(Cut { rows: start..end, cursor: next, moved: cursor.is_some_and(|cursor| cursor.has_moved(state)) })
}
