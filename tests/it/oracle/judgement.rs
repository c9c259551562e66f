//! The engine's verdict on a step of a course beside the right one.

use std::collections::BTreeSet;

use entail::engine::error::{Error, Kind as ErrorKind};
use entail::engine::request::{PolicyText, Write};
use entail::model::fact::{Fact, RawFact};

use super::bench::{Bench, Disagreement, Kind, differ};
use super::course::{Place, Policies, Step};
use super::notation::{raw_fact, sentence};
use super::state::Fault;
use super::transaction::{Ask, Refusal, Signed, Verdict};

/// How many single facts an error names at most.
const MAX_NAMED: usize = 20;

/// What the engine did: how many facts it brought and took, and whether there is a new revision; no more of an activation.
struct Done {
    counts: Option<(u64, u64)>,
    is_new: bool,
}

impl Bench<'_> {
    /// Takes a step with both. They must agree on the verdict and its reasons, on what changed, and on what then holds.
    pub(crate) fn take(&self, place: &mut Place<'_>, policies: &Policies, step: &Step) -> Result<(), Disagreement> {
        let Some(right) = place.judge(step) else {
            return Ok(());
        };
        let told = self.does(policies, step);
        hold_verdict(step, &right, told)?;
        place.go(step, &right);
        match place.state() {
            Some(state) => self.hold_state(&state),
            None => Ok(()),
        }
    }

    fn does(&self, policies: &Policies, step: &Step) -> Result<Done, Error> {
        let facts = |facts: &[Fact]| facts.iter().map(raw_fact).collect::<Vec<RawFact>>();
        let written = match step {
            Step::Activate { denies } => {
                let text = policies.with(*denies).0.to_owned();
                let pack = PolicyText { main: "world.dl".to_owned(), files: [("world.dl".to_owned(), text)].into() };
                self.engine.activate(&self.tenant, &pack)?;
                return Ok(Done { counts: None, is_new: false });
            }
            Step::Load(inserted) => {
                let before = self.engine.policy(&self.tenant)?.revision;
                (before, self.engine.load(&self.tenant, &facts(inserted))?)
            }
            Step::Write(ask) => {
                let before = self.engine.policy(&self.tenant)?.revision;
                let write = Write {
                    insert: facts(&ask.change.insert),
                    delete: facts(&ask.change.delete),
                    actor: ask.actor.as_ref().map(ToString::to_string),
                    rules: rules_text(ask),
                    ..Write::default()
                };
                (before, self.engine.write(&self.tenant, &write)?)
            }
        };
        let (before, written) = written;
        Ok(Done { counts: Some((written.inserted, written.deleted)), is_new: written.revision != before })
    }
}

/// Request rules as the engine takes them: one statement a rule.
fn rules_text(ask: &Ask) -> Option<String> {
    let statements: Vec<String> = ask.rules.iter().map(|rule| format!("{rule}.")).collect();
    (!statements.is_empty()).then(|| statements.join("\n"))
}

fn hold_verdict(step: &Step, right: &Verdict<'_>, told: Result<Done, Error>) -> Result<(), Disagreement> {
    let error = match (right, told) {
        (Ok(outcome), Ok(done)) => {
            let (counts, is_empty) = (outcome.counts(), outcome.counts() == (0, 0));
            return match done.counts {
                Some(told) if told != counts => {
                    let words = format!("{told:?} facts are told to be inserted and deleted, {counts:?} is right");
                    differ(Kind::State, format!("{words}, of {step:?}"))
                }
                Some(_) if done.is_new == is_empty => {
                    differ(Kind::State, format!("a new revision: {}, of {step:?}", done.is_new))
                }
                _ => Ok(()),
            };
        }
        (Err(refusal), Ok(_)) => {
            let kind = Kind::Judgement { right: name(right), told: "taken" };
            return differ(kind, format!("{step:?} is taken, and must be refused: {refusal:?}"));
        }
        (_, Err(error)) => error,
    };
    let is_right = match right {
        Ok(_) => false,
        Err(Refusal::Impossible(faults)) => is_one_of(&error, faults) || is_kept_from_a_stranger(step, &error),
        Err(Refusal::NotAllowed(facts)) => error.code == "guard-refused" && names_facts(&error, facts),
        Err(Refusal::Violated(sentences)) => error.code == "constraint-violated" && names_sentences(&error, sentences),
    };
    if is_right {
        return Ok(());
    }
    let right_is = right.as_ref().map_or_else(|refusal| format!("refused, {refusal:?}"), |_| "taken".to_owned());
    let words = format!("{step:?} is refused with `{}`, {error} {:?}; right is: {right_is}", error.code, error.details);
    differ(Kind::Judgement { right: name(right), told: error.code }, words)
}

/// What a verdict is called.
fn name(verdict: &Verdict<'_>) -> &'static str {
    match verdict {
        Ok(_) => "taken",
        Err(Refusal::Impossible(_)) => "impossible",
        Err(Refusal::NotAllowed(_)) => "guard-refused",
        Err(Refusal::Violated(_)) => "constraint-violated",
    }
}

/// The first kind of fault that the engine finds is one of those that are there; what doesn't fit has many codes.
fn is_one_of(error: &Error, faults: &BTreeSet<Fault>) -> bool {
    faults.iter().any(|fault| match fault.code() {
        Some(code) => error.code == code,
        None => error.kind == ErrorKind::Invalid && !["guard-refused", "constraint-violated"].contains(&error.code),
    })
}

/// An actor whom the guards refuse isn't told what is wrong with the rest of the request.
fn is_kept_from_a_stranger(step: &Step, error: &Error) -> bool {
    matches!(step, Step::Write(ask) if ask.actor.is_some()) && error.code == "guard-refused"
}

/// Each broken deny is told, and no other: every detail begins with the sentence of one.
fn names_sentences(error: &Error, sentences: &BTreeSet<String>) -> bool {
    let begins = |detail: &String, sentence: &String| detail.starts_with(sentence.as_str());
    error.details.iter().all(|detail| sentences.iter().any(|sentence| begins(detail, sentence)))
        && sentences.iter().all(|sentence| error.details.iter().any(|detail| begins(detail, sentence)))
}

/// Each refused fact is told, in the language's notation, at the beginning of a detail (behind a backtick or a sign), and
/// there is no detail besides; of many facts, the first ones.
fn names_facts(error: &Error, facts: &BTreeSet<Signed>) -> bool {
    let begins = |detail: &str, (is_insert, fact): &Signed| {
        let detail = detail.trim_start_matches('`');
        let other = if *is_insert { '-' } else { '+' };
        !detail.starts_with(other) && detail.trim_start_matches(['+', '-']).starts_with(&sentence(fact))
    };
    let told = |signed: &Signed| error.details.iter().any(|detail| begins(detail, signed));
    let is_known = |detail: &String| facts.iter().any(|signed| begins(detail, signed));
    let n_told = facts.iter().filter(|signed| told(signed)).count();
    error.details.iter().all(is_known) && n_told >= facts.len().min(MAX_NAMED)
}
