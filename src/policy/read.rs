//! Values as they come through the doors → values of the schema, or what doesn't fit.

use std::collections::BTreeSet;

use crate::model::fact::{Fact, RawFact};
use crate::model::value::{ColumnType, Name, Object, Raw, Value, check_id};
use crate::policy::checked::Origin;
use crate::policy::misfit::{Misfit, short};
use crate::policy::resolve::{self, columns, list, signature_words};
use crate::policy::schema::{PERMISSION, Predicate, Schema, Type, TypeKind};
use crate::policy::suggest::did_you_mean;

impl Schema {
    /// Reads a fact that may be stored.
    ///
    /// # Errors
    /// What doesn't fit: the relation, the number of columns, or the first value that doesn't.
    pub fn fact(&self, raw: &RawFact) -> Result<Fact, Misfit> {
        let predicate = self.relation(&raw.relation)?;
        if predicate.origin != Origin::Stored {
            let message = match predicate.origin {
                Origin::Context => format!("`{}` comes with the question: it isn't stored", predicate.name),
                _ => format!("`{}` is derived: its facts follow from others", predicate.name),
            };
            return Err(Misfit::new("not-stored", message, "Write the facts that the rules read."));
        }
        if let Some(entry) = self.type_named(&predicate.name).filter(|entry| entry.is_abstract()) {
            return Err(abstract_type(entry));
        }
        self.row(predicate, &raw.values)
    }

    /// Reads the rows of a context relation.
    ///
    /// # Errors
    /// The first misfit; `not-context` for a relation that doesn't come with questions.
    pub fn context(&self, relation: &str, rows: &[Vec<Raw>]) -> Result<Vec<Fact>, Misfit> {
        let predicate = self.relation(relation)?;
        if predicate.origin != Origin::Context {
            let message = format!("`{relation}` doesn't come with the question");
            let names = self
                .predicates
                .iter()
                .filter(|known| known.origin == Origin::Context)
                .map(|known| format!("`{}`", known.name));
            let help = format!("The context relations are {}.", names.collect::<Vec<_>>().join(", "));
            return Err(Misfit::new("not-context", message, help));
        }
        let facts: Vec<Fact> = rows.iter().map(|row| self.row(predicate, row)).collect::<Result<_, _>>()?;
        if let Some(key) = predicate.key {
            let mut keys = BTreeSet::new();
            let distinct: BTreeSet<&Fact> = facts.iter().collect();
            for fact in distinct {
                if !keys.insert(fact.values.get(..usize::from(key))) {
                    let message = format!("`{relation}` has one value for each key, and here one has two");
                    return Err(Misfit::new("two-values", message, "Send one of them."));
                }
            }
        }
        Ok(facts)
    }

    /// Reads a subject: an object, a set (`team:eng#member`) or everyone (`user:*`). Whether it is alive is not asked.
    ///
    /// # Errors
    /// What is malformed or unknown in it.
    pub fn subject(&self, text: &str) -> Result<Value, Misfit> {
        match self.reference(text)? {
            Value::Constant(constant) => Err(not_an_object(text, &constant)),
            subject => Ok(subject),
        }
    }

    /// Reads an object. Whether it is alive is not asked.
    ///
    /// # Errors
    /// What is malformed or unknown in it.
    pub fn object(&self, text: &str) -> Result<Object, Misfit> {
        match self.reference(text)? {
            Value::Object(object) => Ok(object),
            Value::Constant(constant) => Err(not_an_object(text, &constant)),
            _ => {
                let message = format!("`{}` stands for several, not for one object", short(text));
                Err(Misfit::new("wrong-type", message, "Write an object as `type:id`."))
            }
        }
    }

    /// Reads the name of a permission.
    ///
    /// # Errors
    /// `unknown-permission`.
    pub fn permission(&self, text: &str) -> Result<Name, Misfit> {
        match self.constants.get_key_value(text) {
            Some((name, constant)) if *constant.kind == *PERMISSION => Ok(name.clone()),
            _ => Err(self.unknown_permission(text)),
        }
    }

    /// Whether a permission is on objects of a type: a question about any other is a mistake.
    ///
    /// # Errors
    /// `permission-not-on`.
    pub fn permission_on(&self, permission: &str, kind: &str) -> Result<(), Misfit> {
        let Some(found) = self.permission_named(permission) else {
            return Err(self.unknown_permission(permission));
        };
        if found.on.iter().any(|on| **on == *kind) {
            return Ok(());
        }
        let listed: Vec<ColumnType> = found.on.iter().cloned().map(ColumnType::Object).collect();
        let message = format!("the permission `{permission}` is not on objects of type `{kind}`");
        Err(Misfit::new("permission-not-on", message, format!("It is on {}.", list(&listed))))
    }

    /// Reads what a listing lists: a type (`user`), sets (`team#member`) or everyone (`user:*`).
    ///
    /// # Errors
    /// An unknown type or relation; a type that others are: a listing is of one type.
    pub fn kind(&self, text: &str) -> Result<ColumnType, Misfit> {
        if let Some((kind, relation)) = text.split_once('#') {
            return Ok(ColumnType::Set(self.objects_of(kind)?.name.clone(), self.set_relation(relation)?));
        }
        if let Some((kind, rest)) = text.split_once(':') {
            let kind = self.objects_of(kind)?;
            if rest == "*" {
                return Ok(ColumnType::Everyone(kind.name.clone()));
            }
            let message = format!("`{}` is an object, not a type", short(text));
            return Err(Misfit::new("wrong-type", message, format!("Write the type alone: `{}`.", kind.name)));
        }
        Ok(ColumnType::Object(self.objects_of(text)?.name.clone()))
    }

    fn relation(&self, name: &str) -> Result<&Predicate, Misfit> {
        let found = self.predicate_named(name).and_then(|id| self.predicate(id));
        // Hidden relations have a blank in their names; nobody can mean one.
        found.filter(|predicate| !predicate.name.contains(' ')).ok_or_else(|| {
            let stored =
                self.predicates.iter().filter(|known| known.origin == Origin::Stored).map(|known| &*known.name);
            Misfit::new(
                "unknown-predicate",
                format!("there is no relation `{}`", short(name)),
                "Name a relation or a type of the policy.",
            )
            .or_help(did_you_mean(name, stored))
        })
    }

    /// Reads the values of a fact.
    fn row(&self, predicate: &Predicate, values: &[Raw]) -> Result<Fact, Misfit> {
        if values.len() != predicate.arity {
            let message = format!("`{}` has {}, and {} came", predicate.name, columns(predicate.arity), values.len());
            let form = signature_words(predicate).map(|words| format!("Its form is `{words}`."));
            return Err(Misfit::new("wrong-arity", message, "Send one value for each column.").or_help(form));
        }
        let read = |(column, raw): (usize, &Raw)| {
            self.value(raw, predicate, column)
                .map_err(|misfit| misfit.at(|| format!("column {} of `{}`", column + 1, predicate.name)))
        };
        let values: Vec<Value> = values.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        let fits =
            |declared: &Vec<Vec<ColumnType>>| values.iter().zip(declared).all(|(value, kinds)| holds(kinds, value));
        // One declaration was held against each column already.
        if predicate.declared.len() > 1 && !predicate.declared.iter().any(fits) {
            let came: Vec<String> = values.iter().map(|value| value.column_type().to_string()).collect();
            let message =
                format!("no declaration of `{}` takes these types together: {}", predicate.name, came.join(", "));
            return Err(Misfit::new("wrong-type", message, "Look at the declarations of the relation in the policy."));
        }
        Ok(Fact { relation: predicate.name.clone(), values })
    }

    fn value(&self, raw: &Raw, predicate: &Predicate, column: usize) -> Result<Value, Misfit> {
        let kinds = || predicate.declared.iter().filter_map(|declared| declared.get(column)).flatten();
        let wrong = |came: &str| {
            let expected = list(&resolve::declared_kinds(predicate, column));
            Misfit::new("wrong-type", format!("it holds {expected}, not {came}"), "Send a value of that type.")
        };
        let text = match raw {
            Raw::Integer(integer) if kinds().any(|kind| *kind == ColumnType::Integer) => {
                return Ok(Value::Integer(*integer));
            }
            Raw::Integer(integer) => return Err(wrong(&format!("the number {integer}"))),
            Raw::Text(text) => text,
        };
        // INVARIANT: text and times stand alone among what is written as strings; see `columns::is_mixed`.
        if kinds().any(|kind| *kind == ColumnType::Text) {
            if text.contains('\0') {
                return Err(Misfit::new("malformed-text", "a text can't hold NUL bytes", "Take them out."));
            }
            return Ok(Value::Text(text.as_str().into()));
        }
        if kinds().any(|kind| *kind == ColumnType::Time) {
            let help = "Write date, time and offset, like `2026-07-01T00:00:00Z`.";
            return text
                .parse()
                .map(Value::Time)
                .map_err(|_| Misfit::new("malformed-time", format!("`{}` is no time", short(text)), help));
        }
        if kinds().all(|kind| *kind == ColumnType::Integer) {
            return Err(wrong(&format!("`{}`", short(text))));
        }
        let value = match self.reference(text) {
            Err(misfit) if misfit.code == "unknown-constant" && kinds().all(|kind| is_of(kind, PERMISSION)) => {
                return Err(self.unknown_permission(text));
            }
            other => other?,
        };
        match kinds().any(|kind| is_held(kind, &value)) {
            true => Ok(value),
            false => Err(wrong(&format!("`{}`, which is a `{}`", short(text), value.column_type()))),
        }
    }

    /// Reads a raw string that names something: `user:ana`, `team:eng#member`, `user:*`, `own`, `sequence.view`.
    fn reference(&self, text: &str) -> Result<Value, Misfit> {
        let Some((kind, rest)) = text.split_once(':') else {
            return match self.constants.get(text) {
                Some(constant) => Ok(Value::Constant(constant.clone())),
                None => Err(self.unknown_constant(text)),
            };
        };
        let kind = self.objects_of(kind)?;
        if rest == "*" {
            return Ok(Value::Everyone(kind.name.clone()));
        }
        let (id, relation) = match rest.split_once('#') {
            Some((id, relation)) => (id, Some(relation)),
            None => (rest, None),
        };
        check_id(id).map_err(|problem| {
            let help = "An id has 1 to 512 bytes, no `#` and no control characters, and isn't `*`.";
            Misfit::new("malformed-id", format!("`{}`: {problem}", short(text)), help)
        })?;
        let object = Object { kind: kind.name.clone(), id: id.into() };
        Ok(match relation {
            Some(relation) => Value::Set(object, self.set_relation(relation)?),
            None => Value::Object(object),
        })
    }

    /// A type with objects of its own.
    fn objects_of(&self, name: &str) -> Result<&Type, Misfit> {
        let Some(found) = self.type_named(name) else {
            let known = self.types.iter().map(|entry| &*entry.name);
            let message = format!("there is no type `{}`", short(name));
            return Err(
                Misfit::new("unknown-type", message, "Name a type of the policy.").or_help(did_you_mean(name, known))
            );
        };
        if found.is_abstract() {
            return Err(abstract_type(found));
        }
        if let TypeKind::Enumeration(_) = found.kind {
            let message = format!("the constants of `{name}` are written without their type");
            return Err(Misfit::new("constant-as-object", message, "Write the constant alone, like `own`."));
        }
        Ok(found)
    }

    fn set_relation(&self, name: &str) -> Result<Name, Misfit> {
        let found = self.predicate_named(name).and_then(|id| self.predicate(id));
        found.filter(|predicate| !predicate.name.contains(' ')).map(|predicate| predicate.name.clone()).ok_or_else(
            || {
                let message = format!("there is no relation `{}`", short(name));
                let known = self.predicates.iter().map(|known| &*known.name);
                Misfit::new("unknown-predicate", message, "Write a set as `type:id#relation`.")
                    .or_help(did_you_mean(name, known))
            },
        )
    }

    fn unknown_permission(&self, text: &str) -> Misfit {
        let known = self.permissions.iter().map(|permission| &*permission.name);
        let message = format!("there is no permission `{}`", short(text));
        Misfit::new("unknown-permission", message, "Name a permission of the catalogue.")
            .or_help(did_you_mean(text, known))
    }

    fn unknown_constant(&self, text: &str) -> Misfit {
        let known = self.constants.keys().map(|known| &**known);
        let message = format!("`{}` is neither an object, which is written `type:id`, nor a constant", short(text));
        Misfit::new("unknown-constant", message, "Write an object as `type:id`.").or_help(did_you_mean(text, known))
    }
}

fn holds(kinds: &[ColumnType], value: &Value) -> bool {
    kinds.iter().any(|kind| is_held(kind, value))
}

/// Whether a column of this type holds a value; as [`Value::column_type`], without making one.
fn is_held(kind: &ColumnType, value: &Value) -> bool {
    match (kind, value) {
        (ColumnType::Object(kind), Value::Object(object) | Value::Constant(object)) => *kind == object.kind,
        (ColumnType::Set(kind, relation), Value::Set(object, of)) => *kind == object.kind && relation == of,
        (ColumnType::Everyone(kind), Value::Everyone(of)) => kind == of,
        (ColumnType::Text, Value::Text(_))
        | (ColumnType::Integer, Value::Integer(_))
        | (ColumnType::Time, Value::Time(_)) => true,
        _ => false,
    }
}

/// Whether a column holds objects or constants of a type.
pub(super) fn is_of(kind: &ColumnType, name: &str) -> bool {
    matches!(kind, ColumnType::Object(of) if **of == *name)
}

fn abstract_type(entry: &Type) -> Misfit {
    let listed: Vec<ColumnType> = entry.concrete.iter().cloned().map(ColumnType::Object).collect();
    let message = format!("`{}` has no objects of its own: other types are it", entry.name);
    Misfit::new("abstract-type", message, format!("Name the type itself: {}.", list(&listed)))
}

fn not_an_object(text: &str, constant: &Object) -> Misfit {
    let message = format!("`{text}` is a constant of `{}`, not an object", constant.kind);
    Misfit::new("wrong-type", message, "Write an object as `type:id`.")
}
