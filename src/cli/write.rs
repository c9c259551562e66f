//! `entail write`.

use std::process::ExitCode;

use crate::api::problem::Problem;
use crate::api::wire::WireFact;
use crate::api::write::{WireChange, WireReasons, WriteReply, WriteRequest};
use crate::cli::args::{Common, Write};
use crate::cli::diagnostics::refused;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::run::SUCCESS;
use crate::cli::source::Source;
use crate::language::parser::{parse_atom, parse_change};
use crate::language::raw::raw_fact;
use crate::language::span::{Source as Text, SourceId};
use crate::language::syntax::Sign;

/// Writes one transaction.
pub(super) fn run(common: &Common, write: &Write) -> Result<ExitCode, Failure> {
    let request = request(write)?;
    let reply = Source::open(common)?.ask(request)?;
    tell(common, &reply)
}

/// Tells what a transaction did.
pub(super) fn tell(common: &Common, reply: &WriteReply) -> Result<ExitCode, Failure> {
    let mut output = Output::new();
    let WriteReply { revision, inserted, deleted, changes, .. } = reply;
    if common.json {
        output.json(reply)?;
    } else {
        output.line(&format!("inserted {inserted}, deleted {deleted}, at revision {revision}"))?;
        for WireChange { relation, inserted, deleted } in changes {
            let parts: Vec<String> = reasons('+', *inserted).chain(reasons('-', *deleted)).collect();
            output.line(&format!("  {relation}: {}", parts.join(", ")))?;
        }
    }
    output.flush()?;
    Ok(SUCCESS)
}

/// `+2 asked`, `+1 by an effect`.
fn reasons(sign: char, reasons: WireReasons) -> impl Iterator<Item = String> {
    let WireReasons { asked, completed, added } = reasons;
    let told = [(asked, "asked"), (completed, "to complete it"), (added, "by effects")];
    told.into_iter().filter(|(n, _)| *n > 0).map(move |(n, why)| format!("{sign}{n} {why}"))
}

/// The transaction that the arguments write; those with a body are request rules.
fn request(write: &Write) -> Result<WriteRequest, Problem> {
    let mut request = WriteRequest {
        actor: write.actor.clone(),
        require: facts(&write.require)?,
        forbid: facts(&write.forbid)?,
        expect_revision: write.expect_revision.clone(),
        idempotency_key: write.idempotency_key.clone(),
        ..WriteRequest::default()
    };
    for argument in &write.changes {
        let text = argument.trim();
        let source = || [Text { name: "argument".to_owned(), text: text.to_owned() }];
        let (change, diagnostics) = parse_change(SourceId(0), text);
        let Some(change) = change else {
            return Err(refused(&source(), &diagnostics));
        };
        if !change.body.is_empty() {
            let rules = request.rules.get_or_insert_default();
            rules.push_str(text.trim_end_matches('.'));
            rules.push_str(".\n");
            continue;
        }
        let fact = raw_fact(&change.atom).map_err(|diagnostic| refused(&source(), &[diagnostic]))?;
        match change.sign {
            Sign::Plus => request.insert.push(WireFact(fact)),
            Sign::Minus => request.delete.push(WireFact(fact)),
        }
    }
    Ok(request)
}

/// Facts in the language's notation.
fn facts(arguments: &[String]) -> Result<Vec<WireFact>, Problem> {
    let fact = |argument: &String| {
        let text = argument.trim();
        let source = [Text { name: "argument".to_owned(), text: text.to_owned() }];
        let (atom, diagnostics) = parse_atom(SourceId(0), text);
        let atom = atom.ok_or_else(|| refused(&source, &diagnostics))?;
        raw_fact(&atom).map(WireFact).map_err(|diagnostic| refused(&source, &[diagnostic]))
    };
    arguments.iter().map(fact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(changes: &[&str]) -> Result<WriteRequest, Problem> {
        let changes = changes.iter().map(|change| (*change).to_owned()).collect();
        request(&Write {
            changes,
            actor: None,
            require: Vec::new(),
            forbid: Vec::new(),
            expect_revision: None,
            idempotency_key: None,
        })
    }

    #[test]
    fn signs_sort_facts_and_bodies_make_rules() {
        let read = read(&["+owner(doc:1, user:ana)", " -doc(doc:2).", "+role_of(U, role:a) :- role_of(U, role:b)."]);
        let json = serde_json::to_string(&read.unwrap()).unwrap();
        let expected = "{\"insert\":[[\"owner\",\"doc:1\",\"user:ana\"]],\"delete\":[[\"doc\",\"doc:2\"]],\
                        \"rules\":\"+role_of(U, role:a) :- role_of(U, role:b).\\n\"}";
        assert_eq!(json, expected);
    }

    #[test]
    fn a_change_has_a_sign_and_no_variables() {
        assert_eq!(read(&["+owner(doc:1, U)"]).unwrap_err().code, "fact-with-variable");
        assert!(read(&["owner(doc:1, user:ana)"]).is_err());
        assert!(read(&["+owner(doc:1"]).is_err());
    }
}
