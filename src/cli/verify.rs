//! `entail verify`.

use std::process::ExitCode;

use crate::api::problem::Problem;
use crate::api::verify::{DecisionsReply, FaultPart, VerifyReply, VerifyRequest};
use crate::cli::args::Common;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, printable};
use crate::cli::run::SUCCESS;
use crate::cli::source::Source;

/// Verifies the tenant, and prints what was looked at and what was found.
pub(super) fn run(common: &Common) -> Result<ExitCode, Failure> {
    let reply = Source::open(common)?.ask(VerifyRequest {})?;
    let mut output = Output::new();
    match common.json {
        true => output.json(&reply)?,
        false => output.text(&printable(&as_text(&reply)))?,
    }
    output.flush()?;
    if reply.sound {
        return Ok(SUCCESS);
    }
    let detail = format!("tenant `{}` isn't as it must be: {} faults were found", common.tenant, reply.fault_count);
    Err(Problem::invalid("not-sound", detail).help("Keep the directory as it is, and restore a backup.").into())
}

fn as_text(reply: &VerifyReply) -> String {
    let VerifyReply { revision, entries, facts, objects, in_memory, .. } = reply;
    let mut text = format!(
        "verified at revision {revision}\nlog: {entries} entries\ndisk: {facts} facts, {objects} objects\n\
         memory: {in_memory} facts\n"
    );
    text.push_str(&decisions(&reply.decisions));
    for fault in &reply.faults {
        let part = match fault.part {
            FaultPart::Log => "log",
            FaultPart::Store => "disk",
            FaultPart::Memory => "memory",
            FaultPart::Constraints => "constraints",
            FaultPart::Decisions => "decisions",
        };
        text.push_str(&format!("fault in {part}: {}\n", fault.found));
    }
    let n_untold = reply.fault_count.saturating_sub(reply.faults.len() as u64);
    if n_untold > 0 {
        text.push_str(&format!("and {n_untold} more faults\n"));
    }
    text
}

/// What was recomputed, and what wasn't.
fn decisions(reply: &DecisionsReply) -> String {
    let DecisionsReply { compared, all, subjects, all_subjects, skipped, empty_context } = reply;
    if let Some(why) = skipped {
        return format!("decisions: none recomputed: {why}\n");
    }
    let mut text = match subjects == all_subjects {
        true => format!("decisions: all {all} recomputed\n"),
        false => format!("decisions: {compared} of {all} recomputed, those of {subjects} of {all_subjects} subjects\n"),
    };
    if !empty_context.is_empty() {
        let names: Vec<String> = empty_context.iter().map(|name| format!("`{name}`")).collect();
        text.push_str(&format!("decisions: recomputed without what comes by {}\n", names.join(", ")));
    }
    text
}
