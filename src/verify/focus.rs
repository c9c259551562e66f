//! What matters for one predicate: the rules that it reads, and how far some values of its first column reach into them.

use crate::policy::checked::{Atom, Literal, Origin, Policy, PredicateId, Term};

/// What is worked out for a goal on one predicate.
pub(super) struct Focus {
    /// By predicate, whether the goal reads it.
    relevant: Vec<bool>,
    /// By predicate, the column that is only asked for values of the goal's first column, if there is one.
    columns: Vec<Option<usize>>,
}

impl Focus {
    /// The rules that a predicate reads; its first column is asked for certain values alone if `is_narrow`.
    pub(super) fn of(policy: &Policy, goal: PredicateId, is_narrow: bool) -> Self {
        let n_predicates = policy.schema.predicates.len();
        let mut focus = Self { relevant: vec![false; n_predicates], columns: vec![None; n_predicates] };
        focus.reach(policy, goal);
        if is_narrow {
            focus.narrow(policy, goal);
        }
        focus
    }

    /// Whether the goal reads a predicate.
    pub(super) fn is_relevant(&self, predicate: PredicateId) -> bool {
        self.relevant.get(predicate.0 as usize).copied().unwrap_or_default()
    }

    /// The column of a predicate that is only asked for the goal's values.
    pub(super) fn column(&self, predicate: PredicateId) -> Option<usize> {
        self.columns.get(predicate.0 as usize).copied().flatten()
    }

    fn reach(&mut self, policy: &Policy, goal: PredicateId) {
        let mut waiting = vec![goal];
        while let Some(predicate) = waiting.pop() {
            if self.is_relevant(predicate) {
                continue;
            }
            if let Some(relevant) = self.relevant.get_mut(predicate.0 as usize) {
                *relevant = true;
            }
            let rules = policy.rules.iter().filter(|rule| rule.head.predicate == predicate);
            waiting.extend(rules.flat_map(|rule| atoms(&rule.body)).map(|atom| atom.predicate));
        }
    }

    /// Finds the columns: first all that may be, then one of each predicate, and what is left of these.
    ///
    /// # Source
    /// Static filtering, Kifer and Lozinskii, *On Compile-Time Query Optimization in Deductive Databases by Means of Static
    /// Filtering*, TODS 15(3), 1990. DIVERGENCE: one column, and values instead of conditions.
    fn narrow(&mut self, policy: &Policy, goal: PredicateId) {
        let columns = policy.schema.predicates.iter().zip(0..).map(|(predicate, id)| {
            let is_derived = predicate.origin == Origin::Derived && self.is_relevant(PredicateId(id));
            (0..predicate.arity).map(|column| is_derived && (PredicateId(id) != goal || column == 0)).collect()
        });
        let mut columns: Vec<Vec<bool>> = columns.collect();
        self.strike(policy, &mut columns);
        for of_predicate in &mut columns {
            let first = of_predicate.iter().position(|is_narrow| *is_narrow);
            of_predicate.iter_mut().zip(0..).for_each(|(is_narrow, column)| *is_narrow = Some(column) == first);
        }
        self.strike(policy, &mut columns);
        self.columns =
            columns.iter().map(|of_predicate| of_predicate.iter().position(|is_narrow| *is_narrow)).collect();
    }

    /// Strikes the columns that some rule asks for other values, until none is left to strike.
    fn strike(&self, policy: &Policy, columns: &mut [Vec<bool>]) {
        let is_narrow = |columns: &[Vec<bool>], predicate: PredicateId, column: usize| {
            let of_predicate = columns.get(predicate.0 as usize);
            of_predicate.and_then(|of_predicate| of_predicate.get(column)).copied().unwrap_or_default()
        };
        let mut has_changed = true;
        while has_changed {
            has_changed = false;
            for rule in policy.rules.iter().filter(|rule| self.is_relevant(rule.head.predicate)) {
                let comes_in = |columns: &[Vec<bool>], term: &Term| {
                    let mut heads = rule.head.terms.iter().enumerate();
                    matches!(term, Term::Variable(_))
                        && heads.any(|(column, head)| head == term && is_narrow(columns, rule.head.predicate, column))
                };
                for atom in atoms(&rule.body) {
                    for (column, term) in atom.terms.iter().enumerate() {
                        if is_narrow(columns, atom.predicate, column) && !comes_in(columns, term) {
                            let of_predicate = columns.get_mut(atom.predicate.0 as usize);
                            if let Some(struck) = of_predicate.and_then(|of_predicate| of_predicate.get_mut(column)) {
                                *struck = false;
                                has_changed = true;
                            }
                        }
                    }
                }
            }
        }
    }
}

fn atoms(body: &[Literal]) -> impl Iterator<Item = &Atom> {
    body.iter().filter_map(|literal| match literal {
        Literal::Atom { atom, .. } => Some(atom),
        Literal::Comparison { .. } => None,
    })
}
