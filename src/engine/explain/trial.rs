//! What opens a way: candidates are tried on copies of the state, until nothing in them can be left out.

use crate::engine::error::Error;
use crate::engine::explain::components::{Component, MAX_MISSING};
use crate::engine::explain::denial::Opening;
use crate::engine::explain::fork;
use crate::engine::explain::graph::Atom;
use crate::engine::explain::openings::{Candidate, Changes, DEPTH, MAX_QUESTIONS, Seeker};
use crate::engine::explain::question::Question;
use crate::engine::explain::ways::Way;
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::language::syntax::Sign;
use crate::model::fact::Fact;
use crate::model::value::Name;
use crate::policy::checked::{InstanceLiteral, InstanceTerm};

/// How many candidates of a way are tried.
const MAX_TRIES: usize = 24;
/// How many openings of a way are told.
const MAX_OPENINGS: usize = 4;

/// A way that is closed, and where changes to open it are tried.
pub(super) struct Trial<'t> {
    pub(super) seeker: &'t Seeker<'t>,
    /// What the way leads to.
    pub(super) goal: &'t Atom,
    pub(super) way: &'t Way,
    /// What asking for the goal may cost.
    pub(super) surroundings: &'t Surroundings<'t>,
}

impl Trial<'_> {
    /// The smallest changes that open the way, by filling these parts of it. None has all the facts of another one, and of none
    /// a fact can be left out.
    ///
    /// # Errors
    /// `missing-context`; `limit-exceeded`.
    pub(super) fn openings(&self, closed: &[&Component<'_>]) -> Result<Vec<Candidate>, Error> {
        let seeker = self.seeker;
        if seeker.left.get() == 0 {
            // What was given up for want of questions may be worth more now.
            seeker.followed.borrow_mut().clear();
        }
        seeker.left.set(MAX_QUESTIONS);
        for n_missing in closed.len()..=MAX_MISSING {
            let mut candidates = seeker.of_parts(self.way, closed, n_missing, DEPTH)?;
            candidates.sort_by_key(|candidate| candidate.changes.len());
            let mut openings: Vec<Candidate> = Vec::new();
            // Of many that differ in the objects that they name, one is told.
            let mut forms: Vec<Vec<(Sign, Name)>> = Vec::new();
            let mut n_tries = 0;
            for Candidate { changes, choices } in candidates {
                let is_told = |form: &Vec<(Sign, Name)>| choices != Some(1) && forms.contains(form);
                let own = form(&changes);
                if is_told(&own) || is_wider(&changes, &openings) {
                    continue;
                }
                if n_tries == MAX_TRIES || openings.len() == MAX_OPENINGS {
                    break;
                }
                n_tries += 1;
                self.surroundings.refuse_late()?;
                if !self.opens(&changes)? {
                    continue;
                }
                let changes = self.least(changes)?;
                let least = form(&changes);
                if !is_told(&least) && !is_wider(&changes, &openings) {
                    openings.push(Candidate { changes, choices });
                }
                forms.extend([own, least]);
            }
            if !openings.is_empty() {
                return Ok(smallest(openings));
            }
        }
        Ok(Vec::new())
    }

    /// Whether the policy takes these changes, and what was asked for holds after them, by this way.
    fn opens(&self, changes: &Changes) -> Result<bool, Error> {
        let Some(after) = fork::after(self.seeker.state, changes.iter(), self.surroundings.limits)? else {
            return Ok(false);
        };
        Ok(self.is_open(&after)? && self.holds(&after)?)
    }

    /// The changes without those that the way opens without: what a new value replaces need not be deleted.
    fn least(&self, mut changes: Changes) -> Result<Changes, Error> {
        'fewer: loop {
            for change in changes.iter().rev().filter(|_| changes.len() > 1) {
                let mut fewer = changes.clone();
                fewer.remove(change);
                self.surroundings.refuse_late()?;
                if self.opens(&fewer)? {
                    changes = fewer;
                    continue 'fewer;
                }
            }
            return Ok(changes);
        }
    }

    /// Whether all that the way rests on holds at a state.
    fn is_open(&self, state: &State) -> Result<bool, Error> {
        let (body, n_variables) = (&self.way.join.body, self.way.join.n_variables);
        let narrow = self.seeker.surroundings;
        let rows = Question::new(state, body, n_variables, &[], &[])?.rows(state, &[], narrow);
        Ok(narrow.unless_costly(rows)?.is_some_and(|rows| !rows.is_empty()))
    }

    /// Whether what was asked for holds at a state.
    fn holds(&self, state: &State) -> Result<bool, Error> {
        let terms = self.goal.1.iter().cloned().map(InstanceTerm::Value).collect();
        let literal = InstanceLiteral::Positive { variant: self.goal.0, terms, sign: None, span: Default::default() };
        let question = Question::new(state, &[literal], 0, &[], &[])?;
        Ok(!question.rows(state, &[], self.surroundings)?.is_empty())
    }
}

/// Signs and relations of changes, whatever they name.
fn form(changes: &Changes) -> Vec<(Sign, Name)> {
    changes.iter().map(|(sign, fact)| (*sign, fact.relation.clone())).collect()
}

/// Whether changes have all the facts of one that opens.
fn is_wider(changes: &Changes, openings: &[Candidate]) -> bool {
    openings.iter().any(|opening| changes.is_superset(&opening.changes))
}

/// Those that haven't all the facts of another one, the smallest first, as many as are told.
pub(super) fn smallest(mut openings: Vec<Candidate>) -> Vec<Candidate> {
    openings.sort_by_key(|opening| opening.changes.len());
    let mut told: Vec<Candidate> = Vec::new();
    for opening in openings {
        if told.len() < MAX_OPENINGS && !is_wider(&opening.changes, &told) {
            told.push(opening);
        }
    }
    told
}

/// Changes as they are told, with what they replace.
pub(super) fn told(state: &State, Candidate { changes, choices }: Candidate) -> Opening {
    let of = |wanted: Sign| -> Vec<Fact> {
        changes.iter().filter(|(sign, _)| *sign == wanted).map(|(_, fact)| fact.clone()).collect()
    };
    let (insert, delete) = (of(Sign::Plus), of(Sign::Minus));
    let replaces = insert.iter().filter_map(|fact| state.snapshot.value_of(fact)).collect();
    Opening { insert, replaces, delete, choices }
}
