//! `entail rules check`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use crate::api::problem::Problem;
use crate::cli::args::Common;
use crate::cli::diagnostics::Finding;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, printable};
use crate::cli::rules::files::read_pack;
use crate::cli::run::SUCCESS;
use crate::language::diagnostic::Severity;
use crate::language::render::render;
use crate::policy::check::check;

/// What is said about some files.
#[derive(Debug, Default, Serialize)]
struct Judgement {
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Finding>,
    /// Relations and types that no guard is about: none but the operator writes them.
    unguarded: BTreeSet<String>,
}

/// Checks files, each with what it includes, and tells all that is wrong.
pub(super) fn run(common: &Common, files: &[PathBuf]) -> Result<ExitCode, Failure> {
    let mut output = Output::new();
    let mut judgement = Judgement::default();
    // Two files may include a third, whose diagnostics are told once.
    let mut told = BTreeSet::new();
    for file in files {
        let pack = read_pack(file)?;
        let (policy, diagnostics) = check(&pack);
        for diagnostic in &diagnostics {
            let text = render(diagnostic, &pack.sources);
            if told.contains(&text) {
                continue;
            }
            match diagnostic.severity {
                Severity::Error => judgement.errors += 1,
                Severity::Warning => judgement.warnings += 1,
            }
            judgement.diagnostics.push(Finding::new(diagnostic, &pack.sources));
            if !common.json {
                output.line(&printable(text.trim_end()))?;
                output.line("")?;
            }
            told.insert(text);
        }
        let unguarded = policy.map(|policy| policy.unguarded()).unwrap_or_default();
        judgement.unguarded.extend(unguarded.iter().map(ToString::to_string));
    }
    if common.json {
        output.json(&judgement)?;
    } else {
        if !judgement.unguarded.is_empty() {
            let names: Vec<&str> = judgement.unguarded.iter().map(String::as_str).collect();
            output.line(&format!("without a guard, so the operator's alone: {}", names.join(", ")))?;
        }
        output.line(&format!("{}, {}", counted(judgement.errors, "error"), counted(judgement.warnings, "warning")))?;
    }
    output.flush()?;
    match judgement.errors {
        0 => Ok(SUCCESS),
        n_errors => {
            Err(Problem::invalid("invalid-rules", format!("the rules have {}", counted(n_errors, "error"))).into())
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
