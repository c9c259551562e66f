//! Which steps of a procedure cost most, and which rules led to them.

use std::collections::{HashSet, VecDeque};

use crate::model::layout::{StoredId, StoredVariant};
use crate::model::value::ColumnType;
use crate::plan::cost::{CostClass, CostlyStep, ProcedureCost, Read, is_constant};
use crate::plan::procedure::{Branch, Operand, Output, Plans, Procedure, ProcedureId, Source, Step};
use crate::policy::checked::{InstanceLiteral, Literal, Policy, PredicateId, VariantId};

/// What a procedure costs with all that it calls.
///
/// Costs the steps of the procedures that it reaches, each looked at once or twice: where the answers are handed on, and where
/// they are worked on.
pub fn cost_of(policy: &Policy, plans: &Plans, procedure: ProcedureId) -> ProcedureCost {
    let mut walk = Walk {
        policy,
        plans,
        seen: HashSet::from([(procedure, true)]),
        waiting: VecDeque::from([Visit { procedure, is_handed_on: true, callers: Vec::new() }]),
        cost: ProcedureCost { class: CostClass::Constant, steps: Vec::new() },
    };
    while let Some(visit) = walk.waiting.pop_front() {
        if let Some(procedure) = plans.procedures.get(visit.procedure) {
            walk.branches(procedure, &visit, &procedure.branches);
        }
    }
    walk.cost
}

/// A walk over all that a procedure reaches, those called nearest first.
struct Walk<'p> {
    policy: &'p Policy,
    plans: &'p Plans,
    seen: HashSet<(ProcedureId, bool)>,
    waiting: VecDeque<Visit>,
    cost: ProcedureCost,
}

/// A procedure to look at.
struct Visit {
    procedure: ProcedureId,
    /// Whether its answers are the question's.
    is_handed_on: bool,
    /// The rules that led here.
    callers: Vec<u32>,
}

/// Rows of a stored variant, as a step asks for them.
struct Rows<'p> {
    stored: StoredId,
    order: u8,
    prefix: &'p [Operand],
    variant: &'p StoredVariant,
    columns: &'p [u8],
}

/// A step in its place.
#[derive(Clone, Copy)]
struct At<'a, 'p> {
    procedure: &'p Procedure,
    visit: &'a Visit,
    branch: &'p Branch,
}

impl<'p> Walk<'p> {
    fn branches(&mut self, procedure: &'p Procedure, visit: &Visit, branches: &'p [Branch]) {
        for branch in branches {
            let at = At { procedure, visit, branch };
            match &branch.step {
                Step::Each { source, outputs, exists, .. } => {
                    let is_answer = visit.is_handed_on && !exists && is_handed_on(outputs, &branch.next);
                    self.source(at, source, outputs, *exists, is_answer);
                }
                Step::All { stored, order, prefix, column, .. } => {
                    let rows = self.rows(*stored, *order, prefix);
                    let class = rows.as_ref().map_or(CostClass::Constant, |rows| {
                        let is_answer = visit.is_handed_on && (*column == 0 || rows.tells_apart(&[*column]));
                        self.class(rows, is_answer)
                    });
                    self.stored(at, rows, class);
                }
                Step::None(sources) => {
                    for (source, outputs) in sources {
                        self.source(at, source, outputs, true, false);
                    }
                }
                Step::Answer { .. }
                | Step::Same(..)
                | Step::Compare { .. }
                | Step::Length { .. }
                | Step::OtherPermission(_)
                | Step::Among(..)
                | Step::Distinct { .. } => {}
            }
            self.branches(procedure, visit, &branch.next);
        }
    }

    fn source(&mut self, at: At<'_, 'p>, source: &'p Source, outputs: &[Output], exists: bool, is_answer: bool) {
        match source {
            Source::Stored { stored, order, prefix } => {
                let rows = self.rows(*stored, *order, prefix);
                let is_any = exists && outputs.iter().all(|output| !matches!(output, Output::Equal(_)));
                let class = match &rows {
                    Some(rows) if !is_any => {
                        let is_answer = is_answer
                            && (matches!(outputs.first(), Some(Output::Bind(_))) || rows.tells_apart(&bound(outputs)));
                        self.class(rows, is_answer)
                    }
                    _ => CostClass::Constant,
                };
                self.stored(at, rows, class);
            }
            Source::Call { procedure: callee, suspends, .. } => {
                let Some(variant) = self.plans.procedures.get(*callee).map(|callee| callee.variant) else {
                    return;
                };
                let predicate = self.policy.variants.get(variant.0 as usize).map(|found| found.predicate);
                let rules = self.rules(at, predicate);
                let passes_on = suspends.is_some() && at.branch.next.is_empty();
                if suspends.is_some() {
                    self.report(CostClass::Closure, Read::Recursion(variant), rules.clone());
                }
                let is_handed_on = at.visit.is_handed_on && (is_answer || passes_on);
                if self.seen.insert((*callee, is_handed_on)) {
                    self.waiting.push_back(Visit { procedure: *callee, is_handed_on, callers: rules });
                }
            }
            Source::Context(_) => {}
        }
    }

    fn stored(&mut self, at: At<'_, 'p>, rows: Option<Rows<'p>>, class: CostClass) {
        let Some(rows) = rows.filter(|_| class > CostClass::Constant && class >= self.cost.class) else {
            return;
        };
        let predicate = self.policy.schema.predicate_named(&rows.variant.relation);
        let rules = self.rules(at, predicate);
        let Rows { stored, order, prefix, .. } = rows;
        self.report(class, Read::Stored { stored, order, n_bound: prefix.len() }, rules);
    }

    fn report(&mut self, class: CostClass, read: Read, rules: Vec<u32>) {
        if class > self.cost.class {
            self.cost = ProcedureCost { class, steps: Vec::new() };
        }
        if class < self.cost.class {
            return;
        }
        match self.cost.steps.iter_mut().find(|step| step.read == read) {
            Some(step) => {
                step.rules.extend(rules.iter().filter(|rule| !step.rules.contains(rule)).copied().collect::<Vec<_>>())
            }
            None => self.cost.steps.push(CostlyStep { read, rules }),
        }
    }

    fn rows(&self, stored: StoredId, order: u8, prefix: &'p [Operand]) -> Option<Rows<'p>> {
        let variant = self.plans.layout.variants.get(stored.0 as usize)?;
        let columns = variant.orders.get(usize::from(order))?;
        Some(Rows { stored, order, prefix, variant, columns })
    }

    /// What reading these rows costs.
    fn class(&self, rows: &Rows<'_>, is_answer: bool) -> CostClass {
        let is_constant = |column: &u8| {
            let column = rows.variant.columns.get(usize::from(*column));
            column.is_some_and(|column| is_constant(self.policy, column))
        };
        let (given, asked) = rows.columns.split_at_checked(rows.prefix.len()).unwrap_or((rows.columns, &[]));
        let is_keyed = rows.variant.key.is_some_and(|key| (0..key).all(|column| given.contains(&column)));
        if is_keyed || asked.iter().all(is_constant) {
            CostClass::Constant
        } else if is_answer {
            CostClass::Answer
        } else if given
            .iter()
            .zip(rows.prefix)
            .any(|(column, operand)| !is_constant(column) && !is_literal(rows.variant, *column, *operand))
        {
            CostClass::Degree
        } else if !given.is_empty()
            || (asked.len() == 1 && self.policy.schema.type_named(&rows.variant.relation).is_none())
        {
            CostClass::ShortScan
        } else {
            CostClass::Scan
        }
    }

    /// The rules that led to a step: those that mention a predicate first, nearer ones before those that called them.
    fn rules(&self, at: At<'_, 'p>, predicate: Option<PredicateId>) -> Vec<u32> {
        let mut own = Vec::new();
        rules_below(at.branch, &mut own);
        if own.is_empty() && !at.procedure.is_query {
            own = self.rules_that_pass_on(at.procedure.variant, predicate);
        }
        let mut rules: Vec<u32> = Vec::new();
        for rule in own.into_iter().chain(at.visit.callers.iter().copied()) {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        rules.sort_by_key(|rule| !predicate.is_some_and(|predicate| self.mentions(*rule, predicate)));
        rules
    }

    /// The rules of a variant that end with a call of a predicate of its component: their joins have no answer of their own.
    fn rules_that_pass_on(&self, variant: VariantId, predicate: Option<PredicateId>) -> Vec<u32> {
        let is_it =
            |other: &VariantId| self.policy.variants.get(other.0 as usize).map(|found| found.predicate) == predicate;
        let instances = self.policy.instances.iter().filter(|instance| {
            let is_read = |literal: &InstanceLiteral| {
                matches!(literal, InstanceLiteral::Positive { variant, .. } if is_it(variant))
            };
            instance.head == variant && instance.body.iter().any(is_read)
        });
        instances.map(|instance| instance.rule).collect()
    }

    fn mentions(&self, rule: u32, predicate: PredicateId) -> bool {
        let is_it = |literal: &Literal| matches!(literal, Literal::Atom { atom, .. } if atom.predicate == predicate);
        self.policy.rules.get(rule as usize).is_some_and(|rule| rule.body.iter().any(is_it))
    }
}

impl Rows<'_> {
    /// Whether no two of the rows agree in these of the columns after the prefix.
    fn tells_apart(&self, after: &[usize]) -> bool {
        let is_told = |column: u8| {
            let place = self.columns.iter().position(|&other| other == column);
            place.is_some_and(|place| match place.checked_sub(self.prefix.len()) {
                None => true,
                Some(after_prefix) => after.contains(&after_prefix),
            })
        };
        let n_columns = self.columns.len() as u8;
        (0..self.variant.key.unwrap_or(n_columns)).all(is_told)
    }
}

/// Whether an operand is a text, a number or a time that a rule names: like a constant of a closed type, it may stand in any
/// number of rows.
fn is_literal(variant: &StoredVariant, column: u8, operand: Operand) -> bool {
    let column = variant.columns.get(usize::from(column));
    matches!(operand, Operand::Constant(_))
        && matches!(column, Some(ColumnType::Text | ColumnType::Integer | ColumnType::Time))
}

/// The places of the outputs that are kept.
fn bound(outputs: &[Output]) -> Vec<usize> {
    (0..).zip(outputs).filter(|(_, output)| matches!(output, Output::Bind(_))).map(|(place, _)| place).collect()
}

/// Whether each row of a step is an answer as it is: an answer follows at once, and reads all that the step keeps.
fn is_handed_on(outputs: &[Output], next: &[Branch]) -> bool {
    let is_read = |exit: &[Operand]| {
        outputs.iter().all(|output| match output {
            Output::Bind(slot) => exit.contains(&Operand::Slot(*slot)),
            Output::Ignore => true,
            Output::Equal(_) => false,
        })
    };
    next.iter().any(|branch| matches!(&branch.step, Step::Answer { exit, .. } if is_read(exit)))
}

/// The rules of the answers that a branch leads to, the last unfolded first.
fn rules_below(branch: &Branch, found: &mut Vec<u32>) {
    if let Step::Answer { rules, .. } | Step::All { rules, .. } = &branch.step {
        found.extend(rules.iter().rev());
    }
    for next in &branch.next {
        rules_below(next, found);
    }
}
