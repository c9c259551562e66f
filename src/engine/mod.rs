//! The hall: where rules and data meet. Blocking; shared by all threads.

mod activate;
mod active;
mod ask;
mod batch;
mod build;
pub mod codes;
pub mod cost;
#[expect(clippy::module_inception, reason = "the engine is the hall's own noun")]
pub mod engine;
pub mod error;
mod facts;
pub mod limits;
mod listing;
mod load;
mod memory;
mod names;
mod paging;
mod place;
mod published;
mod query;
mod question;
mod reference;
mod registry;
pub mod request;
mod residuals;
mod state;
mod tenants;
pub mod token;
mod transact;
mod verbs;
mod writer;
