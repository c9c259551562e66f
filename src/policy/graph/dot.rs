//! The outline in DOT.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::value::Name;
use crate::policy::checked::{Origin, Policy, PredicateId};

use super::outline::{Outline, Read};

/// Prints an outline as one directed graph.
pub(super) fn print(policy: &Policy, outline: &Outline) -> String {
    let groups = groups(outline);
    let can = policy.schema.predicates.iter().position(|predicate| &*predicate.name == "can");
    let reads_can = |reads: &BTreeSet<Read>| reads.iter().any(|(id, _)| Some(id.0 as usize) == can);
    // The permissions stand for `can`, unless a rule reads it by name.
    let hidden =
        can.filter(|_| !groups.is_empty() && !outline.derived.values().any(|derived| reads_can(&derived.reads)));
    let derived = || outline.derived.iter().filter(|(id, _)| Some(id.0 as usize) != hidden);

    let mut shown: BTreeSet<PredicateId> = derived().map(|(id, _)| *id).collect();
    shown.extend(derived().flat_map(|(_, derived)| &derived.reads).map(|(id, _)| *id));
    shown.extend(outline.permissions.iter().flat_map(|permission| &permission.reads).map(|(id, _)| *id));
    shown.extend(&outline.unread);

    let mut lines = vec![
        String::from("digraph policy {"),
        String::from("  rankdir=LR;"),
        String::from("  node [fontname=\"sans-serif\", fontsize=11];"),
    ];
    for id in &shown {
        lines.extend(predicate(policy, outline, *id));
    }
    for (position, (categories, groups)) in groups.iter().enumerate() {
        let indent = if categories.is_empty() { "  " } else { "    " };
        let nodes = groups.iter().filter_map(|(_, names)| {
            let label: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
            Some(format!("{indent}{} [shape=note, label={}];", group_id(names)?, quoted(&label.join("\n"))))
        });
        if categories.is_empty() {
            lines.extend(nodes);
            continue;
        }
        let title: Vec<&str> = categories.iter().map(AsRef::as_ref).collect();
        lines.push(format!("  subgraph cluster_{position} {{"));
        lines.push(format!("    label={};", quoted(&title.join(" / "))));
        lines.extend(nodes);
        lines.push(String::from("  }"));
    }
    for (reads, names) in groups.iter().flat_map(|(_, groups)| groups) {
        lines.extend(group_id(names).into_iter().flat_map(|id| arrows(policy, &id, reads)));
    }
    for (id, derived) in derived() {
        lines.extend(arrows(policy, &predicate_id(policy, *id), &derived.reads));
    }
    lines.push(String::from("}"));
    lines.push(String::new());
    lines.join("\n")
}

/// The permissions with the same arrows.
type Group<'a> = (&'a BTreeSet<Read>, Vec<Name>);

/// The permissions of each category, by what they read; categories and permissions in the order of the catalogue.
fn groups(outline: &Outline) -> Vec<(&[Name], Vec<Group<'_>>)> {
    let mut categories: Vec<(&[Name], Vec<Group<'_>>)> = Vec::new();
    let mut position: BTreeMap<&[Name], usize> = BTreeMap::new();
    for permission in &outline.permissions {
        let path = permission.categories.as_slice();
        let at = *position.entry(path).or_insert_with(|| {
            categories.push((path, Vec::new()));
            categories.len() - 1
        });
        let Some((_, groups)) = categories.get_mut(at) else {
            continue;
        };
        let name = permission.name.clone();
        match groups.iter_mut().find(|(reads, _)| **reads == permission.reads) {
            Some((_, names)) => names.push(name),
            None => groups.push((&permission.reads, vec![name])),
        }
    }
    categories
}

fn predicate(policy: &Policy, outline: &Outline, id: PredicateId) -> Option<String> {
    let predicate = policy.schema.predicates.get(id.0 as usize)?;
    let mut attributes = vec![match predicate.origin {
        Origin::Stored => "shape=box",
        Origin::Context | Origin::Length => "shape=box, style=dashed",
        Origin::Derived => "shape=ellipse",
    }];
    if outline.derived.get(&id).is_some_and(|derived| derived.recursive) {
        attributes.push("peripheries=2");
    }
    if outline.unread.contains(&id) {
        attributes.push("color=gray, fontcolor=gray");
    }
    let label = quoted(&predicate.name);
    Some(format!("  {} [label={label}, {}];", predicate_id(policy, id), attributes.join(", ")))
}

fn arrows(policy: &Policy, from: &str, reads: &BTreeSet<Read>) -> Vec<String> {
    let arrow = |(id, negated): &Read| {
        let style = if *negated { " [style=dashed]" } else { "" };
        format!("  {from} -> {}{style};", predicate_id(policy, *id))
    };
    reads.iter().map(arrow).collect()
}

/// A name that no permission's node has.
fn predicate_id(policy: &Policy, id: PredicateId) -> String {
    let name = policy.schema.predicates.get(id.0 as usize).map_or("", |predicate| &*predicate.name);
    quoted(&format!("predicate {name}"))
}

fn group_id(names: &[Name]) -> Option<String> {
    names.first().map(|name| quoted(&format!("permission {name}")))
}

/// A DOT string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
