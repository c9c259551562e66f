//! Denies from the change: which facts, coming or going, can make a deny's body hold, and what is asked when they do.
//!
//! A change can bring a violation only if it makes some literal of the body true that wasn't: a fact of a positive one comes,
//! one of a negated one goes; for a derived predicate, a fact that one of its rules reads. For each such fact there is a
//! procedure that begins with what the change holds of it, and then asks the whole body on the state after. What a rule reads
//! beside that fact is left out: that asks more often than it must, and overlooks nothing.
//!
//! # Source
//! Simplification of integrity checking: Nicolas, *Logic for Improving Integrity Checking in Relational Data Bases*, Acta
//! Informatica 18, 1982; with derived predicates, Lloyd, Sonenberg, Topor, *Integrity Constraint Checking in Stratified
//! Databases*, Journal of Logic Programming 4, 1987.

use std::collections::BTreeSet;

use crate::language::syntax::Sign;
use crate::model::layout::StoredId;
use crate::model::value::Name;
use crate::plan::adornment::{Adornment, Binding};
use crate::plan::planner::{PlanError, Planner};
use crate::plan::procedure::ProcedureId;
use crate::plan::unfold::{Bindings, OF_QUESTIONS, Unfolded, is_decided, renumbered, with_terms};
use crate::policy::checked::{Case, Column, InstanceLiteral, InstanceTerm, Origin, VariableId, VariantId};

/// How many watches a deny may have; for what comes beyond, it is asked whole.
const MAX_WATCHES: usize = 128;

/// How many literals are looked at to find them.
const MAX_FOLLOWED: usize = 4_096;

/// How deep predicates are followed through one another.
const MAX_DEPTH: usize = 16;

/// The plans of a deny on one combination of types.
#[derive(Clone, Debug)]
pub struct DenyPlan {
    /// The variables that an answer tells, in its order, each with its column.
    pub variables: Vec<(VariableId, Column)>,
    /// The variables that stand for one permission each.
    pub fixed: Vec<(VariableId, Name)>,
    /// All violations of a state.
    pub whole: ProcedureId,
    /// Those that a change may bring, by what it changes.
    pub watches: Vec<Watch>,
    /// Changes for which all of the state has to be asked: they reach the deny through recursion, or by too many ways.
    pub whole_after: Vec<(Sign, StoredId)>,
}

/// What is asked when a change holds facts of a kind.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Whether they come or go.
    pub sign: Sign,
    /// Their variant.
    pub stored: StoredId,
    /// The violations that they may bring.
    pub procedure: ProcedureId,
}

/// A fact that can make a literal of a clause true: `seed` in the change, in the light of `clause`.
struct Seed {
    clause: Unfolded,
    sign: Sign,
    variant: VariantId,
    terms: Vec<InstanceTerm>,
}

/// The search for the seeds of a deny.
#[derive(Default)]
struct Seeds {
    found: Vec<Seed>,
    whole_after: BTreeSet<(Sign, VariantId)>,
    n_followed: usize,
    /// The variants of which any coming or going counts already, with all that they read.
    below: BTreeSet<(VariantId, Sign)>,
}

impl Planner<'_> {
    /// Plans a deny: to be asked whole, and from a change.
    ///
    /// # Errors
    /// [`PlanError`], after which the planner is of no further use.
    pub fn deny(&mut self, case: &Case) -> Result<DenyPlan, PlanError> {
        let (mut variables, mut fixed) = (Vec::new(), Vec::new());
        for (variable, column) in (0..).map(VariableId).zip(&case.variables) {
            match column {
                // A variable that is one permission is written out.
                Some(Column::Permission(name)) => fixed.push((variable, name.clone())),
                Some(column) => variables.push((variable, column.clone())),
                None => {}
            }
        }
        let head: Vec<InstanceTerm> = variables.iter().map(|(variable, _)| InstanceTerm::Variable(*variable)).collect();
        let bindings: Adornment = head.iter().map(|_| Binding::Free).collect();
        let clause = Unfolded::new(head, case.body.clone(), case.variables.len());
        let unfolded = clause.unfold(self.policy, &self.estimates, &OF_QUESTIONS);
        let mut seeds = Seeds::default();
        for clause in &unfolded {
            self.seeds_of(clause, &mut seeds);
        }
        let whole = self.joins(&bindings, unfolded)?;
        let Seeds { found, whole_after, .. } = seeds;
        let mut watches = Vec::with_capacity(found.len());
        for Seed { mut clause, sign, variant, terms } in found {
            let span = crate::language::span::Span::default();
            clause.body.insert(0, InstanceLiteral::Positive { variant, terms, sign: Some(sign), span });
            let procedure = self.joins(&bindings, vec![clause])?;
            watches.push(Watch { sign, stored: self.stored_id(variant)?, procedure });
        }
        let mut stored_after = Vec::with_capacity(whole_after.len());
        for (sign, variant) in whole_after {
            stored_after.push((sign, self.stored_id(variant)?));
        }
        Ok(DenyPlan { variables, fixed, whole, watches, whole_after: stored_after })
    }

    /// The stored variant of the layout that a variant of the policy is.
    ///
    /// # Errors
    /// [`PlanError::Unsafe`] if it isn't stored.
    pub fn stored_id(&self, variant: VariantId) -> Result<StoredId, PlanError> {
        self.ground.stored.get(&variant).copied().ok_or(PlanError::Unsafe)
    }

    /// The seeds of one join of a deny.
    fn seeds_of(&self, clause: &Unfolded, seeds: &mut Seeds) {
        for (position, literal) in clause.body.iter().enumerate() {
            match literal {
                InstanceLiteral::Positive { variant, terms, .. } => {
                    let mut rest = clause.clone();
                    if self.origin(*variant) == Some(Origin::Stored) {
                        // What the change brings holds after it.
                        rest.body.remove(position);
                    }
                    self.follow(rest, (*variant, terms), Sign::Plus, 0, seeds);
                }
                InstanceLiteral::Negated { variants, terms, .. } => {
                    for variant in variants {
                        self.follow(clause.clone(), (*variant, terms), Sign::Minus, 0, seeds);
                    }
                }
                InstanceLiteral::Comparison { .. } | InstanceLiteral::OtherPermission(_) => {}
            }
        }
    }

    /// The seeds that make a literal's facts come or go.
    fn follow(
        &self,
        clause: Unfolded,
        (variant, terms): (VariantId, &[InstanceTerm]),
        sign: Sign,
        depth: usize,
        seeds: &mut Seeds,
    ) {
        let Some(found) = self.policy.variants.get(variant.0 as usize) else { return };
        seeds.n_followed += 1;
        if seeds.found.len() >= MAX_WATCHES || seeds.n_followed > MAX_FOLLOWED {
            return self.all_below(variant, sign, seeds);
        }
        match found.origin {
            Origin::Stored => seeds.found.push(Seed { clause, sign, variant, terms: terms.to_vec() }),
            // Lengths never change, and a deny reads no context.
            Origin::Length | Origin::Context => {}
            Origin::Derived if found.recursive || depth >= MAX_DEPTH => self.all_below(variant, sign, seeds),
            Origin::Derived => {
                for &position in self.estimates.instances_of(variant) {
                    let Some(instance) = self.policy.instances.get(position) else { continue };
                    let offset = clause.n_variables;
                    let n_variables = offset + instance.variables.len();
                    let mut bindings = Bindings::new(n_variables);
                    let heads = terms.iter().zip(&instance.terms);
                    let is_fit = heads.fold(true, |is_fit, (caller, callee)| {
                        is_fit && bindings.unify(caller, &renumbered(callee, offset))
                    });
                    if !is_fit {
                        continue;
                    }
                    let Some(narrowed) = narrowed(&clause, n_variables, &bindings) else {
                        return self.all_below(variant, sign, seeds);
                    };
                    let resolved = |term: &InstanceTerm| bindings.resolve(&renumbered(term, offset));
                    for literal in instance.body.iter().filter(|literal| !is_decided(literal, &resolved)) {
                        let of_rule = with_terms(literal, &|term| Some(resolved(term)));
                        match of_rule {
                            Some(InstanceLiteral::Positive { variant, terms, .. }) => {
                                self.follow(narrowed.clone(), (variant, &terms), sign, depth + 1, seeds);
                            }
                            Some(InstanceLiteral::Negated { variants, terms, .. }) => {
                                for variant in variants {
                                    let other = opposite(sign);
                                    self.follow(narrowed.clone(), (variant, &terms), other, depth + 1, seeds);
                                }
                            }
                            Some(InstanceLiteral::Comparison { .. } | InstanceLiteral::OtherPermission(_)) => {}
                            None => self.all_below(variant, sign, seeds),
                        }
                    }
                }
            }
        }
    }

    /// Any change of what a predicate reads that can make its facts come, or go: the state is asked whole then.
    fn all_below(&self, variant: VariantId, sign: Sign, seeds: &mut Seeds) {
        let mut waiting: Vec<(VariantId, Sign)> = Vec::new();
        waiting.extend(seeds.below.insert((variant, sign)).then_some((variant, sign)));
        while let Some((variant, sign)) = waiting.pop() {
            if self.origin(variant) == Some(Origin::Stored) {
                seeds.whole_after.insert((sign, variant));
            }
            let instances = self.estimates.instances_of(variant).iter();
            for literal in instances.filter_map(|position| self.policy.instances.get(*position)).flat_map(|i| &i.body) {
                let below: Vec<(VariantId, Sign)> = match literal {
                    InstanceLiteral::Positive { variant, .. } => vec![(*variant, sign)],
                    InstanceLiteral::Negated { variants, .. } => {
                        variants.iter().map(|variant| (*variant, opposite(sign))).collect()
                    }
                    InstanceLiteral::Comparison { .. } | InstanceLiteral::OtherPermission(_) => Vec::new(),
                };
                waiting.extend(below.into_iter().filter(|change| seeds.below.insert(*change)));
            }
        }
    }

    fn origin(&self, variant: VariantId) -> Option<Origin> {
        self.policy.variants.get(variant.0 as usize).map(|found| found.origin)
    }
}

/// The clause in the light of what its call's rule says of its variables; none if a literal can't have such terms.
fn narrowed(clause: &Unfolded, n_variables: usize, bindings: &Bindings) -> Option<Unfolded> {
    let open = clause.body.iter().filter(|literal| !is_decided(literal, &|term| bindings.resolve(term)));
    let body = open.map(|literal| with_terms(literal, &|term| Some(bindings.resolve(term))));
    let head = clause.head.iter().map(|term| bindings.resolve(term)).collect();
    let narrowed = Unfolded::new(head, body.collect::<Option<_>>()?, n_variables);
    Some(narrowed)
}

fn opposite(sign: Sign) -> Sign {
    match sign {
        Sign::Plus => Sign::Minus,
        Sign::Minus => Sign::Plus,
    }
}
