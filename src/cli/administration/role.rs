//! `entail role`.

use std::process::ExitCode;

use crate::administration::roles::{
    ChangeRole, CreateRole, DeleteRole, ListRoles, Role as Listed, RoleKind, RoleReply, RolesReply, ShowRole,
};
use crate::administration::settings::{Setting, Settings};
use crate::api::problem::Problem;
use crate::cli::administration::args::Role;
use crate::cli::administration::tell::{Told, ask_and_tell, cells};
use crate::cli::args::Common;
use crate::cli::failure::Failure;

/// Does what a verb of `role` says.
pub(in crate::cli) fn run(common: &Common, role: &Role) -> Result<ExitCode, Failure> {
    match role.clone() {
        Role::List { at_place, fresh } => ask_and_tell(common, ListRoles { place: at_place.place, at: fresh.at }),
        Role::Show { role, fresh } => ask_and_tell(common, ShowRole { role, at: fresh.at }),
        Role::Create { name, id, description, copy_of, set, at_place, acting } => {
            let settings = each_once(set.settings)?;
            let (place, actor) = (at_place.place, acting.actor);
            ask_and_tell(common, CreateRole { name, role: id, place, description, copy_of, settings, actor })
        }
        Role::Change { role, name, description, set, acting } => {
            let settings = each_once(set.settings)?;
            ask_and_tell(common, ChangeRole { role, name, description, settings, actor: acting.actor })
        }
        Role::Delete { role, to, acting } => ask_and_tell(common, DeleteRole { role, to, actor: acting.actor }),
    }
}

/// What is to be set, each permission once.
fn each_once(set: Vec<(String, String)>) -> Result<Settings, Problem> {
    let mut settings = Settings::new();
    for (permission, value) in set {
        if let Some(other) = settings.insert(permission.clone(), value) {
            return Err(Problem::invalid("usage", format!("`{permission}` is set twice, first to `{other}`"))
                .help("Set it once."));
        }
    }
    Ok(settings)
}

fn line(role: &Listed) -> String {
    let kind = match role.kind {
        RoleKind::System => "system",
        RoleKind::BuiltIn => "built in",
        RoleKind::Custom => "custom",
    };
    cells(&[&role.id, &role.name, kind, &role.users.to_string(), role.place.as_deref().unwrap_or_default()])
}

impl Told for RolesReply {
    fn lines(&self) -> Vec<String> {
        self.roles.iter().map(line).collect()
    }
}

impl Told for RoleReply {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![line(&self.role)];
        lines.extend(self.role.description.iter().map(|description| cells(&[description])));
        for category in &self.categories {
            lines.push(cells(&[&category.category.join(" / ")]));
            let setting = |setting: &Setting| cells(&["", &setting.value, &setting.permission, &setting.label]);
            lines.extend(category.settings.iter().map(setting));
        }
        lines
    }
}
