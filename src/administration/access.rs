//! Effective permissions: who holds what, how far, and where it comes from.
//!
//! Every way to a permission is asked as a set, so what is told is what checks allow; the configuration of roles alone isn't.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::administration::desk::{Desk, of};
use crate::administration::roles::{Role, row as role_row};
use crate::administration::settings::{CategorySettings, extent_of, settings_of};
use crate::administration::via::{Via, variable};
use crate::engine::engine::Engine;
use crate::engine::error::Error;
use crate::engine::permission_ways::{PermissionWay, WayTerm};
use crate::model::value::Object;
use crate::policy::schema::Permission;

/// The type of those whose access is reviewed.
const USER: &str = "user";

/// "Who holds which permissions, and where do they come from?"
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct ListAccess {
    /// Only this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Only this permission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
    /// Only on this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// A token: the answer must be at least as fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// Who holds what.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccessReply {
    /// In the order of the catalogue; of one permission and type by user.
    pub held: Vec<Held>,
    /// The revision it was read at, as a token.
    pub revision: String,
}

/// A permission that a user holds on objects of a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Held {
    /// The whole id of the user.
    pub user: String,
    /// What people call the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The permission.
    pub permission: String,
    /// What an administrator reads.
    pub label: String,
    /// The type of the objects.
    #[serde(rename = "type")]
    pub kind: String,
    /// On how many of them; told for one user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<u64>,
    /// Where it comes from. Objects may come from several.
    pub sources: Vec<Source>,
}

/// Where a permission comes from. One that has no role, share, team or grant comes from the rule alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Source {
    /// The whole id of the user's role that gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// How far the role's scope reaches: `own`, `teammates`, `all`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The whole id of the user, team, role or place that the objects are shared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_with: Option<String>,
    /// The whole id of the user's team through which it comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Whether it is a grant of the user's own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own_grant: bool,
    /// Where the rule stands that gives it, the first if several do: `sales.dl:41`.
    pub rule: String,
    /// On how many objects; told for one user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<u64>,
    /// The object, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
}

/// "What does this role give, and to whom?"
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct ShowRoleAccess {
    /// Its whole id, or its name.
    pub role: String,
    /// A token: the answer must be at least as fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// What a role gives, and its users.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RoleAccessReply {
    /// The role.
    pub role: Role,
    /// What it gives of its own: its switches that are on, and its scopes that reach something.
    pub categories: Vec<CategorySettings>,
    /// What is shared with it.
    pub shared: Vec<SharedWithRole>,
    /// Who has it, by user.
    pub users: Vec<RoleUser>,
    /// The revision it was read at, as a token.
    pub revision: String,
}

/// A record that is shared with a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct SharedWithRole {
    /// The permission.
    pub permission: String,
    /// The whole id of the record.
    pub record: String,
}

/// A user who has a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct RoleUser {
    /// The whole id.
    pub user: String,
    /// What people call them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The whole id of the place where they have it.
    pub place: String,
}

/// The rule and the objects of each source, of each user. Where something else tells a source, its rule isn't part of it.
type Found = BTreeMap<String, BTreeMap<Source, (String, BTreeSet<String>)>>;

impl ListAccess {
    /// Lists it.
    ///
    /// # Errors
    /// `unknown-tenant`, `not-administered`, `not-found`, `unknown-permission`, `permission-not-on`, what the token says;
    /// `missing-context` where a rule reads a context; `limit-exceeded`, never fewer rows.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<AccessReply, Error> {
        let desk = Desk::open(engine, tenant, self.at.as_deref())?;
        let user = self.user.map(|user| desk.object(USER, &user)).transpose()?;
        let object = self.object.map(|object| desk.view.object(&object)).transpose()?;
        let only = self.permission.map(|name| desk.permission(&name)).transpose()?;
        if let (Some(permission), Some(object)) = (only, &object) {
            desk.view.schema().permission_on(&permission.name, &object.kind)?;
        }
        let mut review = Review { desk: &desk, user, object, extents: BTreeMap::new(), names: BTreeMap::new() };
        let mut held = Vec::new();
        for permission in &desk.view.schema().permissions {
            if only.is_some_and(|only| only.name != permission.name) {
                continue;
            }
            for kind in &permission.on {
                if review.object.as_ref().is_none_or(|object| object.kind == *kind) {
                    review.add(permission, kind, &mut held)?;
                }
            }
        }
        Ok(AccessReply { held, revision: desk.revision() })
    }
}

/// A review on its way.
struct Review<'d> {
    desk: &'d Desk<'d>,
    user: Option<Object>,
    object: Option<Object>,
    /// How far roles reach whose scope the policy states, by role and permission.
    extents: BTreeMap<(String, String), Option<String>>,
    /// What people call users.
    names: BTreeMap<String, Option<String>>,
}

impl Review<'_> {
    /// Adds who holds a permission on objects of a type.
    fn add(&mut self, permission: &Permission, kind: &str, held: &mut Vec<Held>) -> Result<(), Error> {
        let mut found = Found::new();
        for way in self.desk.view.ways(USER, &permission.name, kind) {
            self.follow(permission, &way, &mut found)?;
        }
        // Objects of everyone together are too many to tell.
        let counts = self.user.is_some() || self.object.is_some();
        for (user, sources) in found {
            let objects: BTreeSet<&String> = sources.values().flat_map(|(_, objects)| objects).collect();
            let objects = counts.then_some(objects.len() as u64);
            let sources = sources.into_iter().map(|(source, (rule, objects))| Source {
                rule,
                objects: counts.then_some(objects.len() as u64),
                object: (objects.len() == 1).then(|| objects.first().cloned()).flatten(),
                ..source
            });
            held.push(Held {
                name: self.name_of(&user)?,
                permission: permission.name.to_string(),
                label: permission.label.to_string(),
                kind: kind.to_owned(),
                objects,
                sources: sources.collect(),
                user,
            });
        }
        Ok(())
    }

    /// Adds what one way gives.
    fn follow(&mut self, permission: &Permission, way: &PermissionWay<'_>, found: &mut Found) -> Result<(), Error> {
        let via = Via::of(way);
        let ((subject, object), rule) = (way.ends(), way.rule());
        let tells_objects = self.user.is_some() || self.object.is_some();
        // What comes with the question answers itself.
        let mut known: BTreeMap<u16, String> = BTreeMap::new();
        let given = [(&subject, &self.user), (&object, &self.object)];
        for (term, value) in given {
            if let (Some(number), Some(value)) = (variable(term), value) {
                known.entry(number).or_insert_with(|| value.to_string());
            }
        }
        let mut wanted: BTreeSet<u16> = via.variables().into_iter().chain(variable(&subject)).collect();
        wanted.extend(variable(&object).filter(|_| tells_objects));
        let wanted: Vec<u16> = wanted.into_iter().filter(|number| !known.contains_key(number)).collect();
        for row in way.rows(self.user.as_ref(), self.object.as_ref(), &wanted)? {
            let mut values = known.clone();
            values.extend(wanted.iter().copied().zip(row));
            let value = |term: &WayTerm| match term {
                WayTerm::Value(value) => Some(value.clone()),
                WayTerm::Variable(number) => values.get(number).cloned(),
                WayTerm::Any => None,
            };
            let of = |term: &Option<WayTerm>| term.as_ref().and_then(value);
            let role = of(&via.role);
            let scope = match (of(&via.extent), &role) {
                (Some(extent), _) => Some(extent),
                (None, Some(role)) if via.share.is_none() => self.extent(role, permission)?,
                (None, _) => None,
            };
            let source = Source {
                role,
                scope,
                shared_with: of(&via.share),
                team: of(&via.team),
                own_grant: via.own_grant,
                rule: if via.is_told() { String::new() } else { rule.clone() },
                objects: None,
                object: None,
            };
            let Some(user) = value(&subject) else { continue };
            let sources = found.entry(user).or_default();
            let (_, objects) = sources.entry(source).or_insert_with(|| (rule.clone(), BTreeSet::new()));
            objects.extend(value(&object).filter(|_| tells_objects));
        }
        Ok(())
    }

    /// How far a role reaches by what the policy states.
    fn extent(&mut self, role: &str, permission: &Permission) -> Result<Option<String>, Error> {
        let key = (role.to_owned(), permission.name.to_string());
        if let Some(extent) = self.extents.get(&key) {
            return Ok(extent.clone());
        }
        let extent = extent_of(self.desk, &self.desk.view.object(role)?, permission)?;
        Ok(self.extents.entry(key).or_insert(extent).clone())
    }

    fn name_of(&mut self, user: &str) -> Result<Option<String>, Error> {
        if let Some(name) = self.names.get(user) {
            return Ok(name.clone());
        }
        let name = self.desk.one(&format!("name({}, N)", of(&self.desk.view.object(user)?)))?;
        Ok(self.names.entry(user.to_owned()).or_insert(name).clone())
    }
}

impl ShowRoleAccess {
    /// Reads it.
    ///
    /// # Errors
    /// `unknown-tenant`, `not-administered`, `not-found`, `ambiguous-name`, what the token says.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<RoleAccessReply, Error> {
        let desk = Desk::open(engine, tenant, self.at.as_deref())?;
        let role = desk.named("role", &self.role, None)?;
        let mut categories = settings_of(&desk, &role)?;
        categories.iter_mut().for_each(|category| category.settings.retain(|setting| setting.gives()));
        categories.retain(|category| !category.settings.is_empty());
        let id = of(&role);
        let shared = desk.pairs(&format!("shared(X, {id}, P)"))?;
        let mut shared: Vec<SharedWithRole> =
            shared.into_iter().map(|[record, permission]| SharedWithRole { permission, record }).collect();
        shared.sort();
        let mut users = Vec::new();
        for [user, place] in desk.pairs(&format!("role_of(U, X, {id})"))? {
            let name = desk.one(&format!("name({}, N)", of(&desk.view.object(&user)?)))?;
            users.push(RoleUser { user, name, place });
        }
        users.sort();
        let role = role_row(&desk, &role, None)?;
        Ok(RoleAccessReply { role, categories, shared, users, revision: desk.revision() })
    }
}
