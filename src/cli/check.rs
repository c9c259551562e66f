//! `entail check`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use crate::api::check::{CheckReply, CheckRequest};
use crate::api::explain::{ExplainReply, ExplainRequest};
use crate::api::json::parse;
use crate::api::problem::Problem;
use crate::api::wire::{WireContext, WireValue};
use crate::cli::args::{Asking, Check, Common};
use crate::cli::explained;
use crate::cli::failure::{Failure, unreadable};
use crate::cli::output::{Output, printable};
use crate::cli::run::{DENY, SUCCESS};
use crate::cli::source::Source;
use crate::model::value::Raw;

/// Answers one question, or one a line.
pub(super) fn run(common: &Common, check: &Check) -> Result<ExitCode, Failure> {
    let context = context(&check.asking)?;
    let source = Source::for_question(common, check.asking.rules.as_ref())?;
    if let Some(file) = &check.file {
        return many(&source, file);
    }
    let word = |word: &Option<String>| word.clone().unwrap_or_default();
    let request = CheckRequest {
        subject: word(&check.subject),
        permission: word(&check.permission),
        object: word(&check.object),
        context,
        at: check.asking.at.clone(),
    };
    let mut output = Output::new();
    let allowed = match check.explain {
        false => {
            let reply = source.ask(request)?;
            match common.json {
                true => output.json(&reply)?,
                false => decision(&mut output, reply.allowed, &reply.obligations)?,
            }
            reply.allowed
        }
        true => {
            let reply = source.ask(ExplainRequest(request))?;
            match common.json {
                true => output.json(&reply)?,
                false => explanation(&mut output, &reply)?,
            }
            reply.allowed
        }
    };
    output.flush()?;
    Ok(if allowed { SUCCESS } else { ExitCode::from(DENY) })
}

/// A decision, and what it obliges to.
fn decision(output: &mut Output, allowed: bool, obligations: &[WireValue]) -> Result<(), Failure> {
    output.line(if allowed { "allow" } else { "deny" })?;
    for obligation in obligations {
        match &obligation.0 {
            Raw::Text(text) => output.line(&format!("obliged: {text}"))?,
            Raw::Integer(_) => output.json(obligation)?,
        }
    }
    Ok(())
}

/// A decision and its reasons.
fn explanation(output: &mut Output, reply: &ExplainReply) -> Result<(), Failure> {
    decision(output, reply.allowed, &reply.obligations)?;
    let proofs = reply.proof.iter().chain(&reply.obligation_proofs).flat_map(explained::proof);
    let lines: Vec<String> = proofs.chain(reply.denial.iter().flat_map(explained::denial)).collect();
    lines.iter().try_for_each(|line| output.line(&printable(line)))
}

/// The contextual facts of a question.
pub(super) fn context(asking: &Asking) -> Result<WireContext, Problem> {
    let Some(text) = &asking.context else {
        return Ok(WireContext::default());
    };
    parse(text.as_bytes()).map_err(|mut problem| {
        problem.detail = format!("in `--context`: {}", problem.detail);
        problem
    })
}

/// The answer to one line.
#[derive(Serialize)]
#[serde(untagged)]
enum Line {
    Reply(CheckReply),
    Error { error: Problem },
}

fn many(source: &Source, file: &Path) -> Result<ExitCode, Failure> {
    let name = file.display().to_string();
    let mut input: Box<dyn BufRead> = match name.as_str() {
        "-" => Box::new(std::io::stdin().lock()),
        _ => Box::new(BufReader::new(File::open(file).map_err(|error| unreadable(&name, &error))?)),
    };
    let mut output = Output::new();
    let mut all_answered = true;
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line).map_err(|error| unreadable(&name, &error))? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = parse::<CheckRequest>(&line).and_then(|request| source.ask(request));
        all_answered &= answer.is_ok();
        output.json(&match answer {
            Ok(reply) => Line::Reply(reply),
            Err(error) => Line::Error { error },
        })?;
        // Whoever writes the questions one by one waits for each answer.
        if name == "-" {
            output.flush()?;
        }
    }
    output.flush()?;
    match all_answered {
        true => Ok(SUCCESS),
        false => Err(Problem::invalid("unanswered", "some questions have no answer")
            .help("Their lines hold the error in place of the answer.")
            .into()),
    }
}
