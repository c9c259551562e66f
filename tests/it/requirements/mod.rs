//! What the product documents require, each test named after its number.

mod at_once;
mod catalogue;
mod custom_roles;
mod deleted_roles;
mod escalations;
mod examples;
mod fax;
mod fax_records;
mod inbox;
mod limits;
mod listings;
mod marketing_resources;
mod marketing_roles;
mod one_role;
mod ownership;
mod scopes;
mod sharing;
mod system_roles;
mod two_roles;
pub(crate) mod world;
