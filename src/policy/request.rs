//! The rules of a request, in the light of a policy: `+role_of(U, X, role:lead) :- role_of(U, X, role:jr)`.

use crate::language::diagnostic::Diagnostic;
use crate::language::syntax::{self, Sign, WriteChange};
use crate::model::value::Name;
use crate::policy::cases::{Judging, cases};
use crate::policy::checked::{Case, Policy, Rule};
use crate::policy::fitting;
use crate::policy::instance;
use crate::policy::lower::{change, question};
use crate::policy::report::Report;
use crate::policy::resolve::Place;
use crate::policy::statements::RuleStatement;
use crate::policy::types::Variants;

/// A rule of a request: what its head says comes or goes, for each way in which its body holds before.
#[derive(Clone, Debug)]
pub struct RequestRule {
    /// Whether it comes or goes.
    pub sign: Sign,
    /// The rule; a fact has no body.
    pub rule: Rule,
    /// The rule on concrete column types.
    pub cases: Vec<Case>,
}

/// Literals asked together, in the light of a policy.
#[derive(Clone, Debug)]
pub struct Question {
    /// The names of the variables, in the order of their first mention.
    pub variables: Vec<Name>,
    /// The literals on concrete column types.
    pub cases: Vec<Case>,
}

impl Policy {
    /// Reads literals that are asked together, as a test of the policy does: they share their variables.
    ///
    /// # Errors
    /// Everything that is wrong with them, at once.
    pub fn question(&self, body: &[syntax::Literal]) -> Result<Question, Vec<Diagnostic>> {
        let variants = Variants::of_policy(self);
        let mut report = Report::default();
        let Some((body, variables)) = question(body, &self.schema, &mut report) else {
            return Err(report.diagnostics);
        };
        let judging = Judging { change: None, actor: None, body: &body, variables: &variables };
        let found = cases(&judging, &self.schema, &variants);
        let (cases, incomparable) = found.unwrap_or_default();
        incomparable.iter().for_each(|refused| report.add(fitting::not_comparable(refused)));
        if report.diagnostics.is_empty() { Ok(Question { variables, cases }) } else { Err(report.diagnostics) }
    }

    /// Reads the rules of a request.
    ///
    /// # Errors
    /// Everything that is wrong with them, at once.
    pub fn request(&self, changes: &[WriteChange]) -> Result<Vec<RequestRule>, Vec<Diagnostic>> {
        let variants = Variants::of_policy(self);
        let mut report = Report::default();
        let mut rules = Vec::with_capacity(changes.len());
        for WriteChange { sign, atom, body } in changes {
            let span = body.last().map_or(atom.span, |last| atom.span.to(last.span));
            let statement = RuleStatement { head: atom, body, span };
            let Some(rule) = change(&statement, Place::Rule, "a request", &self.schema, &mut report) else { continue };
            let judging = Judging {
                change: Some((Some(*sign), &rule.head)),
                actor: None,
                body: &rule.body,
                variables: &rule.variables,
            };
            match cases(&judging, &self.schema, &variants) {
                Err(_) => report.add(instance::too_many(span)),
                Ok((_, incomparable)) if !incomparable.is_empty() => {
                    incomparable.iter().for_each(|refused| report.add(fitting::not_comparable(refused)));
                }
                Ok((found, _)) if found.is_empty() => {
                    fitting::refuse(&judging, span, &self.schema, &variants, &mut report);
                }
                Ok((found, _)) => rules.push(RequestRule { sign: *sign, rule, cases: found }),
            }
        }
        if report.diagnostics.is_empty() { Ok(rules) } else { Err(report.diagnostics) }
    }
}
