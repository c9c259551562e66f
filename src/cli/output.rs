//! Standard output: buffered, and quiet when its reader goes away.

use std::io::{BufWriter, Stdout, Write};

use serde::Serialize;

use crate::cli::failure::{Failure, output_failed};

/// Standard output.
pub(super) struct Output(BufWriter<Stdout>);

impl Output {
    /// Standard output, from its beginning.
    pub(super) fn new() -> Self {
        Self(BufWriter::with_capacity(64 * 1024, std::io::stdout()))
    }

    /// Writes a line.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.text(text)?;
        self.text("\n")
    }

    /// Writes a value as a line of JSON.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.0, value).map_err(|error| output_failed(&error.into()))?;
        self.text("\n")
    }

    /// Writes text as it is.
    pub(super) fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.0.write_all(text.as_bytes()).map_err(|error| output_failed(&error))
    }

    /// Hands everything on.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.0.flush().map_err(|error| output_failed(&error))
    }
}

/// Text that a terminal shows and doesn't obey: control characters but the line break are written as escapes.
pub(super) fn printable(text: &str) -> String {
    let is_obeyed = |c: char| c.is_control() && c != '\n';
    match text.contains(is_obeyed) {
        true => text.chars().fold(String::with_capacity(text.len()), |mut shown, c| {
            match is_obeyed(c) {
                true => shown.extend(c.escape_unicode()),
                false => shown.push(c),
            }
            shown
        }),
        false => text.to_owned(),
    }
}
