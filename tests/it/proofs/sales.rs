//! The sample account of the sales pack: who may do what there, and what would let others.

use std::collections::{BTreeMap, BTreeSet};

use entail::engine::explain::denial::Opening;
use entail::engine::explain::explanation::Verdict;
use entail::engine::request::{Check, PolicyText, Write};
use entail::model::fact::Fact;
use entail::model::value::{Object, Value};
use entail::policy::checked::Policy;
use entail::policy::schema::PERMISSION;
use entail::{Engine, Options};

use crate::oracle::check::check_files;
use crate::oracle::naive::Context;
use crate::oracle::notation::raw_fact;
use crate::oracle::proofs::Court;
use crate::requirements::world::{SAMPLE, check, read_facts};

/// One of each role, and somebody unknown.
const USERS: [&str; 5] = ["user:ana", "user:hugo", "user:lena", "user:bruno", "user:elif"];

struct Account {
    engine: Engine,
    policy: Policy,
    stored: BTreeSet<Fact>,
    _directory: tempfile::TempDir,
}

fn files() -> BTreeMap<String, String> {
    let files =
        [("roles.dl", include_str!("../../../rules/roles.dl")), ("sales.dl", include_str!("../../../rules/sales.dl"))];
    files.map(|(name, text)| (name.to_owned(), text.to_owned())).into()
}

impl Account {
    fn sample() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let engine = Engine::open(directory.path(), Options::default()).expect("an engine");
        let policy = check_files("sales.dl", &files()).expect("the pack");
        let mut account = Self { engine, policy, stored: BTreeSet::new(), _directory: directory };
        account.fill("sample");
        let mut stored = BTreeSet::new();
        let mut each = |raw| {
            stored.insert(account.policy.schema.fact(&raw).expect("a fact that fits"));
            Ok(())
        };
        account.engine.export("sample", &mut each).expect("all facts");
        account.stored = stored;
        account
    }

    /// Makes a tenant with the sample.
    fn fill(&self, tenant: &str) {
        let policy = PolicyText { main: "sales.dl".to_owned(), files: files() };
        self.engine.activate(tenant, &policy).expect("the pack");
        self.engine.load(tenant, &read_facts(SAMPLE)).expect("the sample");
    }

    /// Each permission with the first objects that it is on.
    fn asked(&self) -> Vec<(String, String)> {
        let mut asked = Vec::new();
        for permission in &self.policy.schema.permissions {
            let is_on = |fact: &&Fact| permission.on.contains(&fact.relation);
            let mut n_asked: BTreeMap<&str, usize> = BTreeMap::new();
            for fact in self.stored.iter().filter(is_on) {
                let n_asked = n_asked.entry(&fact.relation).or_default();
                *n_asked += 1;
                if *n_asked <= 4 {
                    asked.push((permission.name.to_string(), fact.values[0].object().expect("an object").to_string()));
                }
            }
        }
        asked
    }
}

#[test]
fn every_allow_of_the_sample_account_has_a_proof_that_can_be_checked() {
    let account = Account::sample();
    let context = Context::new();
    let lacks = |relation: &str, _: &[Option<Value>]| panic!("the pack's `can` has no negation: {relation}");
    let court = Court { policy: &account.policy, stored: &account.stored, context: &context, lacks: &lacks };
    let mut n_proofs = 0;
    for user in USERS {
        for (permission, object) in account.asked() {
            let asked = check(user, &permission, &object);
            let is_allowed = account.engine.check("sample", &asked).expect("a decision").allowed;
            let told = account.engine.explain("sample", &asked).expect("an explanation");
            let Verdict::Allowed { proof, obligations } = told.verdict else {
                assert!(!is_allowed, "{asked:?}");
                continue;
            };
            assert!(is_allowed && obligations.is_empty(), "{asked:?}");
            let schema = &account.policy.schema;
            let goal = Fact {
                relation: "can".into(),
                values: vec![
                    schema.subject(user).expect("a user"),
                    Value::Constant(Object::new(PERMISSION, permission.as_str())),
                    Value::Object(schema.object(&object).expect("an object")),
                ],
            };
            court.accept(&proof, &goal).unwrap_or_else(|wrong| panic!("{wrong}\n{proof:#?}"));
            n_proofs += 1;
        }
    }
    assert!(n_proofs > 100, "{n_proofs} proofs");
}

/// What would open a check, the fewest facts first, each as a write.
fn openings(account: &Account, asked: &Check) -> Vec<Opening> {
    match account.engine.explain("sample", asked).expect("an explanation").verdict {
        Verdict::Denied(denial) => denial.ways.into_iter().flat_map(|way| way.openings).collect(),
        Verdict::Allowed { .. } => panic!("{asked:?} is allowed"),
    }
}

#[test]
fn what_is_told_to_open_a_deny_of_the_sample_account_opens_it_when_it_is_written() {
    let account = Account::sample();
    let denied = [
        ("user:elif", "billing.manage", "account:acme"),
        ("user:bruno", "sequence.edit", "sequence:q3-founder-intros-outbound"),
        ("user:lena", "list.view", "list:customer-advisory-recipients"),
        ("user:nobody", "sequence.view", "sequence:q3-agencies-outbound"),
        ("user:elif", "mailbox.limit", "user:ana"),
    ];
    let mut n_opened = 0;
    for (subject, permission, object) in denied {
        let asked = check(subject, permission, object);
        if account.engine.check("sample", &asked).expect("a decision").allowed {
            continue;
        }
        let openings = openings(&account, &asked);
        assert!(!openings.is_empty(), "{asked:?}");
        for opening in openings.iter().take(3) {
            let tenant = format!("trial-{n_opened}");
            account.fill(&tenant);
            let insert = opening.insert.iter().map(raw_fact).collect();
            let delete = opening.delete.iter().map(raw_fact).collect();
            account
                .engine
                .write(&tenant, &Write { insert, delete, ..Write::default() })
                .expect("a write that is taken");
            assert!(account.engine.check(&tenant, &asked).expect("a decision").allowed, "{asked:?} after {opening:?}");
            n_opened += 1;
        }
    }
    assert!(n_opened >= 8, "{n_opened} opened");
}

#[test]
fn a_junior_hears_of_a_scope_a_role_a_share_and_an_owner_and_of_no_system_role_that_would_change() {
    let account = Account::sample();
    let asked = check("user:elif", "sequence.edit", "sequence:q3-founder-intros-outbound");
    let openings = openings(&account, &asked);
    let told: Vec<String> = openings.iter().flat_map(|opening| &opening.insert).map(ToString::to_string).collect();
    for fact in [
        "scope(role:junior_bdr, sequence.edit, all)",
        "role_of(user:elif, account:acme, role:admin)",
        "shared(sequence:q3-founder-intros-outbound, user:elif, sequence.edit)",
        "owner(sequence:q3-founder-intros-outbound, user:elif)",
    ] {
        assert!(told.iter().any(|told| told == fact), "{fact} in {told:#?}");
    }
    assert!(told.iter().all(|told| !told.contains("scope(role:sales_rep")), "{told:#?}");
    let scope = openings.iter().find(|opening| opening.insert[0].to_string().starts_with("scope(")).expect("a scope");
    assert_eq!(scope.replaces[0].to_string(), "scope(role:junior_bdr, sequence.edit, own)");
}
