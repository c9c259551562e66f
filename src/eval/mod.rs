//! Plan + facts → answer. No clock, no threads, no I/O of its own.

pub mod cells;
mod collect;
pub mod entrances;
mod events;
pub mod facts;
mod filters;
pub mod goal;
pub mod limits;
mod machine;
pub mod residual;
mod row_set;
mod rows;
mod seen;
mod table;
mod tables;
mod tabling;
mod touched;
mod witness;
