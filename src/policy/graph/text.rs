//! The outline in words.

use std::collections::BTreeSet;

use crate::language::span::Span;
use crate::model::value::Name;
use crate::policy::checked::{Policy, PredicateId};

use super::outline::{DerivedOutline, Outline, PermissionOutline, Read};

/// Where a paragraph is broken.
const WIDTH: usize = 100;

/// Prints an outline; each line ends with a line break.
pub(super) fn print(policy: &Policy, outline: &Outline) -> String {
    let sections = [
        ("Permissions, and the relations that they depend on", permissions(policy, outline)),
        ("Derived predicates, and what they read", derived(policy, outline)),
        ("Relations that no question, deny, guard or effect depends on", unread(policy, outline)),
        ("Rules that can never derive anything", rules(policy, &outline.dead)),
        ("Rules that no question, deny, guard or effect depends on", rules(policy, &outline.unreached)),
    ];
    let sections = sections.into_iter().filter(|(_, lines)| !lines.is_empty());
    let sections: Vec<String> = sections.map(|(title, lines)| format!("{title}\n\n{}", lines.concat())).collect();
    sections.join("\n")
}

/// Permissions that depend on the same relations and types stand together, where the first of them stands.
fn permissions(policy: &Policy, outline: &Outline) -> Vec<String> {
    let mut groups: Vec<(&PermissionOutline, Vec<&Name>)> = Vec::new();
    for permission in &outline.permissions {
        let same = |other: &PermissionOutline| other.depends == permission.depends && other.types == permission.types;
        match groups.iter_mut().find(|(first, _)| same(first)) {
            Some((_, names)) => names.push(&permission.name),
            None => groups.push((permission, vec![&permission.name])),
        }
    }
    let list = |lead: &str, ids: &BTreeSet<PredicateId>| {
        let names: Vec<Name> = ids.iter().filter_map(|id| name(policy, *id)).collect();
        if names.is_empty() { String::new() } else { paragraph(lead, &names) }
    };
    let group = |(permission, names): (&PermissionOutline, Vec<&Name>)| {
        let depends = list("      reads ", &permission.depends) + &list("      tests ", &permission.types);
        let depends = if depends.is_empty() { String::from("      nothing\n") } else { depends };
        paragraph("  ", &names) + &depends
    };
    groups.into_iter().map(group).collect()
}

fn derived(policy: &Policy, outline: &Outline) -> Vec<String> {
    let entry = |(id, derived): (&PredicateId, &DerivedOutline)| {
        let predicate = policy.schema.predicates.get(id.0 as usize)?;
        let stratum = match derived.strata {
            Some((low, high)) if low != high => format!("strata {low} to {high}"),
            Some((stratum, _)) => format!("stratum {stratum}"),
            None => String::from("fits no type yet"),
        };
        let recursive = if derived.recursive { ", recursive" } else { "" };
        let head = format!("  {}/{}: {stratum}{recursive}\n", predicate.name, predicate.arity);
        let reads: Vec<String> = derived.reads.iter().filter_map(|read| read_name(policy, read)).collect();
        let reads = if reads.is_empty() { String::new() } else { paragraph("      reads ", &reads) };
        Some(head + &reads + &paragraph("      rules ", &places(policy, &derived.rules)))
    };
    outline.derived.iter().filter_map(entry).collect()
}

fn unread(policy: &Policy, outline: &Outline) -> Vec<String> {
    let entry = |id: &PredicateId| {
        let predicate = policy.schema.predicates.get(id.0 as usize)?;
        Some(format!("  {}: {}\n", policy.place(predicate.span), predicate.name))
    };
    outline.unread.iter().filter_map(entry).collect()
}

/// One rule a line, its white space made single blanks.
fn rules(policy: &Policy, rules: &[u32]) -> Vec<String> {
    let entry = |rule: &u32| {
        let span = policy.rules.get(*rule as usize)?.span;
        let source = policy.sources.get(span.source.0 as usize)?;
        let statement = source.text.get(span.start as usize..span.end as usize)?;
        let words: Vec<&str> = statement.split_whitespace().collect();
        Some(format!("  {}: {}\n", policy.place(span), words.join(" ")))
    };
    rules.iter().filter_map(entry).collect()
}

/// Where rules stand, each place once, lines of the same file after the first without its name.
fn places(policy: &Policy, rules: &BTreeSet<u32>) -> Vec<String> {
    let spans = rules.iter().filter_map(|rule| policy.rules.get(*rule as usize)).map(|rule| rule.span);
    let spans: BTreeSet<Span> = spans.collect();
    let mut places: Vec<String> = Vec::new();
    let mut before = None;
    for span in spans {
        let place = match before {
            Some((source, _)) if source == span.source => line(policy, span).to_string(),
            _ => policy.place(span),
        };
        if before != Some((span.source, line(policy, span))) {
            places.push(place);
        }
        before = Some((span.source, line(policy, span)));
    }
    places
}

/// The line on which a span starts, from 1.
fn line(policy: &Policy, span: Span) -> usize {
    policy.sources.get(span.source.0 as usize).map_or(1, |source| source.line(span))
}

fn name(policy: &Policy, id: PredicateId) -> Option<Name> {
    policy.schema.predicates.get(id.0 as usize).map(|predicate| predicate.name.clone())
}

fn read_name(policy: &Policy, (id, negated): &Read) -> Option<String> {
    let name = name(policy, *id)?;
    Some(if *negated { format!("not {name}") } else { name.to_string() })
}

/// Items with commas between them, broken between items; `lead` stands before the first line, blanks before the others.
fn paragraph(lead: &str, items: &[impl AsRef<str>]) -> String {
    let mut text = String::from(lead);
    let mut column = lead.len();
    for (position, item) in items.iter().map(AsRef::as_ref).enumerate() {
        if position > 0 {
            text.push(',');
            column += 1;
            if column + 1 + item.len() > WIDTH {
                text.push('\n');
                text.extend(std::iter::repeat_n(' ', lead.len()));
                column = lead.len();
            } else {
                text.push(' ');
                column += 1;
            }
        }
        text.push_str(item);
        column += item.len();
    }
    text.push('\n');
    text
}
