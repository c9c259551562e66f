//! Policy → plans: how each question is answered, as data. Pure.

pub mod adornment;
pub mod blame;
pub mod bodies;
pub mod cost;
pub mod display;
mod distinct;
mod emit;
mod estimate;
pub mod groundwork;
mod order;
pub mod planner;
mod premises;
pub mod procedure;
pub mod replant;
mod tabling;
mod tree;
mod unfold;
pub mod watch;
pub mod ways;

#[cfg(test)]
mod tests;
