//! The HTTP door: what it answers, what it refuses, whom it lets in.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod access;
mod answers;
mod bad_input;
mod codes;
pub(crate) mod server;
