//! What the product documents require, each test named after its number.

mod catalogue;
mod escalations;
mod examples;
mod fax;
mod fax_records;
mod inbox;
mod listings;
mod ownership;
mod scopes;
mod sharing;
mod system_roles;
mod two_roles;
pub(crate) mod world;
