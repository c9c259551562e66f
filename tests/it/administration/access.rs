//! Effective permissions: they are what checks allow, and each says where it comes from.

use entail::administration::access::ListAccess;
use entail::engine::request::Page;
use entail::engine::request::{ListObjects, PolicyText, Query};
use entail::{Engine, Options};
use serde_json::{Value, json};

use super::desk::{Desk, TENANT};
use crate::requirements::world::{SAMPLE, read_facts};

/// Each source of a user's permission on objects of a type, without its rule.
fn sources(desk: &Desk, user: &str, permission: &str, kind: &str) -> Vec<Value> {
    let access = desk.ask("access/list", &json!({"user": user, "permission": permission}));
    let held = access["held"].as_array().unwrap().iter().filter(|held| held["type"] == kind);
    let mut sources: Vec<Value> = held.flat_map(|held| held["sources"].as_array().unwrap().clone()).collect();
    for source in &mut sources {
        assert!(source["rule"].as_str().unwrap().contains(".dl:"), "{source}");
        source.as_object_mut().unwrap().remove("rule");
    }
    sources
}

fn desk() -> Desk {
    let desk = Desk::sales();
    desk.ask("teams/create", &json!({"name": "EU", "members": ["user:bob", "user:cy"]}));
    desk.ask("roles/create", &json!({"name": "Lead", "settings": {"sequence.view": "teammates"}}));
    desk.ask("users/change", &json!({"user": "user:bob", "role": "Lead"}));
    let owners =
        [["sequence:1", "user:bob"], ["sequence:2", "user:cy"], ["sequence:3", "user:cy"], ["sequence:4", "user:ana"]];
    owners.iter().for_each(|[record, owner]| desk.write(&[&["owner", record, owner]]));
    desk
}

#[test]
fn a_permission_comes_from_the_role_with_its_scope_and_the_team_it_reaches_through() {
    let desk = desk();
    let bob = sources(&desk, "user:bob", "sequence.view", "sequence");
    let own = json!({"role": "role:lead", "scope": "teammates", "objects": 1, "object": "sequence:1"});
    let teammates = json!({"role": "role:lead", "scope": "teammates", "team": "team:eu", "objects": 3});
    assert_eq!(bob, [own, teammates]);
    let cy = sources(&desk, "user:cy", "sequence.view", "sequence");
    assert_eq!(cy, [json!({"role": "role:sales_rep", "scope": "own", "objects": 2})]);
    let ana = sources(&desk, "user:ana", "sequence.view", "sequence");
    assert_eq!(ana, [json!({"role": "role:admin", "scope": "all", "objects": 4})]);
    let billing = sources(&desk, "user:ana", "billing.manage", "account");
    assert_eq!(billing, [json!({"role": "role:admin", "objects": 1, "object": "account:acme"})]);
    assert!(sources(&desk, "user:cy", "billing.manage", "account").is_empty());
}

#[test]
fn a_permission_comes_from_a_share_with_a_user_a_team_a_role_or_the_organisation() {
    let desk = desk();
    for with in ["user:cy", "team:eu", "role:sales_rep", "account:acme"] {
        desk.ask("records/share", &json!({"record": "sequence:4", "with": with, "permissions": ["sequence.view"]}));
        let share = json!({"shared_with": with, "objects": 1, "object": "sequence:4"});
        let cy = sources(&desk, "user:cy", "sequence.view", "sequence");
        assert!(cy.contains(&share), "{cy:?}");
        assert_eq!(cy.len(), 2);
        desk.ask("records/unshare", &json!({"record": "sequence:4", "with": with}));
    }
    assert_eq!(
        sources(&desk, "user:cy", "analytics.view", "user"),
        [json!({"objects": 1, "object": "user:cy"})],
        "a rule's"
    );
}

#[test]
fn everyone_who_holds_a_permission_is_listed_on_all_objects_or_on_one() {
    let desk = desk();
    let holders = |body: Value| {
        let access = desk.ask("access/list", &body);
        let held = access["held"].as_array().unwrap().iter();
        held.map(|held| held["user"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(holders(json!({"permission": "billing.manage"})), ["user:ana"]);
    assert_eq!(holders(json!({"permission": "sequence.view"})), ["user:ana", "user:bob", "user:cy"]);
    assert_eq!(holders(json!({"permission": "sequence.view", "object": "sequence:4"})), ["user:ana"]);
    assert_eq!(holders(json!({"permission": "sequence.edit", "object": "sequence:2"})), ["user:ana", "user:cy"]);
    desk.assert_refused("access/list", &json!({"permission": "wat"}), "unknown-permission", "wat");
    desk.assert_refused("access/list", &json!({"user": "user:di"}), "not-found", "user:di");
    let wrong = json!({"permission": "billing.manage", "object": "sequence:1"});
    desk.assert_refused("access/list", &wrong, "permission-not-on", "billing.manage");
}

#[test]
fn a_role_tells_what_it_gives_what_is_shared_with_it_and_who_has_it() {
    let desk = desk();
    desk.ask("records/share", &json!({"record": "sequence:4", "with": "role:lead", "permissions": ["sequence.edit"]}));
    let role = desk.ask("access/role", &json!({"role": "Lead"}));
    assert_eq!(role["role"]["id"], "role:lead");
    let settings =
        role["categories"].as_array().unwrap().iter().flat_map(|category| category["settings"].as_array().unwrap());
    let gives: Vec<(&str, &str)> =
        settings.map(|setting| (setting["permission"].as_str().unwrap(), setting["value"].as_str().unwrap())).collect();
    assert!(gives.contains(&("sequence.view", "teammates")) && gives.contains(&("mailbox.manage", "on")), "{gives:?}");
    assert!(!gives.iter().any(|(permission, _)| *permission == "billing.manage"), "{gives:?}");
    assert_eq!(role["shared"], json!([{"permission": "sequence.edit", "record": "sequence:4"}]));
    assert_eq!(role["users"], json!([{"user": "user:bob", "place": "account:acme"}]));
}

#[test]
fn access_comes_as_a_table_when_asked_for() {
    let desk = desk();
    let table = |route: &str, body: Value| {
        let path = format!("/v1/tenants/{TENANT}/{route}");
        let headers = [("content-type", "application/json"), ("accept", "text/csv")];
        let answer = desk.server.send("POST", &path, &headers, body.to_string().as_bytes());
        assert_eq!((answer.status, answer.headers["content-type"].as_str()), (200, "text/csv; charset=utf-8"));
        answer.text
    };
    let bob = table("access/list", json!({"user": "user:bob", "permission": "sequence.view"}));
    let lines: Vec<&str> = bob.split_terminator("\r\n").collect();
    assert_eq!(lines[0], "user,name,permission,label,type,source,role,scope,shared_with,team,objects,object,rule");
    assert!(
        lines[1]
            .starts_with("user:bob,,sequence.view,View sequences,sequence,role,role:lead,teammates,,,1,sequence:1,")
    );
    assert!(
        lines[2].starts_with("user:bob,,sequence.view,View sequences,sequence,role,role:lead,teammates,,team:eu,3,,")
    );
    assert_eq!(lines.len(), 3);
    let role = table("access/role", json!({"role": "Lead"}));
    assert!(
        role.contains("\r\nrole:lead,Lead,Shareable objects,sequence.view,View sequences,teammates,,,\r\n"),
        "{role}"
    );
    assert!(role.ends_with("\r\nrole:lead,Lead,,,,,,user:bob,account:acme\r\n"), "{role}");
}

#[test]
fn what_is_told_of_the_sample_account_is_what_listings_hold() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    engine.activate(TENANT, &PolicyText { main: "sales.dl".to_owned(), ..PolicyText::default() }).unwrap();
    engine.load(TENANT, &read_facts(SAMPLE)).unwrap();
    let all = ListAccess::default().answer(&engine, TENANT).unwrap().held;
    let permissions = engine.view(TENANT, None).unwrap().schema().permissions.clone();
    let users = Query { goal: "user(U)".to_owned(), ..Query::default() };
    let mut n_held = 0;
    for row in engine.query(TENANT, &users, &Page::default()).unwrap().rows {
        let entail::model::value::Raw::Text(user) = &row[0] else { panic!("{row:?}") };
        let held =
            ListAccess { user: Some(user.clone()), ..ListAccess::default() }.answer(&engine, TENANT).unwrap().held;
        for permission in &permissions {
            for kind in &permission.on {
                let list = ListObjects {
                    subject: user.clone(),
                    permission: permission.name.to_string(),
                    kind: kind.to_string(),
                    ..ListObjects::default()
                };
                let count = engine.count_objects(TENANT, &list).unwrap().count;
                let mut told = held.iter().filter(|held| held.permission == *permission.name && held.kind == **kind);
                let objects = told.next().map_or(0, |held| held.objects.unwrap());
                assert_eq!((objects, told.count()), (count, 0), "{user} {} {kind}", permission.name);
                let is_told = |held: &&entail::administration::access::Held| {
                    held.user == *user && held.permission == *permission.name && held.kind == **kind
                };
                assert_eq!(
                    all.iter().filter(is_told).count(),
                    usize::from(count > 0),
                    "{user} {} {kind}",
                    permission.name
                );
                n_held += usize::from(count > 0);
            }
        }
    }
    assert_eq!(all.len(), n_held);
}

#[test]
fn a_role_that_waits_for_its_plan_is_not_told_as_what_gives_a_permission() {
    let desk = Desk::of("shared_inbox.dl");
    desk.write(&[&["workspace", "workspace:w"], &["home", "workspace:w", "account:acme"]]);
    desk.write(&[&["plan_of", "account:acme", "starter"]]);
    desk.ask("roles/create", &json!({"name": "Off", "place": "workspace:w", "settings": {"message.send": "off"}}));
    desk.ask("users/invite", &json!({"user": "user:bob", "place": "workspace:w", "role": "Off"}));
    assert!(desk.may("user:bob", "message.send", "workspace:w"));
    let access = desk.ask("access/list", &json!({"user": "user:bob", "permission": "message.send"}));
    let sources = access["held"][0]["sources"].as_array().unwrap();
    assert!(!sources.is_empty() && sources.iter().all(|source| source["role"] != "role:off"), "{access}");
}
