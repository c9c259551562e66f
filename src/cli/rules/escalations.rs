//! `entail rules escalations`.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::api::problem::Problem;
use crate::cli::args::Common;
use crate::cli::diagnostics::refused;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, printable};
use crate::cli::rules::files::read_pack;
use crate::cli::run::SUCCESS;
use crate::escalations::analyse::escalations;
use crate::escalations::report::{Escalation, Escalations, Path, Step};
use crate::language::syntax::Sign;
use crate::model::fact::Fact;
use crate::model::value::{Name, object_notation};
use crate::policy::check::check;
use crate::policy::checked::Policy;

/// What the words mean.
const CAN_LEAD: &str = "\"Can lead to\" takes it that no deny, `not` or comparison stands in the way, and that the facts are there \
                        which such a write\nneeds; what isn't named is out of reach. `mine` is what the permission comes \
                        from, one of each type; `other` whatever else there is.\n";

/// How wide a line of words is.
const WIDTH: usize = 110;

/// Prints which permissions let their holder come to hold others, file by file.
pub(super) fn run(common: &Common, files: &[PathBuf]) -> Result<ExitCode, Failure> {
    let mut output = Output::new();
    let mut all = Vec::new();
    for file in files {
        let pack = read_pack(file)?;
        let (policy, diagnostics) = check(&pack);
        let policy = policy.ok_or_else(|| refused(&pack.sources, &diagnostics))?;
        let found = escalations(&policy).map_err(|_| {
            let message = format!("the rules of `{}` can be used in more ways than are looked at", file.display());
            Problem::invalid("too-many-ways", message)
                .help("Give relations fewer columns, or let fewer types stand in one; nothing was found out.")
        })?;
        match common.json {
            true => all.push(as_json(&file.display().to_string(), &found)),
            false => {
                if files.len() > 1 {
                    output.line(&format!("{}\n", file.display()))?;
                }
                output.text(&printable(&as_text(&policy, &found)))?;
            }
        }
    }
    match all.as_slice() {
        [] => {}
        [one] => output.json(one)?,
        several => output.json(&several)?,
    }
    output.flush()?;
    Ok(SUCCESS)
}

fn as_text(policy: &Policy, found: &Escalations) -> String {
    let mut text = String::new();
    let all: Vec<&Escalation> = found.anyone.iter().chain(&found.permissions).collect();
    for escalation in &all {
        text += &one(policy, escalation);
        text += "\n";
    }
    match all.is_empty() {
        true => text += "no escalation: no permission lets its holder come to hold another one\n",
        false => text += CAN_LEAD,
    }
    if !found.out_of_reach.is_empty() {
        let objects = found.out_of_reach.iter().map(|object| object_notation(&object.kind, &object.id));
        text += &wrapped("out of reach from every permission: ", &objects.collect::<Vec<_>>());
    }
    text
}

/// What one permission leads to: first the standings, then what else is gained, those of one path together.
fn one(policy: &Policy, escalation: &Escalation) -> String {
    let who = match &escalation.permission {
        Some(name) => format!("{name}{}", label(policy, name)),
        None => "whoever holds nothing".to_owned(),
    };
    let mut groups: Vec<Group<'_>> = Vec::new();
    for standing in &escalation.standings {
        let object = object_notation(&standing.object.kind, &standing.object.id);
        match groups.iter_mut().find(|group| are_alike(group.path, &standing.path)) {
            Some(group) => group.objects.push(object),
            None => groups.push(Group { objects: vec![object], path: &standing.path, gains: Vec::new() }),
        }
    }
    for gain in &escalation.gains {
        let giving = escalation.standings.iter().find(|standing| standing.gives.contains(&gain.permission));
        let path = giving.map_or(&gain.path, |standing| &standing.path);
        match groups.iter_mut().find(|group| are_alike(group.path, path)) {
            Some(group) => group.gains.push(&gain.permission),
            None => groups.push(Group { objects: Vec::new(), path, gains: vec![&gain.permission] }),
        }
    }
    groups.sort_by_key(|group| (group.objects.is_empty(), group.path.steps.len()));
    let mut text = String::new();
    for group in groups {
        let what = match (group.objects.as_slice(), group.gains.as_slice()) {
            ([], [one]) => one.to_string(),
            ([], several) => format!("{} permissions", several.len()),
            (objects, _) => objects.join(", "),
        };
        text += &format!("{who} can lead to {what}, in {}\n", counted(group.path.steps.len()));
        text += &numbered(group.path);
        text += &gains(policy, &group.gains);
    }
    text
}

/// What one path leads to.
struct Group<'e> {
    objects: Vec<String>,
    path: &'e Path,
    gains: Vec<&'e Name>,
}

/// Whether two paths write by the same guards, so that one of them shows both.
fn are_alike(left: &Path, right: &Path) -> bool {
    let guards =
        |path: &Path| path.steps.iter().map(|step| (step.actor.clone(), step.guard.clone())).collect::<Vec<_>>();
    guards(left) == guards(right)
}

fn numbered(path: &Path) -> String {
    let given: Vec<String> = path.given.iter().map(ToString::to_string).collect();
    let mut text = if given.is_empty() { String::new() } else { wrapped("  given: ", &given) };
    for (number, step) in (1..).zip(&path.steps) {
        let facts: Vec<String> = step.facts.iter().map(written).collect();
        text += &format!("  {number}. {} writes {}   guard {}\n", step.actor, facts.join(", "), step.guard);
    }
    text
}

fn written((sign, fact): &(Sign, Fact)) -> String {
    format!("{}{fact}", if *sign == Sign::Plus { "+" } else { "-" })
}

fn gains(policy: &Policy, names: &[&Name]) -> String {
    match names.len() {
        0 => String::new(),
        n if n + 1 >= policy.schema.permissions.len() => format!("  gains: every other permission ({n})\n"),
        _ => wrapped("  gains: ", &names.iter().map(ToString::to_string).collect::<Vec<_>>()),
    }
}

/// A list behind its first words, wrapped.
fn wrapped(first: &str, items: &[String]) -> String {
    let mut text = first.to_owned();
    let mut width = first.chars().count();
    for (position, item) in items.iter().enumerate() {
        let is_last = position + 1 == items.len();
        let item = if is_last { item.clone() } else { format!("{item},") };
        if width + item.chars().count() > WIDTH && position > 0 {
            text = text.trim_end().to_owned();
            text += "\n    ";
            width = 4;
        }
        width += item.chars().count() + 1;
        text += &item;
        text += if is_last { "" } else { " " };
    }
    text + "\n"
}

fn label(policy: &Policy, name: &Name) -> String {
    policy.schema.permission_named(name).map_or_else(String::new, |entry| format!(" ({})", entry.label))
}

fn counted(writes: usize) -> String {
    format!("{writes} write{}", if writes == 1 { "" } else { "s" })
}

fn as_json(file: &str, found: &Escalations) -> Value {
    let step = |step: &Step| {
        json!({
            "actor": step.actor.to_string(),
            "writes": step.facts.iter().map(written).collect::<Vec<_>>(),
            "guard": step.guard,
        })
    };
    let given = |path: &Path| path.given.iter().map(ToString::to_string).collect::<Vec<_>>();
    let steps = |path: &Path| path.steps.iter().map(step).collect::<Vec<_>>();
    let escalation = |escalation: &Escalation| {
        let standings = escalation.standings.iter().map(|standing| {
            json!({
                "object": standing.object.to_string(),
                "fact": standing.fact.to_string(),
                "gives": standing.gives.iter().map(|name| &**name).collect::<Vec<_>>(),
                "given": given(&standing.path),
                "steps": steps(&standing.path),
            })
        });
        let gains = escalation.gains.iter().map(|gain| {
            json!({
                "permission": &*gain.permission,
                "holder": gain.holder.to_string(),
                "object": gain.object.to_string(),
                "given": given(&gain.path),
                "steps": steps(&gain.path),
            })
        });
        json!({
            "permission": escalation.permission.as_deref(),
            "leads_to": standings.collect::<Vec<_>>(),
            "gains": gains.collect::<Vec<_>>(),
        })
    };
    json!({
        "file": file,
        "anyone": found.anyone.as_ref().map(escalation),
        "permissions": found.permissions.iter().map(escalation).collect::<Vec<_>>(),
        "out_of_reach": found.out_of_reach.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
