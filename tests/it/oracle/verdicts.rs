//! The oracle's verdicts on writes: what files say of them, and what the definition says in its own examples.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use entail::policy::checked::Policy;

use super::check::{check, check_files};
use super::corpus::{Answer, File, Played};
use super::naive::{Context, Meaning};
use super::notation::sentence;
use super::state::{Fault, State};
use super::transaction::{self, Ask, Outcome, Refusal, Signed, Verdict};

#[test]
fn the_oracle_judges_as_each_file_says() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/writes");
    let paths = std::fs::read_dir(directory).expect("the corpus").map(|entry| entry.expect("a file").path());
    let mut n_files = 0;
    for path in paths {
        let file = File::read(&std::fs::read_to_string(&path).expect("a text"));
        let policy = check(&file.policy).unwrap_or_else(|errors| panic!("{path:?}: {errors:#?}"));
        file.tests(&policy).into_iter().for_each(|steps| play(&path.to_string_lossy(), &policy, steps));
        n_files += 1;
    }
    assert!(n_files >= 6, "the corpus is there");
}

#[test]
fn the_oracle_judges_as_the_tests_of_the_sales_pack_say() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let text = |name: &str| std::fs::read_to_string(rules.join(name)).expect("the pack");
    let file = File::read(&text("sales.test.dl"));
    let mut files: BTreeMap<String, String> =
        ["sales.dl", "roles.dl"].into_iter().map(|name| (name.to_owned(), text(name))).collect();
    files.insert("main.dl".to_owned(), file.policy.clone());
    let policy = check_files("main.dl", &files).unwrap_or_else(|errors| panic!("{errors:#?}"));
    file.tests(&policy).into_iter().for_each(|steps| play("sales.test.dl", &policy, steps));
}

fn play(name: &str, policy: &Policy, steps: Vec<Played>) {
    let mut state = State::empty(policy);
    for step in steps {
        let meaning = Meaning::of(policy, &state.facts, &Context::new());
        match step {
            Played::Write(ask, reason) => {
                let verdict = transaction::write(&state, &meaning, &ask);
                match (&reason, &verdict) {
                    (None, Ok(_)) => {}
                    (Some(reason), _) if reason.is_that_of(&verdict) => {}
                    _ => panic!("{name}: {ask}: {:?}", verdict.err()),
                }
                if let Ok(outcome) = verdict {
                    state = outcome.after;
                }
            }
            Played::Expect(question, _, answer) => {
                let told = question.answer(&meaning);
                match answer {
                    Answer::Count(count) => assert_eq!(told.len() as u64, count, "{name}: {question} {told:?}"),
                    Answer::Rows(rows) => assert_eq!(told, rows, "{name}: {question}"),
                }
            }
        }
    }
}

/// A policy and a state, and what is written to it.
struct Desk {
    policy: Policy,
    facts: BTreeSet<entail::model::fact::Fact>,
}

impl Desk {
    fn new(policy: &str) -> Self {
        let policy = check(policy).unwrap_or_else(|errors| panic!("{errors:#?}"));
        Self { policy, facts: BTreeSet::new() }
    }

    /// Judges a write in the language's notation; a state that it leads to is the next one's.
    fn write(&mut self, text: &str) -> Result<Told, Refusal> {
        let file = File::read(&format!("test \"\" {{ {text}. }}"));
        let ask = match file.tests(&self.policy).remove(0).remove(0) {
            Played::Write(ask, _) => ask,
            Played::Expect(..) => panic!("{text} is no write"),
        };
        self.judge(&ask)
    }

    fn judge(&mut self, ask: &Ask) -> Result<Told, Refusal> {
        let state = State::new(&self.policy, self.facts.clone());
        let meaning = Meaning::of(&self.policy, &state.facts, &Context::new());
        let verdict: Verdict<'_> = transaction::write(&state, &meaning, ask);
        let (told, facts) = verdict.map(|outcome| (Told::of(&outcome), outcome.after.facts))?;
        self.facts = facts;
        Ok(told)
    }
}

/// What changed, in sentences with their signs, sorted.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    asked: Vec<String>,
    completed: Vec<String>,
    added: Vec<String>,
}

impl Told {
    fn of(outcome: &Outcome<'_>) -> Self {
        let sentences = |changes: &BTreeSet<Signed>| changes.iter().map(signed).collect();
        Self {
            asked: sentences(&outcome.asked),
            completed: sentences(&outcome.completed),
            added: sentences(&outcome.added),
        }
    }
}

fn signed((is_insert, fact): &Signed) -> String {
    format!("{}{}", if *is_insert { '+' } else { '-' }, sentence(fact))
}

fn told(asked: &[&str], completed: &[&str], added: &[&str]) -> Result<Told, Refusal> {
    let own = |sentences: &[&str]| sentences.iter().map(|sentence| (*sentence).to_owned()).collect();
    Ok(Told { asked: own(asked), completed: own(completed), added: own(added) })
}

const TEAMS: &str = r#"
    open type user, team.
    relation lead(team) -> user.
    relation member(team, user).
    relation locked(user).
    +member(T, U) :- +lead(T, U).
    can(U, team.use, T) :- member(T, U).
    permission team.use on team "Use".
    deny "a lead is a member" :- lead(T, U), not member(T, U).
    deny "nobody leads two teams" :- lead(T, U), lead(S, U), S != T.
    guard lead(T, _) by A :- can(A, team.use, T).
    guard +member(T, _) by A :- can(A, team.use, T).
    guard -member(T, U) by A :- U = A, team(T).
"#;

#[test]
fn what_a_write_changed_is_asked_completed_or_added() {
    let mut desk = Desk::new(TEAMS);
    assert_eq!(
        desk.write("+lead(team:eu, user:ana)"),
        told(&["+lead(team:eu, user:ana)"], &["+team(team:eu)", "+user(user:ana)"], &["+member(team:eu, user:ana)"])
    );
    assert_eq!(
        desk.write("+lead(team:eu, user:bob), +member(team:eu, user:bob)"),
        told(
            &["+lead(team:eu, user:bob)", "+member(team:eu, user:bob)"],
            &["-lead(team:eu, user:ana)", "+user(user:bob)"],
            &[]
        )
    );
    assert_eq!(
        desk.write("-user(user:bob), -lead(team:eu, user:bob)"),
        told(&["-lead(team:eu, user:bob)", "-user(user:bob)"], &["-member(team:eu, user:bob)"], &[])
    );
    assert_eq!(desk.write("-user(user:bob), +member(team:eu, user:ana)"), told(&[], &[], &[]));
}

#[test]
fn a_refusal_names_each_fact_that_no_guard_lets_through() {
    let mut desk = Desk::new(TEAMS);
    desk.write("+lead(team:eu, user:ana), +member(team:eu, user:bob)").expect("the operator may");
    let refused = |signed_facts: &[&str], text: &str, desk: &mut Desk| match desk.write(text) {
        Err(Refusal::NotAllowed(facts)) => {
            let named: BTreeSet<String> = facts.iter().map(signed).collect();
            assert_eq!(named, signed_facts.iter().map(|fact| (*fact).to_owned()).collect::<BTreeSet<String>>());
        }
        other => panic!("{text}: {other:?}"),
    };
    refused(
        &["+locked(user:bob)", "-member(team:eu, user:ana)"],
        "+locked(user:bob), -member(team:eu, user:ana), -member(team:eu, user:bob), +lead(team:eu, user:bob) by user:bob",
        &mut desk,
    );
    refused(&["-locked(user:bob)"], "-locked(user:bob), +member(team:eu, user:cy) by user:ana", &mut desk);
    desk.write("+member(team:eu, user:cy) by user:ana").expect("a member may");
}

#[test]
fn every_broken_deny_is_told_and_nothing_but_denies_after_guards() {
    let mut desk = Desk::new(TEAMS);
    let broken = |sentences: &[&str]| Err(Refusal::Violated(sentences.iter().map(|s| (*s).to_owned()).collect()));
    let both = "+lead(team:eu, user:ana), +lead(team:us, user:ana), -member(team:eu, user:ana)";
    assert_eq!(desk.write(both), broken(&["a lead is a member", "nobody leads two teams"]));
    assert_eq!(desk.write("+lead(team:eu, user:ana), +lead(team:us, user:ana)"), broken(&["nobody leads two teams"]));
    assert_eq!(desk.facts.len(), 0, "a refusal changes nothing");
    assert!(matches!(desk.write(&format!("{both} by user:ana")), Err(Refusal::NotAllowed(_))));
}

#[test]
fn everything_that_is_wrong_with_the_request_is_told_before_guards() {
    let mut desk =
        Desk::new("type user. relation a(user) -> user. can(U, x.do, U) :- a(U, _). permission x.do on user \"\".");
    let wrong = |faults: &[Fault]| Err(Refusal::Impossible(faults.iter().copied().collect()));
    let text = "+a(user:1, user:2), +a(user:1, user:3), -a(user:1, user:2), -user(user:3) by user:1";
    assert_eq!(
        desk.write(text),
        wrong(&[Fault::FactInBoth, Fault::DeletedObject, Fault::UnknownObject, Fault::TwoValues])
    );
    for rule in ["+b(U) :- user(U)", "+can(U, x.do, U) :- user(U)", "+a(U, V) :- user(U)", "+user(U) :- +user(U)"] {
        assert_eq!(desk.write(&format!("{{ {rule}. }}")), wrong(&[Fault::Malformed]), "{rule}");
    }
}

#[test]
fn a_rule_of_a_request_or_an_effect_means_its_instances_on_what_its_head_takes() {
    let mut desk = Desk::new(
        r#"
        open type user, doc, bag is thing.
        type thing.
        relation tag(doc) -> user.
        relation seen(thing, user).
        +tag(X, U) :- +seen(X, U).
        can(U, doc.do, D) :- tag(D, U).
        permission doc.do on doc "Do".
        "#,
    );
    let births = &["+bag(bag:1)", "+doc(doc:1)", "+user(user:a)"];
    assert_eq!(
        desk.write("+seen(doc:1, user:a), +seen(bag:1, user:a)"),
        told(&["+seen(bag:1, user:a)", "+seen(doc:1, user:a)"], births, &["+tag(doc:1, user:a)"])
    );
    assert_eq!(
        desk.write("{ +tag(X, user:b) :- seen(X, _). }"),
        told(&["+tag(doc:1, user:b)"], &["-tag(doc:1, user:a)", "+user(user:b)"], &[])
    );
    assert_eq!(
        desk.write("{ -thing(X) :- seen(X, user:a). }"),
        told(
            &["-bag(bag:1)", "-doc(doc:1)"],
            &["-seen(bag:1, user:a)", "-seen(doc:1, user:a)", "-tag(doc:1, user:b)"],
            &[]
        )
    );
}

#[test]
fn a_load_runs_no_effects_and_breaks_no_deny() {
    let desk = Desk::new(TEAMS);
    let state = State::empty(&desk.policy);
    let ask = |text: &str| {
        let mut desk = Desk::new(TEAMS);
        desk.write(text).expect("a write");
        desk.facts.into_iter().collect::<Vec<_>>()
    };
    let mut facts = ask("+lead(team:eu, user:ana)");
    let loaded = transaction::load(&state, &facts).unwrap_or_else(|refusal| panic!("{refusal:?}"));
    assert_eq!(loaded.after.facts.len(), 4);
    facts.retain(|fact| &*fact.relation != "member");
    let refusal = transaction::load(&state, &facts).err();
    assert_eq!(refusal, Some(Refusal::Violated(BTreeSet::from(["a lead is a member".to_owned()]))));
}
