//! Newline-delimited JSON: a body of lines, made as fast as the caller reads them, whose last line says that it is whole.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::api::media::NDJSON;
use crate::api::problem::Problem;

/// Lines are sent in pieces of about this many bytes.
pub(crate) const PIECE_BYTES: usize = 32 * 1024;

/// Appends a value as one line.
pub(crate) fn push_line(text: &mut Vec<u8>, value: &impl Serialize) {
    let start = text.len();
    // Plain data always serialises; a line that didn't would be missing from the count at the end.
    if serde_json::to_writer(&mut *text, value).is_err() {
        text.truncate(start);
        return;
    }
    text.push(b'\n');
}

/// An answer whose lines are at hand.
pub(crate) fn from_lines<L: Serialize>(lines: impl Iterator<Item = L> + Send + Unpin + 'static) -> Response {
    response(NDJSON, Body::from_stream(Pieces(lines)))
}

/// An answer of a media type whose pieces come from another thread.
pub(crate) fn from_channel(media_type: &'static str, first: Bytes, rest: mpsc::Receiver<Bytes>) -> Response {
    response(media_type, Body::from_stream(Received { first: Some(first), rest }))
}

fn response(media_type: &'static str, body: Body) -> Response {
    let mut response = body.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

struct Pieces<I>(I);

impl<L: Serialize, I: Iterator<Item = L> + Unpin> Stream for Pieces<I> {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut piece = Vec::new();
        while piece.len() < PIECE_BYTES {
            match self.0.next() {
                Some(line) => push_line(&mut piece, &line),
                None => break,
            }
        }
        Poll::Ready((!piece.is_empty()).then(|| Ok(piece.into())))
    }
}

struct Received {
    first: Option<Bytes>,
    rest: mpsc::Receiver<Bytes>,
}

impl Stream for Received {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(first))),
            None => self.rest.poll_recv(context).map(|piece| piece.map(Ok)),
        }
    }
}

/// The last line of an answer in lines. An answer without it was cut.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum LastLine {
    /// All lines were sent.
    End {
        /// Always true.
        end: bool,
        /// How many lines came before.
        count: u64,
        /// The revision they were computed at, as a token.
        #[serde(skip_serializing_if = "Option::is_none")]
        revision: Option<String>,
        /// Where the next page begins.
        #[serde(skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
        /// Whether the data has changed since the page before.
        #[serde(skip_serializing_if = "Option::is_none")]
        moved: Option<bool>,
    },
    /// The lines before are not all.
    Error {
        /// Why.
        error: Problem,
    },
}
