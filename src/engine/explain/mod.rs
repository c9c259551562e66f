//! Why a permission is held, and why not: proofs, the ways to a permission, and what is missing on each.

mod assemble;
pub mod explain;
mod graph;
mod premises;
pub mod proof;
pub(super) mod question;
mod search;
#[cfg_attr(not(test), expect(dead_code, reason = "explanations come next"))]
pub(super) mod ways;
mod witnesses;
