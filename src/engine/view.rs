//! Several questions at one revision: for answers that are made of more than one.

use std::sync::Arc;
use std::time::Instant;

use crate::engine::engine::Engine;
use crate::engine::error::Error;
use crate::engine::request::{Answers, Page, Query};
use crate::engine::state::State;
use crate::engine::token::Token;
use crate::model::value::{Object, Raw};
use crate::policy::schema::Schema;

/// A tenant as it was at one revision. It stays as it is while writes go on, and holds its facts in memory meanwhile.
pub struct View<'e> {
    pub(super) engine: &'e Engine,
    pub(super) state: Arc<State>,
    /// When the ways to permissions are no longer followed: all of them together take the time of one question.
    pub(super) deadline: Option<Instant>,
}

impl Engine {
    /// A tenant's present state, or the first that comes as fresh as a token, to be asked more than once.
    ///
    /// # Errors
    /// `unknown-tenant`, `malformed-token`, `foreign-token`, `revision-not-here`.
    pub fn view(&self, tenant: &str, at: Option<&str>) -> Result<View<'_>, Error> {
        let state = self.state(tenant, at)?;
        Ok(View { engine: self, state, deadline: Instant::now().checked_add(self.limits.time) })
    }
}

impl View<'_> {
    /// The revision, as a token.
    pub fn revision(&self) -> Token {
        self.state.token
    }

    /// What the active policy declares, the catalogue of permissions among it.
    pub fn schema(&self) -> &Schema {
        &self.state.active.policy.schema
    }

    /// Reads an object of a type that the policy declares. Whether it is alive is not asked.
    ///
    /// # Errors
    /// What is malformed or unknown in it.
    pub fn object(&self, text: &str) -> Result<Object, Error> {
        Ok(self.schema().object(text)?)
    }

    /// All answers to a goal, as [`Engine::query`] gives them.
    ///
    /// # Errors
    /// As there.
    pub fn query(&self, goal: &str) -> Result<Vec<Vec<Raw>>, Error> {
        Ok(self.page(goal, &Page::default())?.rows)
    }

    /// A page of the answers to a goal.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn page(&self, goal: &str, page: &Page) -> Result<Answers, Error> {
        self.engine.answers(&self.state, &asked(goal), page)
    }

    /// How many answers a goal has.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn count(&self, goal: &str) -> Result<u64, Error> {
        Ok(self.engine.answers_count(&self.state, &asked(goal))?.count)
    }

    /// Whether a goal has an answer.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn holds(&self, goal: &str) -> Result<bool, Error> {
        Ok(self.count(goal)? > 0)
    }
}

fn asked(goal: &str) -> Query {
    Query { goal: goal.to_owned(), ..Query::default() }
}
