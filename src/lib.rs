//! Relationship-based authorization with policies in Datalog, over an embedded store.

pub mod eval;
pub mod index;
pub mod language;
pub mod model;
pub mod plan;
pub mod policy;
pub mod store;
