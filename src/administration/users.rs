//! Users: who there is, with which roles and teams; inviting, changing, adjusting and removing them.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::administration::desk::{Change, Desk, of, text_of};
use crate::administration::names::user_id;
use crate::administration::reply::{Done, Made, Moved};
use crate::engine::engine::Engine;
use crate::engine::error::{Error, Kind};
use crate::engine::request::{Answers, Page};
use crate::engine::token::shorten;
use crate::model::value::Object;

/// The relation of a user's own grants and removals, which packs may have: `adjusted(user, permission) -> adjustment`.
const ADJUSTED: &str = "adjusted";
/// What takes a user's own grant or removal away.
const NONE: &str = "none";

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// The whole id: `user:ana`.
    pub id: String,
    /// What people call them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One role for each place where they have one.
    pub roles: Vec<RoleAt>,
    /// The whole ids of their teams.
    pub teams: Vec<String>,
    /// Their own grants and removals, over those of the role; none where the pack has no such thing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adjustments: Vec<Adjustment>,
}

/// A role somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoleAt {
    /// The whole id of the account, or of what else has roles.
    pub place: String,
    /// The whole id of the role.
    pub role: String,
    /// What people call it.
    pub name: String,
}

/// A permission that is a user's own, or that is taken from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Adjustment {
    /// The permission.
    pub permission: String,
    /// `granted` or `removed`.
    pub adjustment: String,
}

/// "Which users are there?"
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct ListUsers {
    /// Only those with a role in this place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Only those with this role, by id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Only those in this team, by id or name; not together with a place or a role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// At most so many; without it all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, minimum = 1)]
    pub limit: Option<NonZeroUsize>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// A token: the answer must be at least as fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// A page of users.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UsersReply {
    /// In the order of their creation.
    pub users: Vec<User>,
    /// How many there are, on all pages.
    pub count: u64,
    /// Where the next page begins; missing when this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Whether the data has changed since the page before.
    pub moved: bool,
    /// The revision it was read at, as a token.
    pub revision: String,
}

/// Makes a user.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct InviteUser {
    /// The whole id, `user:ana`, or an address of mail, `ana@example.com`, which becomes `user:ana@example.com`.
    pub user: String,
    /// What people call them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where they get the role; without it, and without a role, the policy says where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Their role, by id or name; without it the policy's default role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The teams they join, by id or name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
    /// Who does it, `user:ana`; without it the operator, whom no guard judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Changes a user: what is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct ChangeUser {
    /// The whole id.
    pub user: String,
    /// What people call them from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their role, by id or name: it replaces the one that they have in the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Where they get the role; not needed where there is one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Who does it, `user:ana`; without it the operator, whom no guard judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Takes the role away that a user has in a place; the user stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct LeavePlace {
    /// The whole id.
    pub user: String,
    /// Where they have the role.
    pub place: String,
    /// Who does it, `user:ana`; without it the operator, whom no guard judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Gives a user a permission of their own, takes one from them, or leaves it to the role again.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct AdjustUser {
    /// The whole id.
    pub user: String,
    /// The permission.
    pub permission: String,
    /// `granted`, `removed`, or `none`.
    pub adjustment: String,
    /// Who does it, `user:ana`; without it the operator, whom no guard judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Removes a user, with every fact that mentions them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct RemoveUser {
    /// The whole id.
    pub user: String,
    /// Who owns their records from now on; without it nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records_to: Option<String>,
    /// Whether their records go with them; not together with `records_to`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete_records: bool,
    /// Who does it, `user:ana`; without it the operator, whom no guard judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

impl ListUsers {
    /// Lists them.
    ///
    /// # Errors
    /// `unknown-tenant`, `not-administered`, `not-found`, `conflicting-filters`, what token and cursor say.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<UsersReply, Error> {
        let desk = Desk::open(engine, tenant, self.at.as_deref())?;
        let goal = match (self.place, self.role, self.team) {
            (None, None, None) => "user(U)".to_owned(),
            (None, None, Some(team)) => format!("member({}, U)", of(&desk.named("team", &team, None)?)),
            (place, role, None) => {
                let place = place.map(|place| desk.place(Some(&place))).transpose()?;
                let role = role.map(|role| desk.named("role", &role, place.as_ref())).transpose()?;
                let shown = |object: Option<Object>| object.map_or_else(|| "_".to_owned(), |object| of(&object));
                format!("role_of(U, {}, {})", shown(place), shown(role))
            }
            (_, _, Some(_)) => {
                let message = "users are listed by team, or by place and role, not by both";
                return Err(Error::invalid("conflicting-filters", message).with_help("Leave one of them out."));
            }
        };
        let page = Page { limit: self.limit.map(NonZeroUsize::get), after: self.cursor };
        let Answers { rows, cursor, moved, revision, .. } = desk.view.page(&goal, &page)?;
        let ids = rows.into_iter().flatten().map(text_of);
        let users = ids.map(|id| row(&desk, &desk.view.object(&id)?)).collect::<Result<_, Error>>()?;
        Ok(UsersReply { users, count: desk.view.count(&goal)?, cursor, moved, revision: revision.to_string() })
    }
}

impl InviteUser {
    /// Makes the user.
    ///
    /// # Errors
    /// `already-there`, `not-found`, `place-needed`; what the policy refuses, in its words.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<Made, Error> {
        let desk = Desk::open(engine, tenant, None)?;
        let id = desk.id_or_new("user", Some(user_id(&self.user)), "")?;
        let mut change = desk.create("user", &id).map_err(|error| match error.code {
            "already-there" => error.with_help("To give a user who is there a role in another place, change them."),
            _ => error,
        })?;
        if let Some(name) = self.name {
            change.insert("name", &[&id, &name]);
        }
        let names_neither = self.role.is_none() && self.place.is_none();
        // Where neither is named, the policy's effects say it.
        if !names_neither {
            let place = desk.place(self.place.as_deref())?;
            let role = match self.role {
                Some(role) => desk.named("role", &role, Some(&place))?.to_string(),
                None => default_role(&desk, &place)?,
            };
            change.insert("role_of", &[&id, &place.to_string(), &role]);
        }
        for team in self.teams {
            change.insert("member", &[&desk.named("team", &team, None)?.to_string(), &id]);
        }
        let made = desk.made(self.actor, change, id);
        made.map_err(|error| match error.code == "constraint-violated" && names_neither {
            true => error.with_help("If there are several accounts, name the place where the user gets a role."),
            false => error,
        })
    }
}

/// The role of new users that can be had in a place.
fn default_role(desk: &Desk<'_>, place: &Object) -> Result<String, Error> {
    let roles = if desk.has("default_role", 1) { desk.column("default_role(R)")? } else { Vec::new() };
    let here = desk.of_place(roles, place)?;
    match here.as_slice() {
        [one] => Ok(one.clone()),
        _ => Err(Error::invalid("role-needed", format!("no single role is the default in `{place}`"))
            .with_help("Say which role the user gets there.")),
    }
}

impl ChangeUser {
    /// Changes the user.
    ///
    /// # Errors
    /// `not-found`, `place-needed`; what the policy refuses, in its words.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<Done, Error> {
        let desk = Desk::open(engine, tenant, None)?;
        let id = desk.object("user", &self.user)?.to_string();
        let mut change = Change::default();
        if let Some(name) = self.name {
            change.insert("name", &[&id, &name]);
        }
        if let Some(role) = self.role {
            let place = desk.place(self.place.as_deref())?;
            let role = desk.named("role", &role, Some(&place))?;
            change.insert("role_of", &[&id, &place.to_string(), &role.to_string()]);
        } else if self.place.is_some() {
            return Err(Error::invalid("role-needed", "a place was named, and no role")
                .with_help("Say which role the user has there; `users/leave` takes theirs away."));
        }
        desk.done(self.actor, change)
    }
}

impl LeavePlace {
    /// Takes the role away.
    ///
    /// # Errors
    /// `not-found`, also if the user has no role there; what the policy refuses, in its words.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<Done, Error> {
        let desk = Desk::open(engine, tenant, None)?;
        let user = desk.object("user", &self.user)?;
        let place = desk.place(Some(&self.place))?;
        let Some(role) = desk.one(&format!("role_of({}, {}, R)", of(&user), of(&place)))? else {
            return Err(Error::new(Kind::NotFound, "not-found", format!("`{user}` has no role in `{place}`"))
                .with_help("`users/list` tells where users have roles."));
        };
        let mut change = Change::default();
        change.delete("role_of", &[&user.to_string(), &place.to_string(), &role]);
        desk.done(self.actor, change)
    }
}

impl AdjustUser {
    /// Adjusts the user.
    ///
    /// # Errors
    /// `no-adjustments` where the pack has none; `not-found`, `unknown-permission`; what the policy refuses, in its words.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<Done, Error> {
        let desk = Desk::open(engine, tenant, None)?;
        if !desk.has(ADJUSTED, 3) {
            let message = "this tenant's policy has no grants or removals of a user's own";
            return Err(Error::new(Kind::Conflict, "no-adjustments", message)
                .with_help("Permissions come from the user's role: change that, or the user's role."));
        }
        let user = desk.object("user", &self.user)?;
        let permission = desk.permission(&self.permission)?.name.to_string();
        let mut change = Change::default();
        match self.adjustment.as_str() {
            NONE => {
                let fact = format!("{ADJUSTED}({}, {permission}, A)", of(&user));
                change.rule(&format!("-{fact} :- {fact}"));
            }
            adjustment if ["granted", "removed"].contains(&adjustment) => {
                change.insert(ADJUSTED, &[&user.to_string(), &permission, adjustment]);
            }
            other => {
                let message = format!("a permission can't be `{}` for a user", shorten(other));
                return Err(Error::invalid("no-such-setting", message)
                    .with_help("It takes one of these: granted, removed, none."));
            }
        }
        desk.done(self.actor, change)
    }
}

impl RemoveUser {
    /// Removes the user.
    ///
    /// # Errors
    /// `not-found`; what the policy refuses, in its words.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<Moved, Error> {
        let desk = Desk::open(engine, tenant, None)?;
        let user = desk.object("user", &self.user)?;
        let mut change = Change::default();
        change.delete("user", &[&user.to_string()]);
        match (self.records_to, self.delete_records) {
            (Some(_), true) => {
                let message = "the records go to somebody, or they go, not both";
                return Err(Error::invalid("conflicting-wishes", message).with_help("Leave one of them out."));
            }
            (Some(heir), false) => {
                let heir = of(&desk.object("user", &heir)?);
                change.rule(&format!("+owner(X, {heir}) :- owner(X, {})", of(&user)));
            }
            (None, true) => {
                let kinds = desk.view.schema().type_named("record").map(|record| record.concrete.clone());
                for kind in kinds.unwrap_or_default() {
                    change.rule(&format!("-{kind}(X) :- owner(X, {}), {kind}(X)", of(&user)));
                }
            }
            (None, false) => {}
        }
        desk.moved(self.actor, change, "owner")
    }
}

/// A user as they are told.
fn row(desk: &Desk<'_>, user: &Object) -> Result<User, Error> {
    let id = of(user);
    let mut roles = Vec::new();
    for [place, role] in desk.pairs(&format!("role_of({id}, X, R)"))? {
        let name = desk.one(&format!("name({}, N)", of(&desk.view.object(&role)?)))?;
        roles.push(RoleAt { place, role, name: name.unwrap_or_default() });
    }
    let mut adjustments = Vec::new();
    if desk.has(ADJUSTED, 3) {
        for [permission, adjustment] in desk.pairs(&format!("{ADJUSTED}({id}, P, A)"))? {
            adjustments.push(Adjustment { permission, adjustment });
        }
    }
    Ok(User {
        name: desk.one(&format!("name({id}, N)"))?,
        roles,
        teams: desk.column(&format!("member(T, {id})"))?,
        adjustments,
        id: user.to_string(),
    })
}
