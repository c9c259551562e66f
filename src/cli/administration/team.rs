//! `entail team`.

use std::process::ExitCode;

use crate::administration::teams::{ChangeTeam, CreateTeam, DeleteTeam, ListTeams, Team as Listed, TeamsReply};
use crate::cli::administration::args::Team;
use crate::cli::administration::tell::{Told, ask_and_tell, cells};
use crate::cli::args::Common;
use crate::cli::failure::Failure;

/// Does what a verb of `team` says.
pub(in crate::cli) fn run(common: &Common, team: &Team) -> Result<ExitCode, Failure> {
    match team.clone() {
        Team::List { at_place, fresh } => ask_and_tell(common, ListTeams { place: at_place.place, at: fresh.at }),
        Team::Create { name, id, members, at_place, acting } => {
            let (place, actor) = (at_place.place, acting.actor);
            ask_and_tell(common, CreateTeam { name, team: id, place, members, actor })
        }
        Team::Change { team, name, add, remove, acting } => {
            ask_and_tell(common, ChangeTeam { team, name, add, remove, actor: acting.actor })
        }
        Team::Delete { team, acting } => ask_and_tell(common, DeleteTeam { team, actor: acting.actor }),
    }
}

impl Told for TeamsReply {
    fn lines(&self) -> Vec<String> {
        let line = |Listed { id, name, place, members }: &Listed| {
            let members = members.to_string();
            cells(&[id, name.as_deref().unwrap_or_default(), &members, place.as_deref().unwrap_or_default()])
        };
        self.teams.iter().map(line).collect()
    }
}
