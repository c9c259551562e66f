//! `entail backup` and `entail restore`.

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use crate::api::problem::Problem;
use crate::cli::args::Common;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::run::SUCCESS;
use crate::cli::source::Source;
use crate::engine::backup::BackedUp;
use crate::engine::engine::Engine;

/// What is told of a backup.
#[derive(Serialize)]
struct Told<'a> {
    store: &'a str,
    tenants: u64,
    facts: u64,
    objects: u64,
    bytes: u64,
}

/// Writes all tenants of a store to a file.
pub(super) fn run(common: &Common, file: &Path) -> Result<ExitCode, Failure> {
    let contents = match Source::open(common)? {
        Source::Local { engine, .. } => engine.backup(file)?,
        Source::Server(client) => client.backup(file)?,
    };
    tell(common, &contents, &format!("`{}` holds", file.display()))
}

/// Makes a store of a backup.
pub(super) fn restore(common: &Common, file: &Path, same_store: bool) -> Result<ExitCode, Failure> {
    if common.server().is_some() {
        return Err(Problem::invalid("usage", "a server doesn't restore: it holds a store already")
            .help("Restore into another directory, `--data DIR`, and serve that one.")
            .into());
    }
    let contents = Engine::restore(file, common.data(), same_store)?;
    tell(common, &contents, &format!("`{}` is verified, and holds", common.data().display()))
}

fn tell(common: &Common, contents: &BackedUp, what: &str) -> Result<ExitCode, Failure> {
    let BackedUp { store, tenants, facts, objects, bytes } = contents;
    let mut output = Output::new();
    match common.json {
        true => {
            let (tenants, facts, objects, bytes) = (*tenants, *facts, *objects, *bytes);
            output.json(&Told { store, tenants, facts, objects, bytes })?;
        }
        false => {
            output.line(&format!("{what} {tenants} tenants, {facts} facts, {objects} objects ({bytes} bytes)"))?;
        }
    }
    output.flush()?;
    Ok(SUCCESS)
}
