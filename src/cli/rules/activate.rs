//! `entail rules activate`.

use std::path::Path;
use std::process::ExitCode;

use crate::cli::args::Common;
use crate::cli::failure::{Failure, warn};
use crate::cli::output::Output;
use crate::cli::rules::files::read_files;
use crate::cli::run::SUCCESS;
use crate::cli::source::Source;

/// Makes a policy the active one of the tenant, which is made if it isn't there.
pub(super) fn run(common: &Common, file: &Path) -> Result<ExitCode, Failure> {
    let policy = read_files(file)?;
    let reply = Source::open_or_make(common)?.activate(policy)?;
    let mut output = Output::new();
    match common.json {
        true => output.json(&reply)?,
        false => {
            reply.warnings.iter().for_each(|warning| warn(warning));
            output.line(&format!("policy {} is active at revision {}", reply.hash, reply.revision))?;
        }
    }
    output.flush()?;
    Ok(SUCCESS)
}
