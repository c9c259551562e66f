//! The store as a whole: held against a model, against crashes, and against damaged files.

pub(super) mod arbitrary;
mod audit;
mod backup;
mod bits;
mod crash;
mod damage;
mod decoders;
mod failing;
mod load;
mod model;
mod refusals;
pub(super) mod world;
