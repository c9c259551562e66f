//! The steps of a test: writes, refusals, questions.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::problem::Problem;
use crate::cli::diagnostics::refused;
use crate::cli::explained;
use crate::engine::engine::Engine;
use crate::engine::error::{Error, Kind};
use crate::engine::explain::explanation::Verdict;
use crate::engine::request::{self, Context};
use crate::language::printer::part::{print_atom, print_literal, print_term};
use crate::language::raw::raw_fact;
use crate::language::span::{Source, Span};
use crate::language::syntax::{Atom, Expected, Literal, LiteralKind, Sign, Step, StepKind, Term, TermKind, Write};
use crate::model::fact::RawFact;
use crate::model::value::Value;

/// Where a test is played.
pub(super) struct Ground<'a> {
    pub(super) engine: &'a Engine,
    pub(super) tenant: &'a str,
    /// The texts, to say where something stands.
    pub(super) sources: &'a [Source],
    /// Whether a failure says why what was asked for holds, or why not.
    pub(super) explains: bool,
}

/// What contradicts itself, whoever writes it.
const CONTRADICTIONS: [&str; 2] = ["fact-in-both", "two-values"];

/// How many answers that are otherwise than expected are explained, of each kind.
const MAX_EXPLAINED: usize = 3;

/// Plays the writes that stand before all tests, then the steps of one; answers with what the first of them found otherwise
/// than it says.
///
/// # Errors
/// What is wrong in the text of the test itself.
pub(super) fn play(ground: &Ground<'_>, before: &[&Write], steps: &[Step]) -> Result<Option<String>, Problem> {
    for write in before {
        if let Err(error) = ground.write(write, None)? {
            return Ok(Some(format!("a write before the tests was refused: {}", told(&error))));
        }
    }
    for step in steps {
        let failure = match &step.kind {
            StepKind::Write { write, actor, refused } => {
                let words = refused.as_ref().map(|words| words.as_ref().map(|words| words.node.as_str()));
                judged(ground.write(write, actor.as_ref())?, words)
            }
            StepKind::Expect { body, expected } => ground.expect(body, expected, &step.given)?,
        };
        if let Some(failure) = failure {
            return Ok(Some(format!("{}: {failure}", ground.place(step.span))));
        }
    }
    Ok(None)
}

/// What is otherwise with the verdict on a write; `refused` are the words that a refusal must hold, if it must be one.
fn judged(verdict: Result<(), Error>, refused: Option<Option<&str>>) -> Option<String> {
    match (verdict, refused) {
        (Ok(()), None) => None,
        (Ok(()), Some(_)) => Some("the write went through, and should have been refused".to_owned()),
        (Err(error), None) => Some(format!("the write was refused: {}", told(&error))),
        // What nobody could write is no refusal, whatever the test expects.
        (Err(error), Some(_))
            if !matches!(error.kind, Kind::Conflict | Kind::Forbidden) || CONTRADICTIONS.contains(&error.code) =>
        {
            Some(format!("the write failed: {}", told(&error)))
        }
        (Err(error), Some(Some(words))) if !told(&error).contains(words) => {
            Some(format!("the write was refused, but not with \"{words}\": {}", told(&error)))
        }
        (Err(_), Some(_)) => None,
    }
}

/// All that an error says.
fn told(error: &Error) -> String {
    let mut told = error.message.clone();
    for detail in &error.details {
        told.push_str("\n    ");
        told.push_str(detail);
    }
    told
}

impl Ground<'_> {
    fn write(&self, write: &Write, actor: Option<&Term>) -> Result<Result<(), Error>, Problem> {
        let mut request = request::Write::default();
        for change in &write.changes {
            if change.body.is_empty() {
                let fact = raw_fact(&change.atom).map_err(|diagnostic| refused(self.sources, &[diagnostic]))?;
                let facts = if change.sign == Sign::Plus { &mut request.insert } else { &mut request.delete };
                facts.push(fact);
                continue;
            }
            let sign = if change.sign == Sign::Plus { '+' } else { '-' };
            let body: Vec<String> = change.body.iter().map(print_literal).collect();
            let rules = request.rules.get_or_insert_default();
            rules.push_str(&format!("{sign}{} :- {}.\n", print_atom(&change.atom), body.join(", ")));
        }
        request.actor = actor.map(raw_text);
        Ok(self.engine.write(self.tenant, &request).map(drop))
    }

    fn expect(&self, body: &[Literal], expected: &Expected, given: &[Atom]) -> Result<Option<String>, Problem> {
        let context = self.context(given)?;
        if *expected == Expected::Holds {
            // Each literal by itself, so that the failure names the one that doesn't hold.
            for group in groups(body) {
                let answers = self.engine.ask_body(self.tenant, &group, &context)?;
                if answers.rows.is_empty() {
                    let literals: Vec<String> = group.iter().map(print_literal).collect();
                    let why = self.why_not(&group, &context);
                    return Ok(Some(format!("`{}` doesn't hold{why}", literals.join(", "))));
                }
            }
            return Ok(None);
        }
        let answers = self.engine.ask_body(self.tenant, body, &context)?;
        let n_found = answers.rows.len() as u64;
        match expected {
            Expected::Holds => Ok(None),
            Expected::Count(count) if *count == n_found => Ok(None),
            Expected::Count(count) => Ok(Some(format!("{count} answers were expected, and there are {n_found}{}", {
                let found: Vec<String> = answers.rows.iter().take(20).map(|row| notation(row)).collect();
                format!(": {}", found.join(", "))
            }))),
            Expected::Answers(terms) if !terms.is_empty() && answers.variables.len() != 1 => {
                Ok(Some("answers in braces are those of one variable: ask for the others with `_`".to_owned()))
            }
            Expected::Answers(terms) => {
                let wanted: BTreeSet<String> = terms.iter().map(print_term).collect();
                let found: BTreeSet<String> = answers.rows.iter().map(|row| notation(row)).collect();
                let missing: Vec<&str> = wanted.difference(&found).map(String::as_str).collect();
                let extra: Vec<&str> = found.difference(&wanted).map(String::as_str).collect();
                if missing.is_empty() && extra.is_empty() {
                    return Ok(None);
                }
                let part = |what: &str, terms: &[&str]| match terms {
                    [] => String::new(),
                    terms => format!("; {what} {}", terms.join(", ")),
                };
                let mut why = String::new();
                if let [Literal { kind: LiteralKind::Atom { negated: false, sign: None, atom }, .. }] = body {
                    let of_missing = terms.iter().filter(|term| missing.contains(&print_term(term).as_str()));
                    for term in of_missing.take(MAX_EXPLAINED) {
                        why += &self.why(&with_answer(atom, term), None, &context);
                    }
                    let of_extra = answers.rows.iter().filter(|row| extra.contains(&notation(row).as_str()));
                    for value in of_extra.filter_map(|row| row.first()).take(MAX_EXPLAINED) {
                        why += &self.why(atom, Some(value), &context);
                    }
                }
                let (missing, extra) = (part("missing:", &missing), part("not expected:", &extra));
                Ok(Some(format!("the answers are otherwise{missing}{extra}{why}")))
            }
        }
    }

    /// Why one literal doesn't hold, on lines of its own; nothing of several that share variables.
    fn why_not(&self, group: &[Literal], context: &Context) -> String {
        match group {
            [Literal { kind: LiteralKind::Atom { sign: None, atom, .. }, .. }] => self.why(atom, None, context),
            _ => String::new(),
        }
    }

    /// Why a derived atom holds or doesn't, on lines of its own; nothing if it isn't derived, or leaves something open.
    fn why(&self, atom: &Atom, value: Option<&Value>, context: &Context) -> String {
        if !self.explains {
            return String::new();
        }
        let lines = match self.engine.explain_atom(self.tenant, atom, value, context) {
            // The failure is told in any case.
            Err(error) => vec![format!("no explanation: {error}")],
            Ok(Some(Verdict::Allowed { proof, .. })) => explained::proof(&proof.into()),
            Ok(Some(Verdict::Denied(denial))) => {
                let mut lines = vec![format!(
                    "not {}:",
                    match value {
                        Some(value) => format!("{} for {value}", print_atom(atom)),
                        None => print_atom(atom),
                    }
                )];
                lines.extend(explained::denial(&denial.into()));
                lines
            }
            Ok(None) => Vec::new(),
        };
        lines.iter().map(|line| format!("\n    {line}")).collect()
    }

    /// What comes with a question, by relation.
    fn context(&self, given: &[Atom]) -> Result<Context, Problem> {
        let mut context: Context = BTreeMap::new();
        for atom in given {
            let RawFact { relation, values } =
                raw_fact(atom).map_err(|diagnostic| refused(self.sources, &[diagnostic]))?;
            context.entry(relation).or_default().push(values);
        }
        Ok(context)
    }

    /// `file:line`.
    fn place(&self, span: Span) -> String {
        let source = self.sources.get(span.source.0 as usize);
        source.map_or_else(|| "the test".to_owned(), |source| format!("{}:{}", source.name, source.line(span)))
    }
}

/// An atom with one answer in place of its variable.
fn with_answer(atom: &Atom, answer: &Term) -> Atom {
    let mut atom = atom.clone();
    for term in &mut atom.terms {
        match (&term.kind, &answer.kind) {
            (TermKind::Variable(_), _) => term.kind = answer.kind.clone(),
            (TermKind::VariableSet(_, relation), TermKind::Object(kind, id)) => {
                term.kind = TermKind::ObjectSet(kind.clone(), id.clone(), relation.clone());
            }
            _ => {}
        }
    }
    atom
}

/// The literals that share variables, together; the others each alone.
fn groups(body: &[Literal]) -> Vec<Vec<Literal>> {
    let mut groups: Vec<(BTreeSet<String>, Vec<Literal>)> = Vec::new();
    for literal in body {
        let mut own = (variables(literal), vec![literal.clone()]);
        let (shared, apart): (Vec<_>, Vec<_>) = groups.into_iter().partition(|(names, _)| !names.is_disjoint(&own.0));
        for (names, literals) in shared.into_iter().rev() {
            own.0.extend(names);
            own.1.splice(0..0, literals);
        }
        groups = apart;
        groups.push(own);
    }
    groups.into_iter().map(|(_, literals)| literals).collect()
}

fn variables(literal: &Literal) -> BTreeSet<String> {
    let terms: Vec<&Term> = match &literal.kind {
        LiteralKind::Atom { atom, .. } => atom.terms.iter().collect(),
        LiteralKind::Comparison { left, right, .. } => vec![left, right],
    };
    let variable = |term: &Term| match &term.kind {
        TermKind::Variable(name) | TermKind::VariableSet(name, _) => Some(name.clone()),
        _ => None,
    };
    terms.into_iter().filter_map(variable).collect()
}

/// A row of answers, in the language's notation.
fn notation(row: &[Value]) -> String {
    row.iter().map(Value::notation).collect::<Vec<_>>().join(" ")
}

/// An actor as it comes through a door.
fn raw_text(term: &Term) -> String {
    match &term.kind {
        TermKind::Object(kind, id) => format!("{kind}:{id}"),
        // The parser takes nothing else.
        _ => print_term(term),
    }
}
