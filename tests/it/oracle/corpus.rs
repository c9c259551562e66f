//! Worlds as files of the rule language: a policy, and `test`s whose steps are writes and questions.
//!
//! The writes run in their order, each `given` its context; a question states what is right after the write before it.
//! What a file shows is checked twice: by its own expectations, and by random questions about each of its states.

use std::collections::BTreeSet;

use entail::language::diagnostic::Severity;
use entail::language::parser;
use entail::language::span::SourceId;
use entail::language::syntax::{
    Atom, Expected, LiteralKind, Sign, StatementKind, Step, StepKind, Term as Said, TermKind,
};
use entail::model::fact::Fact;
use entail::model::value::{ColumnType, Object, Value};
use entail::policy::checked::{Policy, Term, VariableId};
use entail::policy::schema::{PERMISSION, TypeKind};

use super::naive::Context;
use super::questions::Question;
use super::state::Change;

/// A world as its file tells it.
pub(crate) struct File {
    /// The policy's text.
    pub(crate) policy: String,
    tests: Vec<Vec<Step>>,
}

/// A step of a world, read in the light of its policy.
pub(crate) enum Played {
    /// A write, and whether it must be refused.
    Write(Change, bool),
    /// A question with what comes with it, and what must be the answer.
    Expect(Question, Context, Answer),
}

/// What a file says of an answer.
pub(crate) enum Answer {
    /// So many rows.
    Count(u64),
    /// Exactly these, of a goal with one variable.
    Rows(BTreeSet<Vec<Value>>),
}

impl File {
    /// Reads a file; it must be well formed.
    pub(crate) fn read(text: &str) -> Self {
        let (file, diagnostics) = parser::parse(SourceId(0), text);
        let errors: Vec<_> = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{errors:?} in {text}");
        let mut policy = String::new();
        let mut tests = Vec::new();
        for statement in file.statements {
            match statement.kind {
                StatementKind::Test { steps, .. } => tests.push(steps),
                _ => {
                    policy.push_str(&text[statement.span.start as usize..statement.span.end as usize]);
                    policy.push('\n');
                }
            }
        }
        Self { policy, tests }
    }

    /// The steps of each test, with values of the right types; each begins with an empty store.
    pub(crate) fn tests(&self, policy: &Policy) -> Vec<Vec<Played>> {
        self.tests.iter().map(|steps| steps.iter().map(|step| read_step(policy, step)).collect()).collect()
    }
}

fn read_step(policy: &Policy, step: &Step) -> Played {
    let mut context = Context::new();
    for atom in &step.given {
        let given = read_fact(policy, atom);
        context.entry(given.relation).or_default().insert(given.values);
    }
    match &step.kind {
        StepKind::Write { write, refused, .. } => {
            let mut change = Change::default();
            for one in &write.changes {
                let facts = if one.sign == Sign::Plus { &mut change.insert } else { &mut change.delete };
                facts.push(read_fact(policy, &one.atom));
            }
            Played::Write(change, refused.is_some())
        }
        StepKind::Expect { body, expected } => {
            let [literal] = body.as_slice() else { panic!("a world asks one goal at a time") };
            let LiteralKind::Atom { negated, atom, .. } = &literal.kind else { panic!("a world asks no comparison") };
            let (question, variable) = read_goal(policy, atom);
            let answer = match expected {
                Expected::Holds => Answer::Count(u64::from(!negated)),
                Expected::Count(count) => Answer::Count(*count),
                Expected::Answers(terms) => {
                    let column = variable.expect("a goal with answers has one variable");
                    let value = |term| vec![read_value(policy, &atom.name.node, column, term)];
                    Answer::Rows(terms.iter().map(value).collect())
                }
            };
            Played::Expect(question, context, answer)
        }
    }
}

fn read_fact(policy: &Policy, atom: &Atom) -> Fact {
    let value = |(column, term)| read_value(policy, &atom.name.node, column, term);
    Fact { relation: atom.name.node.as_str().into(), values: atom.terms.iter().enumerate().map(value).collect() }
}

/// The goal, and the column of its only variable if it has just one.
fn read_goal(policy: &Policy, atom: &Atom) -> (Question, Option<usize>) {
    let mut names: Vec<&str> = Vec::new();
    let mut first_column = None;
    let mut terms = Vec::new();
    for (column, term) in atom.terms.iter().enumerate() {
        let mut variable = |name: &'_ String| match names.iter().position(|known| known == name) {
            Some(known) => VariableId(known as u16),
            None => {
                first_column.get_or_insert(column);
                VariableId(names.len() as u16)
            }
        };
        let (read, name) = match &term.kind {
            TermKind::Any => (Term::Any, None),
            TermKind::Variable(name) => (Term::Variable(variable(name)), Some(name)),
            TermKind::VariableSet(name, relation) => {
                (Term::SetOf(variable(name), relation.as_str().into()), Some(name))
            }
            _ => (Term::Value(read_value(policy, &atom.name.node, column, term)), None),
        };
        terms.push(read);
        if let Some(name) = name
            && !names.contains(&name.as_str())
        {
            names.push(name);
        }
    }
    let n_variables = names.len();
    let question = Question::Query(atom.name.node.as_str().into(), terms, n_variables);
    (question, first_column.filter(|_| n_variables == 1))
}

/// A value as its column takes it: a name is a constant of an enumeration, a text in a column of times a time.
fn read_value(policy: &Policy, predicate: &str, column: usize, term: &Said) -> Value {
    let types: Vec<&ColumnType> = policy
        .schema
        .predicates
        .iter()
        .filter(|known| &*known.name == predicate)
        .flat_map(|known| &known.declared)
        .filter_map(|columns| columns.get(column))
        .flatten()
        .collect();
    match &term.kind {
        TermKind::Object(kind, id) => Value::Object(Object::new(kind.as_str(), id.as_str())),
        TermKind::ObjectSet(kind, id, relation) => {
            Value::Set(Object::new(kind.as_str(), id.as_str()), relation.as_str().into())
        }
        TermKind::Everyone(kind) => Value::Everyone(kind.as_str().into()),
        TermKind::Integer(number) => Value::Integer(*number),
        TermKind::Text(text) => match text.parse() {
            Ok(time) if types.contains(&&ColumnType::Time) || predicate == "now" => Value::Time(time),
            _ => Value::Text(text.as_str().into()),
        },
        TermKind::Name(name) => {
            let holds =
                |kind: &TypeKind| matches!(kind, TypeKind::Enumeration(names) if names.iter().any(|n| **n == **name));
            let enumeration = policy.schema.types.iter().find(|kind| holds(&kind.kind));
            let kind = enumeration.map_or(PERMISSION.into(), |kind| kind.name.clone());
            Value::Constant(Object::new(kind, name.as_str()))
        }
        TermKind::Any | TermKind::Variable(_) | TermKind::VariableSet(..) => {
            panic!("{term:?} is no value")
        }
    }
}
