//! E07: what the warnings of the shared inbox's document say, derived from its guards.

use entail::escalations::report::{Escalation, Step};

use crate::escalations::found;

fn writes(steps: &[Step]) -> Vec<String> {
    steps
        .iter()
        .map(|step| step.facts.iter().map(|(_, fact)| fact.to_string()).collect::<Vec<_>>().join(", "))
        .collect()
}

#[test]
fn e07_who_manages_teammates_or_roles_can_reach_workspace_admin_and_nobody_company_admin() {
    let found = found("include \"shared_inbox.dl\".");
    let [teammates, roles] = found.permissions.as_slice() else { panic!("{:#?}", found.permissions) };
    let name = |escalation: &Escalation| escalation.permission.as_deref().map(str::to_owned);
    assert_eq!(name(teammates).as_deref(), Some("teammates.manage"));
    assert_eq!(name(roles).as_deref(), Some("roles.manage"));
    for escalation in [teammates, roles] {
        let reached: Vec<String> = escalation.standings.iter().map(|standing| standing.object.to_string()).collect();
        assert_eq!(reached, ["role:workspace_admin"]);
        assert_eq!(escalation.gains.len(), 23, "every other permission of a workspace: {escalation:#?}");
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
