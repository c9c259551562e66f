//! What is found on small policies and the shipped packs.

use entail::language::syntax::Sign;

use super::policies::*;
use super::{found, lines};

#[test]
fn who_may_share_anything_with_anybody_comes_to_everything() {
    assert_eq!(lines(&found(SHARING)), ["folder.share -> folder.view (1), folder.delete (1)"]);
    assert_eq!(lines(&found(SHARING_WHAT_ONE_HAS)), [""; 0]);
}

#[test]
fn an_invited_user_acts_for_the_one_who_invites() {
    let found = found(INVITED);
    assert_eq!(
        lines(&found),
        ["site.invite -> site.promote (1), site.close (2)", "site.promote -> site.invite (1), site.close (1)"]
    );
    let close = found.permissions[0].gains.last().unwrap();
    let writers: Vec<String> = close.path.steps.iter().map(|step| step.actor.to_string()).collect();
    assert_eq!(writers, ["user:me", "user:new"]);
}

#[test]
fn who_fills_a_team_joins_it() {
    assert_eq!(lines(&found(TEAMS)), ["team.manage -> doc.view (1)", "team.rename -> doc.view (1)"]);
}

#[test]
fn to_lift_a_veto_is_a_way_to_what_it_forbids() {
    let found = found(VETO);
    assert_eq!(lines(&found), ["doc.unseal -> doc.view (1)"]);
    let (sign, fact) = &found.permissions[0].gains[0].path.steps[0].facts[0];
    assert_eq!((*sign, &*fact.relation), (Sign::Minus, "sealed"));
}

#[test]
fn without_a_guard_there_is_no_escalation() {
    assert_eq!(lines(&found(NOTHING)), [""; 0]);
}

#[test]
fn what_one_creates_is_no_gain_and_what_one_takes_over_is() {
    assert_eq!(lines(&found(OWNING)), ["desk.inherit -> doc.edit (1)"]);
}

#[test]
fn what_anybody_may_come_to_is_told_once() {
    assert_eq!(lines(&found(OPEN_DOOR)), ["nothing -> club.enter (1)"]);
}

#[test]
fn a_standing_that_no_guard_gives_is_out_of_reach() {
    let found = found(RANKS);
    assert_eq!(lines(&found), ["site.hire -> site.read (1)"]);
    let standings: Vec<String> =
        found.permissions[0].standings.iter().map(|standing| standing.object.to_string()).collect();
    assert_eq!(standings, ["rank:staff"]);
    let out_of_reach: Vec<String> = found.out_of_reach.iter().map(ToString::to_string).collect();
    assert_eq!(out_of_reach, ["rank:root"]);
}

#[test]
fn in_the_sales_pack_only_who_manages_users_teams_and_roles_comes_to_more() {
    let found = found("include \"sales.dl\".");
    let permissions: Vec<&str> = found.permissions.iter().filter_map(|found| found.permission.as_deref()).collect();
    assert_eq!(permissions, ["users.manage"]);
    assert_eq!(found.permissions[0].standings[0].object.to_string(), "role:admin");
    assert_eq!(found.permissions[0].standings[0].path.steps.len(), 1);
    assert!(found.anyone.is_none());
}
