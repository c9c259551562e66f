//! The catalogue: every permission that the policy declares, as an administrator reads it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::administration::desk::Desk;
use crate::engine::engine::Engine;
use crate::engine::error::Error;
use crate::policy::schema;

/// "Which permissions are there?"
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct ShowCatalogue {
    /// A token: the answer must be at least as fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// The permissions of a policy.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CatalogueReply {
    /// In the order of the text.
    pub permissions: Vec<Entry>,
    /// The revision it was read at, as a token.
    pub revision: String,
}

/// A permission.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// Its name: `sequence.view`.
    pub permission: String,
    /// What an administrator reads.
    pub label: String,
    /// What it allows, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The categories that hold it, outermost first; none for one that no role's configuration shows.
    pub category: Vec<String>,
    /// The types of what it is for.
    pub on: Vec<String>,
    /// Its words: `toggle`, `scoped`, `default`, and those of the pack.
    pub words: Vec<String>,
}

impl ShowCatalogue {
    /// Reads the catalogue.
    ///
    /// # Errors
    /// `unknown-tenant`, `not-administered`, what the token says.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<CatalogueReply, Error> {
        let desk = Desk::open(engine, tenant, self.at.as_deref())?;
        let permissions = desk.view.schema().permissions.iter().map(Entry::from).collect();
        Ok(CatalogueReply { permissions, revision: desk.revision() })
    }
}

impl From<&schema::Permission> for Entry {
    fn from(permission: &schema::Permission) -> Self {
        let names = |names: &[crate::model::value::Name]| names.iter().map(ToString::to_string).collect();
        Self {
            permission: permission.name.to_string(),
            label: permission.label.to_string(),
            description: permission.description.as_ref().map(ToString::to_string),
            category: names(&permission.categories),
            on: names(&permission.on),
            words: names(&permission.words),
        }
    }
}
