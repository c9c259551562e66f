//! Rules as the program takes them: places in a row, and what happens to a binding at each.

use crate::model::value::{Name, Object, Value};
use crate::policy::checked::{Atom, Literal, Origin, Policy, PredicateId, Rule, Term, VariableId};
use crate::policy::schema::TypeKind;
use crate::verify::focus::Focus;
use crate::verify::ground::{Ground, NONE};
use crate::verify::levels::Levels;
use crate::verify::order::order;
use crate::verify::program::Level;
use crate::verify::test::{Test, compare, length};

/// A rule that the program can't take; the checks of a policy let none through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unfit;

/// All rules of a policy, and what they are worked out with.
pub(super) struct Workshop<'a> {
    policy: &'a Policy,
    ground: &'a Ground,
    levels: &'a Levels,
    focus: &'a Focus,
    /// The values that narrow columns are asked for, by number.
    wanted: &'a [u32],
    /// The level that is being worked out.
    pub(super) level: u32,
    places: Vec<Place>,
    /// For each rule, where it begins; one more for the end.
    starts: Vec<u32>,
    /// A predicate, and the columns that make its key.
    accesses: Vec<(PredicateId, Vec<usize>)>,
}

/// What happens at a place, and which variables are asked after it.
struct Place {
    work: Work,
    kept: Vec<bool>,
}

enum Work {
    /// Facts of an access are found by a key; what they have in other columns is bound.
    Join { access: u32, key: Vec<Part>, bind: Vec<(usize, Bind)> },
    /// No fact of an access may have the key.
    Absence { access: u32, key: Vec<Part> },
    /// The binding decides, and a length may be bound.
    Test(Test),
    /// A fact of a predicate follows.
    Head { predicate: PredicateId, row: Vec<Part> },
}

/// A value that is known at a place.
enum Part {
    /// A value of the rule, by number.
    Value(u32),
    /// What a variable has.
    Variable(usize),
    /// The set of an object that a variable has.
    SetOf(usize, Name),
}

/// A column that binds a variable, or must have what it has by then.
enum Bind {
    Variable(usize),
    /// The object of a set of this relation.
    SetOf(usize, Name),
}

impl<'a> Workshop<'a> {
    /// The rules of a policy, as far as they matter.
    pub(super) fn new(
        policy: &'a Policy,
        ground: &'a Ground,
        levels: &'a Levels,
        focus: &'a Focus,
        wanted: &'a [u32],
    ) -> Result<Self, Unfit> {
        let (places, starts, accesses) = (Vec::new(), Vec::new(), Vec::new());
        let mut workshop = Self { policy, ground, levels, focus, wanted, level: 0, places, starts, accesses };
        for rule in &policy.rules {
            workshop.starts.push(workshop.places.len() as u32);
            if focus.is_relevant(rule.head.predicate) {
                workshop.add(rule)?;
            }
        }
        workshop.starts.push(workshop.places.len() as u32);
        Ok(workshop)
    }

    fn add(&mut self, rule: &Rule) -> Result<(), Unfit> {
        let (is_length, is_derived) = (|atom: &Atom| self.is_length(atom), |atom: &Atom| self.is_derived(atom));
        let mut bound = vec![false; rule.variables.len()];
        mark(&mut bound, self.narrow_variable(rule).into_iter());
        let body = order(&rule.body, bound.clone(), &is_length, &is_derived).ok_or(Unfit)?;
        let first = self.places.len();
        let mut mentioned = Vec::with_capacity(body.len());
        for literal in body {
            let work = self.work(literal, &mut bound)?;
            self.places.push(Place { work, kept: Vec::new() });
            mentioned.push(variables_of(literal));
        }
        let row = rule.head.terms.iter().map(|term| self.part(term)).collect::<Option<_>>().ok_or(Unfit)?;
        let head = Work::Head { predicate: rule.head.predicate, row };
        // What is asked later is kept; what isn't would only tell bindings apart that do the same.
        let mut kept = vec![false; rule.variables.len()];
        mark(&mut kept, rule.head.terms.iter().filter_map(variable_of));
        let places = self.places.get_mut(first..).unwrap_or_default();
        for (place, mentioned) in places.iter_mut().zip(mentioned).rev() {
            place.kept.clone_from(&kept);
            mark(&mut kept, mentioned.into_iter());
        }
        self.places.push(Place { work: head, kept: Vec::new() });
        Ok(())
    }

    /// The variable of a rule that only takes wanted values: it is bound from the start.
    fn narrow_variable(&self, rule: &Rule) -> Option<usize> {
        match rule.head.terms.get(self.focus.column(rule.head.predicate)?)? {
            Term::Variable(variable) => Some(index(*variable)),
            Term::Any | Term::Value(_) | Term::SetOf(..) => None,
        }
    }

    fn work(&mut self, literal: &Literal, bound: &mut [bool]) -> Result<Work, Unfit> {
        let is_bound = |bound: &[bool], variable: usize| bound.get(variable).copied().unwrap_or_default();
        match literal {
            Literal::Atom { sign: Some(_), .. } => Err(Unfit),
            Literal::Comparison { operator, left, right, .. } => {
                Ok(Work::Test(Test::Comparison { operator: *operator, left: left.clone(), right: right.clone() }))
            }
            Literal::Atom { negated, atom, sign: None } if self.is_length(atom) => {
                let [text, count] = atom.terms.as_slice() else { return Err(Unfit) };
                if let Some(count) = variable_of(count).filter(|_| !negated) {
                    mark(bound, std::iter::once(count));
                }
                Ok(Work::Test(Test::Length { negated: *negated, text: text.clone(), count: count.clone() }))
            }
            Literal::Atom { negated, atom, sign: None } => {
                let (mut columns, mut key, mut bind) = (Vec::new(), Vec::new(), Vec::new());
                for (column, term) in atom.terms.iter().enumerate() {
                    let known = variable_of(term).is_none_or(|variable| is_bound(bound, variable));
                    match (term, known) {
                        (Term::Any, _) => {}
                        (_, true) => {
                            columns.push(column);
                            key.push(self.part(term).ok_or(Unfit)?);
                        }
                        (Term::Variable(variable), false) => bind.push((column, Bind::Variable(index(*variable)))),
                        (Term::SetOf(variable, relation), false) => {
                            bind.push((column, Bind::SetOf(index(*variable), relation.clone())));
                        }
                        (Term::Value(_), false) => return Err(Unfit),
                    }
                }
                let access = self.access(atom.predicate, columns);
                if *negated {
                    return if bind.is_empty() { Ok(Work::Absence { access, key }) } else { Err(Unfit) };
                }
                mark(bound, atom.terms.iter().filter_map(variable_of));
                Ok(Work::Join { access, key, bind })
            }
        }
    }

    fn access(&mut self, predicate: PredicateId, columns: Vec<usize>) -> u32 {
        let access = (predicate, columns);
        let known = self.accesses.iter().position(|known| *known == access);
        known.unwrap_or_else(|| {
            self.accesses.push(access);
            self.accesses.len() - 1
        }) as u32
    }

    fn part(&self, term: &Term) -> Option<Part> {
        Some(match term {
            Term::Any => return None,
            Term::Value(value) => Part::Value(self.ground.number(value.clone())),
            Term::Variable(variable) => Part::Variable(index(*variable)),
            Term::SetOf(variable, relation) => Part::SetOf(index(*variable), relation.clone()),
        })
    }

    fn is_length(&self, atom: &Atom) -> bool {
        self.origin(atom) == Some(Origin::Length)
    }

    fn is_derived(&self, atom: &Atom) -> bool {
        self.origin(atom) == Some(Origin::Derived)
    }

    fn origin(&self, atom: &Atom) -> Option<Origin> {
        self.policy.schema.predicate(atom.predicate).map(|predicate| predicate.origin)
    }

    /// What one level works on, but for the facts; `reads` gets the predicates that it reads.
    pub(super) fn level(&self, reads: &mut Vec<bool>) -> Level {
        reads.resize(self.policy.schema.predicates.len(), false);
        let mut level = Level::default();
        let mut accesses = vec![false; self.accesses.len()];
        let ends = self.starts.iter().skip(1);
        for ((rule, start), end) in self.policy.rules.iter().zip(&self.starts).zip(ends) {
            if start == end || !self.levels.has(rule.head.predicate, self.level) {
                continue;
            }
            level.starts.extend(self.beginnings(rule).into_iter().map(|binding| (*start, binding)));
            for number in *start..*end {
                let Some(place) = self.places.get(number as usize) else { continue };
                let access = match &place.work {
                    Work::Join { access, .. } => {
                        level.joins.push((number, *access));
                        let predicate = self.accesses.get(*access as usize).map(|(predicate, _)| *predicate);
                        if predicate.is_some_and(|predicate| self.levels.has(predicate, self.level)) {
                            level.recursive.push((number, *access));
                        }
                        Some(*access)
                    }
                    Work::Absence { access, .. } => {
                        level.absences.push((number, *access));
                        Some(*access)
                    }
                    Work::Test(_) => {
                        level.tests.push(number);
                        None
                    }
                    Work::Head { predicate, .. } => {
                        level.heads.push((number, predicate.0));
                        None
                    }
                };
                if let Some(used) = access.and_then(|access| accesses.get_mut(access as usize)) {
                    *used = true;
                }
            }
        }
        for ((number, (predicate, _)), used) in (0..).zip(&self.accesses).zip(accesses) {
            if used {
                level.accesses.push((predicate.0, number));
                mark(reads, std::iter::once(predicate.0 as usize));
            }
        }
        level
    }

    /// The bindings with which a rule begins: nothing bound, or one for each wanted value.
    fn beginnings(&self, rule: &Rule) -> Vec<u32> {
        let nothing = vec![NONE; rule.variables.len()];
        let Some(narrow) = self.narrow_variable(rule) else {
            return self.ground.row(&nothing).into_iter().collect();
        };
        let begin = |value: &u32| {
            let mut binding = nothing.clone();
            *binding.get_mut(narrow)? = *value;
            self.ground.row(&binding)
        };
        self.wanted.iter().filter_map(begin).collect()
    }

    /// The key that a fact has for an access.
    pub(super) fn key_of_row(&self, access: u32, row: u32) -> Option<u32> {
        let (_, columns) = self.accesses.get(access as usize)?;
        let row = self.ground.row_of(row);
        let key: Vec<u32> = columns.iter().map(|column| row.get(*column).copied()).collect::<Option<_>>()?;
        self.ground.row(&key)
    }

    /// The key by which a binding asks at a place.
    pub(super) fn key_of_binding(&self, place: u32, binding: u32) -> Option<u32> {
        match &self.places.get(place as usize)?.work {
            Work::Join { key, .. } | Work::Absence { key, .. } => self.ground.row(&self.numbers(key, binding)?),
            Work::Test(_) | Work::Head { .. } => None,
        }
    }

    /// The binding behind a place, with what a fact gives it.
    pub(super) fn join(&self, place: u32, binding: u32, row: u32) -> Option<u32> {
        let place = self.places.get(place as usize)?;
        let Work::Join { bind, .. } = &place.work else { return None };
        let mut binding = self.ground.row_of(binding).to_vec();
        let row = self.ground.row_of(row);
        for (column, bind) in bind {
            let value = *row.get(*column)?;
            let (variable, value) = match bind {
                Bind::Variable(variable) => (*variable, value),
                Bind::SetOf(variable, relation) => (*variable, self.object_of_set(value, relation)?),
            };
            let slot = binding.get_mut(variable)?;
            if *slot != NONE && *slot != value {
                return None;
            }
            *slot = value;
        }
        self.keep(place, binding)
    }

    /// The binding behind a place that let it pass.
    pub(super) fn pass(&self, place: u32, binding: u32) -> Option<u32> {
        self.keep(self.places.get(place as usize)?, self.ground.row_of(binding).to_vec())
    }

    /// The binding behind a place, if it passes the test there.
    pub(super) fn test(&self, place: u32, binding: u32) -> Option<u32> {
        let place = self.places.get(place as usize)?;
        let Work::Test(test) = &place.work else { return None };
        let mut binding = self.ground.row_of(binding).to_vec();
        match test {
            Test::Comparison { operator, left, right } => {
                let (a, b) = (self.value(left, &binding)?, self.value(right, &binding)?);
                compare(*operator, (left, a), (right, b)).then_some(())?;
            }
            Test::Length { negated, text, count } => {
                let length = length(&self.value(text, &binding)?);
                let unbound = variable_of(count).filter(|variable| binding.get(*variable) == Some(&NONE));
                match (unbound, length) {
                    (Some(variable), Some(length)) if !negated => {
                        *binding.get_mut(variable)? = self.ground.number(length);
                    }
                    (Some(_), _) => return None,
                    (None, length) => {
                        let is_it = match count {
                            Term::Any => length.is_some(),
                            count => length.is_some() && length == self.value(count, &binding),
                        };
                        (is_it != *negated).then_some(())?;
                    }
                }
            }
        }
        self.keep(place, binding)
    }

    /// The fact that follows from a binding, if it belongs to the level that is being worked out.
    pub(super) fn head(&self, place: u32, binding: u32) -> Option<u32> {
        let Work::Head { predicate, row } = &self.places.get(place as usize)?.work else { return None };
        let row = self.numbers(row, binding)?;
        let is_wanted = |column: usize| row.get(column).is_some_and(|value| self.wanted.contains(value));
        if self.focus.column(*predicate).is_some_and(|column| !is_wanted(column)) {
            return None;
        }
        let values: Vec<Value> = row.iter().map(|number| self.ground.value(*number)).collect::<Option<_>>()?;
        (self.levels.level(*predicate, &values) == self.level).then(|| self.ground.row(&row))?
    }

    fn keep(&self, place: &Place, mut binding: Vec<u32>) -> Option<u32> {
        for (slot, kept) in binding.iter_mut().zip(&place.kept) {
            if !kept {
                *slot = NONE;
            }
        }
        self.ground.row(&binding)
    }

    fn numbers(&self, parts: &[Part], binding: u32) -> Option<Vec<u32>> {
        let binding = self.ground.row_of(binding);
        let number = |part: &Part| match part {
            Part::Value(number) => Some(*number),
            Part::Variable(variable) => binding.get(*variable).copied(),
            Part::SetOf(variable, relation) => {
                let object = self.ground.value(*binding.get(*variable)?)?;
                Some(self.ground.number(Value::Set(object.object()?.clone(), relation.clone())))
            }
        };
        parts.iter().map(number).collect()
    }

    fn value(&self, term: &Term, binding: &[u32]) -> Option<Value> {
        match term {
            Term::Any => None,
            Term::Value(value) => Some(value.clone()),
            Term::Variable(variable) => self.ground.value(*binding.get(index(*variable))?),
            Term::SetOf(variable, relation) => {
                let object = self.ground.value(*binding.get(index(*variable))?)?;
                Some(Value::Set(object.object()?.clone(), relation.clone()))
            }
        }
    }

    fn object_of_set(&self, set: u32, relation: &Name) -> Option<u32> {
        match self.ground.value(set)? {
            Value::Set(object, of) if of == *relation => Some(self.ground.number(self.object(object))),
            _ => None,
        }
    }

    /// An object as the value that a column of its type holds.
    fn object(&self, object: Object) -> Value {
        match self.policy.schema.type_named(&object.kind).map(|kind| &kind.kind) {
            Some(TypeKind::Enumeration(_)) => Value::Constant(object),
            _ => Value::Object(object),
        }
    }
}

fn index(variable: VariableId) -> usize {
    usize::from(variable.0)
}

/// The variable of a term.
pub(super) fn variable_of(term: &Term) -> Option<usize> {
    match term {
        Term::Variable(variable) | Term::SetOf(variable, _) => Some(index(*variable)),
        Term::Any | Term::Value(_) => None,
    }
}

/// The variables of a literal.
pub(super) fn variables_of(literal: &Literal) -> Vec<usize> {
    match literal {
        Literal::Atom { atom, .. } => atom.terms.iter().filter_map(variable_of).collect(),
        Literal::Comparison { left, right, .. } => [left, right].into_iter().filter_map(variable_of).collect(),
    }
}

/// Sets the flags of these variables.
pub(super) fn mark(flags: &mut [bool], variables: impl Iterator<Item = usize>) {
    for variable in variables {
        if let Some(flag) = flags.get_mut(variable) {
            *flag = true;
        }
    }
}
