//! The front desk: what administrators of a product do, over HTTP, on whatever pack.

mod access;
mod accounts;
mod desk;
mod records;
mod roles;
mod teams;
mod users;
