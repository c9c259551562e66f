//! What can be left out of a pack: statements, alternatives of guards, literals.

use crate::api::policy::PolicyRequest;
use crate::cli::rules::suite::Suite;
use crate::language::printer::part::print_literal;
use crate::language::printer::print;
use crate::language::syntax::{File, Literal, LiteralKind, Statement, StatementKind, Term, TermKind};
use crate::model::comparison::Comparison;

/// The most characters of a statement that are shown.
const SHOWN: usize = 100;

/// What is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// A rule, an effect, a deny, or a guard.
    Statement,
    /// One of several changes of a guard, by its position.
    Change(usize),
    /// A literal of the body, by its position.
    Literal(usize),
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mutant {
    /// The file, as the user called it.
    pub(super) source: String,
    /// The position of the statement in it.
    pub(super) statement: usize,
    pub(super) part: Part,
}

/// Everything that can be left out of what a suite tests, in the order of the texts. Facts, declarations and the catalogue
/// aren't.
pub(super) fn mutants(suite: &Suite) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (source, file) in suite.pack.sources.iter().zip(&suite.pack.files) {
        for (position, statement) in file.statements.iter().enumerate() {
            let parts = parts(statement).into_iter();
            mutants.extend(parts.map(|part| Mutant { source: source.name.clone(), statement: position, part }));
        }
    }
    mutants
}

fn parts(statement: &Statement) -> Vec<Part> {
    let wholes = match &statement.kind {
        StatementKind::Guard { changes, .. } if changes.len() > 1 => (0..changes.len()).map(Part::Change).collect(),
        StatementKind::Rule { body, .. } if body.is_empty() => return Vec::new(),
        StatementKind::Rule { .. }
        | StatementKind::Effect { .. }
        | StatementKind::Deny { .. }
        | StatementKind::Guard { .. } => {
            vec![Part::Statement]
        }
        _ => return Vec::new(),
    };
    let n_literals = body(statement).map_or(0, Vec::len);
    wholes.into_iter().chain((0..n_literals).map(Part::Literal)).collect()
}

fn body(statement: &Statement) -> Option<&Vec<Literal>> {
    match &statement.kind {
        StatementKind::Rule { body, .. }
        | StatementKind::Effect { body, .. }
        | StatementKind::Deny { body, .. }
        | StatementKind::Guard { body, .. } => Some(body),
        _ => None,
    }
}

fn body_mut(statement: &mut Statement) -> Option<&mut Vec<Literal>> {
    match &mut statement.kind {
        StatementKind::Rule { body, .. }
        | StatementKind::Effect { body, .. }
        | StatementKind::Deny { body, .. }
        | StatementKind::Guard { body, .. } => Some(body),
        _ => None,
    }
}

impl Mutant {
    /// The policies in which the part is left out, the first to be tried first: a predicate that has no other rule stays
    /// declared by one that never holds.
    pub(super) fn policies(&self, suite: &Suite) -> Vec<PolicyRequest> {
        let without = |change: &dyn Fn(&mut File) -> Option<()>| {
            let mut file = self.file(suite)?.clone();
            change(&mut file)?;
            let mut policy = suite.policy();
            policy.files.insert(self.source.clone(), print(&file));
            Some(policy)
        };
        let left_out = without(&|file| {
            let statement = file.statements.get_mut(self.statement)?;
            match self.part {
                Part::Statement => drop(file.statements.remove(self.statement)),
                Part::Change(position) => match &mut statement.kind {
                    StatementKind::Guard { changes, .. } => drop(changes.remove(position)),
                    _ => return None,
                },
                Part::Literal(position) => drop(body_mut(statement)?.remove(position)),
            }
            Some(())
        });
        let idle = without(&|file| {
            let statement = file.statements.get_mut(self.statement).filter(|_| self.part == Part::Statement)?;
            let body = body_mut(statement)?;
            body.push(never(body)?);
            Some(())
        });
        left_out.into_iter().chain(idle).collect()
    }

    fn file<'s>(&self, suite: &'s Suite) -> Option<&'s File> {
        let position = suite.pack.sources.iter().position(|source| source.name == self.source)?;
        suite.pack.files.get(position)
    }

    /// Where it stands, from 1, and what it says.
    pub(super) fn shown(&self, suite: &Suite) -> Option<(usize, String)> {
        let statement = self.file(suite)?.statements.get(self.statement)?;
        let source = suite.pack.sources.iter().find(|source| source.name == self.source)?;
        Some(match (self.part, &statement.kind) {
            (Part::Literal(position), _) => {
                let literal = body(statement)?.get(position)?;
                (source.line(literal.span), print_literal(literal))
            }
            (Part::Change(position), StatementKind::Guard { changes, actor, body }) => {
                let change = changes.get(position)?.clone();
                let span = change.atom.span;
                let kind = StatementKind::Guard { changes: vec![change], actor: actor.clone(), body: body.clone() };
                (source.line(span), one_line(&Statement { kind, ..statement.clone() }))
            }
            _ => (source.line(statement.span), one_line(statement)),
        })
    }
}

/// A comparison that no value of a variable of the body passes.
fn never(body: &[Literal]) -> Option<Literal> {
    let literal = body.iter().find(|literal| matches!(&literal.kind, LiteralKind::Atom { negated: false, .. }))?;
    let LiteralKind::Atom { atom, .. } = &literal.kind else { return None };
    let is_variable = |term: &&Term| matches!(term.kind, TermKind::Variable(_));
    let variable = atom.terms.iter().find(is_variable)?.clone();
    let kind = LiteralKind::Comparison { operator: Comparison::NotEqual, left: variable.clone(), right: variable };
    Some(Literal { kind, span: literal.span })
}

/// A statement without comments, shortened to a line.
fn one_line(statement: &Statement) -> String {
    let mut statement = statement.clone();
    statement.comments.clear();
    statement.end_comment = None;
    let file = File { statements: vec![statement], ..File::default() };
    let text = print(&file).split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
