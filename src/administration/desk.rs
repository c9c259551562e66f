//! The desk itself: a tenant at one revision, whose policy speaks the words of `roles.dl`.

use crate::administration::names::user_id;
use crate::administration::reply::{Done, Made, Moved};
use crate::engine::engine::Engine;
use crate::engine::error::{Error, Kind};
use crate::engine::request::{Reasons, Write, Written};
use crate::engine::token::shorten;
use crate::engine::view::View;
use crate::model::fact::RawFact;
use crate::model::value::{Object, Raw, object_notation};
use crate::policy::schema::{Permission, Schema};

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

/// How often something is made anew under another id: each time somebody else took it.
const MAX_TRIES: usize = 256;

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
        administered(view.schema())?;
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
        let actor = actor.map(|actor| user_id(&actor));
        let write = Write { insert, delete, forbid, rules, actor, ..Write::default() };
        self.engine.write(self.tenant, &write).map_err(|error| self.refusal(error, &write.forbid))
    }

    /// What a refusal is told as: somebody else may have been quicker to make what was to be made.
    fn refusal(&self, error: Error, forbid: &[RawFact]) -> Error {
        let Some(RawFact { relation, values }) = forbid.first() else { return error };
        if !["precondition-failed", "guard-refused"].contains(&error.code) {
            return error;
        }
        let id = values.first().cloned().map(text_of).unwrap_or_default();
        let view = self.engine.view(self.tenant, None);
        let is_there = view.and_then(|view| view.holds(&format!("{relation}({})", of(&view.object(&id)?))));
        if is_there == Ok(true) { already_there(&id) } else { error }
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

/// Whether a policy speaks the words of `roles.dl`.
///
/// # Errors
/// `not-administered`.
pub(super) fn administered(schema: &Schema) -> Result<(), Error> {
    for (word, arity) in WORDS {
        let declared = schema.predicate_named(word).and_then(|id| schema.predicate(id));
        if declared.is_none_or(|predicate| predicate.arity != arity) {
            let columns = if arity == 1 { "column" } else { "columns" };
            let message = format!("the tenant's policy has no `{word}` of {arity} {columns}");
            return Err(Error::new(Kind::Conflict, "not-administered", message)
                .with_help("Roles, users and teams are administered where the policy includes `roles.dl`."));
        }
    }
    Ok(())
}

/// Makes something, under another id if somebody else took the one that was made from its name.
///
/// # Errors
/// As making it.
pub(super) fn make(has_id: bool, once: impl Fn() -> Result<Made, Error>) -> Result<Made, Error> {
    let mut made = once();
    for _ in 1..MAX_TRIES {
        match &made {
            Err(error) if error.code == "already-there" && !has_id => made = once(),
            _ => break,
        }
    }
    made
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
