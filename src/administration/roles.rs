//! Roles: what there is, what each one gives, and making, changing and deleting those of an account's own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::administration::desk::{Change, Desk, make, of};
use crate::administration::reply::{Done, Made, Moved};
use crate::administration::settings::{CategorySettings, NONE, OFF, Settings, each_once, set, settings_of};
use crate::engine::engine::Engine;
use crate::engine::error::{Error, Kind};
use crate::model::value::Object;

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Role {
    /// Its whole id: `role:lead`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who made it.
    pub kind: RoleKind,
    /// Where it was made and counts; none for a role that every place has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// How many users have it: in the place that was asked for, or else anywhere.
    pub users: u64,
}

/// Who made a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RoleKind {
    /// The policy, which fixes what it gives.
    System,
    /// The policy, which leaves what it gives to administrators.
    BuiltIn,
    /// An administrator.
    Custom,
}

/// "Which roles are there?"
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct ListRoles {
    /// Only those that can be given in this place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// A token: the answer must be at least as fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// The roles there are.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RolesReply {
    /// System roles first, then built-in and custom ones; by name among each.
    pub roles: Vec<Role>,
    /// The revision it was read at, as a token.
    pub revision: String,
}

/// "What does this role give?"
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct ShowRole {
    /// Its whole id, or its name.
    pub role: String,
    /// A token: the answer must be at least as fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// A role with its whole configuration.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RoleReply {
    /// The role.
    pub role: Role,
    /// Its switches and scopes, in the order of the catalogue.
    pub categories: Vec<CategorySettings>,
    /// The revision it was read at, as a token.
    pub revision: String,
}

/// Makes a role, blank or as another one is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct CreateRole {
    /// What people call it.
    pub name: String,
    /// Its whole id; without it one is made from the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Where it counts; not needed where there is one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The role whose configuration it begins with, by id or name; without it the policy says with what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<String>,
    /// What is set otherwise from the beginning: `on`, `off`, `own`, `teammates`, `all`, `none` by permission.
    #[serde(default, deserialize_with = "each_once", skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
    /// Who does it, `user:ana`; without it the operator, whom no guard judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Changes a role: what is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct ChangeRole {
    /// Its whole id, or its name.
    pub role: String,
    /// Its new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its new description; an empty one takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What is set: `on`, `off`, `own`, `teammates`, `all`, `none` by permission.
    #[serde(default, deserialize_with = "each_once", skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
    /// Who does it, `user:ana`; without it the operator, whom no guard judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Deletes a role. Its users are moved first, in the same transaction.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct DeleteRole {
    /// Its whole id, or its name.
    pub role: String,
    /// The role that its users get, by id or name; without it the policy's default role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Who does it, `user:ana`; without it the operator, whom no guard judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

impl ListRoles {
    /// Lists them.
    ///
    /// # Errors
    /// `unknown-tenant`, `not-administered`, `not-found`, what the token says.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<RolesReply, Error> {
        let desk = Desk::open(engine, tenant, self.at.as_deref())?;
        let place = self.place.map(|place| desk.place(Some(&place))).transpose()?;
        let mut roles = Vec::new();
        for id in desk.column("role(R)")? {
            let role = row(&desk, &desk.view.object(&id)?, place.as_ref())?;
            let asked = place.as_ref().map(ToString::to_string);
            if role.place.is_none() || asked.is_none() || role.place == asked {
                roles.push(role);
            }
        }
        roles.sort_by(|a, b| (a.kind, &a.name, &a.id).cmp(&(b.kind, &b.name, &b.id)));
        Ok(RolesReply { roles, revision: desk.revision() })
    }
}

impl ShowRole {
    /// Reads it.
    ///
    /// # Errors
    /// `unknown-tenant`, `not-administered`, `not-found`, `ambiguous-name`, what the token says.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<RoleReply, Error> {
        let desk = Desk::open(engine, tenant, self.at.as_deref())?;
        let role = desk.named("role", &self.role, None)?;
        let categories = settings_of(&desk, &role)?;
        Ok(RoleReply { role: row(&desk, &role, None)?, categories, revision: desk.revision() })
    }
}

impl CreateRole {
    /// Makes it.
    ///
    /// # Errors
    /// `already-there`, `not-found`, `place-needed`, `no-such-setting`; what the policy refuses, in its words.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<Made, Error> {
        make(self.role.is_some(), || self.once(engine, tenant))
    }

    fn once(&self, engine: &Engine, tenant: &str) -> Result<Made, Error> {
        let desk = Desk::open(engine, tenant, None)?;
        let place = desk.place(self.place.as_deref())?;
        let id = desk.id_or_new("role", self.role.clone(), &self.name)?;
        let mut change = desk.create("role", &id)?;
        change.insert("name", &[&id, &self.name]);
        change.insert("home", &[&id, &place.to_string()]);
        if let Some(description) = self.description.as_ref().filter(|description| !description.is_empty()) {
            change.insert("description", &[&id, description]);
        }
        if let Some(source) = &self.copy_of {
            change.insert("copy_of", &[&id, &desk.named("role", source, Some(&place))?.to_string()]);
        }
        set(&desk, &mut change, &id, &self.settings)?;
        desk.made(self.actor.clone(), change, id)
    }
}

impl ChangeRole {
    /// Changes it.
    ///
    /// # Errors
    /// `not-found`, `ambiguous-name`, `no-such-setting`; what the policy refuses, in its words.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<Done, Error> {
        let desk = Desk::open(engine, tenant, None)?;
        let role = desk.named("role", &self.role, None)?;
        let id = role.to_string();
        let mut change = Change::default();
        if let Some(name) = self.name {
            change.insert("name", &[&id, &name]);
        }
        match self.description {
            None => {}
            Some(description) if description.is_empty() => {
                let role = of(&role);
                change.rule(&format!("-description({role}, D) :- description({role}, D)"));
            }
            Some(description) => change.insert("description", &[&id, &description]),
        }
        // What a system role gives comes from no fact: to delete one would change nothing, and be told as done.
        let takes_away = self.settings.values().any(|value| [OFF, NONE].contains(&value.as_str()));
        if takes_away && desk.has("system", 1) && desk.view.holds(&format!("system({})", of(&role)))? {
            let message = format!("system roles can't be edited: `{role}` is one");
            return Err(Error::new(Kind::Conflict, "system-role", message)
                .with_help("Make a role that begins as its copy, and set that."));
        }
        set(&desk, &mut change, &id, &self.settings)?;
        desk.done(self.actor, change)
    }
}

impl DeleteRole {
    /// Deletes it.
    ///
    /// # Errors
    /// `not-found`, `ambiguous-name`; what the policy refuses, in its words.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<Moved, Error> {
        let desk = Desk::open(engine, tenant, None)?;
        let role = desk.named("role", &self.role, None)?;
        let mut change = Change::default();
        change.delete("role", &[&role.to_string()]);
        if let Some(to) = self.to {
            let home = desk.one(&format!("home({}, X)", of(&role)))?.map(|home| desk.view.object(&home)).transpose()?;
            let to = of(&desk.named("role", &to, home.as_ref())?);
            change.rule(&format!("+role_of(U, X, {to}) :- role_of(U, X, {})", of(&role)));
        }
        desk.moved(self.actor, change, "role_of")
    }
}

/// A role as it is told.
pub(super) fn row(desk: &Desk<'_>, role: &Object, place: Option<&Object>) -> Result<Role, Error> {
    let id = of(role);
    let home = desk.one(&format!("home({id}, X)"))?;
    let kind = match (desk.view.holds(&format!("system({id})"))?, &home) {
        (true, _) => RoleKind::System,
        (false, None) => RoleKind::BuiltIn,
        (false, Some(_)) => RoleKind::Custom,
    };
    let at = place.map_or_else(|| "_".to_owned(), of);
    Ok(Role {
        name: desk.one(&format!("name({id}, N)"))?.unwrap_or_default(),
        description: desk.one(&format!("description({id}, D)"))?,
        kind,
        place: home,
        users: desk.view.count(&format!("role_of(U, {at}, {id})"))?,
        id: role.to_string(),
    })
}
