//! Goals: what `query` asks, in the language's notation.

use std::collections::BTreeSet;

use crate::language::span::SourceId;
use crate::language::syntax;
use crate::model::value::{ColumnType, Name, Value};
use crate::policy::checked::{Column, Origin, Policy, PredicateId, Term};
use crate::policy::misfit::{Misfit, short};
use crate::policy::read::is_of;
use crate::policy::report::Report;
use crate::policy::resolve::{self, Scope};
use crate::policy::schema::PERMISSION;

/// A predicate asked with some of its columns given.
#[derive(Clone, Debug)]
pub struct Goal {
    /// What is asked. A type that others are stands for their variants.
    pub predicate: PredicateId,
    /// One for each column.
    pub terms: Vec<Term>,
    /// The names of its variables, in the order of their first mention.
    pub variables: Vec<Name>,
}

impl Policy {
    /// Reads a goal: any predicate, with values, variables and `_`.
    ///
    /// # Errors
    /// What is unknown in it, a wrong number of columns, a value of a type that no fact of the predicate has there, or a
    /// `length` without its text.
    pub fn goal(&self, atom: &syntax::Atom) -> Result<Goal, Misfit> {
        let mut scope = Scope::default();
        let mut report = Report::default();
        let resolved = resolve::atom(atom, &self.schema, &mut scope, &mut report);
        let Some(resolved) = resolved else {
            let first = report.diagnostics.into_iter().next();
            let unread = Misfit { code: "malformed-goal", message: "this goal can't be read".to_owned(), help: None };
            return Err(first.map_or(unread, |diagnostic| Misfit {
                code: diagnostic.code,
                message: diagnostic.message,
                help: diagnostic.help,
            }));
        };
        if self.schema.predicate(resolved.predicate).is_some_and(|predicate| predicate.origin == Origin::Length)
            && !matches!(resolved.terms.first(), Some(Term::Value(_)))
        {
            let help = "Give it one: `length(\"EU\", N)`.";
            return Err(Misfit::new("unbound-variable", "`length` needs its text: it lists no texts", help));
        }
        let terms = resolved.terms.into_iter().enumerate();
        let terms =
            terms.map(|(column, term)| self.settle(resolved.predicate, column, term)).collect::<Result<_, _>>()?;
        Ok(Goal { predicate: resolved.predicate, terms, variables: scope.variables })
    }

    /// Holds a value of a goal against the variants of its predicate; a text among times becomes one.
    fn settle(&self, predicate: PredicateId, column: usize, term: Term) -> Result<Term, Misfit> {
        let Term::Value(value) = &term else {
            return Ok(term);
        };
        let variants = self.variants.iter().filter(|variant| variant.predicate == predicate);
        let columns: BTreeSet<&Column> = variants.filter_map(|variant| variant.columns.get(column)).collect();
        let held = |kind: &ColumnType| {
            columns.iter().any(|column| match column {
                Column::Type(of) => of == kind,
                Column::Permission(_) | Column::OtherPermission => is_of(kind, PERMISSION),
            })
        };
        if columns.is_empty() || held(&value.column_type()) {
            return Ok(term);
        }
        let name = self.schema.predicate(predicate).map(|predicate| predicate.name.clone()).unwrap_or_default();
        if let (Value::Text(text), true) = (value, held(&ColumnType::Time)) {
            let help = "Write date, time and offset, like `\"2026-07-01T00:00:00Z\"`.";
            let time = text
                .parse()
                .map_err(|_| Misfit::new("malformed-time", format!("`{}` is no time", short(text)), help))?;
            return Ok(Term::Value(Value::Time(time)));
        }
        let message =
            format!("no fact of `{name}` has a value of type `{}` in column {}", value.column_type(), column + 1);
        Err(Misfit::new("wrong-type", message, "Ask with a value of another type, or with a variable."))
    }
}

/// The place that a goal's text has among sources: none of the policy's.
pub const GOAL: SourceId = SourceId(u32::MAX);
