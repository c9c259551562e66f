//! `entail user`.

use std::process::ExitCode;

use crate::administration::users::{
    AdjustUser, Adjustment, ChangeUser, InviteUser, LeavePlace, ListUsers, RemoveUser, RoleAt, User as Listed,
    UsersReply,
};
use crate::cli::administration::args::User;
use crate::cli::administration::tell::{Told, ask_and_tell, cells, tell};
use crate::cli::args::Common;
use crate::cli::failure::Failure;
use crate::cli::list::tell_more;
use crate::cli::run::SUCCESS;
use crate::cli::source::Source;

/// Does what a verb of `user` says.
pub(in crate::cli) fn run(common: &Common, user: &User) -> Result<ExitCode, Failure> {
    match user.clone() {
        User::List { role, team, limit, after, at_place, fresh } => {
            let list = ListUsers { place: at_place.place, role, team, limit, cursor: after, at: fresh.at };
            let reply = Source::open(common)?.ask(list)?;
            tell(common, &reply)?;
            if !common.json {
                tell_more(reply.cursor.as_deref(), reply.moved);
            }
            Ok(SUCCESS)
        }
        User::Invite { user, name, role, teams, at_place, acting } => {
            let (place, actor) = (at_place.place, acting.actor);
            ask_and_tell(common, InviteUser { user, name, place, role, teams, actor })
        }
        User::Change { user, role, name, at_place, acting } => {
            ask_and_tell(common, ChangeUser { user, name, role, place: at_place.place, actor: acting.actor })
        }
        User::Leave { user, place, acting } => ask_and_tell(common, LeavePlace { user, place, actor: acting.actor }),
        User::Adjust { user, permission, adjustment, acting } => {
            ask_and_tell(common, AdjustUser { user, permission, adjustment, actor: acting.actor })
        }
        User::Remove { user, records_to, delete_records, acting } => {
            ask_and_tell(common, RemoveUser { user, records_to, delete_records, actor: acting.actor })
        }
    }
}

impl Told for UsersReply {
    fn lines(&self) -> Vec<String> {
        self.users.iter().map(line).collect()
    }
}

fn line(user: &Listed) -> String {
    let role = |RoleAt { place, role, .. }: &RoleAt| format!("{role} in {place}");
    let adjustment = |Adjustment { permission, adjustment }: &Adjustment| format!("{permission} {adjustment}");
    let roles: Vec<String> = user.roles.iter().map(role).collect();
    let adjustments: Vec<String> = user.adjustments.iter().map(adjustment).collect();
    let name = user.name.as_deref().unwrap_or_default();
    let mut told = vec![&*user.id, name];
    let (roles, teams, adjustments) = (roles.join(", "), user.teams.join(", "), adjustments.join(", "));
    told.extend([&*roles, &*teams]);
    if !adjustments.is_empty() {
        told.push(&adjustments);
    }
    cells(&told)
}
