//! `entail rules`: for rule authors.

mod activate;
mod check;
mod cost;
mod coverage;
mod escalations;
pub(super) mod files;
mod format;
mod graph;
mod mutant;
pub(super) mod run;
mod step;
mod suite;
mod test;
