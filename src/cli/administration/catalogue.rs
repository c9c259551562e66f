//! `entail catalogue`.

use std::process::ExitCode;

use crate::administration::catalogue::{CatalogueReply, ShowCatalogue};
use crate::cli::administration::tell::{Told, ask_and_tell, cells};
use crate::cli::args::Common;
use crate::cli::failure::Failure;

/// Prints the catalogue of permissions.
pub(in crate::cli) fn run(common: &Common, at: Option<&str>) -> Result<ExitCode, Failure> {
    ask_and_tell(common, ShowCatalogue { at: at.map(str::to_owned) })
}

impl Told for CatalogueReply {
    fn lines(&self) -> Vec<String> {
        let line = |entry: &crate::administration::catalogue::Entry| {
            let (category, on, words) = (entry.category.join(" / "), entry.on.join(" | "), entry.words.join(" "));
            let description = entry.description.as_deref().unwrap_or_default();
            cells(&[&entry.permission, &entry.label, &category, &on, &words, description])
        };
        self.permissions.iter().map(line).collect()
    }
}
