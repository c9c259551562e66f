//! Why a permission is held, and why not: proofs, the ways to a permission, and what is missing on each.

mod assemble;
mod closed;
mod components;
pub mod denial;
pub mod explanation;
mod fork;
mod graph;
mod openings;
mod premises;
pub mod proof;
pub(super) mod question;
mod search;
pub(super) mod ways;
mod witnesses;
