//! Records: who owns one, with whom it is shared, and changing both.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::administration::desk::{Change, Desk, of};
use crate::administration::reply::{Done, Moved};
use crate::engine::engine::Engine;
use crate::engine::error::Error;

/// "Whose is this record, and with whom is it shared?"
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct ShowRecord {
    /// The whole id: `sequence:42`.
    pub record: String,
    /// A token: the answer must be at least as fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// A record's owner and shares.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordReply {
    /// The whole id.
    pub record: String,
    /// The whole id of its owner, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// With whom it is shared, and for what; sorted.
    pub shares: Vec<Share>,
    /// The revision it was read at, as a token.
    pub revision: String,
}

/// Somebody with whom a record is shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Share {
    /// The whole id of a user, a team, a role or a place.
    pub with: String,
    /// What they may do.
    pub permission: String,
}

/// Shares a record.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct ShareRecord {
    /// The whole id.
    pub record: String,
    /// A user, a team or a role, by id or name, or a place by its id.
    pub with: String,
    /// What they may do from now on.
    pub permissions: Vec<String>,
    /// Who does it, `user:ana`; without it the operator, whom no guard judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Ends the sharing of a record.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct UnshareRecord {
    /// The whole id.
    pub record: String,
    /// A user, a team or a role, by id or name, or a place by its id.
    pub with: String,
    /// What they may no longer do by this share; without it all that they might.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    /// Who does it, `user:ana`; without it the operator, whom no guard judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Gives records another owner.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct TransferRecords {
    /// The whole ids of records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<String>,
    /// The whole id of a user, for all records that they own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The whole id of the user who owns them from now on.
    pub to: String,
    /// Who does it, `user:ana`; without it the operator, whom no guard judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

impl ShowRecord {
    /// Reads it.
    ///
    /// # Errors
    /// `unknown-tenant`, `not-administered`, `not-found`, what the token says.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<RecordReply, Error> {
        let desk = Desk::open(engine, tenant, self.at.as_deref())?;
        let record = desk.record(&self.record)?;
        let id = of(&record);
        let mut shares = desk.pairs(&format!("shared({id}, W, P)"))?;
        shares.sort();
        let shares = shares.into_iter().map(|[with, permission]| Share { with, permission }).collect();
        let owner = desk.one(&format!("owner({id}, U)"))?;
        Ok(RecordReply { record: record.to_string(), owner, shares, revision: desk.revision() })
    }
}

impl ShareRecord {
    /// Shares it.
    ///
    /// # Errors
    /// `not-found`, `unknown-permission`; what the policy refuses, in its words.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<Done, Error> {
        let desk = Desk::open(engine, tenant, None)?;
        let record = desk.record(&self.record)?.to_string();
        let with = desk.holder(&self.with)?.to_string();
        let mut change = Change::default();
        for permission in &self.permissions {
            change.insert("shared", &[&record, &with, &desk.permission(permission)?.name]);
        }
        desk.done(self.actor, change)
    }
}

impl UnshareRecord {
    /// Ends the sharing.
    ///
    /// # Errors
    /// `not-found`, `unknown-permission`; what the policy refuses, in its words.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<Done, Error> {
        let desk = Desk::open(engine, tenant, None)?;
        let record = desk.record(&self.record)?;
        let with = desk.holder(&self.with)?;
        let mut change = Change::default();
        if self.permissions.is_empty() {
            let shared = format!("shared({}, {}, P)", of(&record), of(&with));
            change.rule(&format!("-{shared} :- {shared}"));
        }
        for permission in &self.permissions {
            let permission = &desk.permission(permission)?.name;
            change.delete("shared", &[&record.to_string(), &with.to_string(), permission]);
        }
        desk.done(self.actor, change)
    }
}

impl TransferRecords {
    /// Gives them away.
    ///
    /// # Errors
    /// `not-found`; what the policy refuses, in its words.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<Moved, Error> {
        let desk = Desk::open(engine, tenant, None)?;
        let to = desk.object("user", &self.to)?;
        let mut change = Change::default();
        for record in &self.records {
            change.insert("owner", &[&desk.record(record)?.to_string(), &to.to_string()]);
        }
        if let Some(from) = self.from {
            let from = desk.object("user", &from)?;
            change.rule(&format!("+owner(X, {}) :- owner(X, {})", of(&to), of(&from)));
        }
        desk.moved(self.actor, change, "owner")
    }
}
