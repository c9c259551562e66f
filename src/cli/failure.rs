//! How a verb ends when it can't do what was asked, and how that reads.

use std::io::{self, Write};

use crate::api::problem::Problem;
use crate::cli::output::printable;
use crate::engine::error::Error;

/// Why a verb ended early.
#[derive(Debug)]
pub(super) enum Failure {
    /// Something to tell the user.
    Problem(Problem),
    /// Whoever read the output has gone: nothing to tell.
    OutputClosed,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Problem(error.into())
    }
}

/// What writing to standard output met.
pub(super) fn output_failed(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::OutputClosed,
        _ => Failure::Problem(Problem::invalid("output-failed", format!("the output can't be written: {error}"))),
    }
}

/// What reading a file met.
pub(super) fn unreadable(file: &str, error: &io::Error) -> Problem {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::InvalidData => "it isn't UTF-8 text".to_owned(),
        _ => error.to_string(),
    };
    Problem::invalid("unreadable-file", format!("`{file}` can't be read: {reason}"))
}

/// Tells a problem on standard error: in words, or as JSON.
pub(super) fn tell(problem: &Problem, json: bool) {
    let text = match json {
        true => serde_json::to_string(problem).unwrap_or_default() + "\n",
        false => in_words(problem),
    };
    // When standard error is closed there is nobody left to tell.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Tells something that is no error on standard error.
pub(super) fn note(text: &str) {
    let _ = io::stderr().lock().write_all(format!("note: {}\n", printable(text)).as_bytes());
}

/// Tells a rendered warning on standard error.
pub(super) fn warn(text: &str) {
    let _ = io::stderr().lock().write_all(format!("{}\n", printable(text.trim_end())).as_bytes());
}

fn in_words(problem: &Problem) -> String {
    let mut text = format!("error[{}]: {}\n", problem.code, printable(&problem.detail));
    if problem.details.first().is_some_and(|first| first.starts_with(text.trim_end())) {
        // A drawn diagnostic says all of it.
        text.clear();
    }
    for detail in &problem.details {
        text.push_str(&printable(detail.trim_end()));
        text.push('\n');
    }
    if let Some(help) = &problem.help {
        text.push_str(&format!("help: {}\n", printable(help)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reads_as_code_message_details_help() {
        let mut problem = Problem::invalid("misfit", "two facts don't fit").help("Correct them.");
        problem.details = ["owner(doc:1)\n".to_owned(), "owner(doc:\u{1b}2)".to_owned()].into();
        let expected = "error[misfit]: two facts don't fit\nowner(doc:1)\nowner(doc:\\u{1b}2)\nhelp: Correct them.\n";
        assert_eq!(in_words(&problem), expected);
    }

    #[test]
    fn a_drawn_diagnostic_is_not_said_twice() {
        let mut problem = Problem::invalid("misfit", "it doesn't fit");
        problem.details = ["error[misfit]: it doesn't fit\n --> a.dl:1:1".to_owned()].into();
        assert_eq!(in_words(&problem), "error[misfit]: it doesn't fit\n --> a.dl:1:1\n");
    }
}
