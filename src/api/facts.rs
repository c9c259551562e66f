//! `GET facts`: every stored fact, one a line.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::api::access::Reader;
use crate::api::app::{App, Shared, question};
use crate::api::ndjson::{LastLine, PIECE_BYTES, from_channel, push_line};
use crate::api::problem::Problem;
use crate::api::wire::WireFact;
use crate::engine::error::{Error, Kind};

/// How long a caller may take to read one piece before the walk ends.
const READ_TIME: Duration = Duration::from_secs(30);
/// Pieces that wait for the caller.
const PIECES_AHEAD: usize = 4;

/// Streams every stored fact in an order that loads back, and a last line `{"end": true, "count": …}`.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/facts",
    params(("tenant" = String, Path, description = "Whose data")),
    responses(
        (status = 200, description = "One fact a line (`[\"owner\", \"sequence:42\", \"user:ana\"]`), and a last line \
            `{\"end\": true, \"count\": …}`: without it the answer was cut", body = String,
            content_type = "application/x-ndjson"),
        (status = "default", description = "No answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn facts(State(app): State<Shared>, Reader(tenant): Reader) -> Result<Response, Problem> {
    let (sender, mut pieces) = mpsc::channel(PIECES_AHEAD);
    let runtime = Handle::current();
    let walk = tokio::spawn(question(app, move |app| walk(app, &tenant, &runtime, &sender)));
    match pieces.recv().await {
        Some(first) => Ok(from_channel(first, pieces)),
        // Not even the last line came: the walk could not begin.
        None => match walk.await {
            Ok(Err(problem)) => Err(problem),
            Ok(Ok(())) | Err(_) => Err(Problem::internal("the facts couldn't be read")),
        },
    }
}

/// Sends all facts in pieces. An error after the first piece becomes the last line, an error before it is returned.
fn walk(app: &App, tenant: &str, runtime: &Handle, sender: &mpsc::Sender<Bytes>) -> Result<(), Problem> {
    let mut piece = Vec::with_capacity(PIECE_BYTES + 512);
    let mut count = 0;
    let mut sent = false;
    let walked = app.engine.export(tenant, &mut |fact| {
        push_line(&mut piece, &WireFact(fact));
        count += 1;
        if piece.len() >= PIECE_BYTES {
            sent = true;
            send(runtime, sender, &mut piece)?;
        }
        Ok(())
    });
    let last = match walked {
        Ok(()) => LastLine::End { end: true, count, revision: None, cursor: None, moved: None },
        Err(error) if !sent => return Err(error.into()),
        Err(error) => LastLine::Error { error: error.into() },
    };
    push_line(&mut piece, &last);
    Ok(send(runtime, sender, &mut piece)?)
}

/// Hands a piece to the caller's connection, waiting while it is busy.
fn send(runtime: &Handle, sender: &mpsc::Sender<Bytes>, piece: &mut Vec<u8>) -> Result<(), Error> {
    let bytes = Bytes::from(std::mem::take(piece));
    let sent = runtime.block_on(async { tokio::time::timeout(READ_TIME, sender.send(bytes)).await });
    match sent {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Error::new(Kind::Unavailable, "caller-gone", "the caller stopped reading")),
    }
}
