//! `entail export`.

use std::process::ExitCode;

use crate::cli::args::Common;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::run::SUCCESS;
use crate::cli::source::Source;

/// Prints every stored fact, one a line, in an order that loads back.
pub(super) fn run(common: &Common) -> Result<ExitCode, Failure> {
    let source = Source::open(common)?;
    let mut output = Output::new();
    source.export(|fact| output.json(&fact))?;
    output.flush()?;
    Ok(SUCCESS)
}
