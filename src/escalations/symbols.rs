//! Symbols: the few values that stand for all others.

use std::collections::{BTreeSet, HashMap};

use crate::language::syntax::Sign;
use crate::model::value::{ColumnType, Name, Object, Value};
use crate::policy::checked::{Atom, Column, Literal, Policy, Term};
use crate::policy::schema::{PERMISSION, Type, TypeKind};

/// A symbol, by its position in [`Symbols`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Symbol(u32);

/// What a symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The subject that is looked at.
    Me,
    /// What the subject's permission comes from: its role, its place, its team; of each type one for all.
    Mine,
    /// A value that the policy names.
    Fixed,
    /// Whatever else there is.
    Other,
    /// What is created by the subject, or by subjects that it created.
    New,
}

/// All symbols of a policy.
#[derive(Debug)]
pub(super) struct Symbols {
    list: Vec<(Rank, Value)>,
    numbers: HashMap<(Rank, Value), Symbol>,
    /// In the order of [`Rank`].
    domains: HashMap<ColumnType, Vec<Symbol>>,
    /// The types of subjects: those in the first column of `can`, sorted.
    pub(super) subjects: Vec<Name>,
}

impl Symbols {
    /// The symbols of a policy: of permissions only the `permissions`.
    pub(super) fn of(policy: &Policy, permissions: &BTreeSet<Name>) -> Self {
        let subjects = subjects(policy);
        let mut symbols = Self { list: Vec::new(), numbers: HashMap::new(), domains: HashMap::new(), subjects };
        let fixed = fixed(policy);
        let creatable = creatable(policy);
        let mut columns: BTreeSet<ColumnType> =
            BTreeSet::from([ColumnType::Text, ColumnType::Integer, ColumnType::Time]);
        columns.extend(policy.variants.iter().flat_map(|variant| &variant.columns).filter_map(|column| match column {
            Column::Type(kind) => Some(kind.clone()),
            Column::Permission(_) | Column::OtherPermission => None,
        }));
        columns.extend(
            policy
                .schema
                .types
                .iter()
                .filter(|kind| !kind.is_abstract())
                .map(|kind| ColumnType::Object(kind.name.clone())),
        );
        for column in columns {
            let domain = symbols.ranked(policy, &column, permissions, &fixed, &creatable);
            let domain = domain.into_iter().map(|(rank, value)| symbols.enter(rank, value)).collect();
            symbols.domains.insert(column, domain);
        }
        symbols
    }

    /// The values of a column, in the order of their ranks.
    fn ranked(
        &self,
        policy: &Policy,
        column: &ColumnType,
        permissions: &BTreeSet<Name>,
        fixed: &BTreeSet<Value>,
        creatable: &BTreeSet<Name>,
    ) -> Vec<(Rank, Value)> {
        let named =
            || fixed.iter().filter(|value| value.column_type() == *column).map(|value| (Rank::Fixed, value.clone()));
        match column {
            ColumnType::Everyone(kind) => vec![(Rank::Fixed, Value::Everyone(kind.clone()))],
            ColumnType::Text => named().chain([(Rank::Other, Value::Text("other".into()))]).collect(),
            // What no rule names is like any other number.
            ColumnType::Integer => named().chain([(Rank::Other, Value::Integer(i64::MAX))]).collect(),
            ColumnType::Time => named().chain([(Rank::Other, Value::Time(jiff::Timestamp::MAX))]).collect(),
            ColumnType::Set(kind, relation) => {
                let objects = self.objects(policy, kind, permissions, fixed, creatable).into_iter();
                let set =
                    |(rank, value): (Rank, Value)| Some((rank, Value::Set(value.object()?.clone(), relation.clone())));
                objects.filter_map(set).collect()
            }
            ColumnType::Object(kind) => self.objects(policy, kind, permissions, fixed, creatable),
        }
    }

    fn objects(
        &self,
        policy: &Policy,
        kind: &Name,
        permissions: &BTreeSet<Name>,
        fixed: &BTreeSet<Value>,
        creatable: &BTreeSet<Name>,
    ) -> Vec<(Rank, Value)> {
        let constant = |id: &Name| (Rank::Fixed, Value::Constant(Object::new(kind.clone(), id.clone())));
        if **kind == *PERMISSION {
            return permissions.iter().map(constant).collect();
        }
        if let Some(Type { kind: TypeKind::Enumeration(constants), .. }) = policy.schema.type_named(kind) {
            return constants.iter().map(constant).collect();
        }
        let object = |rank, id: &str| (rank, Value::Object(Object::new(kind.clone(), id)));
        let me = self.subjects.contains(kind).then(|| object(Rank::Me, "me"));
        let named = fixed.iter().filter_map(Value::object).filter(|object| object.kind == *kind);
        let named: BTreeSet<&Object> = named.collect();
        let named = named.into_iter().map(|object| (Rank::Fixed, Value::Object(object.clone())));
        let new = creatable.contains(kind).then(|| object(Rank::New, "new"));
        let mine = [object(Rank::Mine, "mine")];
        me.into_iter().chain(mine).chain(named).chain([object(Rank::Other, "other")]).chain(new).collect()
    }

    fn enter(&mut self, rank: Rank, value: Value) -> Symbol {
        let next = Symbol(self.list.len() as u32);
        let symbol = *self.numbers.entry((rank, value.clone())).or_insert(next);
        if symbol == next {
            self.list.push((rank, value));
        }
        symbol
    }

    /// The symbols that may stand in a column.
    pub(super) fn domain(&self, column: &ColumnType) -> &[Symbol] {
        self.domains.get(column).map_or(&[], Vec::as_slice)
    }

    /// What a symbol stands for.
    pub(super) fn rank(&self, symbol: Symbol) -> Rank {
        self.list.get(symbol.0 as usize).map_or(Rank::Other, |(rank, _)| *rank)
    }

    /// Whether a symbol is a value that the policy names.
    pub(super) fn is_fixed(&self, symbol: Symbol) -> bool {
        self.rank(symbol) == Rank::Fixed
    }

    /// A symbol as a value to be read: `user:me`, `role:mine`, `workspace:other`, `user:new`.
    pub(super) fn value(&self, symbol: Symbol) -> Option<&Value> {
        self.list.get(symbol.0 as usize).map(|(_, value)| value)
    }

    /// The symbol of a value that the policy names; none for a permission that is left out.
    pub(super) fn fixed(&self, value: &Value) -> Option<Symbol> {
        self.numbers.get(&(Rank::Fixed, value.clone())).copied()
    }

    /// The subject of a type.
    pub(super) fn me(&self, kind: &Name) -> Option<Symbol> {
        self.numbers.get(&(Rank::Me, Value::Object(Object::new(kind.clone(), "me")))).copied()
    }

    /// The set of a relation whose object a symbol is.
    pub(super) fn set_of(&self, symbol: Symbol, relation: &Name) -> Option<Symbol> {
        let (rank, value) = self.list.get(symbol.0 as usize)?;
        self.numbers.get(&(*rank, Value::Set(value.object()?.clone(), relation.clone()))).copied()
    }

    /// The object of a set of this relation.
    pub(super) fn object_of(&self, symbol: Symbol, relation: &Name) -> Option<Symbol> {
        let (rank, value) = self.list.get(symbol.0 as usize)?;
        match value {
            Value::Set(object, of) if of == relation => {
                self.numbers.get(&(*rank, Value::Object(object.clone()))).copied()
            }
            _ => None,
        }
    }

    /// Whether two symbols stand for the same value for certain; none if they may or may not.
    pub(super) fn same(&self, left: Symbol, right: Symbol) -> Option<bool> {
        match left == right {
            false => Some(false),
            true => matches!(self.rank(left), Rank::Me | Rank::Fixed).then_some(true),
        }
    }
}

fn subjects(policy: &Policy) -> Vec<Name> {
    let can = policy.schema.predicate_named("can");
    let firsts = policy.variants.iter().filter(|variant| Some(variant.predicate) == can);
    let kinds: BTreeSet<Name> = firsts
        .filter_map(|variant| match variant.columns.first() {
            Some(Column::Type(ColumnType::Object(kind))) => Some(kind.clone()),
            _ => None,
        })
        .collect();
    kinds.into_iter().collect()
}

/// The values that the policy names.
fn fixed(policy: &Policy) -> BTreeSet<Value> {
    let mut values: BTreeSet<Value> = BTreeSet::new();
    let of_atom = |atom: &Atom, values: &mut BTreeSet<Value>| values.extend(atom.terms.iter().filter_map(value_of));
    let of_body = |body: &[Literal], values: &mut BTreeSet<Value>| {
        for literal in body {
            match literal {
                Literal::Atom { atom, .. } => of_atom(atom, values),
                Literal::Comparison { left, right, .. } => {
                    values.extend([left, right].into_iter().filter_map(value_of))
                }
            }
        }
    };
    for rule in policy.rules.iter().chain(&policy.effects) {
        of_atom(&rule.head, &mut values);
        of_body(&rule.body, &mut values);
    }
    for guard in &policy.guards {
        guard.changes.iter().for_each(|(_, atom)| of_atom(atom, &mut values));
        of_body(&guard.body, &mut values);
    }
    let is_read = |name: &Name| {
        policy.schema.predicate_named(name).is_some_and(|predicate| {
            let rules = policy.rules.iter().chain(&policy.effects).map(|rule| &rule.body);
            let bodies = rules.chain(policy.guards.iter().map(|guard| &guard.body));
            bodies.flatten().any(|literal| matches!(literal, Literal::Atom { atom, .. } if atom.predicate == predicate))
        })
    };
    for fact in &policy.built_in {
        let is_object = |value: &&Value| value.object().is_some();
        match is_read(&fact.relation) {
            true => values.extend(fact.values.iter().cloned()),
            false => values.extend(fact.values.iter().filter(is_object).cloned()),
        }
    }
    values
}

fn value_of(term: &Term) -> Option<Value> {
    match term {
        Term::Value(value) => Some(value.clone()),
        Term::Any | Term::Variable(_) | Term::SetOf(..) => None,
    }
}

/// The types whose objects somebody may create: by a guard, or by a mention that a guard lets through.
fn creatable(policy: &Policy) -> BTreeSet<Name> {
    let mut creatable = BTreeSet::new();
    for (sign, atom) in policy.guards.iter().flat_map(|guard| &guard.changes) {
        if *sign == Some(Sign::Minus) {
            continue;
        }
        let Some(predicate) = policy.schema.predicate(atom.predicate) else { continue };
        if let Some(kind) = policy.schema.type_named(&predicate.name) {
            creatable.extend(kind.concrete.iter().cloned());
        }
        for column in predicate.declared.iter().flatten().flatten() {
            let (ColumnType::Object(kind) | ColumnType::Set(kind, _)) = column else { continue };
            if policy.schema.type_named(kind).is_some_and(|kind| kind.kind == TypeKind::Open) {
                creatable.insert(kind.clone());
            }
        }
    }
    creatable
}
