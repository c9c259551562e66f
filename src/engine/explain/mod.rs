//! Why a permission is held, and why not: proofs, the ways to a permission, and what is missing on each.

#[cfg_attr(not(test), expect(dead_code, reason = "explanations come next"))]
pub(super) mod question;
#[cfg_attr(not(test), expect(dead_code, reason = "explanations come next"))]
pub(super) mod ways;
