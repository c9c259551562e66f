//! The life of a tenant under policies that judge its writes: activations, loads and writes, each with its right verdict.

use std::collections::BTreeSet;

use entail::model::fact::Fact;
use entail::policy::checked::Policy;

use super::asks::Desk;
use super::changes::{draw_load, draw_write};
use super::check::check;
use super::naive::{Context, Meaning};
use super::notation::sentence;
use super::random::Random;
use super::selection::thin;
use super::state::{State, alive};
use super::transaction::{self, Ask, Asked, Outcome, Refusal, Verdict, judge_at_rest};
use super::worlds::{Draft, Statement, Vocabulary, draw_writing};

/// A policy, and what happens under it.
#[derive(Clone)]
pub(crate) struct Course {
    /// The policy.
    pub(crate) draft: Draft,
    /// In their order.
    pub(crate) steps: Vec<Step>,
}

/// Something that is done to a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The policy becomes active, or all of it but its denies.
    Activate {
        /// Whether its denies are in it.
        denies: bool,
    },
    /// Facts as they are.
    Load(Vec<Fact>),
    /// A write.
    Write(Ask),
}

/// A policy with and without its denies, checked.
pub(crate) struct Policies {
    strict: (String, Policy),
    lax: (String, Policy),
}

/// Where a course stands.
pub(crate) struct Place<'p> {
    policies: &'p Policies,
    /// Whether the active policy has its denies; none before the first activation.
    pub(crate) active: Option<bool>,
    /// What the tenant holds.
    pub(crate) facts: BTreeSet<Fact>,
}

impl Policies {
    /// Checks a draft; nothing if it has errors.
    pub(crate) fn of(draft: &Draft) -> Option<Self> {
        let checked = |draft: &Draft| {
            let text = draft.to_string();
            check(&text).ok().map(|policy| (text, policy))
        };
        Some(Self { strict: checked(draft)?, lax: checked(&without_denies(draft))? })
    }

    /// The text and the policy, with its denies or without.
    pub(crate) fn with(&self, denies: bool) -> (&str, &Policy) {
        let (text, policy) = if denies { &self.strict } else { &self.lax };
        (text, policy)
    }
}

impl<'p> Place<'p> {
    /// Before anything has happened.
    pub(crate) fn start(policies: &'p Policies) -> Self {
        Self { policies, active: None, facts: BTreeSet::new() }
    }

    /// What holds, under the active policy.
    pub(crate) fn state(&self) -> Option<State<'p>> {
        self.active.map(|denies| State::new(self.policies.with(denies).1, self.facts.clone()))
    }

    /// What becomes of a step; nothing before there is a policy.
    pub(crate) fn judge(&self, step: &Step) -> Option<Verdict<'p>> {
        if let Step::Activate { denies } = step {
            let state = State::new(self.policies.with(*denies).1, self.facts.clone());
            return Some(
                judge_at_rest(&state)
                    .map(|()| Outcome::new(&state.clone(), state, &Asked::default(), &BTreeSet::new())),
            );
        }
        let state = self.state()?;
        Some(match step {
            Step::Activate { .. } => return None,
            Step::Load(facts) => transaction::load(&state, facts),
            Step::Write(ask) => {
                let meaning = Meaning::of(state.policy, &state.facts, &Context::new());
                transaction::write(&state, &meaning, ask)
            }
        })
    }

    /// Goes on, if the step isn't refused.
    pub(crate) fn go(&mut self, step: &Step, verdict: &Verdict<'_>) {
        let Ok(outcome) = verdict else { return };
        if let Step::Activate { denies } = step {
            self.active = Some(*denies);
        }
        self.facts.clone_from(&outcome.after.facts);
    }
}

fn is_deny(statement: &Statement) -> bool {
    matches!(statement, Statement::Rule { head, .. } if head.starts_with("deny "))
}

fn without_denies(draft: &Draft) -> Draft {
    Draft { statements: draft.statements.iter().filter(|statement| !is_deny(statement)).cloned().collect() }
}

/// Draws a course. Most denies hold after its load, so that writes are what breaks them.
pub(crate) fn draw(random: &Random) -> Course {
    let (mut draft, vocabulary) = draw_accepted(random);
    let first = draw_facts(random, &draft);
    let drawn = Policies::of(&draft).expect("the checker takes it");
    thin(random, &mut draft, drawn.with(true).1, &first);
    let policies = Policies::of(&draft).expect("a part of what the checker took");
    let mut place = Place::start(&policies);
    let mut course = Course { draft, steps: Vec::new() };
    let mut take = |place: &mut Place<'_>, step: Step| {
        if let Some(verdict) = place.judge(&step) {
            place.go(&step, &verdict);
        }
        course.steps.push(step);
    };
    take(&mut place, Step::Activate { denies: random.percent(70) });
    if place.active.is_none() {
        take(&mut place, Step::Activate { denies: false });
    }
    if !first.is_empty() {
        take(&mut place, Step::Load(first));
    }
    take(&mut place, Step::Activate { denies: true });
    for _ in 0..random.between(4, 12) {
        let (text, policy) = policies.with(place.active == Some(true));
        let state = place.state().expect("a policy is active");
        let desk = Desk { random, policy, text, vocabulary: &vocabulary };
        let step = match random.below(100) {
            0..90 => Step::Write(desk.draw(&state)),
            90..96 => Step::Load(draw_write(random, policy, &state).insert),
            _ => Step::Activate { denies: random.percent(70) },
        };
        take(&mut place, step);
    }
    course
}

/// A policy that the checker takes: what it refuses of denies, guards and effects is left out.
fn draw_accepted(random: &Random) -> (Draft, Vocabulary) {
    loop {
        let (mut draft, vocabulary) = draw_writing(random);
        loop {
            let Err(errors) = check(&draft.to_string()) else {
                return (draft, vocabulary);
            };
            let before = draft.statements.len();
            let mut end = 0;
            draft.statements.retain(|statement| {
                let start = end;
                end += statement.to_string().len() + 1;
                let is_wrong = errors.iter().any(|error| (start..end).contains(&(error.span.start as usize)));
                !(is_wrong && is_about_writes(statement))
            });
            if draft.statements.len() == before {
                break;
            }
        }
    }
}

fn is_about_writes(statement: &Statement) -> bool {
    let begins = |head: &str| ["deny ", "guard ", "+"].iter().any(|word| head.starts_with(word));
    matches!(statement, Statement::Rule { head, .. } if begins(head))
}

/// The first facts: the lives of the objects that are there, and no fact besides, a few, or many.
fn draw_facts(random: &Random, draft: &Draft) -> Vec<Fact> {
    let policies = Policies::of(draft).expect("the checker takes it");
    let is_life = |fact: &Fact| fact.values[0].object().is_some_and(|object| *fact == alive(object));
    let drawn = draw_load(random, policies.with(false).1).insert;
    let (mut facts, mut others): (Vec<Fact>, Vec<Fact>) = drawn.into_iter().partition(is_life);
    let n_others = *random.pick(&[0, 10, 25, 50, 1000]);
    while others.len() > n_others {
        others.swap_remove(random.below(others.len()));
    }
    facts.extend(others);
    facts
}

impl std::fmt::Display for Course {
    /// As a file of `tests/corpus/writes`, but for loads, and for activations after the first write.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}\ntest \"name what this world shows\" {{", self.draft)?;
        let Some(policies) = Policies::of(&self.draft) else { return writeln!(f, "}}") };
        let mut place = Place::start(&policies);
        for step in &self.steps {
            let Some(verdict) = place.judge(step) else { continue };
            match step {
                Step::Activate { denies } => {
                    write!(f, "  // activation, {} denies", if *denies { "with" } else { "without" })?
                }
                Step::Load(facts) => {
                    let facts: Vec<String> = facts.iter().map(|fact| format!("+{}", sentence(fact))).collect();
                    write!(f, "  // a load, without effects:\n  {}", facts.join(",\n  "))?;
                }
                Step::Write(ask) if ask.is_empty() => write!(f, "  // an empty write")?,
                Step::Write(ask) => write!(f, "  {ask}")?,
            }
            match &verdict {
                Err(Refusal::Impossible(faults)) => {
                    write!(f, " refused \"{}\"", faults.first().and_then(|f| f.code()).unwrap_or_default())?
                }
                Err(Refusal::NotAllowed(_)) => write!(f, " refused \"guard-refused\"")?,
                Err(Refusal::Violated(sentences)) => {
                    write!(f, " refused \"{}\"", sentences.first().map_or("", String::as_str))?
                }
                Ok(_) => {}
            }
            writeln!(f, "{}", if matches!(step, Step::Activate { .. }) { "" } else { "." })?;
            place.go(step, &verdict);
        }
        writeln!(f, "}}")
    }
}
