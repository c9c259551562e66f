//! A door: HTTP. JSON and async live here alone; a file owns the shapes of its routes.

mod access;
mod app;
mod backup;
mod body;
pub(crate) mod changes;
pub(crate) mod check;
pub mod codes;
pub(crate) mod explain;
mod facts;
mod health;
pub(crate) mod json;
pub mod keys;
pub(crate) mod list;
mod metrics;
mod ndjson;
mod parameters;
mod place;
pub(crate) mod policy;
pub(crate) mod problem;
pub(crate) mod query;
pub(crate) mod request;
mod router;
pub mod server;
mod stream;
pub(crate) mod verify;
pub(crate) mod wire;
pub(crate) mod write;
