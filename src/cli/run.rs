//! The command: arguments in, exit code out.

use std::any::Any;
use std::ffi::OsString;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::api::problem::Problem;
use crate::cli::args::{Arguments, Verb};
use crate::cli::failure::{Failure, tell};
use crate::cli::{
    administration, backup, changes, check, export, keys, list, load, query, rules, serve, verify, write,
};

/// Success, or allow.
pub(super) const SUCCESS: ExitCode = ExitCode::SUCCESS;
/// Deny.
pub(super) const DENY: u8 = 1;
/// An error: neither.
const ERROR: u8 = 2;

/// Does what the arguments say, the program's name first among them. Answers go to standard output, errors to standard
/// error; the exit code is 0 for allow or success, 1 for deny, 2 for an error.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().map(shown_to_clap).collect();
    let json = arguments.iter().any(|argument| argument == "--json");
    // What can't be is told in a line, without the program's insides. On a server's threads it costs one answer.
    set_hook(Box::new(move |panic| {
        let place = panic.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
        tell(&Problem::internal(format!("something happened that can't be{place}: {}", words(panic.payload()))), json);
    }));
    let outcome = catch_unwind(AssertUnwindSafe(|| match Arguments::try_parse_from(&arguments) {
        Ok(arguments) => dispatch(&arguments),
        Err(error) => usage(&error, &arguments, json),
    }));
    match outcome {
        Ok(Ok(code)) => code,
        Ok(Err(Failure::OutputClosed)) => SUCCESS,
        Ok(Err(Failure::Problem(problem))) => {
            tell(&problem, json);
            ExitCode::from(ERROR)
        }
        Err(_) => ExitCode::from(ERROR),
    }
}

fn dispatch(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let common = &arguments.common;
    match &arguments.verb {
        Verb::Serve(serve) => serve::run(common, serve),
        Verb::Check(check) => check::run(common, check),
        Verb::List(list) => list::run(common, list),
        Verb::Query(query) => query::run(common, query),
        Verb::Write(write) => write::run(common, write),
        Verb::Load(load) => load::run(common, load),
        Verb::Export => export::run(common),
        Verb::Changes(changes) => changes::run(common, changes),
        Verb::Verify => verify::run(common),
        Verb::Backup { file } => backup::run(common, file),
        Verb::Restore { file, same_store } => backup::restore(common, file, *same_store),
        Verb::Rules(rules) => rules::run::run(common, rules),
        Verb::Keys(keys) => keys::run(common, keys),
        Verb::Account(account) => administration::account::run(common, account),
        Verb::Role(role) => administration::role::run(common, role),
        Verb::User(user) => administration::user::run(common, user),
        Verb::Team(team) => administration::team::run(common, team),
        Verb::Record(record) => administration::record::run(common, record),
        Verb::Access(access) => administration::access::run(common, access),
        Verb::Catalogue { at } => administration::catalogue::run(common, at.as_deref()),
    }
}

/// A fact to delete looks like an option; with a blank before it, clap takes it for what it is.
fn shown_to_clap(argument: OsString) -> OsString {
    let is_fact = argument.to_str().and_then(|text| text.strip_prefix('-')).is_some_and(|rest| {
        let name = rest.split('(').next().unwrap_or("");
        rest.starts_with(|c: char| c.is_ascii_lowercase())
            && name.len() < rest.len()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
    });
    match is_fact {
        true => {
            let mut shown = OsString::from(" ");
            shown.push(argument);
            shown
        }
        false => argument,
    }
}

/// What clap says: help and version are answers, the rest are errors like all others.
fn usage(error: &clap::Error, arguments: &[OsString], json: bool) -> Result<ExitCode, Failure> {
    let text = error.render().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A reader who went away has seen enough of the help.
        let _ = std::io::stdout().write_all(format!("{}\n", text.trim_end()).as_bytes());
        return Ok(SUCCESS);
    }
    let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && !json {
        let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
        return Ok(ExitCode::from(ERROR));
    }
    let (message, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ").replace('\'', "`");
    let help = match verb_of(arguments) {
        Some(verb) => format!("`entail {verb} --help` tells what it takes."),
        None => String::from("`entail --help` lists the verbs."),
    };
    let mut problem = Problem::invalid("usage", message).help(help);
    problem.details = rest.lines().filter(|line| line.starts_with("Usage: ")).map(str::to_owned).collect();
    Err(problem.into())
}

/// The verb that arguments name, with the verbs below it: `role change`.
fn verb_of(arguments: &[OsString]) -> Option<String> {
    let mut command = &Arguments::command();
    let mut path: Vec<&str> = Vec::new();
    for argument in arguments.iter().skip(1).filter_map(|argument| argument.to_str()) {
        if let Some(below) = command.find_subcommand(argument) {
            path.push(argument);
            command = below;
        }
    }
    (!path.is_empty()).then(|| path.join(" "))
}

fn words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default().replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_to_delete_is_told_from_an_option() {
        for fact in ["-owner(sequence:1, user:ana)", "-team(team:eu)", "-a.b_c1(x)"] {
            assert_eq!(shown_to_clap(fact.into()), OsString::from(format!(" {fact}")));
        }
        for other in ["--json", "-h", "-V", "+owner(a)", "-", "--data=x(y)", "owner(x)"] {
            assert_eq!(shown_to_clap(other.into()), OsString::from(other));
        }
    }
}
