//! `entail rules format`.

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use crate::api::problem::Problem;
use crate::cli::args::Common;
use crate::cli::diagnostics::refused;
use crate::cli::failure::{Failure, unreadable};
use crate::cli::output::Output;
use crate::cli::run::SUCCESS;
use crate::language::parser::parse;
use crate::language::printer::print;
use crate::language::span::{Source, SourceId};

/// A file in canonical form.
#[derive(Serialize)]
struct Formatted {
    file: String,
    canonical: bool,
    text: String,
}

/// Prints the canonical text of files, writes it into them, or says which files have another. A text with errors is
/// left as it is.
pub(super) fn run(common: &Common, files: &[PathBuf], write: bool, check: bool) -> Result<ExitCode, Failure> {
    let mut output = Output::new();
    let mut others = Vec::new();
    for path in files {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(&file, &error))?;
        let (syntax, diagnostics) = parse(SourceId(0), &text);
        if !diagnostics.is_empty() {
            return Err(refused(&[Source { name: file, text }], &diagnostics).into());
        }
        let canonical = print(&syntax);
        let formatted = Formatted { canonical: canonical == text, text: canonical, file };
        if !formatted.canonical && write {
            std::fs::write(path, &formatted.text).map_err(|error| {
                Problem::invalid("unwritable-file", format!("`{}` can't be written: {error}", formatted.file))
            })?;
        }
        match (write, check) {
            _ if common.json => output.json(&formatted)?,
            (false, false) => output.text(&formatted.text)?,
            (true, _) if !formatted.canonical => output.line(&formatted.file)?,
            _ => {}
        }
        if !formatted.canonical {
            others.push(formatted.file);
        }
    }
    output.flush()?;
    if check && !others.is_empty() {
        let mut problem = Problem::invalid("not-canonical", "some files aren't in canonical form")
            .help("`entail rules format --write FILE` changes them.");
        problem.details = others.into();
        return Err(problem.into());
    }
    Ok(SUCCESS)
}
