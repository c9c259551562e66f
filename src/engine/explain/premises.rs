//! The instances of rules as a search for proofs asks them: with the fact that they shall give, for what it would rest on.

use crate::engine::active::plain;
use crate::engine::error::Error;
use crate::engine::explain::graph::Atom;
use crate::engine::explain::question::Question;
use crate::engine::explain::ways::in_column;
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::model::value::{ColumnType, Object, Value};
use crate::policy::checked::{Column, Instance, InstanceLiteral, InstanceTerm, Origin, Policy, VariableId, Variant};
use crate::policy::schema::PERMISSION;

/// An instance of a rule, each `_` of its positive literals a variable, with a plan that finds what it rests on.
pub(super) struct Premises {
    /// The position of the rule.
    pub(super) rule: u32,
    /// The terms of its head.
    pub(super) head: Vec<InstanceTerm>,
    /// Its body.
    pub(super) body: Vec<InstanceLiteral>,
    /// The column of each variable.
    pub(super) columns: Vec<Column>,
    /// The variables whose values tell the derived facts apart that it rests on, and the head doesn't say.
    pub(super) telling: Vec<VariableId>,
    /// Its derived literals, by position in the body.
    pub(super) derived: Vec<usize>,
    /// The nodes of a proof besides those of the derived literals.
    pub(super) own: u64,
    question: Question,
}

/// What one use of an instance rests on.
pub(super) struct Use {
    /// The values of [`Premises::telling`].
    pub(super) row: Vec<Value>,
    /// The derived facts.
    pub(super) below: Vec<Atom>,
}

/// The values of an instance's variables, as far as they are known.
pub(super) type Values = Vec<Option<Value>>;

impl Premises {
    /// Makes an instance ready to be asked.
    ///
    /// Literals of predicates that lead back to the head aren't asked but followed, wherever others bind their variables: so that
    /// a chain costs its length, and not its length for each link. What they would rest on may then not hold.
    ///
    /// # Errors
    /// When it has no plan.
    pub(super) fn new(state: &State, instance: &Instance) -> Result<Self, Error> {
        let policy = &state.active.policy;
        let mut columns = instance.variables.clone();
        let body: Vec<InstanceLiteral> =
            instance.body.iter().map(|literal| named(policy, literal, &mut columns)).collect();
        let is_derived = |literal: &InstanceLiteral| is_derived(policy, literal);
        let derived: Vec<usize> =
            body.iter().enumerate().filter(|(_, literal)| is_derived(literal)).map(|(position, _)| position).collect();
        let asked = asked(policy, instance, &body);
        let mut telling: Vec<VariableId> = Vec::new();
        for literal in derived.iter().filter_map(|position| body.get(*position)) {
            for variable in variables(literal) {
                if !telling.contains(&variable) && !mentions(&instance.terms, variable) {
                    telling.push(variable);
                }
            }
        }
        let wanted: Vec<(VariableId, ColumnType)> = telling
            .iter()
            .filter_map(|variable| Some((*variable, plain(columns.get(usize::from(variable.0))?))))
            .collect();
        let question = Question::new(state, &asked, columns.len(), &instance.terms, &wanted)?;
        let n_literals = policy.rules.get(instance.rule as usize).map_or(0, |rule| rule.body.len());
        let own = 1 + n_literals.saturating_sub(derived.len()) as u64;
        let head = instance.terms.clone();
        Ok(Self { rule: instance.rule, head, body, columns, telling, derived, own, question })
    }

    /// The uses of the instance that may give a fact, in order of creation of what they rest on.
    ///
    /// # Errors
    /// `missing-context`, `limit-exceeded`.
    pub(super) fn uses(
        &self,
        state: &State,
        values: &[Value],
        surroundings: &Surroundings<'_>,
    ) -> Result<Vec<Use>, Error> {
        let rows = self.question.rows(state, values, surroundings)?;
        let mut uses = Vec::with_capacity(rows.len());
        for row in rows {
            let known = self.values(values, &row);
            let below = self.derived.iter().map(|position| self.atom(&state.active.policy, *position, &known));
            uses.push(Use { below: below.collect::<Option<_>>().ok_or_else(unbound)?, row });
        }
        Ok(uses)
    }

    /// The values of the variables in one use.
    pub(super) fn values(&self, head: &[Value], row: &[Value]) -> Values {
        let mut values: Values = self.columns.iter().map(one_permission).collect();
        let of_head = self.head.iter().zip(head).filter_map(|(term, value)| match term {
            InstanceTerm::Variable(variable) => Some((variable, value)),
            InstanceTerm::Any | InstanceTerm::Value(_) => None,
        });
        for (variable, value) in of_head.chain(self.telling.iter().zip(row)) {
            if let (Some(slot), Some(column)) =
                (values.get_mut(usize::from(variable.0)), self.columns.get(usize::from(variable.0)))
            {
                *slot = Some(in_column(value, column));
            }
        }
        values
    }

    /// The fact that a derived literal is.
    fn atom(&self, policy: &Policy, position: usize, values: &Values) -> Option<Atom> {
        let Some(InstanceLiteral::Positive { variant, terms, .. }) = self.body.get(position) else { return None };
        let columns = &policy.variants.get(variant.0 as usize)?.columns;
        let value = |(term, column)| Some(in_column(&value_of(term, values)?, column));
        Some((*variant, terms.iter().zip(columns).map(value).collect::<Option<_>>()?))
    }
}

/// What a term stands for.
pub(super) fn value_of(term: &InstanceTerm, values: &Values) -> Option<Value> {
    match term {
        InstanceTerm::Variable(variable) => values.get(usize::from(variable.0))?.clone(),
        InstanceTerm::Value(value) => Some(value.clone()),
        InstanceTerm::Any => None,
    }
}

/// The permission that alone stands in a column.
pub(super) fn one_permission(column: &Column) -> Option<Value> {
    match column {
        Column::Permission(name) => Some(Value::Constant(Object::new(PERMISSION, name.clone()))),
        Column::Type(_) | Column::OtherPermission => None,
    }
}

/// A literal in which each `_` is a variable or, where a column has one permission alone, that one; a negated one as it is.
fn named(policy: &Policy, literal: &InstanceLiteral, columns: &mut Vec<Column>) -> InstanceLiteral {
    let InstanceLiteral::Positive { variant, terms, sign, span } = literal else { return literal.clone() };
    let types = policy.variants.get(variant.0 as usize).map(|found| &*found.columns).unwrap_or_default();
    let terms = terms.iter().zip(types).map(|(term, column)| match (term, one_permission(column)) {
        (InstanceTerm::Any, Some(permission)) => InstanceTerm::Value(permission),
        (InstanceTerm::Any, None) => {
            columns.push(column.clone());
            InstanceTerm::Variable(VariableId((columns.len() - 1) as u16))
        }
        _ => term.clone(),
    });
    InstanceLiteral::Positive { variant: *variant, terms: terms.collect(), sign: *sign, span: *span }
}

/// Whether a literal is a fact that rules derive; `on(P, X)` is the catalogue's.
fn is_derived(policy: &Policy, literal: &InstanceLiteral) -> bool {
    let InstanceLiteral::Positive { variant, .. } = literal else { return false };
    let found = policy.variants.get(variant.0 as usize).filter(|found| found.origin == Origin::Derived);
    let predicate = found.and_then(|found| policy.schema.predicate(found.predicate));
    predicate.is_some_and(|predicate| &*predicate.name != "on")
}

/// The literals that are asked: all but those that are followed.
fn asked(policy: &Policy, instance: &Instance, body: &[InstanceLiteral]) -> Vec<InstanceLiteral> {
    let head = policy.variants.get(instance.head.0 as usize).filter(|head| head.recursive);
    let leads_back = |literal: &InstanceLiteral| match (literal, head) {
        (InstanceLiteral::Positive { variant, sign: None, .. }, Some(head)) => {
            let found = policy.variants.get(variant.0 as usize);
            found.is_some_and(|found| found.origin == Origin::Derived && found.component == head.component)
        }
        _ => false,
    };
    let mut is_asked = vec![true; body.len()];
    for position in (0..body.len()).rev().filter(|position| body.get(*position).is_some_and(leads_back)) {
        set(&mut is_asked, position, false);
        let binds = |variable: VariableId| {
            let asked = body.iter().zip(&is_asked).filter(|(_, is_asked)| **is_asked).map(|(literal, _)| literal);
            let mut positive = asked.filter(|literal| matches!(literal, InstanceLiteral::Positive { .. }));
            mentions(&instance.terms, variable) || positive.any(|literal| binds_of(policy, literal).contains(&variable))
        };
        if !body.iter().flat_map(variables).all(binds) {
            set(&mut is_asked, position, true);
        }
    }
    body.iter().zip(is_asked).filter(|(_, is_asked)| *is_asked).map(|(literal, _)| literal.clone()).collect()
}

fn set(flags: &mut [bool], position: usize, value: bool) {
    if let Some(flag) = flags.get_mut(position) {
        *flag = value;
    }
}

/// The variables that a positive literal binds: of a length, not the text.
pub(super) fn binds_of(policy: &Policy, literal: &InstanceLiteral) -> Vec<VariableId> {
    let is_length = |variant: &Variant| variant.origin == Origin::Length;
    match literal {
        InstanceLiteral::Positive { variant, terms, .. } => {
            let n_given = usize::from(policy.variants.get(variant.0 as usize).is_some_and(is_length));
            terms.iter().skip(n_given).filter_map(variable).collect()
        }
        _ => Vec::new(),
    }
}

/// The variables of a literal.
pub(super) fn variables(literal: &InstanceLiteral) -> Vec<VariableId> {
    match literal {
        InstanceLiteral::Positive { terms, .. } | InstanceLiteral::Negated { terms, .. } => {
            terms.iter().filter_map(variable).collect()
        }
        InstanceLiteral::Comparison { left, right, .. } => [left, right].into_iter().filter_map(variable).collect(),
        InstanceLiteral::OtherPermission(variable) => vec![*variable],
    }
}

fn variable(term: &InstanceTerm) -> Option<VariableId> {
    match term {
        InstanceTerm::Variable(variable) => Some(*variable),
        InstanceTerm::Any | InstanceTerm::Value(_) => None,
    }
}

pub(super) fn mentions(terms: &[InstanceTerm], wanted: VariableId) -> bool {
    terms.contains(&InstanceTerm::Variable(wanted))
}

pub(super) fn unbound() -> Error {
    Error::internal("a variable that nothing binds")
}
