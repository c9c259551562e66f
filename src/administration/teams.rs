//! Teams: who works together.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::administration::desk::{Change, Desk, make, of};
use crate::administration::reply::{Done, Made};
use crate::engine::engine::Engine;
use crate::engine::error::Error;

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Team {
    /// The whole id: `team:eu`.
    pub id: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// How many members it has; `users/list` lists them.
    pub members: u64,
}

/// "Which teams are there?"
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct ListTeams {
    /// Only those of this place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// A token: the answer must be at least as fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// The teams there are.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TeamsReply {
    /// In the order of their creation.
    pub teams: Vec<Team>,
    /// The revision it was read at, as a token.
    pub revision: String,
}

/// Makes a team.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct CreateTeam {
    /// What people call it.
    pub name: String,
    /// Its whole id; without it one is made from the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Where it is; not needed where there is one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The whole ids of its first members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// Who does it, `user:ana`; without it the operator, whom no guard judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Changes a team: what is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct ChangeTeam {
    /// Its whole id, or its name.
    pub team: String,
    /// Its new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The whole ids of users who join it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<String>,
    /// The whole ids of users who leave it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
    /// Who does it, `user:ana`; without it the operator, whom no guard judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Deletes a team, with every fact that mentions it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct DeleteTeam {
    /// Its whole id, or its name.
    pub team: String,
    /// Who does it, `user:ana`; without it the operator, whom no guard judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

impl ListTeams {
    /// Lists them.
    ///
    /// # Errors
    /// `unknown-tenant`, `not-administered`, `not-found`, what the token says.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<TeamsReply, Error> {
        let desk = Desk::open(engine, tenant, self.at.as_deref())?;
        let place = self.place.map(|place| Ok::<_, Error>(desk.place(Some(&place))?.to_string())).transpose()?;
        let mut teams = Vec::new();
        for id in desk.column("team(T)")? {
            let team = of(&desk.view.object(&id)?);
            let home = desk.one(&format!("home({team}, X)"))?;
            if place.is_some() && place != home {
                continue;
            }
            teams.push(Team {
                id,
                name: desk.one(&format!("name({team}, N)"))?,
                place: home,
                members: desk.view.count(&format!("member({team}, U)"))?,
            });
        }
        Ok(TeamsReply { teams, revision: desk.revision() })
    }
}

impl CreateTeam {
    /// Makes it.
    ///
    /// # Errors
    /// `already-there`, `not-found`, `place-needed`; what the policy refuses, in its words.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<Made, Error> {
        make(self.team.is_some(), || self.once(engine, tenant))
    }

    fn once(&self, engine: &Engine, tenant: &str) -> Result<Made, Error> {
        let desk = Desk::open(engine, tenant, None)?;
        let place = desk.place(self.place.as_deref())?;
        let id = desk.id_or_new("team", self.team.clone(), &self.name)?;
        let mut change = desk.create("team", &id)?;
        change.insert("name", &[&id, &self.name]);
        change.insert("home", &[&id, &place.to_string()]);
        for user in &self.members {
            change.insert("member", &[&id, &desk.object("user", user)?.to_string()]);
        }
        desk.made(self.actor.clone(), change, id)
    }
}

impl ChangeTeam {
    /// Changes it.
    ///
    /// # Errors
    /// `not-found`, `ambiguous-name`; what the policy refuses, in its words.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<Done, Error> {
        let desk = Desk::open(engine, tenant, None)?;
        let id = desk.named("team", &self.team, None)?.to_string();
        let mut change = Change::default();
        if let Some(name) = self.name {
            change.insert("name", &[&id, &name]);
        }
        for user in self.add {
            change.insert("member", &[&id, &desk.object("user", &user)?.to_string()]);
        }
        for user in self.remove {
            change.delete("member", &[&id, &desk.object("user", &user)?.to_string()]);
        }
        desk.done(self.actor, change)
    }
}

impl DeleteTeam {
    /// Deletes it.
    ///
    /// # Errors
    /// `not-found`, `ambiguous-name`; what the policy refuses, in its words.
    pub fn answer(self, engine: &Engine, tenant: &str) -> Result<Done, Error> {
        let desk = Desk::open(engine, tenant, None)?;
        let mut change = Change::default();
        change.delete("team", &[&desk.named("team", &self.team, None)?.to_string()]);
        desk.done(self.actor, change)
    }
}
