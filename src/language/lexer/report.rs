//! Collects the errors of a text, up to a bound.

use std::collections::HashSet;

use crate::language::diagnostic::{Diagnostic, Severity};
use crate::language::span::{SourceId, Span};

/// So many errors of one text are told; after that the rest of it isn't read.
const MAX_ERRORS: usize = 100;

/// The errors found so far in one text.
pub(in crate::language) struct Report {
    source: SourceId,
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    pub(in crate::language) fn new(source: SourceId) -> Self {
        Self { source, diagnostics: Vec::new() }
    }

    /// The span of some bytes of this text.
    pub(in crate::language) fn span(&self, start: u32, end: u32) -> Span {
        Span { source: self.source, start, end }
    }

    /// Whether reading on is pointless.
    pub(in crate::language) fn is_full(&self) -> bool {
        self.diagnostics.len() >= MAX_ERRORS
    }

    /// Adds an error.
    pub(in crate::language) fn error(&mut self, code: &'static str, message: String, span: Span, help: &str) {
        self.error_with(code, message, span, help, Vec::new());
    }

    /// Adds an error with other places that belong to it.
    pub(in crate::language) fn error_with(
        &mut self,
        code: &'static str,
        message: String,
        span: Span,
        help: &str,
        related: Vec<(Span, String)>,
    ) {
        if !self.is_full() {
            let help = Some(help.to_owned());
            self.diagnostics.push(Diagnostic { severity: Severity::Error, code, message, span, related, help });
        }
    }

    /// The errors of a lexer and its parser, in the order of the text.
    pub(in crate::language) fn finish(self, parsed: Self) -> Vec<Diagnostic> {
        let mut diagnostics = self.diagnostics;
        // What the lexer has told about a token is enough.
        let told: HashSet<u32> = diagnostics.iter().map(|diagnostic| diagnostic.span.start).collect();
        diagnostics.extend(
            parsed
                .diagnostics
                .into_iter()
                .filter(|diagnostic| diagnostic.code != "unexpected-token" || !told.contains(&diagnostic.span.start)),
        );
        diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
        if diagnostics.len() >= MAX_ERRORS {
            diagnostics.truncate(MAX_ERRORS);
            let last = diagnostics.last().map(|diagnostic| diagnostic.span).unwrap_or_default();
            diagnostics.push(Diagnostic {
                severity: Severity::Error,
                code: "too-many-errors",
                message: format!("{MAX_ERRORS} errors, the rest of the text was not read"),
                span: last,
                related: Vec::new(),
                help: Some("Mend the first ones; many of the others may go with them.".to_owned()),
            });
        }
        diagnostics
    }
}

/// A piece of the author's text for a message: at most 40 characters, on one line, in backticks.
pub(in crate::language) fn quote(text: &str) -> String {
    let mut shown: String = text.chars().take(40).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}
