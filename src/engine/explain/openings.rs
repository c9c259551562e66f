//! What would make a fact hold, or not hold any more: candidates, which are then tried.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};

use crate::engine::error::Error;
use crate::engine::explain::components::{Component, Gap, Known, MAX_MISSING, MAX_ROWS, components};
use crate::engine::explain::graph::Atom;
use crate::engine::explain::proof::{Reason, Statement};
use crate::engine::explain::search::prove;
use crate::engine::explain::ways::{Way, fact_of, variant_of, ways_to_fact};
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::engine::transact::{life, mentioned};
use crate::language::syntax::Sign;
use crate::model::fact::Fact;
use crate::model::value::{Object, Value};
use crate::policy::checked::{InstanceLiteral, InstanceTerm, Origin, VariantId};
use crate::policy::fixed::Fixed;
use crate::policy::schema::TypeKind;
use crate::store::moment::Moment;

/// How many facts are taken away for one negation.
const MAX_DELETED: usize = 3;
/// How many ways to a fact that is missing are followed.
const MAX_WAYS: usize = 24;
/// How many questions are asked at most to find what opens a way.
pub(super) const MAX_QUESTIONS: usize = 1_000;
/// How often a missing fact that rules give is followed to what it would rest on.
pub(super) const DEPTH: usize = 3;

/// Facts to write or to delete together.
pub(super) type Changes = BTreeSet<(Sign, Fact)>;

/// Changes that may open something, and of how many such they are the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) changes: Changes,
    /// None if they are too many to count.
    pub(super) choices: Option<usize>,
}

/// Where candidates come from.
pub(super) struct Seeker<'s> {
    pub(super) state: &'s State,
    pub(super) moment: &'s Moment<'s>,
    /// What one question of the search may cost.
    pub(super) surroundings: &'s Surroundings<'s>,
    pub(super) fixed: Fixed,
    /// How many questions may still be asked for the way at hand: some policies have no end of ways to ways.
    pub(super) left: Cell<usize>,
    /// The candidates of facts that were followed, by what depth was left.
    pub(super) followed: RefCell<HashMap<(Atom, usize), Vec<Candidate>>>,
}

impl<'s> Seeker<'s> {
    /// One that has found nothing yet.
    pub(super) fn new(state: &'s State, moment: &'s Moment<'s>, surroundings: &'s Surroundings<'s>) -> Self {
        let fixed = Fixed::of(&state.active.policy);
        Self { state, moment, surroundings, fixed, left: Cell::new(0), followed: RefCell::default() }
    }

    /// Takes questions from those that are left; whether there were so many.
    fn take(&self, n_questions: usize) -> bool {
        let left = self.left.get().checked_sub(n_questions);
        self.left.set(left.unwrap_or_default());
        left.is_some()
    }

    /// Changes that may make a derived fact hold which doesn't: of each way the smallest ones.
    fn opening(&self, atom: &Atom, depth: usize) -> Result<Vec<Candidate>, Error> {
        let key = (atom.clone(), depth);
        if let Some(known) = self.followed.borrow().get(&key) {
            return Ok(known.clone());
        }
        // Whoever comes back here on the way down finds nothing new.
        self.followed.borrow_mut().insert(key.clone(), Vec::new());
        let found = self.follow(atom, depth)?;
        self.followed.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    fn follow(&self, atom: &Atom, depth: usize) -> Result<Vec<Candidate>, Error> {
        let (variant, values) = atom;
        let given: Vec<Option<Value>> = values.iter().cloned().map(Some).collect();
        let mut found: Vec<Candidate> = Vec::new();
        for way in ways_to_fact(&self.state.active, *variant, &given).iter().take(MAX_WAYS) {
            let parts = components(&self.state.active, way);
            let mut closed = Vec::new();
            if !self.take(parts.len()) {
                break;
            }
            for part in &parts {
                if part.gaps(self.state, 0, self.surroundings)?.is_empty() {
                    closed.push(part);
                }
            }
            for size in closed.len()..=MAX_MISSING {
                let candidates = self.of_parts(way, &closed, size, depth)?;
                if !candidates.is_empty() {
                    found.extend(candidates);
                    break;
                }
            }
        }
        found.sort_by_key(|candidate| candidate.changes.len());
        found.truncate(MAX_ROWS);
        Ok(found)
    }

    /// Changes that may open all of these parts of a way at once, with so many literals missing in all.
    pub(super) fn of_parts(
        &self,
        way: &Way,
        closed: &[&Component<'_>],
        n_missing: usize,
        depth: usize,
    ) -> Result<Vec<Candidate>, Error> {
        let Some((first, rest)) = closed.split_first() else {
            let nothing = Candidate { changes: Changes::new(), choices: Some(1) };
            return Ok(if n_missing == 0 { vec![nothing] } else { Vec::new() });
        };
        let mut found = Vec::new();
        for own in 1..=n_missing.saturating_sub(rest.len()) {
            let of_rest = self.of_parts(way, rest, n_missing - own, depth)?;
            if of_rest.is_empty() || !self.take(first.cost(own)) {
                continue;
            }
            for gap in first.gaps(self.state, own, self.surroundings)? {
                for one in self.of_gap(way, first, gap, depth)? {
                    let both = of_rest.iter().map(|other| Candidate {
                        changes: one.changes.union(&other.changes).cloned().collect(),
                        choices: one.choices.zip(other.choices).map(|(one, other)| one.saturating_mul(other)),
                    });
                    found.extend(both);
                }
            }
        }
        Ok(found)
    }

    /// Changes that may fill a gap.
    fn of_gap(&self, way: &Way, component: &Component<'_>, gap: &Gap, depth: usize) -> Result<Vec<Candidate>, Error> {
        let literals: Vec<&InstanceLiteral> =
            gap.missing.iter().filter_map(|position| component.literal(*position)).collect();
        let mut found: Vec<Candidate> = Vec::new();
        for row in &gap.rows {
            let mut partial = vec![(Changes::new(), gap.bound.iter().copied().zip(row.iter().cloned()).collect())];
            for literal in &literals {
                let mut longer = Vec::new();
                for (changes, values) in &partial {
                    for (more, values) in self.of_literal(way, literal, values, depth)? {
                        longer.push((changes.union(&more).cloned().collect::<Changes>(), values));
                    }
                }
                longer.truncate(MAX_ROWS);
                partial = longer;
            }
            found.extend(partial.into_iter().map(|(changes, _)| Candidate { changes, choices: gap.choices }));
        }
        found.retain(|candidate| !candidate.changes.is_empty());
        Ok(found)
    }

    /// Changes that may make one literal hold, with what they say of its variables.
    fn of_literal(
        &self,
        way: &Way,
        literal: &InstanceLiteral,
        values: &Known,
        depth: usize,
    ) -> Result<Vec<(Changes, Known)>, Error> {
        match literal {
            InstanceLiteral::Positive { variant, terms, .. } => {
                let mut found = Vec::new();
                for (row, values) in self.filled(way, *variant, terms, values)? {
                    let each = self.of_fact(*variant, row, depth)?;
                    found.extend(each.into_iter().map(|changes| (changes, values.clone())));
                }
                Ok(found)
            }
            InstanceLiteral::Negated { variants, terms, .. } => {
                let each = self.without(variants, terms, values, depth)?;
                Ok(each.into_iter().map(|changes| (changes, values.clone())).collect())
            }
            InstanceLiteral::Comparison { .. } | InstanceLiteral::OtherPermission(_) => Ok(Vec::new()),
        }
    }

    /// Changes that may make a fact hold.
    fn of_fact(&self, variant: VariantId, row: Vec<Value>, depth: usize) -> Result<Vec<Changes>, Error> {
        if let Some(fact) = fact_of(&self.state.active, variant, &row) {
            if self.fixed.holds(&fact) || self.state.snapshot.contains(&fact) {
                return Ok(Vec::new());
            }
            let unborn = mentioned(&fact).filter(|object| !self.state.snapshot.is_alive(object));
            let mut changes: Changes =
                unborn.filter(|object| self.is_closed(object)).map(|object| (Sign::Plus, life(object))).collect();
            changes.insert((Sign::Plus, fact));
            return Ok(vec![changes]);
        }
        let is_derived = self.origin(variant) == Some(Origin::Derived);
        match depth.checked_sub(1).filter(|_| is_derived) {
            Some(depth) => {
                let candidates = self.opening(&(variant, row), depth)?;
                Ok(candidates.into_iter().map(|candidate| candidate.changes).collect())
            }
            None => Ok(Vec::new()),
        }
    }

    /// Changes that may end all facts of some variants with these terms.
    fn without(
        &self,
        variants: &[VariantId],
        terms: &[InstanceTerm],
        values: &Known,
        depth: usize,
    ) -> Result<Vec<Changes>, Error> {
        let mut all = vec![Changes::new()];
        for variant in variants {
            let rows = self.surroundings.unless_costly(self.rows_of(*variant, terms, values))?;
            let Some(rows) = rows.filter(|rows| rows.len() <= MAX_DELETED) else { return Ok(Vec::new()) };
            for row in rows {
                let each = match fact_of(&self.state.active, *variant, &row) {
                    Some(fact) if self.state.active.built_in.contains(&fact) => Vec::new(),
                    Some(fact) => vec![Changes::from([(Sign::Minus, fact)])],
                    None => self.closing(&(*variant, row), depth)?,
                };
                let both = all.iter().flat_map(|one| each.iter().map(|other| one.union(other).cloned().collect()));
                all = both.take(MAX_ROWS).collect();
            }
        }
        Ok(all)
    }

    /// Changes that may end a derived fact: one that takes away what its smallest proof rests on.
    fn closing(&self, atom: &Atom, depth: usize) -> Result<Vec<Changes>, Error> {
        let Some(depth) = depth.checked_sub(1) else { return Ok(Vec::new()) };
        let proof = prove(self.state, self.moment, atom.clone(), self.surroundings);
        let Some(Some(proof)) = self.surroundings.unless_costly(proof)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for step in &proof.steps {
            match (&step.says, &step.because) {
                (Statement::Holds(fact), Reason::Written(_)) => {
                    found.push(Changes::from([(Sign::Minus, fact.clone())]));
                }
                (Statement::Lacks { relation, values }, Reason::Absent) => {
                    let Some(values) = values.iter().cloned().collect::<Option<Vec<Value>>>() else { continue };
                    let fact = Fact { relation: relation.clone(), values };
                    match variant_of(&self.state.active, relation, &fact.values) {
                        Some(variant) => {
                            let candidates = self.opening(&(variant, fact.values), depth)?;
                            found.extend(candidates.into_iter().map(|candidate| candidate.changes));
                        }
                        None if !self.fixed.holds(&fact) => found.push(Changes::from([(Sign::Plus, fact)])),
                        None => {}
                    }
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// Whether objects of this type are created by a fact of their own.
    fn is_closed(&self, object: &Object) -> bool {
        let kind = self.state.active.policy.schema.type_named(&object.kind);
        kind.is_some_and(|entry| entry.kind == TypeKind::Closed)
    }

    fn origin(&self, variant: VariantId) -> Option<Origin> {
        self.state.active.policy.variants.get(variant.0 as usize).map(|found| found.origin)
    }
}

/// The value of a term, if it is known.
pub(super) fn known(term: &InstanceTerm, values: &Known) -> Option<Value> {
    match term {
        InstanceTerm::Value(value) => Some(value.clone()),
        InstanceTerm::Variable(variable) => {
            values.iter().find(|(known, _)| known == variable).map(|(_, value)| value.clone())
        }
        InstanceTerm::Any => None,
    }
}
