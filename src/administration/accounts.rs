//! A new account: a tenant with its policy, the account itself and its first user, in one call.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::administration::desk::{Desk, administered, fact, of};
use crate::engine::engine::Engine;
use crate::engine::error::Error;
use crate::engine::request::PolicyText;

/// Makes a tenant with an account and its first user.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct CreateAccount {
    /// The whole id of the account: `account:acme`.
    pub account: String,
    /// The whole id of the first user: `user:ana`. The policy says what they become: the account's admin.
    pub user: String,
    /// What people call the first user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name of a shipped pack: `sales.dl`; or of one of the files.
    pub pack: String,
    /// The files of the policy, by name, if it isn't shipped.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
}

/// The account that there is now.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountReply {
    /// The whole id of the account.
    pub account: String,
    /// The whole id of its first user.
    pub user: String,
    /// The whole id of the role that the first user has there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The revision after it, as a token.
    pub revision: String,
}

impl CreateAccount {
    /// Makes it.
    ///
    /// # Errors
    /// `tenant-exists`, `policy-invalid`; what the policy refuses, in its words. There is no tenant then.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<AccountReply, Error> {
        let policy = PolicyText { main: self.pack, files: self.files };
        let mut facts = vec![fact("account", &[&self.account]), fact("user", &[&self.user])];
        facts.extend(self.name.map(|name| fact("name", &[&self.user, &name])));
        let revision = engine.found(tenant, &policy, &facts, &administered)?.revision.to_string();
        let desk = Desk::open(engine, tenant, Some(&revision))?;
        let [account, user] = [&self.account, &self.user].map(|id| desk.view.object(id));
        let role = desk.one(&format!("role_of({}, {}, R)", of(&user?), of(&account?)))?;
        Ok(AccountReply { account: self.account, user: self.user, role, revision })
    }
}
