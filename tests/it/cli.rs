//! The command line, run as a program.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod administration;
mod bad_input;
mod operators;
pub(crate) mod program;
mod rules;
mod served;
mod verbs;
