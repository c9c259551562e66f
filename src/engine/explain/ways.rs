//! The ways to a permission: what can give it, as literals over stored facts, and what each gives on a state.

use crate::engine::active::Active;
use crate::engine::error::Error;
use crate::engine::explain::distinct::distinct;
use crate::engine::explain::question::Question;
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::engine::transact::life_of;
use crate::model::fact::Fact;
use crate::model::value::{ColumnType, Name, Object, Value};
use crate::plan::ways::{Way as Join, Ways};
use crate::policy::checked::{Column, InstanceLiteral, InstanceTerm, Origin, VariableId, Variant, VariantId};
use crate::policy::fixed::Fixed;
use crate::policy::schema::{PERMISSION, TypeKind};

/// One way to a permission between subjects of a type and objects of a type.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Way {
    /// Its head is `can(subject, permission, object)`.
    pub(in crate::engine) join: Join,
    /// The type of each variable; none of one that stands in no fact.
    columns: Vec<Option<ColumnType>>,
}

/// What a literal of a way says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Says {
    /// That there is such a fact, of a relation, a type, the context, or of rules that read themselves.
    Holds(Origin),
    /// That there is none.
    Lacks,
    /// How two values compare, or that a permission is one which no rule names.
    Tests,
}

/// A literal of a way.
#[derive(Clone, Debug)]
pub(in crate::engine) struct WayLiteral<'w> {
    /// What it says.
    pub(in crate::engine) says: Says,
    /// The predicate that it speaks of; none of a test.
    pub(in crate::engine) relation: Option<Name>,
    /// One for each column; the sides of a comparison.
    pub(in crate::engine) terms: Vec<&'w InstanceTerm>,
    /// `file:line` of that literal.
    pub(in crate::engine) place: Option<String>,
}

/// The ways to a permission, in the order of the text. Ways that lead through a fact which the text settles otherwise are left
/// out: nobody can take them.
pub(in crate::engine) fn ways_to(
    active: &Active,
    subject: &ColumnType,
    permission: &Name,
    object: &ColumnType,
) -> Vec<Way> {
    let Some(variant) = can_variant(active, subject, permission, object) else { return Vec::new() };
    let given = [None, Some(Value::Constant(Object::new(PERMISSION, permission.clone()))), None];
    ways_to_fact(active, variant, &given)
}

/// The ways to the facts of a derived variant that have these values where one is given, by column; each once.
pub(in crate::engine) fn ways_to_fact(active: &Active, variant: VariantId, given: &[Option<Value>]) -> Vec<Way> {
    let policy = &active.policy;
    let fixed = Fixed::of(policy);
    let joins = Ways::new(policy).to(variant, given);
    let open = joins.into_iter().filter(|join| !is_closed(active, &fixed, join));
    distinct(open).map(|join| Way { columns: join.columns(policy), join }).collect()
}

/// The variant of `can` for a permission between two types; none if no rule can give it.
pub(in crate::engine) fn can_variant(
    active: &Active,
    subject: &ColumnType,
    permission: &Name,
    object: &ColumnType,
) -> Option<VariantId> {
    let permission = match active.named.binary_search(permission) {
        Ok(_) => Column::Permission(permission.clone()),
        Err(_) => Column::OtherPermission,
    };
    let columns = [Column::Type(subject.clone()), permission, Column::Type(object.clone())];
    let can = active.policy.schema.predicate_named("can")?;
    let mut variants = (0..).map(VariantId).zip(&active.policy.variants);
    variants.find(|(_, variant)| variant.predicate == can && *variant.columns == columns).map(|(id, _)| id)
}

/// The variant of a derived predicate that a fact belongs to.
pub(in crate::engine) fn variant_of(active: &Active, predicate: &str, values: &[Value]) -> Option<VariantId> {
    let policy = &active.policy;
    let id = policy.schema.predicate_named(predicate)?;
    let fits = |(column, value): (&Column, &Value)| match (column, value) {
        (Column::Type(kind), value) => *kind == value.column_type(),
        (Column::Permission(name), Value::Constant(constant)) => *constant.kind == *PERMISSION && constant.id == *name,
        (Column::OtherPermission, Value::Constant(constant)) => {
            *constant.kind == *PERMISSION && active.named.binary_search(&constant.id).is_err()
        }
        _ => false,
    };
    let is_it = |variant: &Variant| {
        variant.predicate == id
            && variant.origin == Origin::Derived
            && variant.columns.len() == values.len()
            && variant.columns.iter().zip(values).all(fits)
    };
    (0..).map(VariantId).zip(&policy.variants).find(|(_, variant)| is_it(variant)).map(|(id, _)| id)
}

/// Whether a way leads through a fact that the text settles not to hold.
fn is_closed(active: &Active, fixed: &Fixed, join: &Join) -> bool {
    join.body.iter().any(|literal| match literal {
        InstanceLiteral::Positive { variant, terms, sign: None, .. } => {
            let fact = ground_fact(active, *variant, terms);
            fact.is_some_and(|fact| fixed.holds(&fact) && !active.built_in.contains(&fact))
        }
        _ => false,
    })
}

/// The fact that a literal without variables speaks of, if it is of a stored variant.
fn ground_fact(active: &Active, variant: VariantId, terms: &[InstanceTerm]) -> Option<Fact> {
    let values = terms.iter().map(|term| match term {
        InstanceTerm::Value(value) => Some(value.clone()),
        InstanceTerm::Variable(_) | InstanceTerm::Any => None,
    });
    fact_of(active, variant, &values.collect::<Option<Vec<_>>>()?)
}

/// The fact of a stored variant with these values: in a set's column the object stands for the set.
pub(in crate::engine) fn fact_of(active: &Active, variant: VariantId, values: &[Value]) -> Option<Fact> {
    let found = active.policy.variants.get(variant.0 as usize).filter(|found| found.origin == Origin::Stored)?;
    let predicate = active.policy.schema.predicate(found.predicate)?;
    let values = values.iter().zip(&found.columns).map(|(value, column)| in_column(value, column));
    Some(Fact { relation: predicate.name.clone(), values: values.collect() })
}

/// A value as it stands in a column: a set is named by its object.
pub(in crate::engine) fn in_column(value: &Value, column: &Column) -> Value {
    match (value, column) {
        (Value::Object(object), Column::Type(ColumnType::Set(_, relation))) => {
            Value::Set(object.clone(), relation.clone())
        }
        (Value::Set(object, _), Column::Type(ColumnType::Object(_))) => Value::Object(object.clone()),
        _ => value.clone(),
    }
}

impl Way {
    /// Whether a literal says that an object of an open type is alive which another one mentions: the fact brings it to life.
    pub(super) fn is_implied(&self, active: &Active, position: usize) -> bool {
        let stored = |literal: &InstanceLiteral| match literal {
            InstanceLiteral::Positive { variant, terms, sign: None, .. } => Some((*variant, terms.clone())),
            _ => None,
        };
        let Some((variant, terms)) = self.join.body.get(position).and_then(stored) else { return false };
        let Some(life) = ground_fact(active, variant, &terms) else { return false };
        let Some(object) = life_of(&life) else { return false };
        let kind = active.policy.schema.type_named(&object.kind);
        if kind.is_none_or(|entry| entry.kind != TypeKind::Open) {
            return false;
        }
        let mentions = |(variant, terms): (VariantId, Vec<InstanceTerm>)| {
            let is_stored = active.policy.variants.get(variant.0 as usize).map(|found| found.origin);
            let is_it =
                |term: &InstanceTerm| matches!(term, InstanceTerm::Value(value) if value.object() == Some(object));
            is_stored == Some(Origin::Stored) && terms.iter().any(is_it)
        };
        let others = self.join.body.iter().enumerate().filter(|(other, _)| *other != position);
        others.filter_map(|(_, literal)| stored(literal)).filter(|(other, _)| *other != variant).any(mentions)
    }

    /// Variables with their types.
    ///
    /// # Errors
    /// `internal` for one that stands in no fact.
    pub(super) fn typed(&self, variables: &[VariableId]) -> Result<Vec<(VariableId, ColumnType)>, Error> {
        let unknown = || Error::internal("a variable that nothing binds");
        variables.iter().map(|variable| Ok((*variable, self.column(*variable).ok_or_else(unknown)?.clone()))).collect()
    }

    /// The type of a variable; none if it stands in no fact.
    pub(in crate::engine) fn column(&self, variable: VariableId) -> Option<&ColumnType> {
        self.columns.get(usize::from(variable.0))?.as_ref()
    }
}

impl Way {
    /// Its literals, in their order.
    pub(in crate::engine) fn literals<'w>(&'w self, active: &Active) -> Vec<WayLiteral<'w>> {
        self.join.body.iter().map(|literal| self.literal(active, literal)).collect()
    }

    fn literal<'w>(&'w self, active: &Active, literal: &'w InstanceLiteral) -> WayLiteral<'w> {
        let policy = &active.policy;
        let variant = |id: &VariantId| policy.variants.get(id.0 as usize);
        let relation = |id: &VariantId| Some(policy.schema.predicate(variant(id)?.predicate)?.name.clone());
        let (says, of, terms, span) = match literal {
            InstanceLiteral::Positive { variant: id, terms, span, .. } => {
                let origin = variant(id).map_or(Origin::Stored, |found| found.origin);
                (Says::Holds(origin), Some(id), terms.iter().collect(), Some(*span))
            }
            InstanceLiteral::Negated { variants, terms, span, .. } => {
                (Says::Lacks, variants.first(), terms.iter().collect(), Some(*span))
            }
            InstanceLiteral::Comparison { left, right, span, .. } => {
                (Says::Tests, None, vec![left, right], Some(*span))
            }
            InstanceLiteral::OtherPermission(_) => (Says::Tests, None, Vec::new(), None),
        };
        WayLiteral { says, relation: of.and_then(relation), terms, place: span.map(|span| policy.place(span)) }
    }

    /// What the way gives: the values of some variables for which all its literals hold together, each row once, in order of
    /// creation. `given` has a value for each column of the head that is known: the subject, the permission, the object.
    ///
    /// # Errors
    /// `missing-context`; `limit-exceeded`, never fewer rows.
    pub(in crate::engine) fn rows(
        &self,
        state: &State,
        given: &[Option<Value>],
        wanted: &[VariableId],
        surroundings: &Surroundings<'_>,
    ) -> Result<Vec<Vec<Value>>, Error> {
        let known = self.join.head.iter().zip(given).filter_map(|(term, value)| Some((term.clone(), value.clone()?)));
        let (terms, values): (Vec<InstanceTerm>, Vec<Value>) = known.unzip();
        let wanted = self.typed(wanted)?;
        let question = Question::new(state, &self.join.body, self.join.n_variables, &terms, &wanted)?;
        question.rows(state, &values, surroundings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::engine::{Engine, Options};
    use crate::engine::limits::Limits;
    use crate::engine::request::{Context, PolicyText, Write};
    use crate::model::fact::RawFact;
    use crate::model::value::Raw;

    const POLICY: &str = r#"
        open type user, team, document.
        type role.
        relation member(team, user), owner(document) -> user, shared(document, team | user), allowed(role, permission).
        relation role_of(user) -> role, word(permission), locked(document).
        permission document.view on document word "View".
        permission document.edit on document "Edit".
        role(role:writer).
        gives(U, P) :- role_of(U, R), allowed(R, P).
        gives(U, P) :- role_of(U, _), word(P).
        reader(D, U) :- shared(D, U), user(U).
        reader(D, U) :- shared(D, T), member(T, U).
        can(U, P, D) :- owner(D, U), gives(U, P), not locked(D).
        can(U, P, D) :- reader(D, U), word(P).
    "#;

    fn fact(words: &str) -> RawFact {
        let mut words = words.split(' ').map(str::to_owned);
        RawFact { relation: words.next().unwrap(), values: words.map(Raw::Text).collect() }
    }

    #[test]
    fn a_permission_has_its_ways_and_each_gives_its_rows() {
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::open(directory.path(), Options::default()).unwrap();
        let files = [("policy.dl".to_owned(), POLICY.to_owned())].into();
        engine.activate("t", &PolicyText { main: "policy.dl".to_owned(), files }).unwrap();
        let facts = [
            "owner document:1 user:ana",
            "owner document:2 user:ana",
            "locked document:2",
            "member team:a user:bo",
            "shared document:1 team:a",
            "shared document:2 team:a",
            "role_of user:ana role:writer",
        ];
        engine.write("t", &Write { insert: facts.map(fact).into(), ..Write::default() }).unwrap();
        let state = engine.state("t", None).unwrap();
        let [user, document] = ["user", "document"].map(|kind| ColumnType::Object(kind.into()));
        let told = |permission: &str| -> Vec<String> {
            let ways = ways_to(&state.active, &user, &permission.into(), &document);
            let relations = |way: &Way| {
                let literals = way.literals(&state.active).into_iter();
                literals.filter_map(|literal| literal.relation).map(|name| name.to_string()).collect::<Vec<_>>()
            };
            ways.iter().map(|way| relations(way).join(" ")).collect()
        };
        assert_eq!(told("document.edit"), ["owner role_of allowed locked"]);
        let view = ["owner role_of allowed locked", "owner role_of locked", "shared", "shared member"];
        assert_eq!(told("document.view"), view);

        let ways = ways_to(&state.active, &user, &"document.view".into(), &document);
        let context = Context::new();
        let surroundings = Surroundings::read(&state, &context, None, Limits::default()).unwrap();
        let object = |kind: &str, id: &str| Some(Value::Object(Object::new(kind, id)));
        let variable = |term: &InstanceTerm| match term {
            InstanceTerm::Variable(variable) => *variable,
            _ => panic!("a variable"),
        };
        let rows = |way: &Way, given: [Option<Value>; 3], wanted: VariableId| {
            let rows = way.rows(&state, &given, &[wanted], &surroundings).unwrap();
            rows.into_iter().map(|row| row[0].notation()).collect::<Vec<_>>()
        };
        let objects = variable(&ways[1].join.head[2]);
        assert_eq!(rows(&ways[1], [object("user", "ana"), None, None], objects), ["document:1"]);
        let team = variable(ways[3].literals(&state.active)[1].terms[0]);
        assert_eq!(rows(&ways[3], [object("user", "bo"), None, object("document", "2")], team), ["team:a"]);
        assert!(rows(&ways[3], [object("user", "ana"), None, object("document", "2")], team).is_empty());
        let says: Vec<Says> = ways[0].literals(&state.active).iter().map(|literal| literal.says).collect();
        let stored = Says::Holds(Origin::Stored);
        assert_eq!(says, [stored, stored, stored, Says::Lacks]);
        assert_eq!(ways[3].literals(&state.active)[1].place.as_deref(), Some("policy.dl:12"));
    }
}
