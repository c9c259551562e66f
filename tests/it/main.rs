//! Entail from outside: its public API, its documentation, its doors. One binary, a module a theme.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod administration;
mod api;
mod backup;
mod changes;
mod cli;
mod codes;
mod deep;
mod differential;
mod escalations;
mod faults;
mod groups;
mod house;
mod language_guide;
mod limits;
mod load;
mod memory;
mod metamorphic;
mod oracle;
mod packs;
mod premises;
mod proofs;
mod requirements;
mod tenants;
mod tokens;
mod transactions;
mod verify;
mod worlds;
mod writes;
