//! What a policy says that its author probably doesn't mean.

use std::collections::{BTreeMap, BTreeSet};

use crate::language::span::{SourceId, Span};
use crate::language::syntax::Sign;
use crate::model::value::{ColumnType, Name};
use crate::policy::analysis::Analysis;
use crate::policy::checked::{Atom, Column, Literal, Origin, Policy, PredicateId, Rule, Term, VariableId};
use crate::policy::oversights;
use crate::policy::report::{Report, warning};

/// Warns of everything that is allowed and odd.
pub(super) fn check(policy: &Policy, analysis: &Analysis, report: &mut Report) {
    wider_can(policy, report);
    new_objects(policy, report);
    oversights::objects_like_variables(policy, report);
    oversights::variables_like_constants(policy, report);
    if policy.is_module() {
        // What a module doesn't use, it offers.
        return;
    }
    oversights::idle_negations(policy, report);
    unreached_rules(policy, analysis, report);
    unused_relations(policy, analysis, report);
}

impl Policy {
    /// Whether this is a module: no rule for `can`. It can be included, not activated.
    pub fn is_module(&self) -> bool {
        let can = self.schema.predicate_named("can");
        !self.rules.iter().any(|rule| Some(rule.head.predicate) == can)
    }

    /// The relations and types whose facts only the operator can write, because no guard speaks of them: sorted by name.
    pub fn unguarded(&self) -> Vec<Name> {
        let guarded: BTreeSet<PredicateId> =
            self.guards.iter().flat_map(|guard| &guard.changes).map(|(_, atom)| atom.predicate).collect();
        // A guard on a type guards those that are it.
        let names = guarded
            .iter()
            .filter_map(|id| self.schema.predicate(*id))
            .filter_map(|predicate| self.schema.type_named(&predicate.name));
        let below: BTreeSet<&Name> = names.flat_map(|entry| &entry.concrete).collect();
        let stored = (0..).map(PredicateId).zip(&self.schema.predicates).filter(|(id, predicate)| {
            let of_language = predicate.span == Span::default();
            let is_abstract = self.schema.type_named(&predicate.name).is_some_and(|entry| entry.is_abstract());
            let is_fixed = self
                .schema
                .type_named(&predicate.name)
                .is_some_and(|entry| matches!(entry.kind, crate::policy::schema::TypeKind::Enumeration(_)));
            let is_hidden = predicate.name.contains(' ');
            predicate.origin == Origin::Stored
                && !of_language
                && !is_abstract
                && !is_fixed
                && !is_hidden
                && !guarded.contains(id)
                && !below.contains(&predicate.name)
        });
        stored.map(|(_, predicate)| predicate.name.clone()).collect()
    }
}

/// A `can` rule that has subjects of all the types of the others, and then some. A rule that has its subjects from `can` lets
/// nobody be one: it isn't looked at.
fn wider_can(policy: &Policy, report: &mut Report) {
    let Some(can) = policy.schema.predicate_named("can") else { return };
    let from_can = subjects_of(policy, can);
    let mut subjects: BTreeMap<u32, BTreeSet<&Name>> = BTreeMap::new();
    for instance in &policy.instances {
        let Some(head) = policy.variants.get(instance.head.0 as usize) else {
            continue;
        };
        // Sets and everyone are subjects by their nature; objects may be some by mistake.
        if let (true, Some(Column::Type(ColumnType::Object(kind)))) = (head.predicate == can, head.columns.first())
            && policy.rules.get(instance.rule as usize).is_none_or(|rule| !is_passed_on(rule, 0, &from_can))
        {
            subjects.entry(instance.rule).or_default().insert(kind);
        }
    }
    let mut n_rules: BTreeMap<&Name, usize> = BTreeMap::new();
    subjects.values().flatten().for_each(|kind| *n_rules.entry(kind).or_default() += 1);
    for (idx, own) in &subjects {
        let (extra, usual): (Vec<&Name>, Vec<&Name>) = own.iter().partition(|kind| n_rules.get(*kind) == Some(&1));
        let extra: Vec<ColumnType> = extra.into_iter().cloned().map(ColumnType::Object).collect();
        let (Some(rule), Some(usual)) = (policy.rules.get(*idx as usize), usual.first()) else {
            continue;
        };
        if extra.is_empty() {
            continue;
        }
        let subject = rule.head.terms.first().and_then(|term| match term {
            Term::Variable(variable) => rule.variables.get(usize::from(variable.0)),
            _ => None,
        });
        let listed = crate::policy::resolve::list(&extra);
        let message = format!("this rule lets {listed} be a subject, and no other `can` rule does of its own");
        let help = subject.map(|name| format!("Add `{usual}({name})` if only those are meant."));
        report.add(warning("wider-can", rule.head.span, message).maybe_help(help));
    }
}

/// The columns of derived predicates in which nothing stands but what is a subject of `can`.
fn subjects_of(policy: &Policy, can: PredicateId) -> BTreeSet<(PredicateId, usize)> {
    let columns = policy.rules.iter().flat_map(|rule| (0..rule.head.terms.len()).map(|idx| (rule.head.predicate, idx)));
    let mut subjects: BTreeSet<(PredicateId, usize)> = columns.filter(|(id, idx)| *id != can || *idx == 0).collect();
    loop {
        let holds = |(id, idx): &(PredicateId, usize)| {
            let mut rules = policy.rules.iter().filter(|rule| rule.head.predicate == *id);
            *id == can || rules.all(|rule| is_passed_on(rule, *idx, &subjects))
        };
        let left: BTreeSet<(PredicateId, usize)> = subjects.iter().copied().filter(holds).collect();
        if left.len() == subjects.len() {
            return subjects;
        }
        subjects = left;
    }
}

/// Whether a column of a rule's head holds a variable that nothing binds but these columns.
fn is_passed_on(rule: &Rule, idx: usize, columns: &BTreeSet<(PredicateId, usize)>) -> bool {
    let Some(Term::Variable(wanted)) = rule.head.terms.get(idx) else { return false };
    let atoms = rule.body.iter().filter_map(|literal| match literal {
        Literal::Atom { negated: false, atom, .. } => Some(atom),
        Literal::Atom { .. } | Literal::Comparison { .. } => None,
    });
    let mut places = atoms.flat_map(|atom| (0..).zip(&atom.terms).map(|(idx, term)| ((atom.predicate, idx), term)));
    places.all(|(place, term)| match term {
        Term::Variable(variable) => variable != wanted || columns.contains(&place),
        Term::SetOf(variable, _) => variable != wanted,
        Term::Any | Term::Value(_) => true,
    })
}

/// In guards and effects a plain literal reads the state before, in which an object that the change creates is not alive.
fn new_objects(policy: &Policy, report: &mut Report) {
    let guards = policy.guards.iter().map(|guard| {
        let changes = guard
            .changes
            .iter()
            .filter(|(sign, _)| *sign == Some(Sign::Plus))
            .map(|(_, atom)| atom)
            .collect::<Vec<_>>();
        (changes, &guard.body, &guard.variables)
    });
    let effects = policy.effects.iter().map(|effect| (Vec::new(), &effect.body, &effect.variables));
    for (changes, body, variables) in guards.chain(effects) {
        let signed = body.iter().filter_map(|literal| match literal {
            Literal::Atom { negated: false, sign: Some(Sign::Plus), atom } => Some(atom),
            _ => None,
        });
        let created: BTreeMap<VariableId, &Atom> =
            signed.chain(changes).filter_map(|atom| Some((tested(policy, atom)?, atom))).collect();
        for literal in body {
            let Literal::Atom { negated: false, sign: None, atom } = literal else {
                continue;
            };
            let Some((variable, creator)) = tested(policy, atom).and_then(|variable| created.get_key_value(&variable))
            else {
                continue;
            };
            let name = variables.get(usize::from(variable.0)).cloned().unwrap_or_default();
            let message =
                format!("`{name}` is new in this change, and this literal reads the state before it: it never holds");
            let of_type =
                policy.schema.predicate(atom.predicate).map(|predicate| predicate.name.clone()).unwrap_or_default();
            report.add(
                warning("new-object", atom.span, message)
                    .related(creator.span, format!("`{name}` is created here"))
                    .help(format!("Write `+{of_type}({name})`, or take the literal away.")),
            );
        }
    }
}

/// The variable whose type an atom tests.
fn tested(policy: &Policy, atom: &Atom) -> Option<VariableId> {
    let predicate = policy.schema.predicate(atom.predicate)?;
    policy.schema.type_named(&predicate.name)?;
    match atom.terms.as_slice() {
        [Term::Variable(variable)] => Some(*variable),
        _ => None,
    }
}

/// The main file is the author's; what others define, they offer.
const MAIN: SourceId = SourceId(0);

/// Rules on which neither `can` nor `oblige`, no deny, guard and effect depends.
fn unreached_rules(policy: &Policy, analysis: &Analysis, report: &mut Report) {
    for idx in &analysis.unreached_rules {
        let Some(rule) = policy.rules.get(*idx as usize) else {
            continue;
        };
        let Some(predicate) = policy.schema.predicate(rule.head.predicate) else {
            continue;
        };
        if rule.span.source != MAIN || &*predicate.name == "on" {
            continue;
        }
        let stored =
            policy.schema.predicates.iter().filter(|known| known.origin == Origin::Stored).map(|known| &*known.name);
        let meant = crate::policy::suggest::closest(&predicate.name, stored).filter(|_| rule.body.is_empty());
        let message = format!("nothing that is asked depends on this rule for `{}`", predicate.name);
        let help = match meant {
            Some(name) => format!("Did you mean the relation `{name}`?"),
            None => "Use it in a rule that leads to `can`, in a deny or in a guard, or take it away.".to_owned(),
        };
        report.add(warning("unreachable-rule", rule.head.span, message).help(help));
    }
}

/// Relations that nothing reads and no guard speaks of.
fn unused_relations(policy: &Policy, analysis: &Analysis, report: &mut Report) {
    let unread: BTreeSet<u32> = analysis.unread.iter().copied().collect();
    let mut used: BTreeSet<PredicateId> =
        policy.guards.iter().flat_map(|guard| &guard.changes).map(|(_, atom)| atom.predicate).collect();
    // What an unreachable rule reads is not reported besides the rule.
    let bodies = policy.rules.iter().flat_map(|rule| &rule.body);
    used.extend(bodies.filter_map(|literal| match literal {
        Literal::Atom { atom, .. } => Some(atom.predicate),
        Literal::Comparison { .. } => None,
    }));
    used.extend(
        (0..).zip(&policy.variants).filter(|(id, _)| !unread.contains(id)).map(|(_, variant)| variant.predicate),
    );
    for (id, predicate) in (0..).map(PredicateId).zip(&policy.schema.predicates) {
        let is_relation = predicate.origin != Origin::Derived
            && predicate.span != Span::default()
            && !predicate.name.contains(' ')
            && policy.schema.type_named(&predicate.name).is_none();
        if is_relation && predicate.span.source == MAIN && !used.contains(&id) {
            let message = format!("no rule, deny, guard or effect reads `{}`", predicate.name);
            report.add(warning("unused-relation", predicate.span, message).help("Read it somewhere, or take it away."));
        }
    }
}
