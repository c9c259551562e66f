//! Objects as people name them: by their whole id, by the name that they were given, or not at all where there is one.

use crate::administration::desk::{Desk, of};
use crate::engine::error::{Error, Kind};
use crate::engine::token::shorten;
use crate::model::value::{Object, text_notation};

impl Desk<'_> {
    /// An object of this type that is there, by its whole id; a user also by an address of mail.
    ///
    /// # Errors
    /// What is malformed in it; `not-found`.
    pub(super) fn object(&self, kind: &str, text: &str) -> Result<Object, Error> {
        let object = if kind == "user" { self.view.object(&user_id(text))? } else { self.view.object(text)? };
        if *object.kind != *kind {
            return Err(wrong_kind(kind, &object));
        }
        match self.view.holds(&format!("{kind}({})", of(&object)))? {
            true => Ok(object),
            false => Err(not_found(kind, text)),
        }
    }

    /// A role or a team that is there: by its whole id, or by the name that people gave it. Of several of one name it is the
    /// one of `place`, if one is meant.
    ///
    /// # Errors
    /// As [`Desk::object`]; `ambiguous-name` if several have the name.
    pub(super) fn named(&self, kind: &str, text: &str, place: Option<&Object>) -> Result<Object, Error> {
        if text.starts_with(&format!("{kind}:")) {
            return self.object(kind, text);
        }
        self.one_named(&[kind], text, place)?.ok_or_else(|| not_found(kind, text))
    }

    /// Whom something is shared with: a user, a role or a team by id or name, a place by its id.
    ///
    /// # Errors
    /// As [`Desk::named`].
    pub(super) fn holder(&self, text: &str) -> Result<Object, Error> {
        if let Some(named) = self.one_named(&["team", "role"], text, None)? {
            return Ok(named);
        }
        if !text.contains(':') && !text.contains('@') {
            return Err(not_found("team or role", text));
        }
        let object = self.view.object(&user_id(text))?;
        match self.view.holds(&format!("{}({})", object.kind, of(&object)))? {
            true => Ok(object),
            false => Err(not_found(&object.kind, text)),
        }
    }

    /// Those of some roles and teams that were made in a place, or for all of them.
    ///
    /// # Errors
    /// As a query.
    pub(super) fn of_place(&self, ids: Vec<String>, place: &Object) -> Result<Vec<String>, Error> {
        let mut of_place = Vec::new();
        for id in ids {
            let home = self.one(&format!("home({}, X)", of(&self.view.object(&id)?)))?;
            of_place.extend(home.is_none_or(|home| home == place.to_string()).then_some(id));
        }
        Ok(of_place)
    }

    fn one_named(&self, kinds: &[&str], text: &str, place: Option<&Object>) -> Result<Option<Object>, Error> {
        let mut named = self.column(&format!("name(X, {})", text_notation(text)))?;
        named.retain(|id| id.split_once(':').is_some_and(|(kind, _)| kinds.contains(&kind)));
        if let (Some(place), [_, _, ..]) = (place, named.as_slice()) {
            named = self.of_place(named, place)?;
        }
        match named.as_slice() {
            [] => Ok(None),
            [one] => self.view.object(one).map(Some),
            [one, other, ..] => {
                let message = format!("`{one}` and `{other}` are both called `{}`", shorten(text));
                Err(Error::invalid("ambiguous-name", message).with_help("Name one by its whole id."))
            }
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
}

/// The whole id of a user: an address of mail has no colon, and every whole id has one.
pub(super) fn user_id(text: &str) -> String {
    if text.contains(':') { text.to_owned() } else { format!("user:{text}") }
}

fn wrong_kind(kind: &str, object: &Object) -> Error {
    let message = format!("`{}` is a {}, not a {kind}", shorten(&object.to_string()), object.kind);
    Error::invalid("wrong-kind-of-object", message).with_help(format!("Name a {kind}: `{kind}:ID`."))
}

fn not_found(kind: &str, text: &str) -> Error {
    Error::new(Kind::NotFound, "not-found", format!("there is no {kind} `{}`", shorten(text)))
        .with_help("Listings tell what there is; ids are compared letter by letter.")
}
