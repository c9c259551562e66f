//! The front desk: roles, users, teams, sharing and the catalogue, as the product documents describe them, over any policy that
//! speaks the words of `roles.dl`.
//!
//! Nothing is decided here. What is read are queries at one revision; what is changed is one transaction of the engine, which the
//! policy's guards judge for the acting user and its denies for everybody. No product is known: only the relations that all share.

pub mod access;
pub mod accounts;
pub mod catalogue;
pub mod codes;
mod desk;
mod names;
pub mod records;
pub mod reply;
pub mod review;
pub mod roles;
pub mod settings;
pub mod teams;
pub mod users;
mod via;
