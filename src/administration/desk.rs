//! The desk itself: a tenant at one revision, whose policy speaks the words of `roles.dl`.

use crate::administration::reply::{Done, Made, Moved};
use crate::engine::engine::Engine;
use crate::engine::error::{Error, Kind};
use crate::engine::request::{Reasons, Write, Written};
use crate::engine::token::shorten;
use crate::engine::view::View;
use crate::model::fact::RawFact;
use crate::model::value::{Object, Raw, object_notation, text_notation};
use crate::policy::schema::Permission;

/// The relations that the desk reads and writes, with their columns.
const WORDS: [(&str, usize); 15] = [
    ("copy_of", 2),
    ("description", 2),
    ("enabled", 2),
    ("grants", 2),
    ("home", 2),
    ("member", 2),
    ("name", 2),
    ("owner", 2),
    ("place", 1),
    ("reaches", 3),
    ("role", 1),
    ("role_of", 3),
    ("scope", 3),
    ("shared", 3),
    ("user", 1),
];

/// A tenant whose policy can be administered, at one revision.
pub(super) struct Desk<'e> {
    engine: &'e Engine,
    tenant: &'e str,
    pub(super) view: View<'e>,
}

/// One transaction on its way: what shall hold and what shall not.
#[derive(Default, PartialEq)]
pub(super) struct Change {
    insert: Vec<RawFact>,
    delete: Vec<RawFact>,
    forbid: Vec<RawFact>,
    rules: String,
}

impl<'e> Desk<'e> {
    /// Opens the desk.
    ///
    /// # Errors
    /// `unknown-tenant`; `not-administered` if the policy doesn't declare what `roles.dl` declares; what the token says.
    pub(super) fn open(engine: &'e Engine, tenant: &'e str, at: Option<&str>) -> Result<Self, Error> {
        let view = engine.view(tenant, at)?;
        for (word, arity) in WORDS {
            let schema = view.schema();
            let declared = schema.predicate_named(word).and_then(|id| schema.predicate(id));
            if declared.is_none_or(|predicate| predicate.arity != arity) {
                let message = format!("this tenant's policy has no `{word}` of {arity} columns");
                return Err(Error::new(Kind::Conflict, "not-administered", message)
                    .with_help("Roles, users and teams are administered where the policy includes `roles.dl`."));
            }
        }
        Ok(Self { engine, tenant, view })
    }

    /// The revision that it was opened at, as a token.
    pub(super) fn revision(&self) -> String {
        self.view.revision().to_string()
    }

    /// A permission of the catalogue, by its name.
    ///
    /// # Errors
    /// `unknown-permission`.
    pub(super) fn permission(&self, name: &str) -> Result<&Permission, Error> {
        let schema = self.view.schema();
        let known = schema.permission(name)?;
        schema.permission_named(&known).ok_or_else(|| Error::internal("a permission isn't in the catalogue"))
    }

    /// All answers to a goal, as text.
    pub(super) fn rows(&self, goal: &str) -> Result<Vec<Vec<String>>, Error> {
        Ok(self.view.query(goal)?.into_iter().map(|row| row.into_iter().map(text_of).collect()).collect())
    }

    /// The answers to a goal of two variables, as text.
    pub(super) fn pairs(&self, goal: &str) -> Result<Vec<[String; 2]>, Error> {
        let pair = |row| <[String; 2]>::try_from(row).map_err(|_| Error::internal("an answer isn't of two values"));
        self.rows(goal)?.into_iter().map(pair).collect()
    }

    /// The answers to a goal of one variable.
    pub(super) fn column(&self, goal: &str) -> Result<Vec<String>, Error> {
        Ok(self.rows(goal)?.into_iter().flatten().collect())
    }

    /// The answer to a goal of one variable that has at most one.
    pub(super) fn one(&self, goal: &str) -> Result<Option<String>, Error> {
        Ok(self.column(goal)?.into_iter().next())
    }

    /// An object of this type that is there, by its whole id.
    ///
    /// # Errors
    /// What is malformed in it; `not-found`.
    pub(super) fn object(&self, kind: &str, text: &str) -> Result<Object, Error> {
        let object = self.view.object(text)?;
        if *object.kind != *kind {
            return Err(wrong_kind(kind, &object));
        }
        match self.view.holds(&format!("{kind}({})", of(&object)))? {
            true => Ok(object),
            false => Err(not_found(kind, text)),
        }
    }

    /// A role or a team that is there: by its whole id, or by the name that people gave it.
    ///
    /// # Errors
    /// As [`Desk::object`]; `ambiguous-name` if several have the name.
    pub(super) fn named(&self, kind: &str, text: &str) -> Result<Object, Error> {
        let prefix = format!("{kind}:");
        if text.starts_with(&prefix) {
            return self.object(kind, text);
        }
        let named = self.column(&format!("name(X, {})", text_notation(text)))?;
        let mut named = named.iter().filter(|id| id.starts_with(&prefix));
        match (named.next(), named.next()) {
            (Some(one), None) => self.view.object(one),
            (Some(one), Some(other)) => {
                let message = format!("`{one}` and `{other}` are both called `{}`", shorten(text));
                Err(Error::invalid("ambiguous-name", message).with_help("Name one by its whole id."))
            }
            (None, _) => Err(not_found(kind, text)),
        }
    }

    /// The place that was named, or the only one there is.
    ///
    /// # Errors
    /// What is malformed in it; `not-found`; `place-needed` if there are several.
    pub(super) fn place(&self, text: Option<&str>) -> Result<Object, Error> {
        if let Some(text) = text {
            let object = self.view.object(text)?;
            return match self.is_place(&object)? {
                true => Ok(object),
                false => Err(not_found("place", text)),
            };
        }
        let places = self.column("place(X)")?;
        match places.as_slice() {
            [one] => self.view.object(one),
            [] => Err(Error::new(Kind::Conflict, "place-needed", "there is no account yet")
                .with_help("Make one: `entail account create`, or `POST accounts/create`.")),
            several => {
                let named: Vec<String> = several.iter().take(20).map(|place| format!("`{place}`")).collect();
                Err(Error::invalid("place-needed", "there are several places: say which one is meant")
                    .with_help("Name one of them: the details list them.")
                    .with_details(named))
            }
        }
    }

    /// A record that is there, by its whole id.
    ///
    /// # Errors
    /// What is malformed in it; `wrong-kind-of-object`, `not-found`.
    pub(super) fn record(&self, text: &str) -> Result<Object, Error> {
        let object = self.view.object(text)?;
        let record = self.view.schema().type_named("record");
        if !record.is_some_and(|record| record.concrete.contains(&object.kind)) {
            return Err(wrong_kind("record", &object));
        }
        match self.view.holds(&format!("{}({})", object.kind, of(&object)))? {
            true => Ok(object),
            false => Err(not_found("record", text)),
        }
    }

    fn is_place(&self, object: &Object) -> Result<bool, Error> {
        let schema = self.view.schema();
        let is_kind = schema.type_named("place").is_some_and(|place| place.concrete.contains(&object.kind));
        Ok(is_kind && self.view.holds(&format!("place({})", of(object)))?)
    }

    /// The id that was chosen for something new, or one made from its name.
    ///
    /// # Errors
    /// What is malformed in it; `wrong-kind-of-object`.
    pub(super) fn id_or_new(&self, kind: &str, id: Option<String>, name: &str) -> Result<String, Error> {
        let Some(id) = id else {
            return self.new_id(kind, name);
        };
        let object = self.view.object(&id)?;
        if *object.kind == *kind { Ok(id) } else { Err(wrong_kind(kind, &object)) }
    }

    /// An id for something new, from the name that people give it: `role:sales-lead`, or `role:sales-lead-2` if that is taken.
    fn new_id(&self, kind: &str, name: &str) -> Result<String, Error> {
        let words: Vec<String> = name
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(|word| word.chars().flat_map(char::to_lowercase).collect())
            .collect();
        let mut stem = words.join("-");
        // An id is at most 512 bytes long, with the number that may follow.
        while stem.len() > 400 {
            stem.pop();
        }
        if stem.is_empty() {
            stem = kind.to_owned();
        }
        let mut id = format!("{kind}:{stem}");
        let mut number = 1_u64;
        while self.view.holds(&format!("{kind}({})", of(&self.view.object(&id)?)))? {
            number += 1;
            id = format!("{kind}:{stem}-{number}");
        }
        Ok(id)
    }

    /// Begins the change that makes an object, which must not be there.
    ///
    /// # Errors
    /// `already-there`; what is malformed in its id.
    pub(super) fn create(&self, kind: &str, id: &str) -> Result<Change, Error> {
        if self.view.holds(&format!("{kind}({})", of(&self.view.object(id)?)))? {
            return Err(already_there(id));
        }
        let made = vec![fact(kind, &[id])];
        Ok(Change { forbid: made.clone(), insert: made, ..Change::default() })
    }

    /// Whether the policy declares a relation of so many columns, which packs may have and needn't.
    pub(super) fn has(&self, relation: &str, arity: usize) -> bool {
        let schema = self.view.schema();
        let found = schema.predicate_named(relation).and_then(|id| schema.predicate(id));
        found.is_some_and(|predicate| predicate.arity == arity)
    }

    /// Writes a change as one transaction, judged by the guards if somebody acts.
    ///
    /// # Errors
    /// What the engine refuses: the rules' own words. `already-there` if it was to make what there is; `nothing-asked` if it
    /// says nothing, which would be told as done.
    pub(super) fn write(&self, actor: Option<String>, change: Change) -> Result<Written, Error> {
        if change == Change::default() {
            return Err(Error::invalid("nothing-asked", "the request names nothing that shall change")
                .with_help("Say what shall change: the permissions, the records, the settings."));
        }
        let Change { insert, delete, forbid, rules } = change;
        let rules = (!rules.is_empty()).then_some(rules);
        let write = Write { insert, delete, forbid, rules, actor, ..Write::default() };
        self.engine.write(self.tenant, &write).map_err(|error| match (error.code, write.forbid.first()) {
            // Somebody else was quicker.
            ("precondition-failed", Some(RawFact { values, .. })) => {
                already_there(&values.first().cloned().map(text_of).unwrap_or_default())
            }
            _ => error,
        })
    }

    /// Writes a change, and tells what it did.
    pub(super) fn done(&self, actor: Option<String>, change: Change) -> Result<Done, Error> {
        Ok(Done::from(&self.write(actor, change)?))
    }

    /// Writes a change, and tells what it made.
    pub(super) fn made(&self, actor: Option<String>, change: Change, id: String) -> Result<Made, Error> {
        let written = self.write(actor, change)?;
        Ok(Made { id, revision: written.revision.to_string() })
    }

    /// Writes a change, and tells how many facts of a relation it brought.
    pub(super) fn moved(&self, actor: Option<String>, change: Change, relation: &str) -> Result<Moved, Error> {
        let written = self.write(actor, change)?;
        let came = written.changes.iter().filter(|change| change.relation == relation).map(|change| change.inserted);
        let moved = came.map(|Reasons { asked, completed, added }| asked + completed + added).sum();
        Ok(Moved { moved, revision: written.revision.to_string() })
    }
}

impl Change {
    /// A fact that shall hold.
    pub(super) fn insert(&mut self, relation: &str, values: &[&str]) {
        self.insert.push(fact(relation, values));
    }

    /// A fact that shall not hold.
    pub(super) fn delete(&mut self, relation: &str, values: &[&str]) {
        self.delete.push(fact(relation, values));
    }

    /// A request rule, without its full stop: what it does is found in the transaction itself.
    pub(super) fn rule(&mut self, rule: &str) {
        self.rules.push_str(rule);
        self.rules.push_str(".\n");
    }
}

/// An object in the language's notation.
pub(super) fn of(object: &Object) -> String {
    object_notation(&object.kind, &object.id)
}

/// A value as text.
pub(super) fn text_of(value: Raw) -> String {
    match value {
        Raw::Text(text) => text,
        Raw::Integer(number) => number.to_string(),
    }
}

pub(super) fn fact(relation: &str, values: &[&str]) -> RawFact {
    let values = values.iter().map(|value| Raw::Text((*value).to_owned())).collect();
    RawFact { relation: relation.to_owned(), values }
}

fn already_there(id: &str) -> Error {
    Error::new(Kind::Conflict, "already-there", format!("`{}` is there already", shorten(id)))
        .with_help("Choose another id, or leave it out.")
}

fn wrong_kind(kind: &str, object: &Object) -> Error {
    let message = format!("`{}` is a {}, not a {kind}", shorten(&object.to_string()), object.kind);
    Error::invalid("wrong-kind-of-object", message).with_help(format!("Name a {kind}: `{kind}:ID`."))
}

fn not_found(kind: &str, text: &str) -> Error {
    Error::new(Kind::NotFound, "not-found", format!("there is no {kind} `{}`", shorten(text)))
        .with_help("Listings tell what there is; ids are compared letter by letter.")
}
