//! `entail changes`.

use std::process::ExitCode;

use crate::api::changes::{ChangeMark, ChangedLine, EntryKind, LogLine};
use crate::api::wire::WireFact;
use crate::cli::args::{Changes, Common};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, printable};
use crate::cli::run::SUCCESS;
use crate::cli::source::Source;
use crate::model::value::{Raw, text_notation};

/// Prints the entries of the log after a revision, oldest first.
pub(super) fn run(common: &Common, changes: &Changes) -> Result<ExitCode, Failure> {
    let source = Source::open(common)?;
    let mut output = Output::new();
    source.changes(changes.after.as_deref(), changes.limit, |entry| match common.json {
        true => output.json(&entry),
        false => output.text(&printable(&as_text(&entry))),
    })?;
    output.flush()?;
    Ok(SUCCESS)
}

/// An entry in words: a line on it, and a line for each fact.
fn as_text(entry: &LogLine) -> String {
    let mut text = format!("{} {}", entry.time, entry.revision);
    match entry.kind {
        EntryKind::Activation => text.push_str(&format!(" policy {}", entry.policy)),
        EntryKind::Transaction => {
            let count = |facts: &Option<Vec<ChangedLine>>| facts.as_ref().map_or(0, Vec::len);
            text.push_str(&format!(" inserted {}, deleted {}", count(&entry.inserts), count(&entry.deletes)));
        }
    }
    if let Some(actor) = &entry.actor {
        text.push_str(&format!(", by {}", one_line(actor)));
    }
    if let Some(key) = &entry.idempotency_key {
        text.push_str(&format!(", key {}", text_notation(key)));
    }
    text.push('\n');
    for (sign, facts) in [('+', &entry.inserts), ('-', &entry.deletes)] {
        for ChangedLine { fact, mark } in facts.iter().flatten() {
            let why = match mark {
                ChangeMark::Asked => "",
                ChangeMark::Completed => " (completed)",
                ChangeMark::Added => " (added)",
            };
            text.push_str(&format!("  {sign}{}{why}\n", written(fact)));
        }
    }
    text
}

/// A fact for a reader: values as they go through a door, quoted where a line or a comma would mislead.
fn written(WireFact(fact): &WireFact) -> String {
    let values = fact.values.iter().map(|value| match value {
        Raw::Integer(integer) => integer.to_string(),
        Raw::Text(text) => one_line(text),
    });
    format!("{}({})", fact.relation, values.collect::<Vec<_>>().join(", "))
}

fn one_line(text: &str) -> String {
    let misleads = |c: char| c.is_control() || c.is_whitespace() || ",()\"".contains(c);
    if text.is_empty() || text.contains(misleads) { text_notation(text) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_reads_as_a_line_on_it_and_a_line_for_each_fact() {
        let fact = |values: &[&str]| {
            let values = values.iter().map(|value| Raw::Text((*value).to_owned())).collect();
            WireFact(crate::model::fact::RawFact { relation: "named".to_owned(), values })
        };
        let mut entry = LogLine {
            revision: "AQ".to_owned(),
            time: "2026-07-01T00:00:00Z".to_owned(),
            actor: Some("user:ana".to_owned()),
            idempotency_key: Some("k 1".to_owned()),
            kind: EntryKind::Transaction,
            policy: "p".to_owned(),
            inserts: Some(vec![ChangedLine { fact: fact(&["user:ana", "A, \"B\"\n"]), mark: ChangeMark::Asked }]),
            deletes: Some(vec![ChangedLine { fact: fact(&["user:ana", "x"]), mark: ChangeMark::Completed }]),
            hash: String::new(),
            previous: String::new(),
        };
        let expected = "2026-07-01T00:00:00Z AQ inserted 1, deleted 1, by user:ana, key \"k 1\"\n  \
                        +named(user:ana, \"A, \\\"B\\\"\\n\")\n  -named(user:ana, x) (completed)\n";
        assert_eq!(as_text(&entry), expected);
        entry = LogLine { kind: EntryKind::Activation, inserts: None, deletes: None, actor: None, ..entry };
        assert_eq!(as_text(&entry), "2026-07-01T00:00:00Z AQ policy p, key \"k 1\"\n");
    }
}
