//! What is known exactly: which relations hold what the policy states and nothing else, and which facts no state can hold.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;

use crate::escalations::symbols::{Symbol, Symbols};
use crate::language::syntax::Sign;
use crate::model::comparison::Comparison;
use crate::model::value::{ColumnType, Name, Value};
use crate::policy::checked::{Atom, Deny, Literal, Origin, Policy, PredicateId, Term, VariableId};
use crate::policy::schema::{PERMISSION, Predicate, TypeKind};

/// The values of a statement's variables, as far as they are known.
pub(super) type Binding = Vec<Option<Symbol>>;

/// What is known exactly.
#[derive(Debug)]
pub(super) struct Exact<'p> {
    policy: &'p Policy,
    /// The facts that the policy states of each predicate, those with a permission that is left out excepted.
    stated: HashMap<PredicateId, Vec<Box<[Symbol]>>, FixedState>,
    relations: BTreeSet<PredicateId>,
    /// The relations that hold of the policy's own objects just what it states, and of others whatever the data say.
    described: BTreeSet<PredicateId>,
    /// The types that each permission is on, by the names of both.
    on: BTreeSet<(Name, Name)>,
}

impl<'p> Exact<'p> {
    /// Of a policy.
    ///
    /// What neither a guard nor an effect writes, and the policy states facts of, is the policy's to say of its own objects, the
    /// constants of its types among them; as a whole if the relation has one column, which singles some of them out. So are
    /// words of permissions, stated or not.
    pub(super) fn of(policy: &'p Policy, symbols: &Symbols) -> Self {
        let mut stated: HashMap<PredicateId, Vec<Box<[Symbol]>>, FixedState> = HashMap::default();
        for fact in &policy.built_in {
            let row: Option<Box<[Symbol]>> = fact.values.iter().map(|value| symbols.fixed(value)).collect();
            if let Some((predicate, row)) = policy.schema.predicate_named(&fact.relation).zip(row) {
                stated.entry(predicate).or_default().push(row);
            }
        }
        let guarded = policy.guards.iter().flat_map(|guard| &guard.changes);
        let guarded = guarded.filter(|(sign, _)| *sign != Some(Sign::Minus)).map(|(_, atom)| atom.predicate);
        let written: BTreeSet<PredicateId> =
            guarded.chain(policy.effects.iter().map(|effect| effect.head.predicate)).collect();
        let has_facts: BTreeSet<PredicateId> =
            policy.built_in.iter().filter_map(|fact| policy.schema.predicate_named(&fact.relation)).collect();
        let is_own = |id: &PredicateId, predicate: &Predicate| {
            predicate.origin == Origin::Stored
                && policy.schema.type_named(&predicate.name).is_none()
                && !written.contains(id)
        };
        let firsts = |predicate: &Predicate| -> Vec<ColumnType> {
            predicate.declared.iter().filter_map(|columns| columns.first()).flatten().cloned().collect()
        };
        let numbered = || (0..).map(PredicateId).zip(&policy.schema.predicates);
        let relations = numbered().filter(|(id, predicate)| {
            let is_word = firsts(predicate).iter().all(|kind| *kind == ColumnType::Object(PERMISSION.into()));
            let is_fixed = firsts(predicate).iter().all(|kind| is_fixed(policy, kind));
            let is_described = has_facts.contains(id) && (predicate.arity == 1 || is_fixed);
            is_own(id, predicate) && (is_word || is_described)
        });
        let relations = relations.map(|(id, _)| id).collect();
        let described = numbered().filter(|(id, predicate)| is_own(id, predicate) && has_facts.contains(id));
        let described = described.map(|(id, _)| id).collect();
        let of_permission = |permission: &crate::policy::schema::Permission| {
            let name = permission.name.clone();
            permission.on.iter().map(move |kind| (name.clone(), kind.clone())).collect::<Vec<_>>()
        };
        let on = policy.schema.permissions.iter().flat_map(of_permission).collect();
        Self { policy, stated, relations, described, on }
    }

    /// Whether a relation holds just what the policy states.
    pub(super) fn is_exact(&self, predicate: PredicateId) -> bool {
        self.relations.contains(&predicate)
    }

    /// Whether a fact that isn't stated may hold.
    pub(super) fn may_hold(&self, predicate: PredicateId, row: &[Symbol], symbols: &Symbols) -> bool {
        let of_policy = row.first().is_some_and(|first| symbols.is_fixed(*first));
        !(self.is_exact(predicate) || of_policy && self.described.contains(&predicate))
    }

    /// What the policy states of a relation.
    pub(super) fn stated(&self, predicate: PredicateId) -> &[Box<[Symbol]>] {
        self.stated.get(&predicate).map_or(&[], Vec::as_slice)
    }

    /// Whether a `deny` forbids every state that holds this fact.
    pub(super) fn is_impossible(&self, predicate: PredicateId, row: &[Symbol], symbols: &Symbols) -> bool {
        self.policy.denies.iter().any(|deny| self.refuses(deny, predicate, row, symbols))
    }

    fn refuses(&self, deny: &Deny, predicate: PredicateId, row: &[Symbol], symbols: &Symbols) -> bool {
        deny.body.iter().enumerate().any(|(position, literal)| {
            let Literal::Atom { negated: false, atom, .. } = literal else { return false };
            if atom.predicate != predicate {
                return false;
            }
            let mut binding = vec![None; deny.variables.len()];
            if !bind(atom, row, &mut binding, symbols) {
                return false;
            }
            let rest = deny.body.iter().enumerate().filter(|(other, _)| *other != position).map(|(_, literal)| literal);
            self.all_hold(&rest.collect::<Vec<_>>(), binding, symbols)
        })
    }

    /// Whether literals hold for certain, for some values of what isn't bound.
    fn all_hold(&self, literals: &[&Literal], binding: Binding, symbols: &Symbols) -> bool {
        // What binds goes first: facts that the policy states.
        let joins = literals.iter().position(
            |literal| matches!(literal, Literal::Atom { negated: false, atom, .. } if self.is_exact(atom.predicate)),
        );
        if let Some(position) = joins {
            let mut rest = literals.to_vec();
            let Literal::Atom { atom, .. } = rest.remove(position) else { return false };
            return self.stated(atom.predicate).iter().any(|row| {
                let mut binding = binding.clone();
                bind(atom, row, &mut binding, symbols) && self.all_hold(&rest, binding, symbols)
            });
        }
        literals.iter().all(|literal| self.holds(literal, &binding, symbols))
    }

    fn holds(&self, literal: &Literal, binding: &Binding, symbols: &Symbols) -> bool {
        match literal {
            Literal::Comparison { operator, left, right, .. } => {
                let terms = value(left, binding, symbols).zip(value(right, binding, symbols));
                terms.and_then(|(left, right)| compare(*operator, left, right, symbols)) == Some(true)
            }
            Literal::Atom { negated, atom, .. } => self.decide(atom, binding, symbols) == Some(!negated),
        }
    }

    /// Whether some fact matches an atom, if that is known.
    fn decide(&self, atom: &Atom, binding: &Binding, symbols: &Symbols) -> Option<bool> {
        if self.is_exact(atom.predicate) {
            let matches = |row: &[Symbol]| bind(atom, row, &mut binding.clone(), symbols);
            return Some(self.stated(atom.predicate).iter().any(|row| matches(row)));
        }
        let name = &self.policy.schema.predicate(atom.predicate)?.name;
        let object = |term: &Term| symbols.value(value(term, binding, symbols)?)?.object();
        match (&**name, atom.terms.as_slice()) {
            ("on", [permission, on]) => {
                Some(self.on.contains(&(object(permission)?.id.clone(), object(on)?.kind.clone())))
            }
            // What a fact mentions is alive.
            (name, [term]) => {
                let kind = self.policy.schema.type_named(name)?;
                let of = symbols.value(value(term, binding, symbols)?)?;
                let of = matches!(of, Value::Object(_) | Value::Constant(_)).then(|| of.object())??;
                Some(kind.concrete.contains(&of.kind))
            }
            _ => None,
        }
    }
}

/// Whether the policy names all values of a type.
fn is_fixed(policy: &Policy, kind: &ColumnType) -> bool {
    match kind {
        ColumnType::Object(kind) => {
            policy.schema.type_named(kind).is_some_and(|kind| matches!(kind.kind, TypeKind::Enumeration(_)))
        }
        _ => false,
    }
}

/// Binds the variables of an atom to a row, if it matches.
pub(super) fn bind(atom: &Atom, row: &[Symbol], binding: &mut Binding, symbols: &Symbols) -> bool {
    atom.terms.iter().zip(row).all(|(term, symbol)| match term {
        Term::Any => true,
        Term::Value(value) => symbols.fixed(value) == Some(*symbol),
        Term::Variable(variable) => assign(binding, *variable, Some(*symbol)),
        Term::SetOf(variable, relation) => assign(binding, *variable, symbols.object_of(*symbol, relation)),
    })
}

fn assign(binding: &mut Binding, variable: VariableId, symbol: Option<Symbol>) -> bool {
    let Some((slot, symbol)) = binding.get_mut(usize::from(variable.0)).zip(symbol) else { return false };
    *slot.get_or_insert(symbol) == symbol
}

/// The symbol of a term, if it is known.
pub(super) fn value(term: &Term, binding: &Binding, symbols: &Symbols) -> Option<Symbol> {
    let bound = |variable: &VariableId| binding.get(usize::from(variable.0)).copied().flatten();
    match term {
        Term::Any => None,
        Term::Value(value) => symbols.fixed(value),
        Term::Variable(variable) => bound(variable),
        Term::SetOf(variable, relation) => symbols.set_of(bound(variable)?, relation),
    }
}

/// Whether a comparison holds of two symbols, if that is known.
pub(super) fn compare(operator: Comparison, left: Symbol, right: Symbol, symbols: &Symbols) -> Option<bool> {
    let order = || {
        let (a, b) = (symbols.value(left)?, symbols.value(right)?);
        let is_known = symbols.is_fixed(left) && symbols.is_fixed(right) && a.column_type() == b.column_type();
        is_known.then(|| a.cmp(b))
    };
    match operator {
        Comparison::Equal => symbols.same(left, right),
        Comparison::NotEqual => symbols.same(left, right).map(|same| !same),
        Comparison::Less => order().map(std::cmp::Ordering::is_lt),
        Comparison::LessOrEqual => order().map(std::cmp::Ordering::is_le),
        Comparison::Greater => order().map(std::cmp::Ordering::is_gt),
        Comparison::GreaterOrEqual => order().map(std::cmp::Ordering::is_ge),
    }
}

/// The columns of an atom that are known.
pub(super) fn known(atom: &Atom, binding: &Binding, symbols: &Symbols) -> Vec<Option<Symbol>> {
    atom.terms.iter().map(|term: &Term| value(term, binding, symbols)).collect()
}

/// Whether a row has what is known of its columns.
pub(super) fn matches(known: &[Option<Symbol>], row: &[Symbol]) -> bool {
    known.iter().zip(row).all(|(known, symbol)| known.is_none_or(|known| known == *symbol))
}
