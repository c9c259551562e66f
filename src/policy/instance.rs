//! One statement on concrete column types: its instances.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::language::span::Span;
use crate::model::value::{ColumnType, Name, Object, Value};
use crate::policy::checked::{
    Atom, Column, Instance, InstanceLiteral, InstanceTerm, Literal, Origin, Rule, Term, VariableId, VariantId,
};
use crate::policy::comparison::{Incomparable, decide, note};
use crate::policy::declare::on_relation;
use crate::policy::report::{Problem, error};
use crate::policy::schema::{PERMISSION, Schema};
use crate::policy::search::{self, Bindings, Found, fitting, is_any_permission};
use crate::policy::types::{Variants, positive};

/// The most instances of one statement.
pub(super) const MAX_INSTANCES: usize = 4096;

/// Why the instances of a statement are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// There are more than a statement may have.
    TooMany,
}

/// That a statement has too many instances.
pub(super) fn too_many(span: Span) -> Problem {
    error(
        "too-many-instances",
        span,
        format!("this statement stands for more than {MAX_INSTANCES} combinations of types"),
    )
    .help("Add type literals that narrow its variables, or split it.")
}

/// An instance before its head's variant is known.
#[derive(Debug)]
struct Draft {
    head: Box<[Column]>,
    terms: Vec<InstanceTerm>,
    body: Vec<InstanceLiteral>,
    variables: Vec<Column>,
}

/// The columns that a rule gives its head, each combination once.
pub(super) fn head_columns(
    rule: &Rule,
    schema: &Schema,
    variants: &Variants,
) -> Result<BTreeSet<Box<[Column]>>, Refused> {
    let mut heads = BTreeSet::new();
    drafts(rule, schema, variants, &mut Vec::new(), &mut |draft| {
        heads.insert(draft.head);
    })?;
    Ok(heads)
}

/// The instances of a rule, and what is wrong with their comparisons, each place once.
pub(super) fn instances(
    idx: u32,
    rule: &Rule,
    schema: &Schema,
    variants: &Variants,
) -> Result<(Vec<Instance>, Vec<Incomparable>), Refused> {
    let mut instances = Vec::new();
    let mut incomparable = Vec::new();
    drafts(rule, schema, variants, &mut incomparable, &mut |draft| {
        if let Some(head) = variants.find(rule.head.predicate, &draft.head) {
            let Draft { terms, body, variables, .. } = draft;
            instances.push(Instance { rule: idx, head, terms, body, variables });
        }
    })?;
    Ok((instances, incomparable))
}

/// The types of the variables in the first case in which the atoms (a head, a guard's change) and the body of a
/// statement agree; none if there is no such case.
pub(super) fn exists(
    narrowing: &[&Atom],
    body: &[Literal],
    variable_count: usize,
    variants: &Variants,
    incomparable: &mut Vec<Incomparable>,
) -> Result<Option<Bindings>, Refused> {
    let atoms: Vec<&Atom> = narrowing.iter().copied().chain(positive(body)).collect();
    let mut first = None;
    let mut n_found = 0;
    search::search(&atoms, variable_count, variants, &mut |found| {
        n_found += 1;
        let holds = |literal: &Literal| match literal {
            Literal::Comparison { operator, left, right, span } => {
                let decided = decide(*operator, left, right, *span, &found.columns, variants);
                note(decided, incomparable).is_some()
            }
            Literal::Atom { .. } => true,
        };
        // Every comparison is looked at: each may have something wrong with it.
        if body.iter().map(holds).fold(true, |all, holds| all & holds) {
            first.get_or_insert_with(|| found.columns.clone());
        }
        if n_found > MAX_INSTANCES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .map_err(|_| Refused::TooMany)?;
    if n_found > MAX_INSTANCES { Err(Refused::TooMany) } else { Ok(first) }
}

fn drafts(
    rule: &Rule,
    schema: &Schema,
    variants: &Variants,
    incomparable: &mut Vec<Incomparable>,
    each: &mut dyn FnMut(Draft),
) -> Result<(), Refused> {
    let making = Making::new(&rule.body, Some(&rule.head), rule.variables.len(), schema, variants);
    let mut n_instances = 0;
    making.each(None, rule.variables.len(), &mut |found| {
        if let Some(draft) = making.draft(&rule.head, found, incomparable) {
            n_instances += 1;
            each(draft);
        }
        n_instances <= MAX_INSTANCES
    })
}

/// A statement on its way to concrete column types.
pub(super) struct Making<'a> {
    body: &'a [Literal],
    schema: &'a Schema,
    variants: &'a Variants,
    /// For each variable whether a permission in it is told apart: it stands in a rule's head or in a derived literal.
    is_split: Vec<bool>,
}

impl<'a> Making<'a> {
    /// A statement with this body, and with this head if it is a rule.
    pub(super) fn new(
        body: &'a [Literal],
        head: Option<&'a Atom>,
        n_variables: usize,
        schema: &'a Schema,
        variants: &'a Variants,
    ) -> Self {
        let mut is_split = vec![false; n_variables];
        let derived = body.iter().filter_map(|literal| match literal {
            Literal::Atom { atom, .. } => {
                let is_derived = |predicate: &crate::policy::schema::Predicate| predicate.origin == Origin::Derived;
                schema.predicate(atom.predicate).is_some_and(is_derived).then_some(atom)
            }
            Literal::Comparison { .. } => None,
        });
        for term in derived.chain(head).flat_map(|atom| &atom.terms) {
            if let Term::Variable(variable) = term
                && let Some(flag) = is_split.get_mut(usize::from(variable.0))
            {
                *flag = true;
            }
        }
        Self { body, schema, variants, is_split }
    }

    /// Calls `each` for every combination on which the change, if there is one, and the positive literals agree; until it says
    /// that it is enough.
    ///
    /// # Errors
    /// If it said so, or if the search is too long.
    pub(super) fn each(
        &self,
        change: Option<&Atom>,
        n_variables: usize,
        each: &mut dyn FnMut(&Found) -> bool,
    ) -> Result<(), Refused> {
        let atoms: Vec<&Atom> = change.into_iter().chain(positive(self.body)).collect();
        let mut is_full = false;
        search::search(&atoms, n_variables, self.variants, &mut |found| {
            is_full |= self.expand(found, each);
            if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .map_err(|_| Refused::TooMany)?;
        if is_full { Err(Refused::TooMany) } else { Ok(()) }
    }

    /// Tells the permissions in split variables apart: each that a rule names, and the others as one. Returns whether
    /// `each` asked to stop.
    fn expand(&self, found: &Found, each: &mut dyn FnMut(&Found) -> bool) -> bool {
        let open: Vec<usize> = found
            .columns
            .iter()
            .enumerate()
            .filter(|(idx, column)| {
                column.as_ref().is_some_and(is_any_permission) && self.is_split.get(*idx).copied().unwrap_or_default()
            })
            .map(|(idx, _)| idx)
            .collect();
        let choices: Vec<Column> =
            self.variants.named.iter().cloned().map(Column::Permission).chain([Column::OtherPermission]).collect();
        // Counts through all combinations like an odometer.
        let mut wheels = vec![0; open.len()];
        loop {
            let mut expanded = found.clone();
            for (variable, wheel) in open.iter().zip(&wheels) {
                if let (Some(slot), Some(choice)) = (expanded.columns.get_mut(*variable), choices.get(*wheel)) {
                    *slot = Some(choice.clone());
                }
            }
            if !each(&expanded) {
                return true;
            }
            let Some(turning) = wheels.iter().rposition(|wheel| wheel + 1 < choices.len()) else {
                return false;
            };
            for (idx, wheel) in wheels.iter_mut().enumerate().skip(turning) {
                *wheel = if idx == turning { *wheel + 1 } else { 0 };
            }
        }
    }

    /// The instance of a rule for one combination; none if it can't hold.
    fn draft(&self, head: &Atom, found: &Found, incomparable: &mut Vec<Incomparable>) -> Option<Draft> {
        let body = self.body(found, &found.chosen, incomparable)?;
        let variables: Vec<Column> = found.columns.iter().cloned().collect::<Option<_>>()?;
        let columns: Option<Box<[Column]>> =
            head.terms.iter().map(|term| column_of(term, &found.columns, self.variants)).collect();
        let terms = head.terms.iter().map(|term| instance_term(term, &found.columns)).collect();
        Some(Draft { head: columns?, terms, body, variables })
    }

    /// The body for one combination, in which the positive literals mean the `chosen` variants; none if it can't hold.
    pub(super) fn body(
        &self,
        found: &Found,
        chosen: &[VariantId],
        incomparable: &mut Vec<Incomparable>,
    ) -> Option<Vec<InstanceLiteral>> {
        let mut body = Vec::new();
        let mut chosen = chosen.iter();
        let mut holds = true;
        for literal in self.body {
            match literal {
                Literal::Atom { negated: false, sign: Some(sign), atom } => {
                    let variant = *chosen.next()?;
                    let terms = self.terms(atom, &self.variants.get(variant)?.columns, &found.columns);
                    body.push(InstanceLiteral::Positive { variant, terms, sign: Some(*sign), span: atom.span });
                }
                Literal::Atom { negated: false, sign: None, atom } => {
                    holds &= self.positive(atom, *chosen.next()?, found, &mut body).is_some();
                }
                Literal::Atom { negated: true, sign, atom } => {
                    let variants = fitting(atom, &found.columns, self.variants);
                    if let Some(first) = variants.first().and_then(|id| self.variants.get(*id)) {
                        let terms = self.terms(atom, &first.columns, &found.columns);
                        body.push(InstanceLiteral::Negated { variants, terms, sign: *sign, span: atom.span });
                    }
                }
                Literal::Comparison { operator, left, right, span } => {
                    let decided = decide(*operator, left, right, *span, &found.columns, self.variants);
                    match note(decided, incomparable) {
                        Some(literal) => body.extend(literal),
                        None => holds = false,
                    }
                }
            }
        }
        if !holds {
            return None;
        }
        for (idx, column) in found.columns.iter().enumerate() {
            let variable = VariableId(idx as u16);
            // Whoever asks a derived variant with a value sees to it that the variant is the value's.
            if *column == Some(Column::OtherPermission) {
                body.push(InstanceLiteral::OtherPermission(variable));
            }
        }
        Some(body)
    }

    /// Adds a positive literal; none if no fact of the variant can match it.
    fn positive(&self, atom: &Atom, id: VariantId, found: &Found, body: &mut Vec<InstanceLiteral>) -> Option<()> {
        let variant = self.variants.get(id)?;
        let predicate = self.schema.predicate(variant.predicate)?;
        let terms = self.terms(atom, &variant.columns, &found.columns);
        // Every permission is one: the catalogue is all there is.
        if *predicate.name == *PERMISSION && matches!(terms.as_slice(), [InstanceTerm::Value(_)]) {
            return Some(());
        }
        // `on(p, X)` with p known is decided here: it says no more than that X is alive.
        if &*predicate.name == "on"
            && let [_, object] = terms.as_slice()
            && let (Some(name), [_, Column::Type(ColumnType::Object(kind))]) =
                (self.named(atom.terms.first()?, variant.columns.first()?, found), &*variant.columns)
        {
            if !self.variants.is_on(&name, kind) {
                return None;
            }
            if !self.is_alive_anyway(atom.terms.get(1)?) {
                let of_type = self.schema.predicate_named(kind)?;
                let columns = [Column::Type(ColumnType::Object(kind.clone()))];
                let variant = self.variants.find(of_type, &columns)?;
                let terms = vec![object.clone()];
                body.push(InstanceLiteral::Positive { variant, terms, sign: None, span: atom.span });
            }
            return Some(());
        }
        // So is the hidden relation behind `on`.
        if let Some(kind) = hidden_type(&predicate.name)
            && let Some(Term::Variable(variable)) = atom.terms.first()
        {
            match found.columns.get(usize::from(variable.0))?.as_ref()? {
                Column::Permission(name) => {
                    return self.variants.is_on(name, kind).then_some(());
                }
                Column::OtherPermission => {
                    self.variants.with_others.get(kind)?;
                }
                Column::Type(_) => {}
            }
        }
        body.push(InstanceLiteral::Positive { variant: id, terms, sign: None, span: atom.span });
        Some(())
    }

    /// The permission that a term stands for, if it is one that rules name.
    fn named(&self, term: &Term, column: &Column, found: &Found) -> Option<Name> {
        let column = match term {
            Term::Variable(variable) => found.columns.get(usize::from(variable.0))?.as_ref()?,
            Term::Value(_) => column,
            Term::Any | Term::SetOf(..) => return None,
        };
        match column {
            Column::Permission(name) => Some(name.clone()),
            _ => None,
        }
    }

    /// Whether a variable gets objects from a literal besides `on` whose facts mention only what is alive.
    fn is_alive_anyway(&self, term: &Term) -> bool {
        let Term::Variable(wanted) = term else {
            return false;
        };
        self.body.iter().any(|literal| {
            // What a change mentions may be dead, or yet to come.
            let Literal::Atom { negated: false, sign: None, atom } = literal else {
                return false;
            };
            let name = self.schema.predicate(atom.predicate).map(|predicate| &*predicate.name);
            let mentions =
                |term: &Term| matches!(term, Term::Variable(variable) | Term::SetOf(variable, _) if variable == wanted);
            name != Some("on") && !self.variants.tainted.contains(&atom.predicate) && atom.terms.iter().any(mentions)
        })
    }

    pub(super) fn terms(&self, atom: &Atom, columns: &[Column], bindings: &Bindings) -> Vec<InstanceTerm> {
        let in_column = |(term, column): (&Term, &Column)| match (term, column) {
            (Term::Value(Value::Text(text)), Column::Type(ColumnType::Time)) => match text.parse() {
                Ok(time) => InstanceTerm::Value(Value::Time(time)),
                Err(_) => instance_term(term, bindings),
            },
            _ => instance_term(term, bindings),
        };
        atom.terms.iter().zip(columns).map(in_column).collect()
    }
}

/// The type behind the name of a hidden relation.
fn hidden_type(name: &str) -> Option<&str> {
    let kind = name.split_once(' ')?.1;
    (on_relation(kind) == name).then_some(kind)
}

/// A term of an instance: a permission that is known is written out.
pub(super) fn instance_term(term: &Term, bindings: &Bindings) -> InstanceTerm {
    match term {
        Term::Any => InstanceTerm::Any,
        Term::Value(value) => InstanceTerm::Value(value.clone()),
        Term::SetOf(variable, _) => InstanceTerm::Variable(*variable),
        Term::Variable(variable) => match bindings.get(usize::from(variable.0)) {
            Some(Some(Column::Permission(name))) => {
                InstanceTerm::Value(Value::Constant(Object::new(PERMISSION, name.clone())))
            }
            _ => InstanceTerm::Variable(*variable),
        },
    }
}

/// The column that a term belongs to; none for `_` and for a variable of which nothing is known.
pub(super) fn column_of(term: &Term, bindings: &Bindings, variants: &Variants) -> Option<Column> {
    match term {
        Term::Any => None,
        Term::Variable(variable) => bindings.get(usize::from(variable.0)).cloned().flatten(),
        Term::SetOf(variable, relation) => match bindings.get(usize::from(variable.0))? {
            Some(Column::Type(ColumnType::Object(kind))) => {
                Some(Column::Type(ColumnType::Set(kind.clone(), relation.clone())))
            }
            _ => None,
        },
        Term::Value(Value::Constant(constant)) if *constant.kind == *PERMISSION => {
            Some(match variants.is_named(&constant.id) {
                true => Column::Permission(constant.id.clone()),
                false => Column::OtherPermission,
            })
        }
        Term::Value(value) => Some(Column::Type(value.column_type())),
    }
}
