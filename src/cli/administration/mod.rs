//! The verbs of administrators: roles, users, teams, records, accounts, the catalogue, and who holds what.

pub(super) mod access;
pub(super) mod account;
pub(super) mod args;
pub(super) mod catalogue;
pub(super) mod record;
pub(super) mod role;
pub(super) mod team;
mod tell;
pub(super) mod user;
