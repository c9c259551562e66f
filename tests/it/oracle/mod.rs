//! The oracle: what is true, said a second time by simpler means, and random worlds to hold the engine against it.

pub(crate) mod asks;
pub(crate) mod bench;
pub(crate) mod bodies;
pub(crate) mod changes;
pub(crate) mod check;
pub(crate) mod corpus;
pub(crate) mod course;
mod drawn_courses;
pub(crate) mod judgement;
pub(crate) mod naive;
pub(crate) mod notation;
pub(crate) mod questions;
pub(crate) mod random;
pub(crate) mod reader;
mod rules;
pub(crate) mod sales_twin;
mod selection;
pub(crate) mod shrink;
mod shrink_course;
pub(crate) mod state;
mod tangles;
mod terms;
mod tests;
pub(crate) mod transaction;
mod verdicts;
pub(crate) mod worlds;
mod writing;
