//! The nouns of authorization as plain values: no I/O, no locks, no JSON.

pub mod comparison;
pub mod fact;
pub mod layout;
pub mod revision;
pub mod rows;
pub(crate) mod short;
pub mod value;
