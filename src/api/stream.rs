//! Long answers: made on a thread of their own, sent in pieces as fast as the caller reads them.

use std::io;
use std::time::Duration;

use axum::body::Bytes;
use axum::response::Response;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::api::app::{App, Shared, question};
use crate::api::media::NDJSON;
use crate::api::ndjson::{LastLine, PIECE_BYTES, from_channel, push_line};
use crate::api::problem::Problem;
use crate::engine::error::{Error, Kind};

/// How long a caller may take to read one piece before the walk ends.
const READ_TIME: Duration = Duration::from_secs(30);
/// Pieces that wait for the caller.
const PIECES_AHEAD: usize = 4;

/// Answers in lines. What `walk` refuses before it has sent a piece is the answer, what it refuses later the last line.
///
/// # Errors
/// What `walk` refuses.
pub(crate) async fn lines(
    app: Shared,
    walk: impl FnOnce(&App, &mut Pieces) -> Result<LastLine, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    bytes(app, NDJSON, move |app, pieces| {
        let last = match walk(app, pieces) {
            Err(problem) if pieces.is_sent => LastLine::Error { error: problem },
            last => last?,
        };
        Ok(pieces.line(&last)?)
    })
    .await
}

/// Answers in bytes of a media type. What `walk` refuses before it has sent a piece is the answer; later the answer ends.
///
/// # Errors
/// What `walk` refuses.
pub(crate) async fn bytes(
    app: Shared,
    media_type: &'static str,
    walk: impl FnOnce(&App, &mut Pieces) -> Result<(), Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let (sender, mut sent) = mpsc::channel(PIECES_AHEAD);
    let mut pieces =
        Pieces { runtime: Handle::current(), sender, piece: Vec::with_capacity(PIECE_BYTES + 512), is_sent: false };
    let walk = tokio::spawn(question(app, move |app| {
        walk(app, &mut pieces)?;
        Ok(pieces.send()?)
    }));
    match sent.recv().await {
        Some(first) => Ok(from_channel(media_type, first, sent)),
        // Not one piece came: the walk could not begin.
        None => match walk.await {
            Ok(Err(problem)) => Err(problem),
            Ok(Ok(())) | Err(_) => Err(Problem::internal("the answer couldn't be made")),
        },
    }
}

/// The pieces of an answer on their way to the caller.
pub(crate) struct Pieces {
    runtime: Handle,
    sender: mpsc::Sender<Bytes>,
    piece: Vec<u8>,
    is_sent: bool,
}

impl Pieces {
    /// Adds a value as one line.
    ///
    /// # Errors
    /// `caller-gone`.
    pub(crate) fn line(&mut self, value: &impl Serialize) -> Result<(), Error> {
        push_line(&mut self.piece, value);
        if self.piece.len() >= PIECE_BYTES { self.send() } else { Ok(()) }
    }

    /// Hands what is there to the caller's connection, waiting while it is busy.
    fn send(&mut self) -> Result<(), Error> {
        if self.piece.is_empty() {
            return Ok(());
        }
        self.is_sent = true;
        let bytes = Bytes::from(std::mem::take(&mut self.piece));
        let sent = self.runtime.block_on(async { tokio::time::timeout(READ_TIME, self.sender.send(bytes)).await });
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Error::new(Kind::Unavailable, "caller-gone", "the caller stopped reading")),
        }
    }
}

impl io::Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES {
            self.send().map_err(|error| io::Error::new(io::ErrorKind::BrokenPipe, error))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
