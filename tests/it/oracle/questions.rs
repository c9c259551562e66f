//! Random questions of every kind, each with the answer that the oracle gives.

use std::collections::{BTreeMap, BTreeSet};

use entail::model::value::{ColumnType, Name, Object, Value};
use entail::policy::checked::{Column, Origin, Policy, Term, VariableId};
use entail::policy::schema::{PERMISSION, Permission};

use super::changes::{concrete_types, draw_value, object};
use super::naive::Meaning;
use super::notation::{goal, whole};
use super::random::Random;

/// A question about one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// Subject, permission, object.
    Check(Value, Name, Value),
    /// Subject, permission, type of the objects.
    Objects(Value, Name, Name),
    /// Type of the subjects, permission, object.
    Subjects(ColumnType, Name, Value),
    /// Subject, object.
    Permissions(Value, Value),
    /// A goal and the number of its variables, which are numbered as they come.
    Query(Name, Vec<Term>, usize),
}

impl Question {
    /// What the oracle answers: rows of values; a check has one empty row or none.
    pub(crate) fn answer(&self, meaning: &Meaning<'_>) -> BTreeSet<Vec<Value>> {
        let permission = |name: &Name| Value::Constant(Object::new(PERMISSION, name.clone()));
        let column = |n: usize, keep: &dyn Fn(&[Value]) -> bool| {
            meaning.facts("can").iter().filter(|row| keep(row)).map(|row| vec![row[n].clone()]).collect()
        };
        match self {
            Self::Check(subject, name, object) => {
                let holds = meaning.holds("can", &[subject.clone(), permission(name), object.clone()]);
                if holds { BTreeSet::from([Vec::new()]) } else { BTreeSet::new() }
            }
            Self::Objects(subject, name, kind) => column(2, &|row| {
                row[0] == *subject
                    && row[1] == permission(name)
                    && row[2].column_type() == ColumnType::Object(kind.clone())
            }),
            Self::Subjects(kind, name, object) => {
                column(0, &|row| row[0].column_type() == *kind && row[1] == permission(name) && row[2] == *object)
            }
            Self::Permissions(subject, object) => column(1, &|row| row[0] == *subject && row[2] == *object),
            Self::Query(predicate, terms, n_variables) => meaning.answers(predicate, terms, *n_variables),
        }
    }

    /// The question as a query, in which a listing of one type is that of all types.
    pub(crate) fn as_query(&self) -> Self {
        let value = |value: &Value| Term::Value(value.clone());
        let permission = |name: &Name| Term::Value(Value::Constant(Object::new(PERMISSION, name.clone())));
        let variable = Term::Variable(VariableId(0));
        let (terms, n_variables) = match self {
            Self::Check(subject, name, object) => (vec![value(subject), permission(name), value(object)], 0),
            Self::Objects(subject, name, _) => (vec![value(subject), permission(name), variable], 1),
            Self::Subjects(_, name, object) => (vec![variable, permission(name), value(object)], 1),
            Self::Permissions(subject, object) => (vec![value(subject), variable, value(object)], 1),
            Self::Query(..) => return self.clone(),
        };
        Self::Query("can".into(), terms, n_variables)
    }
}

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Check(subject, name, object) => {
                write!(f, "check {} {name} {}", whole(subject), whole(object))
            }
            Self::Objects(subject, name, kind) => {
                write!(f, "list objects {} {name} {kind}", whole(subject))
            }
            Self::Subjects(kind, name, object) => {
                write!(f, "list subjects {kind} {name} {}", whole(object))
            }
            Self::Permissions(subject, object) => {
                write!(f, "list permissions {} {}", whole(subject), whole(object))
            }
            Self::Query(predicate, terms, _) => write!(f, "query {}", goal(predicate, terms)),
        }
    }
}

/// What questions about one state are made of.
pub(crate) struct Asker<'m> {
    policy: &'m Policy,
    meaning: &'m Meaning<'m>,
    /// The allowed subjects and objects, so that questions often hit.
    allowed: Vec<&'m Vec<Value>>,
    /// The permissions that are on some type.
    permissions: Vec<&'m Permission>,
    /// What `can` may say of subjects, and every type.
    subjects: Vec<ColumnType>,
    /// Each predicate that can be asked, with the column types that its facts can have.
    predicates: Vec<(Name, Vec<Vec<ColumnType>>)>,
    /// The facts of each predicate.
    facts: BTreeMap<Name, Vec<&'m Vec<Value>>>,
}

impl<'m> Asker<'m> {
    /// Prepares to ask about a state.
    pub(crate) fn new(policy: &'m Policy, meaning: &'m Meaning<'m>) -> Self {
        let mut predicates = Vec::new();
        let mut subjects: BTreeSet<ColumnType> =
            concrete_types(policy).map(|kind| ColumnType::Object(kind.name.clone())).collect();
        for (number, predicate) in policy.schema.predicates.iter().enumerate() {
            let mut columns = vec![BTreeSet::new(); predicate.arity];
            for variant in policy.variants.iter().filter(|variant| variant.predicate.0 as usize == number) {
                for (types, column) in columns.iter_mut().zip(&variant.columns) {
                    types.insert(match column {
                        Column::Type(column) => column.clone(),
                        Column::Permission(_) | Column::OtherPermission => ColumnType::Object(PERMISSION.into()),
                    });
                }
            }
            // A name with a blank is the policy's own.
            let is_own = predicate.name.contains(' ');
            if is_own || predicate.origin == Origin::Length || columns.iter().any(BTreeSet::is_empty) {
                continue;
            }
            if &*predicate.name == "can" {
                subjects.extend(columns[0].iter().cloned());
            }
            let columns = columns.into_iter().map(|types| types.into_iter().collect()).collect();
            predicates.push((predicate.name.clone(), columns));
        }
        let facts = predicates.iter().map(|(name, _)| (name.clone(), meaning.facts(name).iter().collect())).collect();
        let has_can = policy.schema.predicates.iter().any(|predicate| &*predicate.name == "can");
        let allowed = if has_can { meaning.facts("can").iter().collect() } else { Vec::new() };
        let permissions =
            policy.schema.permissions.iter().filter(|permission| has_can && !permission.on.is_empty()).collect();
        Self { policy, meaning, allowed, permissions, subjects: subjects.into_iter().collect(), predicates, facts }
    }

    /// A question that the engine must answer: a known permission on a type that it is on, known types; unknown ids.
    pub(crate) fn draw(&self, random: &Random) -> Question {
        let kind = random.below(100);
        let Some(permission) = random.choose(&self.permissions).filter(|_| kind < 65) else {
            return self.draw_query(random);
        };
        // Half of the questions begin at something that is allowed.
        let hit = random.choose(&self.allowed).filter(|_| random.percent(50));
        let subject = match hit.filter(|_| random.percent(90)) {
            Some(row) => row[0].clone(),
            None => self.draw_known(random, &random.pick(&self.subjects).clone()),
        };
        let (name, object) = match hit {
            Some(row) if random.percent(90) => (row[1].object().expect("a permission").id.clone(), row[2].clone()),
            _ => {
                let kind = ColumnType::Object(random.pick(&permission.on).clone());
                (permission.name.clone(), self.draw_known(random, &kind))
            }
        };
        match kind {
            0..25 => Question::Check(subject, name, object),
            25..40 => Question::Objects(subject, name, object.object().expect("an object").kind.clone()),
            40..55 => Question::Subjects(subject.column_type(), name, object),
            _ => Question::Permissions(subject, object),
        }
    }

    /// A goal of any predicate: variables, also repeated ones, `_`, constants, sets of a variable.
    fn draw_query(&self, random: &Random) -> Question {
        let (predicate, columns) = random.pick(&self.predicates);
        let hit = random.choose(&self.facts[predicate]).filter(|_| random.percent(60));
        let free = random.between(10, 90);
        let mut n_variables = 0;
        let mut terms = Vec::new();
        for (column, types) in columns.iter().enumerate() {
            let value = match hit {
                Some(row) => row[column].clone(),
                None => self.draw_known(random, &random.pick(types).clone()),
            };
            let fresh = VariableId(n_variables as u16);
            let roll = random.below(100);
            terms.push(if roll >= free {
                Term::Value(value)
            } else if roll.is_multiple_of(10) {
                Term::Any
            } else if roll % 10 == 1 && n_variables > 0 {
                Term::Variable(VariableId(random.below(n_variables) as u16))
            } else if let (Value::Set(_, relation), true) = (&value, random.percent(50)) {
                n_variables += 1;
                Term::SetOf(fresh, relation.clone())
            } else {
                n_variables += 1;
                Term::Variable(fresh)
            });
        }
        Question::Query(predicate.clone(), terms, n_variables)
    }

    /// A value of a column; an object is now and then one that nobody has mentioned.
    fn draw_known(&self, random: &Random, column: &ColumnType) -> Value {
        match column {
            ColumnType::Object(name)
                if random.percent(6) && concrete_types(self.policy).any(|kind| kind.name == *name) =>
            {
                Value::Object(object(name, 77))
            }
            ColumnType::Set(name, relation) if random.percent(6) => Value::Set(object(name, 77), relation.clone()),
            _ => draw_value(random, self.policy, column),
        }
    }

    /// The oracle's answer.
    pub(crate) fn answer(&self, question: &Question) -> BTreeSet<Vec<Value>> {
        question.answer(self.meaning)
    }
}
