//! `entail keys new`.

use std::process::ExitCode;

use serde::Serialize;

use crate::api::keys::{Keys as KeyFile, new_key};
use crate::cli::args::{Common, Keys};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::run::SUCCESS;

/// A new key.
#[derive(Serialize)]
struct NewKey {
    key: String,
    line: String,
}

/// Makes a key, and prints it and the line that lets a server know it.
pub(super) fn run(common: &Common, keys: &Keys) -> Result<ExitCode, Failure> {
    let Keys::New { allow } = keys;
    let tenants: Vec<String> = common.tenant.split(',').map(|tenant| tenant.trim().to_owned()).collect();
    let (key, line) = new_key(*allow, &tenants);
    // A name that the file can't hold is refused here, not at the server's next start.
    line.parse::<KeyFile>().map_err(crate::api::problem::Problem::from)?;
    let mut output = Output::new();
    match common.json {
        true => output.json(&NewKey { key, line })?,
        false => {
            output.line(&format!("key, for its holder alone: {key}"))?;
            output.line(&format!("line of the keys file:     {line}"))?;
        }
    }
    output.flush()?;
    Ok(SUCCESS)
}
