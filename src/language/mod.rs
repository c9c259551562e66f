//! Text ↔ syntax. Reading never fails: it yields what it understood, and its diagnostics.

pub mod codes;
pub mod diagnostic;
mod lexer;
pub mod parser;
pub mod printer;
pub mod raw;
pub mod render;
pub mod span;
pub mod syntax;
