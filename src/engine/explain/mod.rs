//! Why a permission is held, and why not: proofs, the ways to a permission, and what is missing on each.

mod assemble;
mod closed;
mod components;
pub mod denial;
mod distinct;
pub mod explanation;
mod filled;
mod fork;
mod graph;
mod openings;
mod premises;
pub mod proof;
pub(super) mod question;
mod search;
mod trial;
pub(super) mod ways;
mod witnesses;
