//! `entail rules`: for rule authors.

mod activate;
mod check;
mod cost;
mod escalations;
pub(super) mod files;
mod format;
mod graph;
pub(super) mod run;
mod step;
mod test;
