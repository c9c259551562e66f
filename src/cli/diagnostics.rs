//! What the language says about a text, as the command tells it.

use serde::Serialize;

use crate::api::problem::Problem;
use crate::language::diagnostic::{Diagnostic, Severity};
use crate::language::render::render;
use crate::language::span::Source;

/// A diagnostic as JSON.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    severity: &'static str,
    code: &'static str,
    message: String,
    file: String,
    /// From 1.
    line: usize,
    /// From 1, in characters.
    column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl Finding {
    /// What a diagnostic says, and where in the files that it is about.
    pub(super) fn new(diagnostic: &Diagnostic, sources: &[Source]) -> Self {
        let source = sources.get(diagnostic.span.source.0 as usize);
        let before = source.and_then(|source| source.text.get(..diagnostic.span.start as usize)).unwrap_or_default();
        let last_line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            severity: match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            code: diagnostic.code,
            message: diagnostic.message.clone(),
            file: source.map(|source| source.name.clone()).unwrap_or_default(),
            line: source.map_or(1, |source| source.line(diagnostic.span)),
            column: last_line.chars().count() + 1,
            help: diagnostic.help.clone(),
        }
    }
}

/// The problem of a text that can't be used: the first error's code and words, and all that is wrong drawn under the
/// text.
pub(super) fn refused(sources: &[Source], diagnostics: &[Diagnostic]) -> Problem {
    let first = diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error).or(diagnostics.first());
    let mut problem = match first {
        Some(first) => Problem::invalid(first.code, first.message.clone()),
        None => Problem::internal("a text was refused without a reason"),
    };
    // A help that is drawn with its text isn't said twice.
    problem.details = diagnostics.iter().map(|diagnostic| render(diagnostic, sources)).collect();
    problem
}
