//! Strata: in which order the variants can be worked out, and that no `not` lies on a cycle.

use std::collections::BTreeSet;

use crate::language::span::Span;
use crate::policy::analysis::{self, Analysis, Edge, Graph};
use crate::policy::checked::{Instance, InstanceLiteral, Policy, PredicateId, Rule};
use crate::policy::report::{Report, error};
use crate::policy::schema::Schema;

/// Orders the variants of a policy and refuses negation in a cycle. Returns what the analyser found.
pub(super) fn stratify(policy: &mut Policy, report: &mut Report) -> Analysis {
    let analysis = analysis::analyse(&Graph::of(policy));
    for (idx, variant) in policy.variants.iter_mut().enumerate() {
        variant.component = analysis.component.get(idx).copied().unwrap_or_default();
        variant.recursive = analysis.recursive.get(idx).copied().unwrap_or_default();
    }
    // One diagnostic for all cycles through the same rules.
    let mut told: BTreeSet<BTreeSet<u32>> = BTreeSet::new();
    for cycle in &analysis.negation_cycles {
        if told.insert(cycle.iter().map(|edge| edge.rule).collect()) {
            refuse(cycle, policy, report);
        }
    }
    analysis
}

/// Reports a cycle that holds a `not`, rule by rule.
fn refuse(cycle: &[Edge], policy: &Policy, report: &mut Report) {
    let mut steps = cycle.iter().filter_map(|edge| {
        let instance = policy.instances.get(edge.instance as usize)?;
        let rule = policy.rules.get(edge.rule as usize)?;
        let read = policy.variants.get(edge.body as usize)?.predicate;
        let names = [rule.head.predicate, read].map(|id| name(&policy.schema, id));
        Some((names, span_of(instance, rule, edge.literal), edge.negated))
    });
    let Some(([head, read], span, _)) = steps.next() else {
        return;
    };
    let message = match head == read {
        true => format!("`{head}` depends on its own absence"),
        false => format!("`{head}` needs `not {read}`, and `{read}` depends on `{head}`"),
    };
    let mut problem = error("negation-cycle", span, message)
        .help("Let one of these rules read something that doesn't lead back, so that what is denied is known before it is asked.");
    for ([head, read], span, negated) in steps {
        let not = if negated { "not " } else { "" };
        problem = problem.related(span, format!("`{head}` reads `{not}{read}` here"));
    }
    report.add(problem);
}

fn span_of(instance: &Instance, rule: &Rule, literal: u32) -> Span {
    match instance.body.get(literal as usize) {
        Some(
            InstanceLiteral::Positive { span, .. }
            | InstanceLiteral::Negated { span, .. }
            | InstanceLiteral::Comparison { span, .. },
        ) => *span,
        Some(InstanceLiteral::OtherPermission(_)) | None => rule.span,
    }
}

fn name(schema: &Schema, id: PredicateId) -> &str {
    schema.predicate(id).map(|predicate| &*predicate.name).unwrap_or_default()
}
