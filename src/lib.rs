//! Relationship-based authorization with policies in Datalog, over an embedded store.

pub mod index;
pub mod language;
pub mod model;
pub mod policy;
pub mod store;
