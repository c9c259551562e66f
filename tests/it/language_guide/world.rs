//! A world of one example: its policy in an engine of its own, and the steps that are run in it.

use std::collections::BTreeMap;

use entail::engine::request::{Check, Context, ListObjects, ListSubjects, Page, Query, Write as EngineWrite};
use entail::language::printer::part::{print_atom, print_term};
use entail::language::raw::raw_fact;
use entail::language::syntax::{
    Atom, Expected, Literal, LiteralKind, Sign, Statement, StatementKind, Step, StepKind, Term, TermKind, Write,
};
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};

use crate::language_guide::{Example, read};

const TENANT: &str = "guide";

/// An engine with an example's policy.
pub(crate) struct World {
    line: usize,
    engine: Engine,
    _directory: tempfile::TempDir,
}

impl World {
    pub(crate) fn new(example: &Example) -> Self {
        let line = example.line;
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::open(directory.path(), Options::default()).unwrap();
        let activated = engine.activate(TENANT, &example.policy);
        if let Err(error) = activated {
            panic!("line {line}: {error}\n{}", error.details.join("\n"));
        }
        Self { line, engine, _directory: directory }
    }

    pub(crate) fn load(&self, facts: &str) {
        let facts: Vec<RawFact> = read(self.line, facts)
            .statements
            .iter()
            .map(|statement| match &statement.kind {
                StatementKind::Rule { head, body } if body.is_empty() => raw_fact(head).unwrap(),
                other => panic!("line {}: no fact: {other:?}", self.line),
            })
            .collect();
        self.engine
            .load(TENANT, &facts)
            .unwrap_or_else(|error| panic!("line {}: {error} {:?}", self.line, error.details));
    }

    /// Runs the steps of a test; how many there were.
    pub(crate) fn run(&self, test: &Statement) -> usize {
        let StatementKind::Test { steps, .. } = &test.kind else { panic!("no test: {test:?}") };
        for step in steps {
            self.step(step);
        }
        steps.len()
    }

    fn step(&self, step: &Step) {
        let context = context(&step.given);
        match &step.kind {
            StepKind::Write { write, actor: None, refused } => {
                let written = self.write(write);
                assert_eq!(written.is_err(), refused.is_some(), "line {}: {written:?}", self.line);
            }
            StepKind::Write { .. } => panic!("line {}: writes with an actor come later", self.line),
            StepKind::Expect { body, expected: Expected::Holds } => {
                for literal in body {
                    self.expect_literal(literal, &context);
                }
            }
            StepKind::Expect { body, expected } => {
                let [Literal { kind: LiteralKind::Atom { negated: false, sign: None, atom }, .. }] = &body[..] else {
                    panic!("line {}: answers are listed of one atom", self.line)
                };
                self.expect_answers(atom, expected, &context);
            }
        }
    }

    pub(crate) fn write(&self, write: &Write) -> Result<(), String> {
        assert!(!write.braces, "line {}: request rules come later", self.line);
        let facts = |sign: Sign| -> Vec<RawFact> {
            let changes = write.changes.iter().filter(|change| change.sign == sign);
            changes.map(|change| raw_fact(&change.atom).unwrap()).collect()
        };
        let request = EngineWrite { insert: facts(Sign::Plus), delete: facts(Sign::Minus), ..EngineWrite::default() };
        self.engine.write(TENANT, &request).map(drop).map_err(|error| error.to_string())
    }

    /// A literal without variables: asked as a query, and if it is of `can` as a check.
    fn expect_literal(&self, literal: &Literal, context: &Context) {
        let LiteralKind::Atom { negated, sign: None, atom } = &literal.kind else {
            panic!("line {}: only atoms are asked: {literal:?}", self.line)
        };
        let goal = print_atom(atom);
        let rows = self.rows(atom, context);
        assert_eq!(rows.is_empty(), *negated, "line {}: {goal}", self.line);
        if let Some([subject, permission, object]) = can(atom) {
            let check = Check { subject, permission, object, context: context.clone(), at: None };
            let decision = self.engine.check(TENANT, &check).unwrap();
            assert_eq!(decision.allowed, !*negated, "line {}: {goal}", self.line);
        }
    }

    /// The answers of an atom with one variable: asked as a query, and if it is of `can` as a listing too.
    fn expect_answers(&self, atom: &Atom, expected: &Expected, context: &Context) {
        let goal = print_atom(atom);
        let rows = self.rows(atom, context);
        let query = Query { goal: goal.clone(), context: context.clone(), at: None };
        let count = self.engine.count_query(TENANT, &query).unwrap().count;
        assert_eq!(count, rows.len() as u64, "line {}: {goal}", self.line);
        let expected = match expected {
            Expected::Count(expected) => {
                return assert_eq!(count, *expected, "line {}: {goal}", self.line);
            }
            Expected::Answers(answers) => answers,
            Expected::Holds => panic!("line {}: {goal} expects no answers", self.line),
        };
        let wanted = Atom { terms: expected.clone(), ..atom.clone() };
        let mut wanted = if expected.is_empty() { Vec::new() } else { raw_fact(&wanted).unwrap().values };
        let mut found: Vec<Raw> = rows.into_iter().map(|row| row.into_iter().next().unwrap()).collect();
        wanted.sort();
        found.sort();
        assert_eq!(found, wanted, "line {}: {goal}", self.line);
        self.expect_listing(atom, expected, context);
    }

    /// Objects and subjects of each type among the expected ones, listed.
    fn expect_listing(&self, atom: &Atom, expected: &[Term], context: &Context) {
        if atom.name.node != "can" {
            return;
        }
        let mut by_kind: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for term in expected {
            let TermKind::Object(kind, _) = &term.kind else {
                return;
            };
            by_kind.entry(kind).or_default().push(raw(term));
        }
        for (kind, mut wanted) in by_kind {
            let (kind, context) = (kind.to_owned(), context.clone());
            let listing = match &atom.terms[..] {
                [subject, permission, Term { kind: TermKind::Variable(_), .. }] => {
                    let (subject, permission) = (raw(subject), raw(permission));
                    let list = ListObjects { subject, permission, kind, context, at: None };
                    self.engine.list_objects(TENANT, &list, &Page::default())
                }
                [Term { kind: TermKind::Variable(_), .. }, permission, object] => {
                    let (permission, object) = (raw(permission), raw(object));
                    let list = ListSubjects { kind, permission, object, context, at: None };
                    self.engine.list_subjects(TENANT, &list, &Page::default())
                }
                _ => return,
            };
            let mut items = listing.unwrap().items;
            items.sort();
            wanted.sort();
            assert_eq!(items, wanted, "line {}: {}", self.line, print_atom(atom));
        }
    }

    fn rows(&self, atom: &Atom, context: &Context) -> Vec<Vec<Raw>> {
        let query = Query { goal: print_atom(atom), context: context.clone(), at: None };
        let answers = self.engine.query(TENANT, &query, &Page::default());
        answers.unwrap_or_else(|error| panic!("line {}: {}: {error}", self.line, query.goal)).rows
    }
}

/// Subject, permission and object of an atom of `can`, raw.
fn can(atom: &Atom) -> Option<[String; 3]> {
    let [subject, permission, object] = &atom.terms[..] else {
        return None;
    };
    (atom.name.node == "can").then(|| [raw(subject), raw(permission), raw(object)])
}

/// The raw form of a term that is no text or number.
fn raw(term: &Term) -> String {
    match &term.kind {
        TermKind::Object(kind, id) => format!("{kind}:{id}"),
        _ => print_term(term),
    }
}

/// The facts behind `given`, by relation.
fn context(given: &[Atom]) -> Context {
    let mut context = Context::new();
    for fact in given.iter().map(|atom| raw_fact(atom).unwrap()) {
        context.entry(fact.relation).or_default().push(fact.values);
    }
    context
}
