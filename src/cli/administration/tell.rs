//! How answers of the front desk are printed.

use std::process::ExitCode;

use serde::Serialize;

use crate::administration::reply::{Done, Made, Moved};
use crate::api::request::Request;
use crate::cli::args::Common;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, printable};
use crate::cli::run::SUCCESS;
use crate::cli::source::Source;

/// What can be printed for people.
pub(super) trait Told: Serialize {
    /// Its lines.
    fn lines(&self) -> Vec<String>;
}

/// Asks, and prints the answer: as JSON, or as lines.
pub(super) fn ask_and_tell<R>(common: &Common, request: R) -> Result<ExitCode, Failure>
where
    R: Request,
    R::Reply: Told,
{
    let reply = Source::open(common)?.ask(request)?;
    tell(common, &reply)?;
    Ok(SUCCESS)
}

/// Prints an answer: as JSON, or as lines.
pub(super) fn tell(common: &Common, reply: &impl Told) -> Result<(), Failure> {
    let mut output = Output::new();
    match common.json {
        true => output.json(reply)?,
        false => reply.lines().iter().try_for_each(|line| output.line(line))?,
    }
    output.flush()
}

/// Cells of a line, with a tab between them.
pub(super) fn cells(cells: &[&str]) -> String {
    cells.iter().map(|cell| cell_of(cell)).collect::<Vec<_>>().join("\t")
}

/// A text that takes one cell of one line.
fn cell_of(text: &str) -> String {
    printable(text).replace('\n', "\\n")
}

impl Told for Done {
    fn lines(&self) -> Vec<String> {
        let done = if self.changed { "changed" } else { "nothing to change" };
        vec![format!("{done}, at revision {}", self.revision)]
    }
}

impl Told for Made {
    fn lines(&self) -> Vec<String> {
        vec![format!("made {}, at revision {}", cell_of(&self.id), self.revision)]
    }
}

impl Told for Moved {
    fn lines(&self) -> Vec<String> {
        vec![format!("done, {} moved, at revision {}", self.moved, self.revision)]
    }
}
