//! What would make a fact hold, or not hold any more: candidates, which are then tried.

use std::collections::BTreeSet;

use crate::engine::error::Error;
use crate::engine::explain::components::{Component, Gap, MAX_MISSING, components};
use crate::engine::explain::graph::Atom;
use crate::engine::explain::proof::{Reason, Statement};
use crate::engine::explain::question::Question;
use crate::engine::explain::search::prove;
use crate::engine::explain::ways::{Way, fact_of, in_column, variant_of, ways_to_fact};
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::language::syntax::Sign;
use crate::model::fact::Fact;
use crate::model::value::{ColumnType, Object, Value};
use crate::policy::checked::{Column, InstanceLiteral, InstanceTerm, Origin, VariableId, VariantId};
use crate::policy::fixed::Fixed;
use crate::policy::schema::TypeKind;
use crate::store::moment::Moment;

/// How many rows of a gap are made into candidates, and how many candidates a part of a way gets.
const MAX_ROWS: usize = 8;
/// How many values are tried for what nothing says.
const MAX_FILLED: usize = 3;
/// How many ways to a fact that is missing are followed.
const MAX_WAYS: usize = 24;
/// How often a missing fact that rules give is followed to what it would rest on.
pub(super) const DEPTH: usize = 3;

/// Facts to write or to delete together.
pub(super) type Changes = BTreeSet<(Sign, Fact)>;

/// Changes that may open something, and of how many such they are the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) changes: Changes,
    pub(super) choices: usize,
}

/// Where candidates come from.
pub(super) struct Seeker<'s> {
    pub(super) state: &'s State,
    pub(super) moment: &'s Moment<'s>,
    pub(super) surroundings: &'s Surroundings<'s>,
    pub(super) fixed: Fixed,
}

impl Seeker<'_> {
    /// Changes that may make a derived fact hold which doesn't: of each way the smallest ones.
    fn opening(&self, atom: &Atom, depth: usize) -> Result<Vec<Candidate>, Error> {
        let (variant, values) = atom;
        let given: Vec<Option<Value>> = values.iter().cloned().map(Some).collect();
        let mut found: Vec<Candidate> = Vec::new();
        for way in ways_to_fact(&self.state.active, *variant, &given).iter().take(MAX_WAYS) {
            let parts = components(&self.state.active, way);
            let mut closed = Vec::new();
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
            let nothing = Candidate { changes: Changes::new(), choices: 1 };
            return Ok(if n_missing == 0 { vec![nothing] } else { Vec::new() });
        };
        let mut found = Vec::new();
        for own in 1..=n_missing.saturating_sub(rest.len()) {
            let of_rest = self.of_parts(way, rest, n_missing - own, depth)?;
            if of_rest.is_empty() {
                continue;
            }
            for gap in first.gaps(self.state, own, self.surroundings)? {
                for one in self.of_gap(way, first, &gap, depth)? {
                    let both = of_rest.iter().map(|other| Candidate {
                        changes: one.changes.union(&other.changes).cloned().collect(),
                        choices: one.choices.saturating_mul(other.choices),
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
        for row in gap.rows.iter().take(MAX_ROWS) {
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
            found.extend(partial.into_iter().map(|(changes, _)| Candidate { changes, choices: gap.rows.len() }));
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
            let is_open = !self.fixed.holds(&fact) && !self.state.snapshot.contains(&fact);
            return Ok(if is_open { vec![Changes::from([(Sign::Plus, fact)])] } else { Vec::new() });
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
            for row in self.rows_of(*variant, terms, values)? {
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
        let Some(proof) = prove(self.state, self.moment, atom.clone(), self.surroundings)? else {
            return Ok(Vec::new());
        };
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

    /// The facts of a variant with these terms.
    fn rows_of(&self, variant: VariantId, terms: &[InstanceTerm], values: &Known) -> Result<Vec<Vec<Value>>, Error> {
        let columns = self.columns(variant);
        let mut wanted = Vec::new();
        let mut asked = Vec::with_capacity(terms.len());
        for (term, column) in terms.iter().zip(&columns) {
            asked.push(match known(term, values) {
                Some(value) => InstanceTerm::Value(in_column(&value, column)),
                None => {
                    let variable = VariableId(wanted.len() as u16);
                    wanted.push((variable, crate::engine::active::plain(column)));
                    InstanceTerm::Variable(variable)
                }
            });
        }
        let n_variables = wanted.len();
        let literal = InstanceLiteral::Positive { variant, terms: asked.clone(), sign: None, span: Default::default() };
        let question = Question::new(self.state, &[literal], n_variables, &[], &wanted)?;
        let rows = question.rows(self.state, &[], self.surroundings)?;
        let whole = |row: Vec<Value>| {
            let mut row = row.into_iter();
            let values = asked.iter().filter_map(|term| match term {
                InstanceTerm::Value(value) => Some(value.clone()),
                _ => row.next(),
            });
            values.collect()
        };
        Ok(rows.into_iter().map(whole).collect())
    }

    /// The values of a literal's terms, once for each choice of what nothing says: that of a key is taken from the facts there
    /// are, since its value is to be replaced; others are the first objects of their type.
    fn filled(
        &self,
        way: &Way,
        variant: VariantId,
        terms: &[InstanceTerm],
        values: &Known,
    ) -> Result<Vec<(Vec<Value>, Known)>, Error> {
        let columns = self.columns(variant);
        let is_open = |term: &InstanceTerm| known(term, values).is_none();
        let key = self.key(variant);
        let open: Vec<usize> = (0..terms.len()).filter(|column| terms.get(*column).is_some_and(is_open)).collect();
        let replaced = match key {
            Some(key) if !open.is_empty() && open.iter().all(|column| *column < key) => {
                let (of_key, of_value) = terms.split_at_checked(key).unwrap_or((terms, &[]));
                let asked: Vec<InstanceTerm> =
                    of_key.iter().cloned().chain(of_value.iter().map(|_| InstanceTerm::Any)).collect();
                self.rows_of(variant, &asked, values)?
            }
            _ => Vec::new(),
        };
        let mut rows: Vec<(Vec<Option<Value>>, Known)> =
            vec![(terms.iter().map(|term| known(term, values)).collect(), values.clone())];
        for column in open {
            let (Some(term), Some(kind)) = (terms.get(column), columns.get(column)) else { continue };
            let mut options: Vec<Value> =
                replaced.iter().filter_map(|row| row.get(column).cloned()).take(MAX_FILLED).collect();
            if options.is_empty() {
                options = self.first_of(kind)?;
            }
            let mut longer = Vec::new();
            for (row, values) in &rows {
                // A variable that stands there twice was given its value the first time.
                let options = known(term, values).map_or_else(|| options.clone(), |value| vec![value]);
                for option in options {
                    let (mut row, mut values) = (row.clone(), values.clone());
                    if let InstanceTerm::Variable(variable) = term {
                        let of_variable =
                            way.column(*variable).map(|kind| in_column(&option, &Column::Type(kind.clone())));
                        values.push((*variable, of_variable.unwrap_or_else(|| option.clone())));
                    }
                    if let Some(slot) = row.get_mut(column) {
                        *slot = Some(option);
                    }
                    longer.push((row, values));
                }
            }
            longer.truncate(MAX_ROWS);
            rows = longer;
        }
        let whole =
            |(row, values): (Vec<Option<Value>>, Known)| Some((row.into_iter().collect::<Option<_>>()?, values));
        Ok(rows.into_iter().filter_map(whole).collect())
    }

    /// The first objects of a type, or its constants.
    fn first_of(&self, column: &Column) -> Result<Vec<Value>, Error> {
        let policy = &self.state.active.policy;
        let Column::Type(ColumnType::Object(kind)) = column else { return Ok(Vec::new()) };
        if let Some(TypeKind::Enumeration(names)) = policy.schema.type_named(kind).map(|entry| &entry.kind) {
            let constant = |name: &crate::model::value::Name| Value::Constant(Object::new(kind.clone(), name.clone()));
            return Ok(names.iter().take(MAX_ROWS).map(constant).collect());
        }
        let lives = policy.schema.predicate_named(kind);
        let is_it = |variant: &crate::policy::checked::Variant| {
            Some(variant.predicate) == lives && variant.columns.as_ref() == std::slice::from_ref(column)
        };
        let found = (0..).map(VariantId).zip(&policy.variants).find(|(_, variant)| is_it(variant));
        let Some((variant, _)) = found else { return Ok(Vec::new()) };
        let variable = VariableId(0);
        let terms = vec![InstanceTerm::Variable(variable)];
        let literal = InstanceLiteral::Positive { variant, terms, sign: None, span: Default::default() };
        let wanted = [(variable, ColumnType::Object(kind.clone()))];
        let question = Question::new(self.state, &[literal], 1, &[], &wanted)?;
        question.first(self.state, &[], MAX_FILLED, self.surroundings)
    }

    fn columns(&self, variant: VariantId) -> Vec<Column> {
        let found = self.state.active.policy.variants.get(variant.0 as usize);
        found.map(|found| found.columns.to_vec()).unwrap_or_default()
    }

    fn origin(&self, variant: VariantId) -> Option<Origin> {
        self.state.active.policy.variants.get(variant.0 as usize).map(|found| found.origin)
    }

    /// How many columns are the key of a variant's relation.
    fn key(&self, variant: VariantId) -> Option<usize> {
        let policy = &self.state.active.policy;
        let found = policy.variants.get(variant.0 as usize)?;
        policy.schema.predicate(found.predicate)?.key.map(usize::from)
    }
}

/// What is known of a way's variables.
pub(super) type Known = Vec<(VariableId, Value)>;

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
