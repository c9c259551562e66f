//! `entail rules cost`.

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::api::problem::Problem;
use crate::cli::args::Common;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, printable};
use crate::cli::rules::files::read_files;
use crate::cli::run::SUCCESS;
use crate::cli::source::Source;
use crate::engine::cost::{PolicyCost, QuestionCost, Statistics, StepCost};
use crate::engine::engine::Engine;
use crate::engine::request::PolicyText;

/// How many steps and rules are named in words; `--json` names all.
const MOST_NAMED: usize = 3;

/// Prints what each question of a policy costs: of a file by its plans alone, or with the figures of a store; without a
/// file, of the tenant's own policy.
pub(super) fn run(common: &Common, file: Option<&Path>) -> Result<ExitCode, Failure> {
    let policy = match file {
        Some(file) => {
            let read = read_files(file)?;
            Some(PolicyText { main: read.main, files: read.files })
        }
        None => None,
    };
    let cost = match &policy {
        Some(policy) if !common.names_data() => Engine::cost_of(policy)?,
        _ => match Source::open(common)? {
            Source::Local { engine, tenant, .. } => engine.cost(&tenant, policy.as_ref())?,
            Source::Server(_) => {
                return Err(Problem::invalid("usage", "a server doesn't tell the figures of its store")
                    .help("Name a FILE alone, or the directory of a store that no server holds with --data.")
                    .into());
            }
        },
    };
    let mut output = Output::new();
    match common.json {
        true => output.json(&as_json(&cost))?,
        false => output.text(&printable(&as_text(&cost)))?,
    }
    output.flush()?;
    Ok(SUCCESS)
}

/// Questions that cost the same by the same steps stand together, under their shape and class.
fn as_text(cost: &PolicyCost) -> String {
    let mut groups: Vec<(&QuestionCost, Vec<&str>)> = Vec::new();
    for question in &cost.questions {
        let is_alike = |other: &QuestionCost| {
            (other.shape, &other.subject, &other.object, other.class, &other.steps)
                == (question.shape, &question.subject, &question.object, question.class, &question.steps)
        };
        let permission = question.permission.as_deref().unwrap_or("others");
        match groups.iter_mut().find(|(other, _)| is_alike(other)) {
            Some((_, permissions)) => permissions.push(permission),
            None => groups.push((question, vec![permission])),
        }
    }
    let mut text = String::new();
    for (question, permissions) in groups {
        let QuestionCost { shape, subject, object, class, .. } = question;
        let permissions = permissions.join(", ");
        let (shape, class) = (shape.name(), class.name());
        text += &format!("{shape:<12} {class:<11} {subject} -> {object}: {permissions}\n");
        for step in question.steps.iter().take(MOST_NAMED) {
            text += &format!("{:26}{}{}\n", "", in_words(step), blamed(&step.rules));
            if let Some(statistics) = &step.statistics {
                text += &format!("{:28}{}\n", "", figures(statistics));
            }
        }
        if question.steps.len() > MOST_NAMED {
            text += &format!("{:26}and {} more\n", "", question.steps.len() - MOST_NAMED);
        }
    }
    if !cost.denies.is_empty() {
        text += "\nJudging a change by a deny\n";
    }
    for deny in &cost.denies {
        text += &format!("{:<12} {:<11} {} \"{}\"\n", "deny", deny.class.name(), deny.place, deny.message);
        for step in deny.steps.iter().take(MOST_NAMED) {
            text += &format!("{:26}{}{}\n", "", in_words(step), blamed(&step.rules));
            if let Some(statistics) = &step.statistics {
                text += &format!("{:28}{}\n", "", figures(statistics));
            }
        }
        if !deny.whole_after.is_empty() {
            let changes = deny.whole_after.join(", ");
            text += &format!("{:26}can't be asked from the change: the whole state is, after {changes}\n", "");
        }
    }
    if !cost.deletions.is_empty() {
        text += "\nDeleting an object reads all rows of\n";
    }
    for deletion in &cost.deletions {
        let rows = deletion.rows.map_or_else(String::new, |rows| format!(": {rows} rows"));
        let (kind, relation, columns) = (&deletion.kind, &deletion.relation, deletion.columns.join(", "));
        text += &format!("  {kind:<12} {relation}({columns}), column {}{rows}\n", deletion.column);
    }
    text
}

fn in_words(step: &StepCost) -> String {
    let name = format!("{}({})", step.relation, step.columns.join(", "));
    let bound: Vec<String> = step.bound.iter().map(ToString::to_string).collect();
    match bound.as_slice() {
        _ if step.is_recursion => format!("{name}, which reads itself"),
        [] => format!("all of {name}"),
        [column] => format!("{name} by column {column}"),
        columns => format!("{name} by columns {}", columns.join(", ")),
    }
}

/// The rules, the one to blame first.
fn blamed(rules: &[String]) -> String {
    let named: Vec<&str> = rules.iter().take(MOST_NAMED).map(String::as_str).collect();
    match rules.len().checked_sub(MOST_NAMED) {
        _ if rules.is_empty() => String::new(),
        None | Some(0) => format!(" ({})", named.join(", ")),
        Some(others) => format!(" ({}, and {others} more)", named.join(", ")),
    }
}

fn figures(statistics: &Statistics) -> String {
    let Statistics { rows, mean, largest, read } = statistics;
    let degree = match (mean, largest) {
        (Some(mean), Some(largest)) => format!(", {mean:.1} for each on average, {largest} at most"),
        _ => String::new(),
    };
    format!("{rows} rows{degree}: reads {read} at worst")
}

fn as_json(cost: &PolicyCost) -> Value {
    let step = |step: &StepCost| {
        let statistics = step.statistics.map(
            |found| json!({ "rows": found.rows, "mean": found.mean, "largest": found.largest, "read": found.read }),
        );
        json!({
            "relation": step.relation,
            "columns": step.columns,
            "bound": step.bound,
            "recursion": step.is_recursion,
            "rules": step.rules,
            "statistics": statistics,
        })
    };
    let questions = cost.questions.iter().map(|question| {
        json!({
            "question": question.shape.name(),
            "subject": question.subject,
            "permission": question.permission,
            "object": question.object,
            "class": question.class.name(),
            "steps": question.steps.iter().map(step).collect::<Vec<_>>(),
        })
    });
    let deletions = cost.deletions.iter().map(|deletion| {
        json!({
            "type": deletion.kind,
            "relation": deletion.relation,
            "columns": deletion.columns,
            "column": deletion.column,
            "rows": deletion.rows,
        })
    });
    let denies = cost.denies.iter().map(|deny| {
        json!({
            "message": deny.message,
            "place": deny.place,
            "class": deny.class.name(),
            "steps": deny.steps.iter().map(step).collect::<Vec<_>>(),
            "whole_after": deny.whole_after,
        })
    });
    json!({
        "questions": questions.collect::<Vec<_>>(),
        "denies": denies.collect::<Vec<_>>(),
        "deletions": deletions.collect::<Vec<_>>(),
    })
}
