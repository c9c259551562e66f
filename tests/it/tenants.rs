//! A thousand tenants of a hundred users on one policy: nothing of one is ever seen, changed or taken in another.
//!
//! All tenants have users of the same ids, and records of their own. The user `user:K` of tenant number K is its admin.

use std::collections::BTreeSet;
use std::path::Path;

use entail::administration::accounts::CreateAccount;
use entail::engine::request::{Check, ListObjects, ListSubjects, Page, Query, Write};
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};

const TENANTS: usize = 1_000;
const USERS: usize = 100;
const THREADS: usize = 8;

fn name(tenant: usize) -> String {
    format!("t{tenant}")
}

fn fact(relation: &str, values: &[&str]) -> RawFact {
    let values = values.iter().map(|value| Raw::Text((*value).to_owned())).collect();
    RawFact { relation: relation.to_owned(), values }
}

fn admin(tenant: usize) -> String {
    format!("user:{}", tenant % USERS)
}

/// The sequences of a tenant, each named after its owner.
fn sequences(tenant: usize) -> BTreeSet<String> {
    (0..USERS).map(|user| format!("sequence:{tenant}-{user}")).collect()
}

/// Makes a tenant: its account, a hundred users, each with a sequence.
fn make(engine: &Engine, tenant: usize) {
    let account = CreateAccount {
        account: "account:it".to_owned(),
        user: admin(tenant),
        pack: "sales.dl".to_owned(),
        ..CreateAccount::default()
    };
    account.answer(engine, &name(tenant)).unwrap();
    let mut write = Write::default();
    for user in 0..USERS {
        let id = format!("user:{user}");
        if id != admin(tenant) {
            write.insert.push(fact("user", &[&id]));
        }
        write.insert.push(fact("owner", &[&format!("sequence:{tenant}-{user}"), &id]));
    }
    engine.write(&name(tenant), &write).unwrap();
}

/// Does it for all tenants, from several threads at once, so that writes of several share their syncs.
fn for_all(engine: &Engine, each: impl Fn(&Engine, usize) + Sync) {
    std::thread::scope(|scope| {
        for first in 0..THREADS {
            let each = &each;
            scope.spawn(move || (first..TENANTS).step_by(THREADS).for_each(|tenant| each(engine, tenant)));
        }
    });
}

fn open(directory: &Path) -> Engine {
    Engine::open(directory, Options::default()).unwrap()
}

fn listed(engine: &Engine, tenant: usize, user: &str) -> BTreeSet<String> {
    let list = viewed_by(user);
    let listing = engine.list_objects(&name(tenant), &list, &Page::default()).unwrap();
    assert_eq!(engine.count_objects(&name(tenant), &list).unwrap().count, listing.items.len() as u64);
    listing.items.into_iter().collect()
}

fn viewed_by(user: &str) -> ListObjects {
    ListObjects {
        subject: user.to_owned(),
        permission: "sequence.view".to_owned(),
        kind: "sequence".to_owned(),
        ..ListObjects::default()
    }
}

fn allows(engine: &Engine, tenant: usize, subject: &str, permission: &str, object: &str) -> bool {
    let check = Check {
        subject: subject.to_owned(),
        permission: permission.to_owned(),
        object: object.to_owned(),
        ..Check::default()
    };
    engine.check(&name(tenant), &check).unwrap().allowed
}

/// The head of a tenant, as a token.
fn head(engine: &Engine, tenant: usize) -> String {
    let query = Query { goal: "account(X)".to_owned(), ..Query::default() };
    engine.query(&name(tenant), &query, &Page::default()).unwrap().revision.to_string()
}

/// What one tenant sees: its own admin, users and records, and nothing of the next tenant.
fn sees_itself_alone(engine: &Engine, tenant: usize) {
    let (admin, other) = (admin(tenant), admin(tenant + 1));
    assert!(allows(engine, tenant, &admin, "users.manage", "account:it"));
    assert!(!allows(engine, tenant, &other, "users.manage", "account:it"));
    let other_user = (tenant + 1) % USERS;
    assert!(allows(engine, tenant, &other, "sequence.edit", &format!("sequence:{tenant}-{other_user}")));
    let next = (tenant + 1) % TENANTS;
    assert!(!allows(engine, tenant, &admin, "sequence.view", &format!("sequence:{next}-{other_user}")));
    assert_eq!(listed(engine, tenant, &admin), sequences(tenant));
    assert_eq!(listed(engine, tenant, &other), [format!("sequence:{tenant}-{other_user}")].into());
    let subjects = ListSubjects {
        kind: "user".to_owned(),
        permission: "users.manage".to_owned(),
        object: "account:it".to_owned(),
        ..ListSubjects::default()
    };
    assert_eq!(engine.list_subjects(&name(tenant), &subjects, &Page::default()).unwrap().items, [admin]);
    let users = Query { goal: "user(U)".to_owned(), ..Query::default() };
    assert_eq!(engine.count_query(&name(tenant), &users).unwrap().count, USERS as u64);
}

/// Tokens and cursors of a tenant are refused by the next one, at every door that takes them.
fn tokens_stay_at_home(engine: &Engine, tenant: usize) {
    let next = name((tenant + 1) % TENANTS);
    let admin = admin(tenant);
    let token = head(engine, tenant);
    let check = Check {
        subject: admin.clone(),
        permission: "users.manage".to_owned(),
        object: "account:it".to_owned(),
        at: Some(token.clone()),
        ..Check::default()
    };
    assert_eq!(engine.check(&next, &check).unwrap_err().into_report().code, "foreign-token");
    let write =
        Write { insert: vec![fact("user", &["user:spy"])], expect_revision: Some(token.clone()), ..Write::default() };
    assert_eq!(engine.write(&next, &write).unwrap_err().into_report().code, "foreign-token");
    assert_eq!(
        engine.changes(&next, Some(&token), None, &mut |_| Ok(())).unwrap_err().into_report().code,
        "foreign-token"
    );
    let page = Page { limit: Some(10), after: None };
    let cursor = engine.list_objects(&name(tenant), &viewed_by(&admin), &page).unwrap().cursor;
    let page = Page { after: cursor, ..page };
    let refused = engine.list_objects(&next, &viewed_by(&admin), &page).unwrap_err().into_report();
    assert_eq!(refused.code, "foreign-cursor");
    assert_eq!(engine.list_objects(&name(tenant), &viewed_by(&admin), &page).unwrap().items.len(), 10);
}

#[test]
fn nothing_crosses_between_a_thousand_tenants_of_a_hundred_users() {
    let directory = tempfile::tempdir().unwrap();
    let engine = open(directory.path());
    for_all(&engine, make);
    assert_eq!(engine.tenants().len(), TENANTS);
    for_all(&engine, sees_itself_alone);
    for_all(&engine, tokens_stay_at_home);

    // A write to every second tenant: the same facts, under the same idempotency key.
    let heads: Vec<String> = (0..TENANTS).map(|tenant| head(&engine, tenant)).collect();
    for_all(&engine, |engine, tenant| {
        if tenant % 2 == 0 {
            let write = Write {
                insert: vec![fact("role_of", &[&admin(tenant + 1), "account:it", "role:admin"])],
                idempotency_key: Some("the same everywhere".to_owned()),
                actor: Some(admin(tenant)),
                ..Write::default()
            };
            assert_eq!(engine.write(&name(tenant), &write).unwrap().inserted, 1);
        }
    });
    let engine = {
        drop(engine);
        open(directory.path())
    };
    for (tenant, before) in heads.iter().enumerate() {
        let was_written = tenant % 2 == 0;
        assert_eq!(head(&engine, tenant) != *before, was_written, "{tenant}");
        assert_eq!(allows(&engine, tenant, &admin(tenant + 1), "users.manage", "account:it"), was_written, "{tenant}");
        let mut entries = 0;
        engine
            .changes(&name(tenant), Some(before), None, &mut |_| {
                entries += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(entries, usize::from(was_written), "{tenant}");
        assert_eq!(listed(&engine, tenant, &admin(tenant)), sequences(tenant));
    }
}
