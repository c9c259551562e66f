//! The engine's questions, in the words of the doors.

use jiff::Timestamp;

use crate::engine::ask::{self, Found};
use crate::engine::engine::Engine;
use crate::engine::error::Error;
use crate::engine::paging::{Cut, cut, goal_hash, read_cursor};
use crate::engine::query;
use crate::engine::question::{Surroundings, read_goal};
use crate::engine::request::{
    Answers, Check, Context, Count, Decision, Decisions, ListObjects, ListPermissions, ListSubjects, Listing, Page,
    Query,
};
use crate::engine::state::State;
use crate::model::value::{ColumnType, Name, Raw, Value};

impl Engine {
    /// May the subject do it to the object?
    ///
    /// # Errors
    /// An unknown type or permission, a permission that isn't on the object's type, a malformed id, a context relation that
    /// is missing or doesn't fit, a token that isn't good here. An unknown object of a known type is no error: it is denied.
    pub fn check(&self, tenant: &str, check: &Check) -> Result<Decision, Error> {
        let state = self.state(tenant, check.at.as_deref())?;
        let allowed = self.decide(&state, check)?;
        Ok(Decision { allowed, revision: state.token.clone() })
    }

    /// Answers all checks at one revision; an item's own error stands in its place.
    ///
    /// # Errors
    /// `unknown-tenant`.
    pub fn check_batch(&self, tenant: &str, checks: &[Check]) -> Result<Decisions, Error> {
        let state = self.state(tenant, None)?;
        let decide = |check: &Check| {
            self.fresh_enough(&state, check.at.as_deref())?;
            self.decide(&state, check)
        };
        Ok(Decisions { results: checks.iter().map(decide).collect(), revision: state.token.clone() })
    }

    fn decide(&self, state: &State, check: &Check) -> Result<bool, Error> {
        let schema = &state.active.policy.schema;
        let subject = schema.subject(&check.subject)?;
        let permission = schema.permission(&check.permission)?;
        let object = schema.object(&check.object)?;
        schema.permission_on(&permission, &object.kind)?;
        let surroundings = self.surroundings(state, &check.context, None)?;
        ask::check(state, &subject, &permission, &Value::Object(object), &surroundings)
    }

    /// To which objects of a type may the subject do it? In order of creation.
    ///
    /// # Errors
    /// As [`Engine::check`]; `malformed-cursor`, `foreign-cursor`; `limit-exceeded`, never a shorter list.
    pub fn list_objects(&self, tenant: &str, list: &ListObjects, page: &Page) -> Result<Listing, Error> {
        let state = self.state(tenant, list.at.as_deref())?;
        let words = ["objects", &list.subject, &list.permission, &list.kind, &context_words(&list.context)];
        self.listing(&state, &words, page, |now| self.objects(&state, list, now))
    }

    /// How many objects [`Engine::list_objects`] lists.
    ///
    /// # Errors
    /// As there.
    pub fn count_objects(&self, tenant: &str, list: &ListObjects) -> Result<Count, Error> {
        let state = self.state(tenant, list.at.as_deref())?;
        let (rows, _) = self.objects(&state, list, None)?;
        Ok(Count { count: rows.len() as u64, revision: state.token.clone() })
    }

    fn objects<'s>(
        &self,
        state: &'s State,
        list: &ListObjects,
        now: Option<Timestamp>,
    ) -> Result<(Found<'s>, Timestamp), Error> {
        let schema = &state.active.policy.schema;
        let subject = schema.subject(&list.subject)?;
        let permission = schema.permission(&list.permission)?;
        let kind = schema.kind(&list.kind)?;
        let ColumnType::Object(name) = &kind else {
            return Err(Error::invalid(
                "wrong-type",
                "permissions are on objects: a set or everyone can't be listed here",
            )
            .with_help("Name a type, such as `sequence`."));
        };
        schema.permission_on(&permission, name)?;
        let surroundings = self.surroundings(state, &list.context, now)?;
        let rows = ask::objects(state, &subject, &permission, &kind, &surroundings)?;
        Ok((rows, surroundings.now))
    }

    /// Which subjects of a type may do it to the object? In order of creation.
    ///
    /// # Errors
    /// As [`Engine::list_objects`].
    pub fn list_subjects(&self, tenant: &str, list: &ListSubjects, page: &Page) -> Result<Listing, Error> {
        let state = self.state(tenant, list.at.as_deref())?;
        let words = ["subjects", &list.kind, &list.permission, &list.object, &context_words(&list.context)];
        self.listing(&state, &words, page, |now| self.subjects(&state, list, now))
    }

    /// How many subjects [`Engine::list_subjects`] lists.
    ///
    /// # Errors
    /// As there.
    pub fn count_subjects(&self, tenant: &str, list: &ListSubjects) -> Result<Count, Error> {
        let state = self.state(tenant, list.at.as_deref())?;
        let (rows, _) = self.subjects(&state, list, None)?;
        Ok(Count { count: rows.len() as u64, revision: state.token.clone() })
    }

    fn subjects<'s>(
        &self,
        state: &'s State,
        list: &ListSubjects,
        now: Option<Timestamp>,
    ) -> Result<(Found<'s>, Timestamp), Error> {
        let schema = &state.active.policy.schema;
        let kind = schema.kind(&list.kind)?;
        let permission = schema.permission(&list.permission)?;
        let object = schema.object(&list.object)?;
        schema.permission_on(&permission, &object.kind)?;
        let surroundings = self.surroundings(state, &list.context, now)?;
        let rows = ask::subjects(state, &kind, &permission, &Value::Object(object), &surroundings)?;
        Ok((rows, surroundings.now))
    }

    /// Which permissions does the subject have on the object? In the order in which they came to be.
    ///
    /// # Errors
    /// As [`Engine::list_objects`].
    pub fn list_permissions(&self, tenant: &str, list: &ListPermissions, page: &Page) -> Result<Listing, Error> {
        let state = self.state(tenant, list.at.as_deref())?;
        let words = ["permissions", &list.subject, &list.object, &context_words(&list.context)];
        self.listing(&state, &words, page, |now| self.permissions(&state, list, now))
    }

    /// How many permissions [`Engine::list_permissions`] lists.
    ///
    /// # Errors
    /// As there.
    pub fn count_permissions(&self, tenant: &str, list: &ListPermissions) -> Result<Count, Error> {
        let state = self.state(tenant, list.at.as_deref())?;
        let (rows, _) = self.permissions(&state, list, None)?;
        Ok(Count { count: rows.len() as u64, revision: state.token.clone() })
    }

    fn permissions<'s>(
        &self,
        state: &'s State,
        list: &ListPermissions,
        now: Option<Timestamp>,
    ) -> Result<(Found<'s>, Timestamp), Error> {
        let schema = &state.active.policy.schema;
        let subject = schema.subject(&list.subject)?;
        let object = schema.object(&list.object)?;
        let surroundings = self.surroundings(state, &list.context, now)?;
        let rows = ask::permissions(state, &subject, &Value::Object(object), &surroundings)?;
        Ok((rows, surroundings.now))
    }

    /// Which values of its variables make a goal true? Each row once; columns by type name, then order of creation, numbers,
    /// times and texts by value.
    ///
    /// # Errors
    /// `malformed-goal`, unknown names in it, values that no fact of the predicate can have; as [`Engine::list_objects`].
    pub fn query(&self, tenant: &str, query: &Query, page: &Page) -> Result<Answers, Error> {
        let state = self.state(tenant, query.at.as_deref())?;
        let goal = read_goal(&state, &query.goal)?;
        let hash = goal_hash(&state, &["query", &query.goal, &context_words(&query.context)]);
        let cursor = read_cursor(&state, &hash, page)?;
        let now = cursor.as_ref().map(|cursor| cursor.now);
        let surroundings = self.surroundings(&state, &query.context, now)?;
        let rows = query::query(&state, &goal, &surroundings)?;
        let places_of =
            |position: usize| rows.get(position).into_iter().flatten().map(|(place, _)| place.clone()).collect();
        let Cut { rows: range, cursor, moved } =
            cut(&state, &hash, surroundings.now, page, cursor.as_ref(), rows.len(), places_of)?;
        let page = rows.get(range).unwrap_or_default();
        Ok(Answers {
            variables: goal.variables.iter().map(Name::to_string).collect(),
            rows: page.iter().map(|row| row.iter().map(|(_, value)| value.raw()).collect()).collect(),
            cursor,
            moved,
            revision: state.token.clone(),
        })
    }

    /// How many rows [`Engine::query`] answers.
    ///
    /// # Errors
    /// As there.
    pub fn count_query(&self, tenant: &str, query: &Query) -> Result<Count, Error> {
        let state = self.state(tenant, query.at.as_deref())?;
        let goal = read_goal(&state, &query.goal)?;
        let surroundings = self.surroundings(&state, &query.context, None)?;
        let rows = query::query(&state, &goal, &surroundings)?;
        Ok(Count { count: rows.len() as u64, revision: state.token.clone() })
    }

    fn surroundings(&self, state: &State, context: &Context, now: Option<Timestamp>) -> Result<Surroundings, Error> {
        Surroundings::read(state, context, now.unwrap_or_else(Timestamp::now), self.limits)
    }

    fn listing<'s>(
        &self,
        state: &'s State,
        words: &[&str],
        page: &Page,
        ask: impl FnOnce(Option<Timestamp>) -> Result<(Found<'s>, Timestamp), Error>,
    ) -> Result<Listing, Error> {
        let goal = goal_hash(state, words);
        let cursor = read_cursor(state, &goal, page)?;
        let (found, now) = ask(cursor.as_ref().map(|cursor| cursor.now))?;
        let places_of = |position| found.place(position).into_iter().collect();
        let Cut { rows, cursor, moved } = cut(state, &goal, now, page, cursor.as_ref(), found.len(), places_of)?;
        let items = found.raw(rows)?.into_iter().map(|raw| match raw {
            Raw::Text(text) => text,
            Raw::Integer(integer) => integer.to_string(),
        });
        Ok(Listing { items: items.collect(), cursor, moved, revision: state.token.clone() })
    }
}

/// The context's part in a goal's hash.
fn context_words(context: &Context) -> String {
    if context.is_empty() { String::new() } else { format!("{context:?}") }
}
