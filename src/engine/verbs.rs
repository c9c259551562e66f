//! The engine's questions, in the words of the doors.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::engine::ask;
use crate::engine::engine::Engine;
use crate::engine::error::Error;
use crate::engine::listing::{Listing as ReadyListing, Rows};
use crate::engine::paging::{Cursor, Cut, cut, goal_hash, read_cursor, write_cursor};
use crate::engine::place::Place;
use crate::engine::query;
use crate::engine::question::{Surroundings, read_goal};
use crate::engine::reference::{self, Reference};
use crate::engine::request::{
    Answers, Check, Context, Count, Decision, Decisions, ListObjects, ListPermissions, ListSubjects, Listing, Page,
    Query,
};
use crate::engine::state::State;
use crate::model::value::{ColumnType, Name};

impl Engine {
    /// May the subject do it to the object?
    ///
    /// # Errors
    /// An unknown type or permission, a permission that isn't on the object's type, a malformed id, a context relation that
    /// is missing or doesn't fit, a token that isn't good here. An unknown object of a known type is no error: it is denied.
    pub fn check(&self, tenant: &str, check: &Check) -> Result<Decision, Error> {
        self.ask(tenant, check.at.as_deref(), |state| {
            let ready = match ask::ready_by_text(state, check, self.limits) {
                Some(ready) => Some(ready),
                None => self.make_ready(state, check)?,
            };
            let allowed = ask::decide(ready.as_ref())?;
            let obligations = match &ready {
                Some(ready) if allowed => ask::obligations(ready)?,
                _ => Vec::new(),
            };
            Ok(Decision { allowed, obligations, revision: state.token })
        })
    }

    /// Answers all checks at one revision; an item's own error stands in its place.
    ///
    /// Those of one permission are looked at together, so that memory is waited for once for many of them.
    ///
    /// # Errors
    /// `unknown-tenant`.
    pub fn check_batch(&self, tenant: &str, checks: &[Check]) -> Result<Decisions, Error> {
        self.wait_for_latest(tenant, checks)?;
        self.ask(tenant, None, |state| {
            let mut obligations = BTreeMap::new();
            let results = self.decide_all(state, checks, &mut obligations);
            Ok(Decisions { results, obligations, revision: state.token })
        })
    }

    /// To which objects of a type may the subject do it? In order of creation.
    ///
    /// # Errors
    /// As [`Engine::check`]; `malformed-cursor`, `foreign-cursor`; `limit-exceeded`, never a shorter list.
    pub fn list_objects(&self, tenant: &str, list: &ListObjects, page: &Page) -> Result<Listing, Error> {
        let state = self.state(tenant, list.at.as_deref())?;
        let words = ["objects", &list.subject, &list.permission, &list.kind, &context_words(&list.context)];
        self.listing(&state, &words, &list.context, page, |surroundings| objects(&state, list, surroundings))
    }

    /// How many objects [`Engine::list_objects`] lists.
    ///
    /// # Errors
    /// As there.
    pub fn count_objects(&self, tenant: &str, list: &ListObjects) -> Result<Count, Error> {
        let state = self.state(tenant, list.at.as_deref())?;
        let surroundings = self.surroundings(&state, &list.context, None)?;
        counted(&state, &objects(&state, list, &surroundings)?)
    }

    /// Which subjects of a type may do it to the object? In order of creation.
    ///
    /// # Errors
    /// As [`Engine::list_objects`].
    pub fn list_subjects(&self, tenant: &str, list: &ListSubjects, page: &Page) -> Result<Listing, Error> {
        let state = self.state(tenant, list.at.as_deref())?;
        let words = ["subjects", &list.kind, &list.permission, &list.object, &context_words(&list.context)];
        self.listing(&state, &words, &list.context, page, |surroundings| subjects(&state, list, surroundings))
    }

    /// How many subjects [`Engine::list_subjects`] lists.
    ///
    /// # Errors
    /// As there.
    pub fn count_subjects(&self, tenant: &str, list: &ListSubjects) -> Result<Count, Error> {
        let state = self.state(tenant, list.at.as_deref())?;
        let surroundings = self.surroundings(&state, &list.context, None)?;
        counted(&state, &subjects(&state, list, &surroundings)?)
    }

    /// Which permissions does the subject have on the object? In the order in which they came to be.
    ///
    /// # Errors
    /// As [`Engine::list_objects`].
    pub fn list_permissions(&self, tenant: &str, list: &ListPermissions, page: &Page) -> Result<Listing, Error> {
        let state = self.state(tenant, list.at.as_deref())?;
        let words = ["permissions", &list.subject, &list.object, &context_words(&list.context)];
        self.listing(&state, &words, &list.context, page, |surroundings| permissions(&state, list, surroundings))
    }

    /// How many permissions [`Engine::list_permissions`] lists.
    ///
    /// # Errors
    /// As there.
    pub fn count_permissions(&self, tenant: &str, list: &ListPermissions) -> Result<Count, Error> {
        let state = self.state(tenant, list.at.as_deref())?;
        let surroundings = self.surroundings(&state, &list.context, None)?;
        counted(&state, &permissions(&state, list, &surroundings)?)
    }

    /// Which values of its variables make a goal true? Each row once; columns by type name, then order of creation, numbers,
    /// times and texts by value.
    ///
    /// # Errors
    /// `malformed-goal`, unknown names in it, values that no fact of the predicate can have; as [`Engine::list_objects`].
    pub fn query(&self, tenant: &str, query: &Query, page: &Page) -> Result<Answers, Error> {
        self.answers(&*self.state(tenant, query.at.as_deref())?, query, page)
    }

    pub(super) fn answers(&self, state: &State, query: &Query, page: &Page) -> Result<Answers, Error> {
        let goal = read_goal(state, &query.goal)?;
        let hash = goal_hash(state, &["query", &query.goal, &context_words(&query.context)]);
        let cursor = read_cursor(state, &hash, page)?;
        let surroundings = self.surroundings(state, &query.context, cursor.as_ref())?;
        let rows = query::query(state, &goal, &surroundings)?;
        let Cut { rows: range, cursor, moved } = cut(state, &hash, surroundings.now(), page, cursor.as_ref(), &rows)?;
        let page = rows.get(range).unwrap_or_default();
        Ok(Answers {
            variables: goal.variables.iter().map(Name::to_string).collect(),
            rows: page.iter().map(|row| row.iter().map(|(_, value)| value.raw()).collect()).collect(),
            cursor,
            moved,
            revision: state.token,
        })
    }

    /// How many rows [`Engine::query`] answers.
    ///
    /// # Errors
    /// As there.
    pub fn count_query(&self, tenant: &str, query: &Query) -> Result<Count, Error> {
        self.answers_count(&*self.state(tenant, query.at.as_deref())?, query)
    }

    pub(super) fn answers_count(&self, state: &State, query: &Query) -> Result<Count, Error> {
        let goal = read_goal(state, &query.goal)?;
        let surroundings = self.surroundings(state, &query.context, None)?;
        let rows = query::query(state, &goal, &surroundings)?;
        Ok(Count { count: rows.len() as u64, revision: state.token })
    }

    pub(super) fn surroundings<'c>(
        &self,
        state: &State,
        context: &'c Context,
        cursor: Option<&Cursor>,
    ) -> Result<Surroundings<'c>, Error> {
        Surroundings::read(state, context, cursor.map(|cursor| cursor.now), self.limits)
    }

    fn listing<'s>(
        &self,
        state: &'s State,
        words: &[&str],
        context: &Context,
        page: &Page,
        ask: impl FnOnce(&Surroundings<'_>) -> Result<ReadyListing<'s>, Error>,
    ) -> Result<Listing, Error> {
        let read_goal = || goal_hash(state, words);
        let goal = OnceCell::new();
        let cursor = match page.after {
            Some(_) => read_cursor(state, goal.get_or_init(read_goal), page)?,
            None => None,
        };
        let surroundings = self.surroundings(state, context, cursor.as_ref())?;
        let listing = ask(&surroundings)?;
        let kind = Name::from(listing.kind().to_string());
        let from = cursor.as_ref().map_or(0, |cursor| cursor.next_cell(&kind));
        let Rows { cells, has_more } = listing.page(from, page.limit)?;
        let mut next = None;
        if has_more {
            let last = match cells.last() {
                Some(&last) => vec![Place::of_object(&kind, last)],
                // An empty page leads to where it began.
                None => cursor.as_ref().map_or_else(Vec::new, |cursor| cursor.last.clone()),
            };
            next = Some(write_cursor(state, goal.get_or_init(read_goal), surroundings.now(), &last)?);
        }
        Ok(Listing {
            items: listing.texts(&cells)?,
            cursor: next,
            moved: cursor.is_some_and(|cursor| cursor.has_moved(state)),
            revision: state.token,
        })
    }
}

pub(super) fn objects<'s>(
    state: &'s State,
    list: &ListObjects,
    surroundings: &Surroundings<'_>,
) -> Result<ReadyListing<'s>, Error> {
    let subject = Reference::subject(state, &list.subject)?;
    let permission = reference::permission(state, &list.permission)?;
    let (kind, column) = reference::kind(state, &list.kind)?;
    if !matches!(kind, ColumnType::Object(_)) {
        return Err(Error::invalid("wrong-type", "permissions are on objects: a set or everyone can't be listed here")
            .with_help("Name a type, such as `sequence`."));
    }
    reference::permission_on(state, permission, column, &list.kind)?;
    ReadyListing::objects(state, &subject, permission, (kind, column), surroundings)
}

fn subjects<'s>(
    state: &'s State,
    list: &ListSubjects,
    surroundings: &Surroundings<'_>,
) -> Result<ReadyListing<'s>, Error> {
    let kind = reference::kind(state, &list.kind)?;
    let permission = reference::permission(state, &list.permission)?;
    let object = Reference::object(state, &list.object)?;
    reference::permission_on(state, permission, object.column, &list.object)?;
    ReadyListing::subjects(state, kind, permission, &object, surroundings)
}

fn permissions<'s>(
    state: &'s State,
    list: &ListPermissions,
    surroundings: &Surroundings<'_>,
) -> Result<ReadyListing<'s>, Error> {
    let subject = Reference::subject(state, &list.subject)?;
    let object = Reference::object(state, &list.object)?;
    ReadyListing::permissions(state, &subject, &object, surroundings)
}

fn counted(state: &State, listing: &ReadyListing<'_>) -> Result<Count, Error> {
    Ok(Count { count: listing.count()? as u64, revision: state.token })
}

/// The context's part in a goal's hash.
fn context_words(context: &Context) -> String {
    if context.is_empty() { String::new() } else { format!("{context:?}") }
}
