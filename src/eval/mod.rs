//! Plan + facts → answer. No clock, no threads, no I/O of its own.

pub mod cells;
mod collect;
pub mod facts;
mod filters;
pub mod limits;
pub mod machine;
mod row_set;
mod rows;
mod seen;
mod tables;
mod tabling;
