//! The tests of a pack in the light of its policy: what nobody could write or ask, and would pass for a refusal or a no.

use std::collections::BTreeSet;

use crate::language::raw::raw_fact;
use crate::language::span::Span;
use crate::language::syntax::{
    Atom, Expected, File, Literal, LiteralKind, Sign, StatementKind, Step, StepKind, Term, TermKind, Write,
};
use crate::model::value::{Object, Value};
use crate::policy::checked::Policy;
use crate::policy::lower::{change, question};
use crate::policy::misfit::Misfit;
use crate::policy::report::{Problem, Report, error, warning};
use crate::policy::resolve::Place;
use crate::policy::schema::TypeKind;
use crate::policy::statements::RuleStatement;

/// Checks the tests of a file, and the writes that stand before them.
pub(super) fn check(file: &File, policy: &Policy, report: &mut Report) {
    let stated: BTreeSet<&Object> =
        policy.built_in.iter().flat_map(|fact| &fact.values).filter_map(Value::object).collect();
    let mut before = Scene { policy, stated: &stated, known: BTreeSet::new() };
    for statement in &file.statements {
        if let StatementKind::Write(write) = &statement.kind {
            before.write(write, false, report);
        }
    }
    for statement in &file.statements {
        if let StatementKind::Test { steps, .. } = &statement.kind {
            let mut scene = Scene { known: before.known.clone(), ..before };
            steps.iter().for_each(|step| scene.step(step, report));
        }
    }
}

/// A test as far as it has been read.
struct Scene<'p> {
    policy: &'p Policy,
    /// The objects of which the policy states something.
    stated: &'p BTreeSet<&'p Object>,
    /// The objects that some write names.
    known: BTreeSet<Object>,
}

impl Scene<'_> {
    fn step(&mut self, step: &Step, report: &mut Report) {
        for atom in &step.given {
            self.given(atom, report);
        }
        match &step.kind {
            StepKind::Write { write, actor, refused } => {
                actor.iter().for_each(|actor| self.object(actor, report));
                self.write(write, refused.is_some(), report);
            }
            StepKind::Expect { body, expected } => {
                self.question(body, report);
                if let Expected::Answers(terms) = expected {
                    terms.iter().for_each(|term| self.object(term, report));
                }
            }
        }
    }

    /// What comes is known from here on, unless it is refused; what goes must have come.
    fn write(&mut self, write: &Write, is_refused: bool, report: &mut Report) {
        let before = is_refused.then(|| self.known.clone());
        for change in write.changes.iter().filter(|change| change.sign == Sign::Plus) {
            let made = change.atom.terms.iter().filter_map(object_of);
            self.known.extend(made.filter(|object| self.policy.comes_by(object, &change.atom.name.node)));
        }
        for written in &write.changes {
            if written.body.is_empty() {
                self.fact(&written.atom, report);
            } else {
                let span = written.body.last().map_or(written.atom.span, |last| written.atom.span.to(last.span));
                let statement = RuleStatement { head: &written.atom, body: &written.body, span };
                // What is wrong with it is in the report.
                let _ = change(&statement, Place::Rule, "a write", &self.policy.schema, report);
                self.objects(&written.body, report);
            }
            written.atom.terms.iter().for_each(|term| self.object(term, report));
        }
        if let Some(before) = before {
            self.known = before;
        }
    }

    fn fact(&self, atom: &Atom, report: &mut Report) {
        match raw_fact(atom) {
            Err(diagnostic) => report.diagnostics.push(diagnostic),
            Ok(raw) => {
                if let Err(misfit) = self.policy.schema.fact(&raw) {
                    report.add(of_misfit(misfit, atom.span));
                }
            }
        }
    }

    fn given(&self, atom: &Atom, report: &mut Report) {
        match raw_fact(atom) {
            Err(diagnostic) => report.diagnostics.push(diagnostic),
            Ok(raw) => {
                if let Err(misfit) = self.policy.schema.context(&raw.relation, &[raw.values]) {
                    report.add(of_misfit(misfit, atom.span));
                }
            }
        }
    }

    fn question(&mut self, body: &[Literal], report: &mut Report) {
        if question(body, &self.policy.schema, report).is_some() {
            body.iter().for_each(|literal| self.permission(literal, report));
            self.objects(body, report);
        }
    }

    /// A permission that isn't on such an object is nobody's: a no would say nothing.
    fn permission(&self, literal: &Literal, report: &mut Report) {
        let LiteralKind::Atom { atom, .. } = &literal.kind else { return };
        let [_, permission, object] = atom.terms.as_slice() else { return };
        if let ("can", TermKind::Name(name), TermKind::Object(kind, _)) =
            (atom.name.node.as_str(), &permission.kind, &object.kind)
            && let Err(misfit) = self.policy.schema.permission_on(name, kind)
        {
            report.add(of_misfit(misfit, permission.span.to(object.span)));
        }
    }

    fn objects(&mut self, body: &[Literal], report: &mut Report) {
        for literal in body {
            match &literal.kind {
                LiteralKind::Atom { atom, .. } => atom.terms.iter().for_each(|term| self.object(term, report)),
                LiteralKind::Comparison { left, right, .. } => {
                    self.object(left, report);
                    self.object(right, report);
                }
            }
        }
    }

    /// An object that nobody wrote is in no relation: it may be a slip of the pen. Each is told once.
    fn object(&mut self, term: &Term, report: &mut Report) {
        let Some(object) = object_of(term) else { return };
        if self.known.contains(&object) || self.stated.contains(&object) {
            return;
        }
        let message = format!("no write before this names `{object}`");
        let help = "Mend its name, or write it first: what isn't there can do nothing, whatever the rules say.";
        report.add(warning("unwritten-object", term.span, message).help(help));
        self.known.insert(object);
    }
}

impl Policy {
    /// Whether an object comes to be by a fact of this relation: one of an open type by any, others by their own.
    fn comes_by(&self, object: &Object, relation: &str) -> bool {
        let kind = self.schema.type_named(&object.kind).map(|declared| &declared.kind);
        kind == Some(&TypeKind::Open) || *object.kind == *relation
    }
}

fn object_of(term: &Term) -> Option<Object> {
    match &term.kind {
        TermKind::Object(kind, id) | TermKind::ObjectSet(kind, id, _) => Some(Object::new(kind.as_str(), id.as_str())),
        _ => None,
    }
}

fn of_misfit(Misfit { code, message, help }: Misfit, span: Span) -> Problem {
    error(code, span, message).maybe_help(help)
}
