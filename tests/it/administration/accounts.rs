//! New accounts: a tenant with its policy, the account and its first user, or nothing of it.

use serde_json::json;

use super::desk::{Desk, TENANT};
use crate::api::server::TestServer;

#[test]
fn a_new_account_comes_with_its_pack_and_a_first_user_who_is_its_admin() {
    let server = TestServer::start();
    let account = json!({"account": "account:acme", "user": "user:ana", "name": "Ana", "pack": "sales.dl"});
    let made = server.post_to(TENANT, "accounts/create", &account);
    assert_eq!(made.status, 200, "{made:?}");
    let made = made.json();
    assert_eq!(made["role"], "role:admin");
    let check =
        json!({"subject": "user:ana", "permission": "users.manage", "object": "account:acme", "at": made["revision"]});
    assert_eq!(server.post_to(TENANT, "check", &check).json()["allowed"], true);
    let users = server.post_to(TENANT, "users/list", &json!({})).json();
    assert_eq!(users["users"][0]["name"], "Ana");
    assert_eq!(users["count"], 1);
}

#[test]
fn a_tenant_that_is_there_is_not_made_again() {
    let desk = Desk::of("sales.dl");
    let again = json!({"account": "account:acme", "user": "user:eve", "pack": "sales.dl"});
    desk.assert_refused("accounts/create", &again, "tenant-exists", "customer");
    assert!(!desk.may("user:eve", "users.manage", "account:acme"));
}

#[test]
fn an_account_that_the_policy_refuses_leaves_no_tenant_behind() {
    let server = TestServer::start();
    let rules = r#"include "sales.dl". deny "a user has a name" :- user(U), not name(U, _)."#;
    let mut account = json!({"account": "account:acme", "user": "user:ana", "pack": "p.dl", "files": {"p.dl": rules}});
    let refused = server.post_to(TENANT, "accounts/create", &account);
    assert_eq!(refused.code(), "constraint-violated");
    assert_eq!(refused.json()["detail"], "a user has a name", "{refused:?}");
    assert_eq!(server.post_to(TENANT, "query", &json!({"goal": "user(U)"})).code(), "unknown-tenant");
    for (field, wrong) in [("account", "user:ana"), ("user", "user:"), ("pack", "nothing.dl")] {
        let mut account = json!({"account": "account:acme", "user": "user:ana", "pack": "sales.dl"});
        account[field] = json!(wrong);
        assert_eq!(server.post_to(TENANT, "accounts/create", &account).status, 400, "{account}");
        assert_eq!(server.post_to(TENANT, "query", &json!({"goal": "user(U)"})).code(), "unknown-tenant");
    }
    // What the desk itself needs of a policy, this one hasn't.
    let mut bare = account.clone();
    bare["files"]["p.dl"] = json!("type account, user.");
    assert_eq!(server.post_to(TENANT, "accounts/create", &bare).code(), "not-administered");
    assert_eq!(server.post_to(TENANT, "query", &json!({"goal": "user(U)"})).code(), "unknown-tenant");
    account["name"] = json!("Ana");
    assert_eq!(server.post_to(TENANT, "accounts/create", &account).status, 200);
}

#[test]
fn a_new_account_is_there_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let account = |engine: &entail::Engine| {
        entail::administration::accounts::CreateAccount {
            account: "account:acme".to_owned(),
            user: "user:ana".to_owned(),
            pack: "sales.dl".to_owned(),
            ..Default::default()
        }
        .answer(engine, TENANT)
    };
    let revision = {
        let engine = entail::Engine::open(data.path(), entail::Options::default()).unwrap();
        account(&engine).unwrap().revision
    };
    let engine = entail::Engine::open(data.path(), entail::Options::default()).unwrap();
    let check = entail::engine::request::Check {
        subject: "user:ana".to_owned(),
        permission: "users.manage".to_owned(),
        object: "account:acme".to_owned(),
        at: Some(revision),
        ..Default::default()
    };
    assert!(engine.check(TENANT, &check).unwrap().allowed);
    assert!(engine.verify(TENANT).unwrap().faults.is_empty());
    assert_eq!(account(&engine).unwrap_err().into_report().code, "tenant-exists");
}
