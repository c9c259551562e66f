//! The configuration of a role: the switches and scopes that its permissions have, shown by category, and set.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::administration::desk::{Change, Desk, of};
use crate::engine::error::Error;
use crate::engine::token::shorten;
use crate::model::value::Object;
use crate::policy::schema::{Permission, TypeKind};

/// The word of a permission that is a switch of roles.
const TOGGLE: &str = "toggle";
/// The word of a permission that reaches as far as a role's scope for it.
const SCOPED: &str = "scoped";
/// The values of a switch.
const ON: &str = "on";
pub(super) const OFF: &str = "off";
/// The value of a scope that isn't there.
pub(super) const NONE: &str = "none";

/// What to set, by permission: `on` or `off` for a switch; `own`, `teammates`, `all` or `none` for a scope.
pub type Settings = BTreeMap<String, String>;

/// Reads settings, each permission once: of two values for one nobody knows which was meant.
///
/// # Errors
/// What the input holds instead; a permission that comes twice, as a duplicate field.
pub(super) fn each_once<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Settings, D::Error> {
    struct EachOnce;
    impl<'de> Visitor<'de> for EachOnce {
        type Value = Settings;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Settings, A::Error> {
            let mut settings = Settings::new();
            while let Some((permission, value)) = map.next_entry::<String, String>()? {
                if settings.contains_key(&permission) {
                    return Err(serde::de::Error::custom(format_args!("duplicate field `{permission}`")));
                }
                settings.insert(permission, value);
            }
            Ok(settings)
        }
    }
    deserializer.deserialize_map(EachOnce)
}

/// The settings of one category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CategorySettings {
    /// The category's title, after those of the categories around it.
    pub category: Vec<String>,
    /// In the order of the catalogue.
    pub settings: Vec<Setting>,
}

/// What a role's permission is set to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Setting {
    /// Its name: `sequence.view`.
    pub permission: String,
    /// What an administrator reads.
    pub label: String,
    /// What it allows, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `on` or `off` for a switch; the scope's extent, or `none`, for a scope.
    pub value: String,
}

impl Setting {
    /// Whether it gives anything.
    pub(super) fn gives(&self) -> bool {
        ![OFF, NONE].contains(&self.value.as_str())
    }
}

/// A role's whole configuration, in the order of the catalogue: what it was given and what the policy's rules give it.
///
/// # Errors
/// As a query.
pub(super) fn settings_of(desk: &Desk<'_>, role: &Object) -> Result<Vec<CategorySettings>, Error> {
    let role = of(role);
    let on: BTreeSet<String> = desk.column(&format!("grants({role}, P)"))?.into_iter().collect();
    let mut reached: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for [permission, extent] in desk.pairs(&format!("reaches({role}, P, E)"))? {
        reached.entry(permission).or_default().insert(extent);
    }
    let extents = extents(desk);
    let mut categories: Vec<CategorySettings> = Vec::new();
    for permission in &desk.view.schema().permissions {
        let mut values: Vec<&str> = Vec::new();
        if has_word(permission, TOGGLE) {
            values.push(if on.contains(&*permission.name) { ON } else { OFF });
        }
        if has_word(permission, SCOPED) {
            let reached = reached.get(&*permission.name);
            // Who reaches all records reaches their own: the widest tells it.
            let widest = extents.iter().rev().find(|extent| reached.is_some_and(|reached| reached.contains(*extent)));
            values.push(widest.map_or(NONE, String::as_str));
        }
        let path: Vec<String> = permission.categories.iter().map(ToString::to_string).collect();
        for value in values {
            let setting = Setting {
                permission: permission.name.to_string(),
                label: permission.label.to_string(),
                description: permission.description.as_ref().map(ToString::to_string),
                value: value.to_owned(),
            };
            match categories.last_mut() {
                Some(last) if last.category == path => last.settings.push(setting),
                _ => categories.push(CategorySettings { category: path.clone(), settings: vec![setting] }),
            }
        }
    }
    Ok(categories)
}

/// How far a role reaches with a permission: the widest extent; none if the permission has no scopes, or the role none for it.
///
/// # Errors
/// As a query.
pub(super) fn extent_of(desk: &Desk<'_>, role: &Object, permission: &Permission) -> Result<Option<String>, Error> {
    if !has_word(permission, SCOPED) {
        return Ok(None);
    }
    let reached = desk.column(&format!("reaches({}, {}, E)", of(role), permission.name))?;
    Ok(extents(desk).into_iter().rev().find(|extent| reached.contains(extent)))
}

/// Enters settings into a change of a role, which may be one that the same change makes.
///
/// # Errors
/// `unknown-permission`; `no-such-setting` if the permission has no such value to be set to.
pub(super) fn set(desk: &Desk<'_>, change: &mut Change, role: &str, settings: &Settings) -> Result<(), Error> {
    let extents = extents(desk);
    for (name, value) in settings {
        let permission = desk.permission(name)?;
        let is_extent = extents.contains(value);
        let word = if [ON, OFF].contains(&value.as_str()) { TOGGLE } else { SCOPED };
        if !has_word(permission, word) || (word == SCOPED && value != NONE && !is_extent) {
            return Err(no_such_setting(permission, value, &extents));
        }
        match value.as_str() {
            ON => change.insert("enabled", &[role, name]),
            OFF => change.delete("enabled", &[role, name]),
            NONE => extents.iter().for_each(|extent| change.delete("scope", &[role, name, extent])),
            extent => change.insert("scope", &[role, name, extent]),
        }
    }
    Ok(())
}

fn no_such_setting(permission: &Permission, value: &str, extents: &[String]) -> Error {
    let mut values: Vec<&str> = Vec::new();
    if has_word(permission, TOGGLE) {
        values.extend([ON, OFF]);
    }
    if has_word(permission, SCOPED) {
        values.extend(extents.iter().map(String::as_str).chain([NONE]));
    }
    let help = match values.is_empty() {
        true => String::from("It is neither a switch nor a scope of roles: rules alone give it."),
        false => format!("It takes one of these: {}.", values.join(", ")),
    };
    let message = format!("`{}` can't be set to `{}`", permission.name, shorten(value));
    Error::invalid("no-such-setting", message).with_help(help)
}

fn has_word(permission: &Permission, word: &str) -> bool {
    permission.words.iter().any(|has| **has == *word)
}

/// How far a scope can reach, nearest first: as `roles.dl` lists it.
fn extents(desk: &Desk<'_>) -> Vec<String> {
    match desk.view.schema().type_named("extent").map(|extent| &extent.kind) {
        Some(TypeKind::Enumeration(constants)) => constants.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}
