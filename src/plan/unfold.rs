//! Unfolding: a call of a predicate that doesn't read itself is replaced by the bodies of its rules, so that a question
//! becomes a few joins over stored facts, each put in order as a whole.
//!
//! # Source
//! Unfolding: Tamaki, Sato, *Unfold/Fold Transformation of Logic Programs*, ICLP 1984.

use crate::model::fact::Fact;
use crate::model::value::{ColumnType, Name, Value};
use crate::plan::adornment::Binding;
use crate::plan::estimate::Estimates;
use crate::policy::checked::{Column, InstanceLiteral, InstanceTerm, Origin, Policy, VariableId, Variant, VariantId};

/// How far calls are unfolded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// How many joins there may be; calls that would make more stay calls.
    pub(super) joins: usize,
    /// How many literals a join may get by unfolding.
    pub(super) literals: usize,
    /// How many calls are unfolded: a long chain of predicates stays a chain of procedures.
    pub(super) calls: usize,
}

/// How far the calls of a question are unfolded.
pub(super) const OF_QUESTIONS: Bounds = Bounds { joins: 64, literals: 24, calls: 512 };

/// How far the calls of a statement are unfolded: as far as that makes no alternatives. A policy has a thousand guards, one for
/// each combination of types; most of what one asks comes bound, and is a check that is planned anyway.
pub(super) const OF_STATEMENTS: Bounds = Bounds { joins: 1, ..OF_QUESTIONS };

/// A rule whose calls have been unfolded.
#[derive(Clone)]
pub(super) struct Unfolded {
    /// The rule, then those that were unfolded into it.
    pub(super) rules: Vec<u32>,
    pub(super) head: Vec<InstanceTerm>,
    pub(super) body: Vec<InstanceLiteral>,
    pub(super) n_variables: usize,
    /// The literals before this place are done.
    done: usize,
}

/// What becomes of a clause when one call of it is replaced by one rule.
enum Outcome {
    Clause(Unfolded),
    /// The rule can't answer this call.
    Dead,
    /// The call has to stay.
    Stays,
}

/// The rules of a derived variant with their calls unfolded, as far as that stays small: in the order of the text. Whoever asks
/// with a permission for a column of those that no rule names has seen to it that it is one.
pub(super) fn unfold(
    policy: &Policy,
    estimates: &Estimates<'_>,
    variant: VariantId,
    adornment: &[Binding],
) -> Vec<Unfolded> {
    let mut waiting: Vec<Unfolded> = Vec::new();
    for &position in estimates.instances_of(variant).iter().rev() {
        if let Some(instance) = policy.instances.get(position) {
            let clause = Unfolded::new(instance.terms.clone(), instance.body.clone(), instance.variables.len());
            waiting.push(clause.of_rules(vec![instance.rule]));
        }
    }
    let mut joins = unfold_all(policy, estimates, waiting, &OF_QUESTIONS);
    joins.iter_mut().for_each(|clause| clause.trust_arguments(adornment));
    joins
}

/// Clauses, the first one last, with their calls unfolded.
pub(super) fn unfold_all(
    policy: &Policy,
    estimates: &Estimates<'_>,
    mut waiting: Vec<Unfolded>,
    bounds: &Bounds,
) -> Vec<Unfolded> {
    let mut joins = Vec::new();
    let mut n_unfolded = 0;
    while let Some(mut clause) = waiting.pop() {
        let Some((position, callee)) = clause.next_call(policy) else {
            clause.simplify(policy);
            joins.push(clause);
            continue;
        };
        let instances = estimates.instances_of(callee);
        let is_within = joins.len() + waiting.len() + instances.len() <= bounds.joins && n_unfolded < bounds.calls;
        let replaced = is_within.then(|| clause.replace(policy, position, instances, bounds.literals)).flatten();
        match replaced {
            Some(clauses) => {
                n_unfolded += 1;
                waiting.extend(clauses.into_iter().rev());
            }
            None => {
                clause.done = position + 1;
                waiting.push(clause);
            }
        }
    }
    joins
}

impl Unfolded {
    /// A clause whose calls stand as they were written.
    pub(super) fn new(head: Vec<InstanceTerm>, body: Vec<InstanceLiteral>, n_variables: usize) -> Self {
        Self { rules: Vec::new(), head, body, n_variables, done: 0 }
    }

    /// The clause as one of these rules.
    pub(super) fn of_rules(self, rules: Vec<u32>) -> Self {
        Self { rules, ..self }
    }

    /// The clause with its calls unfolded, as far as these bounds allow.
    pub(super) fn unfold(self, policy: &Policy, estimates: &Estimates<'_>, bounds: &Bounds) -> Vec<Self> {
        unfold_all(policy, estimates, vec![self], bounds)
    }

    /// The next call that may be unfolded, and what it calls. A component of one variant that doesn't read itself can't
    /// lead back to the caller.
    fn next_call(&self, policy: &Policy) -> Option<(usize, VariantId)> {
        self.body.iter().enumerate().skip(self.done).find_map(|(position, literal)| match literal {
            InstanceLiteral::Positive { variant, sign: None, .. } => {
                let found = policy.variants.get(variant.0 as usize)?;
                (found.origin == Origin::Derived && !found.recursive).then_some((position, *variant))
            }
            _ => None,
        })
    }

    /// The clause once for each rule that can answer the call; none if the call has to stay.
    pub(super) fn replace(
        &self,
        policy: &Policy,
        position: usize,
        instances: &[usize],
        max_literals: usize,
    ) -> Option<Vec<Self>> {
        let mut clauses = Vec::with_capacity(instances.len());
        for &instance in instances {
            match self.replace_by(policy, position, instance, max_literals) {
                Outcome::Clause(clause) => clauses.push(clause),
                Outcome::Dead => {}
                Outcome::Stays => return None,
            }
        }
        Some(clauses)
    }

    fn replace_by(&self, policy: &Policy, position: usize, instance: usize, max_literals: usize) -> Outcome {
        let (Some(instance), Some(InstanceLiteral::Positive { terms, .. })) =
            (policy.instances.get(instance), self.body.get(position))
        else {
            return Outcome::Stays;
        };
        let offset = self.n_variables;
        let n_variables = offset + instance.variables.len();
        if self.body.len() + instance.body.len() > max_literals || n_variables > usize::from(u16::MAX) {
            return Outcome::Stays;
        }
        let mut bindings = Bindings::new(n_variables);
        for (caller, callee) in terms.iter().zip(&instance.terms) {
            if !bindings.unify(caller, &renumbered(callee, offset)) {
                return Outcome::Dead;
            }
        }
        let (before, rest) = self.body.split_at_checked(position).unwrap_or((&self.body, &[]));
        let after = rest.get(1..).unwrap_or_default();
        let mut body = Vec::with_capacity(self.body.len() + instance.body.len());
        let callee = instance.body.iter().map(|literal| with_terms(literal, &|term| Some(renumbered(term, offset))));
        let literals = before.iter().cloned().map(Some).chain(callee).chain(after.iter().cloned().map(Some));
        let is_open = |literal: &Option<InstanceLiteral>| {
            literal.as_ref().is_none_or(|literal| !is_decided(literal, &|term| bindings.resolve(term)))
        };
        for literal in literals.filter(is_open) {
            match literal.and_then(|literal| with_terms(&literal, &|term| Some(bindings.resolve(term)))) {
                Some(literal) if says_again(&body, &literal) => {}
                Some(literal) => body.push(literal),
                None => return Outcome::Stays,
            }
        }
        let rules = self.rules.iter().copied().chain([instance.rule]).collect();
        let head = self.head.iter().map(|term| bindings.resolve(term)).collect();
        Outcome::Clause(Self { rules, head, body, n_variables, done: self.done })
    }

    /// Leaves out what the policy states, what stands there twice, and that an object is alive which a stored fact mentions.
    fn simplify(&mut self, policy: &Policy) {
        let mentioned = self.mentioned(policy);
        let mut seen: Vec<(Option<VariantId>, Vec<InstanceTerm>)> = Vec::new();
        self.body.retain(|literal| {
            let (variant, terms) = match literal {
                InstanceLiteral::Positive { variant, terms, sign: None, .. } => (Some(*variant), terms.clone()),
                InstanceLiteral::OtherPermission(variable) => (None, vec![InstanceTerm::Variable(*variable)]),
                _ => return true,
            };
            if let Some(variant) = variant
                && (is_built_in(policy, variant, &terms) || is_implied(policy, variant, &terms, &mentioned))
            {
                return false;
            }
            let key = (variant, terms);
            let is_new = !seen.contains(&key);
            seen.push(key);
            is_new
        });
    }

    /// Leaves out that a variable is a permission that no rule names where it comes as an argument.
    fn trust_arguments(&mut self, adornment: &[Binding]) {
        let bound = self.head.iter().zip(adornment).filter(|(_, binding)| **binding == Binding::Bound);
        let bound: Vec<InstanceTerm> = bound.map(|(term, _)| term.clone()).collect();
        self.body.retain(|literal| match literal {
            InstanceLiteral::OtherPermission(variable) => !bound.contains(&InstanceTerm::Variable(*variable)),
            _ => true,
        });
    }

    /// The objects that stored facts of the body mention: each is alive, because an object takes with it, when it dies, every
    /// fact that mentions it.
    fn mentioned(&self, policy: &Policy) -> Vec<(VariableId, Name)> {
        let mut mentioned = Vec::new();
        for literal in &self.body {
            let InstanceLiteral::Positive { variant, terms, sign: None, .. } = literal else {
                continue;
            };
            let found = policy.variants.get(variant.0 as usize);
            let Some(found) = found.filter(|found| found.origin == Origin::Stored && life_of(policy, found).is_none())
            else {
                continue;
            };
            for (term, column) in terms.iter().zip(&found.columns) {
                if let (
                    InstanceTerm::Variable(variable),
                    Column::Type(ColumnType::Object(kind) | ColumnType::Set(kind, _)),
                ) = (term, column)
                {
                    mentioned.push((*variable, kind.clone()));
                }
            }
        }
        mentioned
    }
}

/// The type whose objects are alive by the facts of a variant, if it is a type's.
fn life_of<'p>(policy: &'p Policy, variant: &'p Variant) -> Option<&'p Name> {
    let predicate = policy.schema.predicate(variant.predicate)?;
    match &*variant.columns {
        [Column::Type(ColumnType::Object(kind))] if *kind == predicate.name => Some(kind),
        _ => None,
    }
}

/// Whether a literal says that an object is alive which is mentioned elsewhere.
fn is_implied(policy: &Policy, variant: VariantId, terms: &[InstanceTerm], mentioned: &[(VariableId, Name)]) -> bool {
    let found = policy.variants.get(variant.0 as usize).filter(|found| found.origin == Origin::Stored);
    match (found.and_then(|found| life_of(policy, found)), terms) {
        (Some(kind), [InstanceTerm::Variable(variable)]) => {
            mentioned.iter().any(|(other, of)| other == variable && of == kind)
        }
        _ => false,
    }
}

/// Whether a literal is a fact that the policy states: nobody can write it away.
fn is_built_in(policy: &Policy, variant: VariantId, terms: &[InstanceTerm]) -> bool {
    let values: Option<Vec<Value>> = terms
        .iter()
        .map(|term| match term {
            InstanceTerm::Value(value) => Some(value.clone()),
            InstanceTerm::Variable(_) | InstanceTerm::Any => None,
        })
        .collect();
    let found = policy.variants.get(variant.0 as usize).filter(|found| found.origin == Origin::Stored);
    let predicate = found.and_then(|found| policy.schema.predicate(found.predicate));
    match (values, predicate) {
        (Some(values), Some(predicate)) => {
            let fact = Fact { relation: predicate.name.clone(), values };
            policy.built_in.binary_search(&fact).is_ok()
        }
        _ => false,
    }
}

pub(super) fn renumbered(term: &InstanceTerm, offset: usize) -> InstanceTerm {
    match term {
        InstanceTerm::Variable(variable) => InstanceTerm::Variable(VariableId(variable.0 + offset as u16)),
        InstanceTerm::Any | InstanceTerm::Value(_) => term.clone(),
    }
}

/// Whether a body says already that a permission is one which no rule names.
fn says_again(body: &[InstanceLiteral], literal: &InstanceLiteral) -> bool {
    let InstanceLiteral::OtherPermission(wanted) = literal else { return false };
    body.iter().any(|other| matches!(other, InstanceLiteral::OtherPermission(variable) if variable == wanted))
}

/// Whether a literal says that a value is a permission which no rule names: none other stands in such a column.
pub(super) fn is_decided(literal: &InstanceLiteral, other: &dyn Fn(&InstanceTerm) -> InstanceTerm) -> bool {
    match literal {
        InstanceLiteral::OtherPermission(variable) => {
            matches!(other(&InstanceTerm::Variable(*variable)), InstanceTerm::Value(_))
        }
        _ => false,
    }
}

/// A literal with other terms; none if it can't have them.
pub(super) fn with_terms(
    literal: &InstanceLiteral,
    other: &dyn Fn(&InstanceTerm) -> Option<InstanceTerm>,
) -> Option<InstanceLiteral> {
    Some(match literal {
        InstanceLiteral::Positive { variant, terms, sign, span } => InstanceLiteral::Positive {
            variant: *variant,
            terms: terms.iter().map(other).collect::<Option<_>>()?,
            sign: *sign,
            span: *span,
        },
        InstanceLiteral::Negated { variants, terms, sign, span } => InstanceLiteral::Negated {
            variants: variants.clone(),
            terms: terms.iter().map(other).collect::<Option<_>>()?,
            sign: *sign,
            span: *span,
        },
        InstanceLiteral::Comparison { operator, left, right, column, span } => InstanceLiteral::Comparison {
            operator: *operator,
            left: other(left)?,
            right: other(right)?,
            column: column.clone(),
            span: *span,
        },
        InstanceLiteral::OtherPermission(variable) => match other(&InstanceTerm::Variable(*variable))? {
            InstanceTerm::Variable(variable) => InstanceLiteral::OtherPermission(variable),
            // Values of such a column come with the question or from a fact, never from a rule.
            InstanceTerm::Any | InstanceTerm::Value(_) => return None,
        },
    })
}

/// What is known about the variables of a clause and of the rule that it calls.
pub(super) struct Bindings(Vec<InstanceTerm>);

impl Bindings {
    pub(super) fn new(n_variables: usize) -> Self {
        Self((0..n_variables).map(|number| InstanceTerm::Variable(VariableId(number as u16))).collect())
    }

    /// What a term stands for: a value, a variable that stands for itself, or anything.
    pub(super) fn resolve(&self, term: &InstanceTerm) -> InstanceTerm {
        let mut term = term;
        while let InstanceTerm::Variable(variable) = term {
            match self.0.get(usize::from(variable.0)) {
                Some(next) if next != term => term = next,
                _ => break,
            }
        }
        term.clone()
    }

    /// Makes two terms the same; false if they can't be.
    pub(super) fn unify(&mut self, caller: &InstanceTerm, callee: &InstanceTerm) -> bool {
        let (caller, callee) = (self.resolve(caller), self.resolve(callee));
        match (&caller, &callee) {
            (InstanceTerm::Any, _) | (_, InstanceTerm::Any) => true,
            (InstanceTerm::Value(left), InstanceTerm::Value(right)) => is_same_cell(left, right),
            (InstanceTerm::Variable(left), InstanceTerm::Variable(right)) => {
                // The caller's variable stays: its number is the lower one.
                let (kept, gone) = if left.0 <= right.0 { (&caller, right) } else { (&callee, left) };
                self.bind(*gone, kept.clone())
            }
            (InstanceTerm::Variable(variable), value) | (value, InstanceTerm::Variable(variable)) => {
                self.bind(*variable, value.clone())
            }
        }
    }

    fn bind(&mut self, variable: VariableId, term: InstanceTerm) -> bool {
        if let Some(place) = self.0.get_mut(usize::from(variable.0)) {
            *place = term;
        }
        true
    }
}

/// Whether two values of one column are the same; a set is named by its object.
fn is_same_cell(left: &Value, right: &Value) -> bool {
    left == right || left.object().is_some_and(|object| right.object() == Some(object))
}
