//! Policy → graph: variants become nodes under their own numbers, instances become edges under theirs.

use std::collections::BTreeSet;

use crate::model::value::Name;
use crate::policy::checked::{InstanceLiteral, Literal, Origin, Policy, PredicateId, VariantId};

use super::{Edge, Graph, Head};

/// The predicates that doors ask: permissions, and what an allow obliges to.
const QUESTIONS: [&str; 2] = ["can", "oblige"];

impl Graph {
    /// The graph of a policy. Nodes are [`VariantId`]s, instances and rules positions in the policy's lists.
    ///
    /// Components and recursion of the variants aren't looked at: they are what the analysis is for. In a module, a policy
    /// without a rule for `can`, everything is asked: the packs that include it may read anything.
    pub fn of(policy: &Policy) -> Self {
        let mut graph = Self { nodes: count(policy.variants.len()), ..Self::default() };
        let numbered = || (0..).zip(&policy.variants);
        graph.supplied =
            numbered().filter(|(_, variant)| variant.origin != Origin::Derived).map(|(node, _)| node).collect();
        let asked = asked_predicates(policy);
        graph.asked = numbered()
            .filter(|(_, variant)| asked.as_ref().is_none_or(|asked| asked.contains(&variant.predicate)))
            .map(|(node, _)| node)
            .collect();
        for (instance, rule) in (0..).zip(&policy.instances) {
            let VariantId(head) = rule.head;
            graph.heads.push(Head { instance, rule: rule.rule, node: head });
            for (literal, part) in (0..).zip(&rule.body) {
                let edge = |body: &VariantId, negated| Edge {
                    instance,
                    rule: rule.rule,
                    head,
                    body: body.0,
                    negated,
                    literal,
                };
                match part {
                    InstanceLiteral::Positive { variant, .. } => graph.edges.push(edge(variant, false)),
                    InstanceLiteral::Negated { variants, .. } => {
                        graph.edges.extend(variants.iter().map(|variant| edge(variant, true)));
                    }
                    InstanceLiteral::Comparison { .. } | InstanceLiteral::OtherPermission(_) => {}
                }
            }
        }
        graph
    }
}

/// The predicates asked from outside; `None` stands for all of them.
fn asked_predicates(policy: &Policy) -> Option<BTreeSet<PredicateId>> {
    let named = |name: &str| {
        let position = policy.schema.predicates.iter().position(|predicate| &*predicate.name == name);
        position.map(|position| PredicateId(count(position)))
    };
    let can = named("can")?;
    if !policy.rules.iter().any(|rule| rule.head.predicate == can) {
        return None;
    }
    let bodies = policy.denies.iter().map(|deny| &deny.body);
    let bodies = bodies.chain(policy.guards.iter().map(|guard| &guard.body));
    let bodies = bodies.chain(policy.effects.iter().map(|effect| &effect.body));
    let read = bodies.flatten().filter_map(|literal| match literal {
        Literal::Atom { atom, .. } => Some(atom.predicate),
        Literal::Comparison { .. } => None,
    });
    let mut asked: BTreeSet<PredicateId> = read.collect();
    // A type that others are stands for them.
    let concrete: Vec<&Name> = policy
        .schema
        .types
        .iter()
        .filter(|kind| named(&kind.name).is_some_and(|predicate| asked.contains(&predicate)))
        .flat_map(|kind| &kind.concrete)
        .collect();
    asked.extend(concrete.into_iter().filter_map(|name| named(name)));
    asked.extend(QUESTIONS.into_iter().filter_map(named));
    Some(asked)
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
