//! Diagnostics: what is wrong with a text, in its author's words, and what to do.

use crate::language::span::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The policy can't be used.
    Error,
    /// The policy can be used, and probably doesn't say what its author means.
    Warning,
}

/// One thing wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// An error or a lint.
    pub severity: Severity,
    /// The stable code: `unbound-variable`.
    pub code: &'static str,
    /// What is wrong: lower case, no full stop, the author's words, code in backticks.
    pub message: String,
    /// Where.
    pub span: Span,
    /// Other places that belong to it, each with its words: the earlier declaration, each rule of a cycle.
    pub related: Vec<(Span, String)>,
    /// What to do, a sentence.
    pub help: Option<String>,
}
