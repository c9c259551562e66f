//! Relationship-based authorization with policies in Datalog, over an embedded store.
//!
//! Facts say who is in which team, who owns what, what is shared with whom; rules say what follows; checks, listings and
//! queries are the same rules asked with other arguments bound.
//!
//! ```
//! use entail::engine::request::{Check, PolicyText, Write};
//! use entail::model::fact::RawFact;
//! use entail::model::value::Raw;
//! use entail::{Engine, Options};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let directory = tempfile::tempdir()?;
//! let engine = Engine::open(directory.path(), Options::default())?;
//! let rules = r#"
//!     open type user, doc.
//!     relation owner(doc) -> user.
//!     can(U, doc.view, D) :- owner(D, U).
//!     permission doc.view on doc "View".
//! "#;
//! let files = [("docs.dl".to_owned(), rules.to_owned())].into();
//! engine.activate("acme", &PolicyText { main: "docs.dl".to_owned(), files })?;
//! let owner = RawFact {
//!     relation: "owner".to_owned(),
//!     values: vec![Raw::Text("doc:1".to_owned()), Raw::Text("user:ana".to_owned())],
//! };
//! engine.write("acme", &Write { insert: vec![owner], ..Write::default() })?;
//! let check = Check {
//!     subject: "user:ana".to_owned(),
//!     permission: "doc.view".to_owned(),
//!     object: "doc:1".to_owned(),
//!     ..Check::default()
//! };
//! assert!(engine.check("acme", &check)?.allowed);
//! # Ok(())
//! # }
//! ```
//!
//! `docs/architecture.md` shows the house, `docs/language.md` teaches the rules.

pub mod administration;
pub mod api;
pub mod cli;
pub mod engine;
pub mod escalations;
pub mod eval;
pub mod index;
pub mod language;
pub mod model;
pub mod plan;
pub mod policy;
pub mod store;
pub mod verify;

pub use crate::engine::engine::{Engine, Options};
