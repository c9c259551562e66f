//! E07: what the warnings of the shared inbox's document say, derived from its guards.

use entail::escalations::report::{Escalation, Step};

use crate::escalations::found;

/// Workspaces of the shared inbox: company admins, workspace admins, standard access, custom roles.
const INBOX: &str = r#"
include "roles.dl".
type workspace is place.
open type channel is record.
relation home(workspace | record) -> place.
role(role:company_admin).
name(role:company_admin, "Company admin").
system(role:company_admin).
admin_role(role:company_admin).
role(role:workspace_admin).
name(role:workspace_admin, "Workspace admin").
system(role:workspace_admin).
full(role:workspace_admin).
role(role:standard).
name(role:standard, "Standard access").
system(role:standard).
default_role(role:standard).
grants(role:standard, P) :- default(P).
company_admin(U) :- role_of(U, A, role:company_admin), account(A).
may(U, P, W) :- role_of(U, W, R), grants(R, P), workspace(W).
may(U, P, W) :- company_admin(U), workspace(W), permission(P).
lies_in(W, W) :- workspace(W).
lies_in(X, W) :- home(X, W), record(X).
can(U, P, X) :- on(P, X), lies_in(X, W), may(U, P, W).
can(U, P, A) :- on(P, A), account(A), company_admin(U).
deny "company admins are made for the company" :- role_of(_, W, role:company_admin), workspace(W).
deny "workspace admins are made for a workspace" :- role_of(_, A, role:workspace_admin), account(A).
guard workspace(W) | home(W, A) by U :- company_admin(U), account(A).
category "Conversations" {
  permission message.send on workspace | channel toggle default "Messages - send".
  permission conversation.assign on workspace toggle "Conversations - assign".
}
category "Teammates" {
  permission teammates.manage on place toggle manages_users assigns_roles "Teammates - invite / manage".
}
category "Roles & permissions" {
  permission roles.manage on place toggle manages_roles "Roles - create / edit / delete".
}
"#;

fn writes(steps: &[Step]) -> Vec<String> {
    steps
        .iter()
        .map(|step| step.facts.iter().map(|(_, fact)| fact.to_string()).collect::<Vec<_>>().join(", "))
        .collect()
}

#[test]
fn e07_who_manages_teammates_or_roles_can_reach_workspace_admin_and_nobody_company_admin() {
    let found = found(INBOX);
    let [teammates, roles] = found.permissions.as_slice() else { panic!("{:#?}", found.permissions) };
    let name = |escalation: &Escalation| escalation.permission.as_deref().map(str::to_owned);
    assert_eq!(name(teammates).as_deref(), Some("teammates.manage"));
    assert_eq!(name(roles).as_deref(), Some("roles.manage"));
    for escalation in [teammates, roles] {
        let reached: Vec<String> = escalation.standings.iter().map(|standing| standing.object.to_string()).collect();
        assert_eq!(reached, ["role:workspace_admin"]);
        assert_eq!(escalation.gains.len(), 3, "every other permission: {escalation:#?}");
    }
    let promotion = "role_of(user:me, workspace:mine, role:workspace_admin)";
    assert_eq!(writes(&teammates.standings[0].path.steps), [promotion]);
    assert_eq!(writes(&roles.standings[0].path.steps), ["enabled(role:mine, teammates.manage)", promotion]);
    let guards: Vec<&str> = roles.standings[0].path.steps.iter().map(|step| step.guard.as_str()).collect();
    assert!(guards.iter().all(|guard| guard.starts_with("roles.dl:")), "{guards:?}");

    // Nobody is warned of who sends messages, and company admins are out of reach.
    let out_of_reach: Vec<String> = found.out_of_reach.iter().map(ToString::to_string).collect();
    assert_eq!(out_of_reach, ["role:company_admin"]);
    assert!(found.anyone.is_none());
}
