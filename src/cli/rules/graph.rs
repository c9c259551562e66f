//! `entail rules graph`.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use crate::cli::args::Common;
use crate::cli::diagnostics::refused;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::rules::files::read_pack;
use crate::cli::run::SUCCESS;
use crate::policy::check::check;
use crate::policy::graph;

/// Prints what depends on what, in words or for Graphviz.
pub(super) fn run(common: &Common, file: &Path, dot: bool) -> Result<ExitCode, Failure> {
    let pack = read_pack(file)?;
    let (policy, diagnostics) = check(&pack);
    let policy = policy.ok_or_else(|| refused(&pack.sources, &diagnostics))?;
    let text = if dot { graph::dot(&policy) } else { graph::text(&policy) };
    let mut output = Output::new();
    match common.json {
        true => output.json(&json!({ "graph": text }))?,
        false => output.text(&text)?,
    }
    output.flush()?;
    Ok(SUCCESS)
}
