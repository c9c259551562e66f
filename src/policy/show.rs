//! Statements of a policy as people read them: their places, and their literals with some values known.

use crate::language::span::Span;
use crate::language::syntax::Sign;
use crate::model::fact::Fact;
use crate::model::value::{Name, Value, object_notation};
use crate::policy::checked::{Atom, Literal, Policy, Rule, Term, VariableId};

impl Policy {
    /// `file:line` of a statement.
    pub fn place(&self, span: Span) -> String {
        let Some(source) = self.sources.get(span.source.0 as usize) else {
            return "the policy".to_owned();
        };
        format!("{}:{}", source.name, source.line(span))
    }

    /// A literal in the language's notation, with the values that are known instead of its variables.
    pub fn literal(&self, literal: &Literal, names: &[Name], known: &dyn Fn(VariableId) -> Option<Value>) -> String {
        let term = |term: &Term| shown(term, names, known);
        match literal {
            Literal::Atom { negated, sign, atom } => {
                let not = if *negated { "not " } else { "" };
                let sign = match sign {
                    Some(Sign::Plus) => "+",
                    Some(Sign::Minus) => "-",
                    None => "",
                };
                format!("{not}{sign}{}", self.atom(atom, &term))
            }
            Literal::Comparison { operator, left, right, .. } => {
                format!("{} {} {}", term(left), operator.symbol(), term(right))
            }
        }
    }

    /// A rule in the language's notation, without its full stop, with the values that are known instead of its variables. One of
    /// `can` shows the `on(P, X)` that the language adds.
    pub fn rule(&self, rule: &Rule, known: &dyn Fn(VariableId) -> Option<Value>) -> String {
        let head = self.atom(&rule.head, &|term| shown(term, &rule.variables, known));
        let body: Vec<String> = rule.body.iter().map(|literal| self.literal(literal, &rule.variables, known)).collect();
        if body.is_empty() { head } else { format!("{head} :- {}", body.join(", ")) }
    }

    /// `file:line` of the statement that says a built-in fact.
    pub fn stated_place(&self, fact: &Fact) -> Option<String> {
        let position = self.built_in.binary_search(fact).ok()?;
        self.stated_at.get(position).map(|span| self.place(*span))
    }

    fn atom(&self, atom: &Atom, term: &dyn Fn(&Term) -> String) -> String {
        let name = self.schema.predicate(atom.predicate).map_or("?", |predicate| &predicate.name);
        let terms: Vec<String> = atom.terms.iter().map(term).collect();
        format!("{name}({})", terms.join(", "))
    }
}

fn shown(term: &Term, names: &[Name], known: &dyn Fn(VariableId) -> Option<Value>) -> String {
    let name = |variable: &VariableId| names.get(usize::from(variable.0)).map_or("?", |name| name);
    match term {
        Term::Any => "_".to_owned(),
        Term::Value(value) => value.notation(),
        Term::Variable(variable) => {
            known(*variable).map_or_else(|| name(variable).to_owned(), |value| value.notation())
        }
        Term::SetOf(variable, relation) => match known(*variable) {
            Some(Value::Object(object)) => format!("{}#{relation}", object_notation(&object.kind, &object.id)),
            _ => format!("{}#{relation}", name(variable)),
        },
    }
}
