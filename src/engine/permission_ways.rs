//! The ways to a permission, for those who ask where a permission comes from: what each says, and what it gives.

use std::time::Instant;

use crate::engine::engine::Engine;
use crate::engine::error::Error;
use crate::engine::explain::ways::{Says, Way, ways_to};
use crate::engine::request::Context;
use crate::engine::state::State;
use crate::engine::view::View;
use crate::model::value::{ColumnType, Name, Object, Raw, Value};
use crate::policy::checked::{InstanceTerm, VariableId};

/// One way to a permission between subjects of a type and objects of a type: facts that give it when they hold together.
pub struct PermissionWay<'v> {
    engine: &'v Engine,
    state: &'v State,
    deadline: Option<Instant>,
    way: Way,
}

/// A term of a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WayTerm {
    /// A value, as text.
    Value(String),
    /// A variable: the same number stands for the same value everywhere in the way.
    Variable(u16),
    /// Any value.
    Any,
}

/// A fact that must hold on a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayAtom {
    /// The relation.
    pub relation: String,
    /// One for each column.
    pub terms: Vec<WayTerm>,
}

impl View<'_> {
    /// The ways to a permission between subjects and objects of two types, in the order of the rules.
    pub fn ways(&self, subject: &str, permission: &str, object: &str) -> Vec<PermissionWay<'_>> {
        let of = |kind: &str| ColumnType::Object(kind.into());
        let ways = ways_to(&self.state.active, &of(subject), &Name::from(permission), &of(object));
        let (engine, state, deadline) = (self.engine, &*self.state, self.deadline);
        ways.into_iter().map(|way| PermissionWay { engine, state, deadline, way }).collect()
    }
}

impl PermissionWay<'_> {
    /// The subject's term and the object's.
    pub fn ends(&self) -> (WayTerm, WayTerm) {
        let end = |end: Option<&InstanceTerm>| end.map_or(WayTerm::Any, term);
        (end(self.way.join.head.first()), end(self.way.join.head.last()))
    }

    /// Where the rule stands that gives the permission: `sales.dl:41`.
    pub fn rule(&self) -> String {
        let policy = &self.state.active.policy;
        let rule = self.way.join.rules.first().and_then(|rule| policy.rules.get(*rule as usize));
        rule.map(|rule| policy.place(rule.span)).unwrap_or_default()
    }

    /// The facts that must hold; what must not hold, and what is compared, is left out.
    pub fn atoms(&self) -> Vec<WayAtom> {
        let literals = self.way.literals(&self.state.active).into_iter();
        let holding = literals.filter(|literal| matches!(literal.says, Says::Holds(_)));
        let atom = |literal: crate::engine::explain::ways::WayLiteral<'_>| {
            let terms = literal.terms.into_iter().map(term).collect();
            Some(WayAtom { relation: literal.relation?.to_string(), terms })
        };
        holding.filter_map(atom).collect()
    }

    /// What the way gives for a subject, an object, both or neither: the values of some variables for which all that it says
    /// holds, each row once, in order of creation.
    ///
    /// # Errors
    /// `missing-context` if it reads a context; `limit-exceeded`, never fewer rows, also when the ways of the view together take
    /// longer than a question may.
    pub fn rows(
        &self,
        subject: Option<&Object>,
        object: Option<&Object>,
        wanted: &[u16],
    ) -> Result<Vec<Vec<String>>, Error> {
        let value = |object: Option<&Object>| object.map(|object| Value::Object(object.clone()));
        let given = [value(subject), None, value(object)];
        let context = Context::new();
        let surroundings = self.engine.surroundings(self.state, &context, None)?.until(self.deadline);
        surroundings.refuse_late()?;
        let wanted: Vec<VariableId> = wanted.iter().map(|variable| VariableId(*variable)).collect();
        let rows = self.way.rows(self.state, &given, &wanted, &surroundings)?;
        Ok(rows.into_iter().map(|row| row.iter().map(text).collect()).collect())
    }
}

fn term(term: &InstanceTerm) -> WayTerm {
    match term {
        InstanceTerm::Value(value) => WayTerm::Value(text(value)),
        InstanceTerm::Variable(variable) => WayTerm::Variable(variable.0),
        InstanceTerm::Any => WayTerm::Any,
    }
}

fn text(value: &Value) -> String {
    match value.raw() {
        Raw::Text(text) => text,
        Raw::Integer(number) => number.to_string(),
    }
}
