//! One rule, ordered, as steps.

use crate::language::syntax::Sign;
use crate::model::value::ColumnType;
use crate::plan::adornment::{Adornment, Binding};
use crate::plan::distinct::forgets;
use crate::plan::estimate::Cost;
use crate::plan::order::choose_order;
use crate::plan::planner::{PlanError, Planner};
use crate::plan::procedure::{Operand, Output, Slot, Source, Step, Suspension};
use crate::plan::tree::Join;
use crate::policy::checked::{Column, InstanceLiteral, InstanceTerm, Origin, VariantId};

/// A rule to be planned: an instance, or a goal in the shape of one.
pub(super) struct Clause<'a> {
    /// The rules that it comes from; none for a goal.
    pub(super) rules: &'a [u32],
    pub(super) head: &'a [InstanceTerm],
    /// How each column of the head stands; a column of one permission is [`Binding::Ignored`].
    pub(super) bindings: &'a [Binding],
    pub(super) body: &'a [InstanceLiteral],
    pub(super) n_variables: usize,
    /// The component of the head: calls within it suspend.
    pub(super) component: Option<u32>,
}

/// What is known about the variables while a rule is emitted.
pub(super) struct Frame {
    pub(super) known: Vec<bool>,
    /// Which came as arguments: the same in all frames of one scope.
    pub(super) given: Vec<bool>,
    /// By place in the order: which variables are needed after it.
    needed: Vec<Vec<bool>>,
}

impl Clause<'_> {
    /// The rule as a join. Directions that no index serves yet are added to the planner's layout, if it is open.
    pub(super) fn emit(&self, planner: &mut Planner<'_>) -> Result<Join, PlanError> {
        let mut known = vec![false; self.n_variables];
        let mut entry = Vec::new();
        for (term, binding) in self.head.iter().zip(self.bindings) {
            if *binding == Binding::Bound {
                entry.push(self.entry(planner, term, &mut known)?);
            }
        }
        let order = choose_order(&mut planner.estimates, self.body, known.clone());
        if order.len() < self.body.len() {
            return Err(PlanError::Unsafe);
        }
        let mut frame = Frame { needed: self.needed(&order), given: known.clone(), known };
        let mut steps = Vec::with_capacity(order.len() + 2);
        let (mut is_fanned, mut is_forgetful) = (false, false);
        for (place, &(position, _)) in order.iter().enumerate() {
            let Some(literal) = self.body.get(position) else {
                continue;
            };
            let before = frame.known.clone();
            let step = self.step(planner, &mut frame, place, literal)?;
            is_fanned |= self.is_multiple(planner, &step, literal, &before);
            is_forgetful |= forgets(&step, &frame, place, &before);
            steps.push(step);
            // Right before something costly: what is cheap is as well asked twice.
            if is_fanned && is_forgetful && self.is_costly(planner, &order, place + 1) {
                let slots = needed_slots(&frame, place, &frame.known);
                steps.push(Step::Distinct { memory: planner.next_distinct(), slots });
                is_forgetful = false;
            }
        }
        let mut exit = Vec::new();
        for (term, binding) in self.head.iter().zip(self.bindings) {
            if *binding == Binding::Free {
                exit.push(operand(planner, term)?);
            }
        }
        self.leave_repeats_to_a_table(planner, &mut steps);
        Ok(Join { entry, steps, exit, rules: self.rules.to_vec() })
    }

    fn entry(&self, planner: &mut Planner<'_>, term: &InstanceTerm, known: &mut [bool]) -> Result<Output, PlanError> {
        if let InstanceTerm::Variable(variable) = term {
            let slot = known.get_mut(usize::from(variable.0)).ok_or(PlanError::Unsafe)?;
            if !*slot {
                *slot = true;
                return Ok(Output::Bind(variable.0));
            }
        }
        Ok(Output::Equal(operand(planner, term)?))
    }

    /// For each place of the order: the variables that later literals or the answer read.
    fn needed(&self, order: &[(usize, Cost)]) -> Vec<Vec<bool>> {
        let mut needed = vec![false; self.n_variables];
        for (term, binding) in self.head.iter().zip(self.bindings) {
            if *binding == Binding::Free {
                mark(term, &mut needed);
            }
        }
        let mut by_place = Vec::with_capacity(order.len());
        for &(position, _) in order.iter().rev() {
            by_place.push(needed.clone());
            match self.body.get(position) {
                Some(InstanceLiteral::Positive { terms, .. } | InstanceLiteral::Negated { terms, .. }) => {
                    terms.iter().for_each(|term| mark(term, &mut needed));
                }
                Some(InstanceLiteral::Comparison { left, right, .. }) => {
                    mark(left, &mut needed);
                    mark(right, &mut needed);
                }
                Some(InstanceLiteral::OtherPermission(variable)) => {
                    mark(&InstanceTerm::Variable(*variable), &mut needed);
                }
                None => {}
            }
        }
        by_place.reverse();
        by_place
    }

    fn step(
        &self,
        planner: &mut Planner<'_>,
        frame: &mut Frame,
        place: usize,
        literal: &InstanceLiteral,
    ) -> Result<Step, PlanError> {
        match literal {
            InstanceLiteral::Positive { variant, terms, sign, .. } => {
                if is_length(planner, *variant) {
                    return self.length(planner, frame, place, terms, false);
                }
                let (source, outputs) = self.source(planner, frame, place, (*variant, *sign), terms, false)?;
                let exists = outputs.iter().all(|output| match output {
                    Output::Bind(slot) => !is_needed(frame, place, *slot),
                    Output::Equal(_) | Output::Ignore => true,
                });
                Ok(Step::Each { source, outputs, exists, is_windowed: false })
            }
            InstanceLiteral::Negated { variants, terms, sign, .. } => {
                if let [variant] = variants.as_slice()
                    && is_length(planner, *variant)
                {
                    return self.length(planner, frame, place, terms, true);
                }
                let mut sources = Vec::with_capacity(variants.len());
                for variant in variants {
                    sources.push(self.source(planner, frame, place, (*variant, *sign), terms, true)?);
                }
                Ok(Step::None(sources))
            }
            InstanceLiteral::Comparison { operator, left, right, column, .. } => Ok(Step::Compare {
                operator: *operator,
                left: operand(planner, left)?,
                right: operand(planner, right)?,
                column: column.clone(),
            }),
            InstanceLiteral::OtherPermission(variable) => Ok(Step::OtherPermission(Operand::Slot(variable.0))),
        }
    }

    fn length(
        &self,
        planner: &mut Planner<'_>,
        frame: &mut Frame,
        place: usize,
        terms: &[InstanceTerm],
        negated: bool,
    ) -> Result<Step, PlanError> {
        let (Some(text), Some(number)) = (terms.first(), terms.get(1)) else {
            return Err(PlanError::Unsafe);
        };
        let text = operand(planner, text)?;
        let output = self.output(planner, frame, place, number, &[])?;
        Ok(Step::Length { text, output, negated })
    }

    /// Where the rows of a literal come from, and what their columns do: those of a variant, or with a sign what changes of it.
    fn source(
        &self,
        planner: &mut Planner<'_>,
        frame: &mut Frame,
        place: usize,
        (variant, sign): (VariantId, Option<Sign>),
        terms: &[InstanceTerm],
        negated: bool,
    ) -> Result<(Source, Vec<Output>), PlanError> {
        let found = planner.policy.variants.get(variant.0 as usize).ok_or(PlanError::Unsafe)?;
        let bound: Vec<bool> = terms.iter().map(|term| crate::plan::estimate::is_known(term, &frame.known)).collect();
        match found.origin {
            Origin::Stored if sign.is_none() => {
                let named: Vec<bool> = terms.iter().map(|term| matches!(term, InstanceTerm::Value(_))).collect();
                let (stored, order) = planner.direction(variant, &bound, &named)?;
                let columns = planner.columns_of(stored, order);
                let n_prefix = columns
                    .iter()
                    .take_while(|&&column| bound.get(usize::from(column)).copied().unwrap_or(false))
                    .count();
                let mut prefix = Vec::with_capacity(n_prefix);
                let mut outputs = Vec::with_capacity(columns.len() - n_prefix);
                for (position, &column) in columns.iter().enumerate() {
                    let term = terms.get(usize::from(column)).ok_or(PlanError::Unsafe)?;
                    if position < n_prefix {
                        prefix.push(operand(planner, term)?);
                    } else {
                        let rest = columns.get(position + 1..).unwrap_or_default();
                        let later: Vec<&InstanceTerm> =
                            rest.iter().filter_map(|&column| terms.get(usize::from(column))).collect();
                        outputs.push(self.output(planner, frame, place, term, &later)?);
                    }
                }
                Ok((Source::Stored { stored, order, prefix }, outputs))
            }
            Origin::Context | Origin::Stored => {
                let context = planner.context(variant, sign)?;
                let mut outputs = Vec::with_capacity(terms.len());
                for (position, term) in terms.iter().enumerate() {
                    let later: Vec<&InstanceTerm> = terms.iter().skip(position + 1).collect();
                    outputs.push(self.output(planner, frame, place, term, &later)?);
                }
                Ok((Source::Context(context), outputs))
            }
            Origin::Derived => self.call(planner, frame, place, variant, terms, negated),
            Origin::Length => Err(PlanError::Unsafe),
        }
    }

    fn call(
        &self,
        planner: &mut Planner<'_>,
        frame: &mut Frame,
        place: usize,
        variant: VariantId,
        terms: &[InstanceTerm],
        negated: bool,
    ) -> Result<(Source, Vec<Output>), PlanError> {
        let found = planner.policy.variants.get(variant.0 as usize).ok_or(PlanError::Unsafe)?;
        let before = frame.known.clone();
        let mut adornment = Vec::with_capacity(terms.len());
        let mut arguments = Vec::new();
        let mut outputs = Vec::new();
        for (position, (term, column)) in terms.iter().zip(&found.columns).enumerate() {
            if matches!(column, Column::Permission(_)) {
                adornment.push(Binding::Ignored);
            } else if crate::plan::estimate::is_known(term, &before) {
                arguments.push(operand(planner, term)?);
                adornment.push(Binding::Bound);
            } else {
                let later: Vec<&InstanceTerm> = terms.iter().skip(position + 1).collect();
                let output = self.output(planner, frame, place, term, &later)?;
                if output == Output::Ignore {
                    adornment.push(Binding::Ignored);
                } else {
                    adornment.push(Binding::Free);
                    outputs.push(output);
                }
            }
        }
        let adornment: Adornment = adornment.into();
        let suspends = if !negated && found.recursive && self.component == Some(found.component) {
            Some(if self.is_passed_on(planner, frame, place, &outputs) {
                Suspension::PassesOn
            } else {
                let slots = needed_slots(frame, place, &before);
                Suspension::Waits { list: planner.next_suspension(), slots }
            })
        } else {
            None
        };
        let procedure = planner.procedure(variant, adornment);
        Ok((Source::Call { procedure, arguments, suspends }, outputs))
    }

    /// Whether the outputs of the literal at this place are just the answers of the rule, and nothing comes after it.
    fn is_passed_on(&self, planner: &Planner<'_>, frame: &Frame, place: usize, outputs: &[Output]) -> bool {
        let free = self.head.iter().zip(self.bindings).filter(|(_, binding)| **binding == Binding::Free);
        let free = free.map(|(term, _)| match term {
            InstanceTerm::Variable(variable) => Some(variable.0),
            InstanceTerm::Any | InstanceTerm::Value(_) => None,
        });
        let bound = outputs.iter().map(|output| match output {
            Output::Bind(slot) => Some(*slot),
            Output::Equal(_) | Output::Ignore => None,
        });
        // Where the rule reads its component twice, keys would lead on to all that they reach, not to their neighbours. A yes
        // has no columns: a key gets one, however many others lead to it.
        let is_linear =
            outputs.is_empty() || self.body.iter().filter(|literal| self.is_recursive(planner, literal)).count() == 1;
        is_linear
            && place + 1 == frame.needed.len()
            && outputs.iter().all(|output| matches!(output, Output::Bind(_)))
            && free.eq(bound)
    }

    fn is_recursive(&self, planner: &Planner<'_>, literal: &InstanceLiteral) -> bool {
        let InstanceLiteral::Positive { variant, .. } = literal else {
            return false;
        };
        let found = planner.policy.variants.get(variant.0 as usize);
        found.is_some_and(|found| Some(found.component) == self.component)
    }

    /// What a column does whose value isn't fixed beforehand; `later` are the terms of the same literal after it.
    fn output(
        &self,
        planner: &mut Planner<'_>,
        frame: &mut Frame,
        place: usize,
        term: &InstanceTerm,
        later: &[&InstanceTerm],
    ) -> Result<Output, PlanError> {
        match term {
            InstanceTerm::Any => Ok(Output::Ignore),
            InstanceTerm::Value(_) => Ok(Output::Equal(operand(planner, term)?)),
            InstanceTerm::Variable(variable) => {
                let needed = is_needed(frame, place, variable.0);
                let known = frame.known.get_mut(usize::from(variable.0)).ok_or(PlanError::Unsafe)?;
                if *known {
                    return Ok(Output::Equal(Operand::Slot(variable.0)));
                }
                if !needed && !later.contains(&term) {
                    return Ok(Output::Ignore);
                }
                *known = true;
                Ok(Output::Bind(variable.0))
            }
        }
    }
}

fn is_length(planner: &Planner<'_>, variant: VariantId) -> bool {
    let found = planner.policy.variants.get(variant.0 as usize);
    found.is_some_and(|found| found.origin == Origin::Length)
}

fn mark(term: &InstanceTerm, variables: &mut [bool]) {
    if let InstanceTerm::Variable(variable) = term
        && let Some(variable) = variables.get_mut(usize::from(variable.0))
    {
        *variable = true;
    }
}

pub(super) fn is_needed(frame: &Frame, place: usize, slot: Slot) -> bool {
    frame.needed.get(place).and_then(|needed| needed.get(usize::from(slot))).copied().unwrap_or(false)
}

/// The slots that are filled already and needed after this place.
pub(super) fn needed_slots(frame: &Frame, place: usize, known: &[bool]) -> Vec<Slot> {
    (0..known.len())
        .filter(|&slot| known.get(slot).copied().unwrap_or(false))
        .map(|slot| slot as Slot)
        .filter(|&slot| is_needed(frame, place, slot))
        .collect()
}

/// A value or a filled slot.
fn operand(planner: &mut Planner<'_>, term: &InstanceTerm) -> Result<Operand, PlanError> {
    match term {
        InstanceTerm::Variable(variable) => Ok(Operand::Slot(variable.0)),
        InstanceTerm::Value(value) => {
            let column: ColumnType = value.column_type();
            Ok(Operand::Constant(planner.constant(column, value)?))
        }
        InstanceTerm::Any => Err(PlanError::Unsafe),
    }
}
