//! `rules graph`: which predicate reads which, and which relations each permission depends on.

mod dot;
mod outline;
#[cfg(test)]
mod tests;
mod text;

use crate::policy::checked::Policy;

use outline::Outline;

/// The graph of a policy in words, several lines.
///
/// First the permissions, those with the same relations together, in the order of the catalogue; then the derived
/// predicates by name, each with its stratum, what it reads and where its rules stand; then what is never used.
pub fn text(policy: &Policy) -> String {
    text::print(policy, &Outline::of(policy))
}

/// The graph of a policy in DOT, for Graphviz.
///
/// Stored predicates are boxes, those that come with the question dashed boxes, recursive ones have a double border; a
/// dashed arrow is a `not`. Permissions of one category whose `can` reads the same share a node; a frame holds each
/// category.
pub fn dot(policy: &Policy) -> String {
    dot::print(policy, &Outline::of(policy))
}
