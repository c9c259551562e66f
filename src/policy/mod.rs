//! Syntax → a [`checked::Policy`], which exists only checked.

pub mod analysis;
mod catalogue;
pub mod check;
pub mod checked;
pub mod codes;
mod columns;
mod comparison;
mod context;
mod declare;
mod duplicates;
mod facts;
mod fitting;
pub mod goal;
pub mod graph;
mod instance;
mod kinds;
mod lint;
mod lower;
pub mod misfit;
mod oversights;
mod ownership;
pub mod pack;
mod read;
mod report;
mod resolve;
mod safety;
pub mod schema;
mod search;
mod statements;
mod stratify;
mod suggest;
#[cfg(test)]
mod tests;
mod times;
mod types;
