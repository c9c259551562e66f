//! Bodies of requests: read whole, up to a limit and within a time.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use axum::body::BodyDataStream;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use axum::http::{HeaderMap, StatusCode};
use futures_core::Stream;

use crate::api::problem::Problem;

/// The largest body of a question, in bytes.
pub(crate) const QUESTION_BYTES: usize = 2 * 1024 * 1024;
/// The largest body of a write, a load or a policy, in bytes.
pub(crate) const CHANGE_BYTES: usize = 64 * 1024 * 1024;
/// What is read and thrown away of a body that is too large, in bytes: a caller who is still sending when the connection
/// closes never sees the answer.
const DRAINED_BYTES: usize = 64 * 1024 * 1024;
/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);

/// Reads the body of a request.
///
/// # Errors
/// `body-too-large`, `request-timeout`, `incomplete-body`.
pub(crate) async fn read_body(request: Request, limit: usize) -> Result<Vec<u8>, Problem> {
    // This caller waits to be told whether the body is welcome.
    if request.headers().contains_key(EXPECT) && announced(request.headers()).is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let read = read_stream(request.into_body().into_data_stream(), limit);
    tokio::time::timeout(BODY_TIME, read).await.unwrap_or_else(|_| Err(too_slow()))
}

async fn read_stream(stream: BodyDataStream, limit: usize) -> Result<Vec<u8>, Problem> {
    let mut stream = pin!(stream);
    let mut bytes = Vec::new();
    let mut length = 0_usize;
    while let Some(piece) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
        let piece = piece.map_err(|_| Problem::invalid("incomplete-body", "the body couldn't be read to its end"))?;
        length = length.saturating_add(piece.len());
        if length <= limit {
            bytes.extend_from_slice(&piece);
        } else if length > limit.saturating_add(DRAINED_BYTES) {
            break;
        } else {
            bytes = Vec::new();
        }
    }
    if length > limit { Err(too_large(limit)) } else { Ok(bytes) }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(limit: usize) -> Problem {
    let detail = format!("the body is larger than the {} MiB that this route takes", limit / (1024 * 1024));
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail).help("Send it in several requests.")
}

fn too_slow() -> Problem {
    let detail = format!("the body didn't arrive within {} seconds", BODY_TIME.as_secs());
    Problem::new(StatusCode::REQUEST_TIMEOUT, "request-timeout", detail).help("Send it in several requests.")
}
