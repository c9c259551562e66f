//! `entail access`.

use std::process::ExitCode;

use crate::administration::access::{AccessReply, Held, ListAccess, RoleAccessReply, ShowRoleAccess, Source};
use crate::cli::administration::args::{Access, Form};
use crate::cli::administration::tell::{Told, cells, tell};
use crate::cli::args::Common;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::run::SUCCESS;
use crate::cli::source::Source as Answering;

/// Does what a verb of `access` says.
pub(in crate::cli) fn run(common: &Common, access: &Access) -> Result<ExitCode, Failure> {
    let list = |user, permission, object, form: Form| {
        let list = ListAccess { user, permission, object, at: form.fresh.at };
        let reply = Answering::open(common)?.ask(list)?;
        if form.csv { print(&reply.csv().map_err(crate::api::problem::Problem::from)?) } else { tell(common, &reply) }
    };
    match access.clone() {
        Access::User { user, object, form } => list(Some(user), None, object, form)?,
        Access::Permission { permission, object, form } => list(None, Some(permission), object, form)?,
        Access::All { form } => list(None, None, None, form)?,
        Access::Role { role, form } => {
            let reply = Answering::open(common)?.ask(ShowRoleAccess { role, at: form.fresh.at })?;
            match form.csv {
                true => print(&reply.csv().map_err(crate::api::problem::Problem::from)?)?,
                false => tell(common, &reply)?,
            }
        }
    }
    Ok(SUCCESS)
}

fn print(table: &str) -> Result<(), Failure> {
    let mut output = Output::new();
    output.text(table)?;
    output.flush()
}

impl Told for AccessReply {
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for Held { user, permission, kind, objects, sources, .. } in &self.held {
            for source in sources {
                let objects = source.objects.or(*objects).map(|objects| objects.to_string()).unwrap_or_default();
                lines.push(cells(&[user, permission, kind, &objects, &comes_from(source)]));
            }
        }
        lines
    }
}

/// `role:lead, scope teammates, through team:eu`
fn comes_from(source: &Source) -> String {
    let mut parts: Vec<String> = Vec::new();
    if source.own_grant {
        parts.push("own grant".to_owned());
    }
    parts.extend(source.shared_with.iter().map(|with| format!("shared with {with}")));
    parts.extend(source.role.clone());
    parts.extend(source.scope.iter().map(|scope| format!("scope {scope}")));
    parts.extend(source.team.iter().map(|team| format!("through {team}")));
    if parts.is_empty() {
        parts.push(format!("rule at {}", source.rule));
    }
    parts.join(", ")
}

impl Told for RoleAccessReply {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![cells(&[&self.role.id, &self.role.name])];
        for setting in self.categories.iter().flat_map(|category| &category.settings) {
            lines.push(cells(&["gives", &setting.permission, &setting.value]));
        }
        for shared in &self.shared {
            lines.push(cells(&["shared", &shared.permission, &shared.record]));
        }
        for user in &self.users {
            lines.push(cells(&["user", &user.user, user.name.as_deref().unwrap_or_default(), &user.place]));
        }
        lines
    }
}
