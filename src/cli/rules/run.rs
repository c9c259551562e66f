//! Which of the verbs.

use std::process::ExitCode;

use crate::cli::args::{Common, Rules};
use crate::cli::failure::Failure;
use crate::cli::rules::{activate, check, cost, escalations, format, graph, test};

/// Does what a verb of `rules` says.
pub(crate) fn run(common: &Common, rules: &Rules) -> Result<ExitCode, Failure> {
    match rules {
        Rules::Check { files } => check::run(common, files),
        Rules::Format { files, write, check } => format::run(common, files, *write, *check),
        Rules::Graph { file, dot } => graph::run(common, file, *dot),
        Rules::Test { files, coverage } => test::run(common, files, *coverage),
        Rules::Cost { file } => cost::run(common, file.as_deref()),
        Rules::Escalations { files } => escalations::run(common, files),
        Rules::Activate { file } => activate::run(common, file),
    }
}
