//! A policy in outline: the analysis speaks of variants, authors think in predicates, so all variants of one stand together.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::value::{ColumnType, Name};
use crate::policy::analysis::{Analysis, Graph, analyse};
use crate::policy::checked::{Column, Literal, Origin, Policy, PredicateId, Variant};
use crate::policy::schema::{PERMISSION, Permission, Predicate};

/// What the language brings by itself: it never changes, or stands for what the catalogue says.
const HIDDEN: [&str; 3] = ["length", "on", PERMISSION];

/// What the language brings by itself: it may go unused.
const RESERVED: [&str; 4] = ["category", "description", "label", "now"];

/// A predicate that is read, and whether by `not`.
pub(super) type Read = (PredicateId, bool);

/// What both printings show.
#[derive(Debug)]
pub(super) struct Outline {
    /// In the order of the catalogue.
    pub(super) permissions: Vec<PermissionOutline>,
    pub(super) derived: BTreeMap<PredicateId, DerivedOutline>,
    /// Declared relations and contexts on which nothing asked depends.
    pub(super) unread: Vec<PredicateId>,
    /// Rules that can never derive anything.
    pub(super) dead: Vec<u32>,
    /// Rules on which nothing asked depends.
    pub(super) unreached: Vec<u32>,
}

/// One permission.
#[derive(Debug)]
pub(super) struct PermissionOutline {
    pub(super) name: Name,
    pub(super) categories: Vec<Name>,
    /// What the rules of `can` that bear on it read.
    pub(super) reads: BTreeSet<Read>,
    /// The relations and contexts that it depends on in the end.
    pub(super) depends: BTreeSet<PredicateId>,
    /// The types of whose objects it asks whether they exist.
    pub(super) types: BTreeSet<PredicateId>,
}

/// One derived predicate.
#[derive(Debug, Default)]
pub(super) struct DerivedOutline {
    /// Positions in the policy.
    pub(super) rules: BTreeSet<u32>,
    /// What these rules read, in the author's words; of the `on` of `can` nothing is said.
    pub(super) reads: BTreeSet<Read>,
    /// The lowest and the highest stratum of its variants; none in a module whose rules fit no type yet.
    pub(super) strata: Option<(u32, u32)>,
    /// Whether one of its variants is.
    pub(super) recursive: bool,
}

impl Outline {
    pub(super) fn of(policy: &Policy) -> Self {
        let graph = Graph::of(policy);
        let analysis = analyse(&graph);
        let is_written =
            |rule: &u32| policy.rules.get(*rule as usize).is_some_and(|rule| !is_hidden(policy, rule.head.predicate));
        Self {
            permissions: permissions(policy, &graph, &analysis),
            derived: derived(policy, &graph, &analysis),
            unread: unread(policy, &analysis),
            dead: analysis.dead_rules.into_iter().filter(is_written).collect(),
            unreached: analysis.unreached_rules.into_iter().filter(is_written).collect(),
        }
    }
}

fn permissions(policy: &Policy, graph: &Graph, analysis: &Analysis) -> Vec<PermissionOutline> {
    let mut rules: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for head in &graph.heads {
        rules.entry(head.node).or_default().insert(head.rule);
    }
    let touched: BTreeMap<u32, &[u32]> =
        analysis.reads.iter().map(|(node, supplied)| (*node, supplied.as_slice())).collect();
    let can = variants_named(policy, "can");
    let outline = |permission: &Permission| {
        let named = can.iter().any(|(_, variant)| is_of(variant, permission));
        let bears = |variant: &Variant| {
            let shared = matches!(variant.columns.get(1), Some(Column::OtherPermission));
            is_on(variant, permission) && if named { is_of(variant, permission) } else { shared }
        };
        let nodes = || can.iter().filter(|(_, variant)| bears(variant)).map(|(node, _)| node);
        let rules: BTreeSet<u32> = nodes().filter_map(|node| rules.get(node)).flatten().copied().collect();
        let supplied = nodes().filter_map(|node| touched.get(node)).copied().flatten();
        let supplied = supplied.filter_map(|node| predicate_of(policy, *node));
        let (types, depends) = supplied
            .filter(|id| !is_hidden(policy, *id))
            .partition(|id| policy.schema.predicates.get(id.0 as usize).is_some_and(|of| is_type(policy, of)));
        PermissionOutline {
            name: permission.name.clone(),
            categories: permission.categories.clone(),
            reads: rules.iter().flat_map(|rule| reads(policy, *rule)).collect(),
            depends,
            types,
        }
    };
    policy.schema.permissions.iter().map(outline).collect()
}

fn derived(policy: &Policy, graph: &Graph, analysis: &Analysis) -> BTreeMap<PredicateId, DerivedOutline> {
    let mut derived: BTreeMap<PredicateId, DerivedOutline> = BTreeMap::new();
    for (position, rule) in (0..).zip(&policy.rules) {
        if !is_hidden(policy, rule.head.predicate) {
            let outline = derived.entry(rule.head.predicate).or_default();
            outline.rules.insert(position);
            outline.reads.extend(reads(policy, position));
        }
    }
    let strata = strata(graph, analysis);
    for head in &graph.heads {
        let Some(outline) = predicate_of(policy, head.node).and_then(|id| derived.get_mut(&id)) else {
            continue;
        };
        let component = analysis.component.get(head.node as usize).copied().unwrap_or_default();
        let stratum = strata.get(&component).copied().unwrap_or(1);
        let (low, high) = outline.strata.unwrap_or((stratum, stratum));
        outline.strata = Some((low.min(stratum), high.max(stratum)));
        outline.recursive |= analysis.recursive.get(head.node as usize).copied().unwrap_or_default();
    }
    derived
}

/// The stratum of each component: one more than the most negations on a way down from it.
fn strata(graph: &Graph, analysis: &Analysis) -> BTreeMap<u32, u32> {
    let component = |node: u32| analysis.component.get(node as usize).copied().unwrap_or_default();
    let mut reads: Vec<(u32, u32, bool)> =
        graph.edges.iter().map(|edge| (component(edge.head), component(edge.body), edge.negated)).collect();
    reads.sort_unstable();
    let mut strata: BTreeMap<u32, u32> = BTreeMap::new();
    // What a component reads has a smaller number, so its stratum is known by then.
    for (head, body, negated) in reads {
        let below = strata.get(&body).copied().unwrap_or(1) + u32::from(negated);
        let stratum = strata.entry(head).or_insert(1);
        *stratum = below.max(*stratum);
    }
    strata
}

/// A predicate counts as read if one of its variants is. Types are left out: one that no rule tests still has objects.
fn unread(policy: &Policy, analysis: &Analysis) -> Vec<PredicateId> {
    let unread: BTreeSet<u32> = analysis.unread.iter().copied().collect();
    let read = (0..).zip(&policy.variants).filter(|(node, _)| !unread.contains(node));
    let read: BTreeSet<PredicateId> = read.map(|(_, variant)| variant.predicate).collect();
    (0..)
        .map(PredicateId)
        .zip(&policy.schema.predicates)
        .filter(|(_, predicate)| matches!(predicate.origin, Origin::Stored | Origin::Context))
        .filter(|(id, predicate)| !read.contains(id) && !is_type(policy, predicate) && !is_hidden(policy, *id))
        .filter(|(_, predicate)| !RESERVED.contains(&&*predicate.name))
        .map(|(id, _)| id)
        .collect()
}

/// What a rule reads, as its author wrote it.
fn reads(policy: &Policy, rule: u32) -> Vec<Read> {
    let Some(rule) = policy.rules.get(rule as usize) else {
        return Vec::new();
    };
    let named = |id: PredicateId, name: &str| {
        policy.schema.predicates.get(id.0 as usize).is_some_and(|predicate| &*predicate.name == name)
    };
    let of_can = named(rule.head.predicate, "can");
    let read = rule.body.iter().filter_map(|literal| match literal {
        Literal::Atom { negated, atom, .. } => Some((atom.predicate, *negated)),
        Literal::Comparison { .. } => None,
    });
    // The language adds it to every rule of `can`, unasked.
    read.filter(|(id, _)| !(of_can && named(*id, "on"))).collect()
}

fn is_type(policy: &Policy, predicate: &Predicate) -> bool {
    policy.schema.types.iter().any(|kind| kind.name == predicate.name)
}

fn predicate_of(policy: &Policy, node: u32) -> Option<PredicateId> {
    policy.variants.get(node as usize).map(|variant| variant.predicate)
}

fn is_hidden(policy: &Policy, id: PredicateId) -> bool {
    let predicate = policy.schema.predicates.get(id.0 as usize);
    // No author can write a name with a blank: it holds what the catalogue says.
    predicate.is_some_and(|predicate| HIDDEN.contains(&&*predicate.name) || predicate.name.contains(' '))
}

fn variants_named<'a>(policy: &'a Policy, name: &str) -> Vec<(u32, &'a Variant)> {
    let is_named = |variant: &Variant| {
        let predicate = policy.schema.predicates.get(variant.predicate.0 as usize);
        predicate.is_some_and(|predicate| &*predicate.name == name)
    };
    (0..).zip(&policy.variants).filter(|(_, variant)| is_named(variant)).collect()
}

/// Whether a variant of `can` is about this permission alone.
fn is_of(variant: &Variant, permission: &Permission) -> bool {
    matches!(variant.columns.get(1), Some(Column::Permission(name)) if *name == permission.name)
}

/// Whether a variant of `can` is about objects that have this permission.
fn is_on(variant: &Variant, permission: &Permission) -> bool {
    matches!(variant.columns.get(2), Some(Column::Type(ColumnType::Object(kind))) if permission.on.contains(kind))
}
