//! What a change answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::engine::request::Written;

/// What a change did.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Done {
    /// The revision after it, as a token: `at` asks for an answer that sees it.
    pub revision: String,
    /// Whether anything is different now.
    pub changed: bool,
}

/// What a change made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Made {
    /// Its whole id: `role:sales-lead`.
    pub id: String,
    /// The revision after it, as a token.
    pub revision: String,
}

/// What a change that moves users or records did.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Moved {
    /// How many have another role, or another owner, now.
    pub moved: u64,
    /// The revision after it, as a token.
    pub revision: String,
}

impl From<&Written> for Done {
    fn from(written: &Written) -> Self {
        Self { revision: written.revision.to_string(), changed: written.inserted + written.deleted > 0 }
    }
}
