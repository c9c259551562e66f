//! Diagnostics in the making: a code, a place, words, and then what helps.

use crate::language::diagnostic::{Diagnostic, Severity};
use crate::language::span::Span;

/// The diagnostics of one check, in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// All of them.
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// A diagnostic that is not yet reported.
#[must_use]
pub(super) struct Problem(Diagnostic);

impl Report {
    /// Whether some diagnostic makes the policy unusable.
    pub(super) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Adds a diagnostic.
    pub(super) fn add(&mut self, problem: Problem) {
        self.diagnostics.push(problem.0);
    }
}

impl Problem {
    /// What to do, a sentence.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// What to do, if something is known.
    pub(super) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.0.help = help.or(self.0.help);
        self
    }

    /// Another place that belongs to it.
    pub(super) fn related(mut self, span: Span, words: impl Into<String>) -> Self {
        self.0.related.push((span, words.into()));
        self
    }
}

/// Something that makes the policy unusable.
pub(super) fn error(code: &'static str, span: Span, message: impl Into<String>) -> Problem {
    problem(Severity::Error, code, span, message.into())
}

/// Something that the author probably doesn't mean.
pub(super) fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Problem {
    problem(Severity::Warning, code, span, message.into())
}

fn problem(severity: Severity, code: &'static str, span: Span, message: String) -> Problem {
    Problem(Diagnostic { severity, code, message, span, related: Vec::new(), help: None })
}
