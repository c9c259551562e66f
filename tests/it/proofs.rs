//! Explanations: every allow has a proof that holds step by step, and none is smaller; what is told to open a deny opens it.

pub(crate) mod random;
mod sales;
mod small;
mod ways;
mod world;
