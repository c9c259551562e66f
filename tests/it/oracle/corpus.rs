//! Worlds as files of the rule language: a policy, and `test`s whose steps are writes and questions.
//!
//! The writes run in their order, those outside of tests before each test, each `given` its context; a question states
//! what is right after the write before it. A write may have rules and an actor. `refused` may say why: with a part of the
//! sentence of a deny, or of the code of another refusal (`guard-refused`, `built in`, …).
//! What a file shows is checked twice: by its own expectations, and by random questions about each of its states.

use std::collections::BTreeSet;

use entail::language::diagnostic::Severity;
use entail::language::parser;
use entail::language::span::{SourceId, Span};
use entail::language::syntax::{
    Atom, Expected, Literal, LiteralKind, Sign, StatementKind, Step, StepKind, Term as Said, TermKind, Write,
};
use entail::model::value::{Object, Value};
use entail::policy::checked::{Policy, Term, VariableId};

use super::naive::Context;
use super::questions::Question;
use super::reader::{read_fact, read_value};
use super::state::Fault;
use super::transaction::{Ask, Refusal, RuleText, Verdict};

/// A world as its file tells it.
pub(crate) struct File {
    /// The policy's text.
    pub(crate) policy: String,
    text: String,
    before: Vec<Write>,
    tests: Vec<Vec<Step>>,
}

/// A step of a world, read in the light of its policy.
pub(crate) enum Played {
    /// A write, and how it must be refused, if it must.
    Write(Ask, Option<Reason>),
    /// A question with what comes with it, and what must be the answer.
    Expect(Question, Context, Answer),
}

/// What a file says of a refusal: words that it holds, if any.
pub(crate) struct Reason(Option<String>);

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
        let mut before = Vec::new();
        for statement in file.statements {
            match statement.kind {
                StatementKind::Test { steps, .. } => tests.push(steps),
                StatementKind::Write(write) => before.push(write),
                _ => {
                    policy.push_str(&text[statement.span.start as usize..statement.span.end as usize]);
                    policy.push('\n');
                }
            }
        }
        Self { policy, text: text.to_owned(), before, tests }
    }

    /// The steps of each test, with values of the right types; each begins with an empty store.
    pub(crate) fn tests(&self, policy: &Policy) -> Vec<Vec<Played>> {
        let before = |write| Played::Write(self.read_write(policy, write, &None), None);
        let played = |steps: &Vec<Step>| {
            let steps = steps.iter().flat_map(|step| self.read_step(policy, step));
            self.before.iter().map(before).chain(steps).collect()
        };
        self.tests.iter().map(played).collect()
    }

    fn read_write(&self, policy: &Policy, write: &Write, actor: &Option<Said>) -> Ask {
        let mut ask = Ask::default();
        let said = |span: Span| self.text[span.start as usize..span.end as usize].to_owned();
        for one in &write.changes {
            let (sign, facts) = match one.sign {
                Sign::Plus => ('+', &mut ask.change.insert),
                Sign::Minus => ('-', &mut ask.change.delete),
            };
            if one.body.is_empty() {
                facts.push(read_fact(policy, &one.atom));
            } else {
                let body = one.body.iter().map(|literal| said(literal.span)).collect();
                ask.rules.push(RuleText { head: format!("{sign}{}", said(one.atom.span)), body });
            }
        }
        ask.actor = actor.as_ref().map(|actor| match &actor.kind {
            TermKind::Object(kind, id) => Object::new(kind.as_str(), id.as_str()),
            _ => panic!("an actor is an object"),
        });
        ask
    }

    fn read_step(&self, policy: &Policy, step: &Step) -> Vec<Played> {
        let mut context = Context::new();
        for atom in &step.given {
            let given = read_fact(policy, atom);
            context.entry(given.relation).or_default().insert(given.values);
        }
        match &step.kind {
            StepKind::Write { write, actor, refused } => {
                let reason = refused.as_ref().map(|words| Reason(words.as_ref().map(|words| words.node.clone())));
                vec![Played::Write(self.read_write(policy, write, actor), reason)]
            }
            StepKind::Expect { body, expected } => {
                body.iter().map(|literal| read_expectation(policy, literal, &context, expected)).collect()
            }
        }
    }
}

fn read_expectation(policy: &Policy, literal: &Literal, context: &Context, expected: &Expected) -> Played {
    let LiteralKind::Atom { negated, atom, .. } = &literal.kind else { panic!("a world asks no comparison") };
    let (question, variable) = read_goal(policy, atom);
    let answer = match expected {
        Expected::Holds => Answer::Count(u64::from(!negated)),
        Expected::Count(count) => Answer::Count(*count),
        Expected::Answers(terms) => {
            let column = variable.filter(|_| !terms.is_empty());
            let value = |term| vec![read_value(policy, &atom.name.node, column.expect("one variable"), term)];
            Answer::Rows(terms.iter().map(value).collect())
        }
    };
    Played::Expect(question, context.clone(), answer)
}

impl Reason {
    /// Whether a write is refused as the file says.
    pub(crate) fn is_that_of(&self, verdict: &Verdict<'_>) -> bool {
        let Err(refusal) = verdict else { return false };
        let words = self.0.as_deref().unwrap_or_default();
        match refusal {
            Refusal::Impossible(faults) => faults.iter().any(|fault| match fault {
                Fault::Malformed => words.is_empty(),
                fault => {
                    fault.code().is_some_and(|code| code.contains(words) || code.replace('-', " ").contains(words))
                }
            }),
            Refusal::NotAllowed(_) => "guard-refused".contains(words),
            Refusal::Violated(sentences) => sentences.iter().any(|sentence| sentence.contains(words)),
        }
    }
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
