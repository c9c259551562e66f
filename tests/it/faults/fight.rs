//! Many writers that fight over one value or one invariant, round by round, all at the same moment.

use std::collections::BTreeSet;
use std::sync::Barrier;

use entail::engine::error::Error;
use entail::engine::request::{PolicyText, Query, Write, Written};
use entail::engine::token::Token;
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};
use tempfile::TempDir;

use super::amount;
use super::work::{revision, text};

const WRITERS: usize = 64;

const POLICY: &str = r#"
open type user, account.
relation counter(account) -> integer.
relation admin(account, user).
"#;

fn engine() -> (TempDir, Engine) {
    let directory = tempfile::tempdir().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    let files = [("p.dl".to_owned(), POLICY.to_owned())].into();
    engine.activate("t", &PolicyText { main: "p.dl".to_owned(), files }).unwrap();
    (directory, engine)
}

fn counter(value: i64) -> RawFact {
    let values = vec![Raw::Text("account:acme".to_owned()), Raw::Integer(value)];
    RawFact { relation: "counter".to_owned(), values }
}

fn admin(user: &str) -> RawFact {
    let values = ["account:acme".to_owned(), format!("user:{user}")].map(Raw::Text).to_vec();
    RawFact { relation: "admin".to_owned(), values }
}

/// The answers of a goal of one variable, and the revision that they are of.
fn ask(engine: &Engine, goal: &str) -> (Vec<String>, Token) {
    let query = Query { goal: goal.to_owned(), ..Query::default() };
    let answers = engine.query("t", &query, &Default::default()).unwrap();
    (answers.rows.iter().flatten().map(text).collect(), answers.revision)
}

fn count(engine: &Engine) -> (i64, Token) {
    let (rows, token) = ask(engine, "counter(account:acme, N)");
    (rows.first().map_or(0, |row| row.parse().unwrap()), token)
}

/// Rounds of a fight: `prepare` makes each ready, then all writers strike at once, each with what was prepared, and `judge`
/// looks at what became of it.
fn fight<T: Send + Sync>(
    n_rounds: usize,
    n_writers: usize,
    prepare: impl Fn(usize) -> T,
    strike: impl Fn(usize, &T) -> Result<Written, Error> + Sync,
    judge: impl Fn(usize, &[Result<Written, Error>]),
) {
    for round in 0..n_rounds {
        let (prepared, barrier) = (prepare(round), Barrier::new(n_writers));
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let (prepared, barrier, strike) = (&prepared, &barrier, &strike);
            let striking = (0..n_writers).map(|writer| {
                scope.spawn(move || {
                    barrier.wait();
                    strike(writer, prepared)
                })
            });
            let striking: Vec<_> = striking.collect();
            striking.into_iter().map(|striking| striking.join().unwrap()).collect()
        });
        judge(round, &outcomes);
    }
}

#[test]
fn of_64_writers_that_expect_the_same_revision_one_writes() {
    let (_directory, engine) = engine();
    let n_rounds = amount(40, 1_000);
    fight(
        n_rounds,
        WRITERS,
        |_| count(&engine),
        |_, (value, token)| {
            let expect_revision = Some(token.to_string());
            engine.write("t", &Write { insert: vec![counter(value + 1)], expect_revision, ..Write::default() })
        },
        |round, outcomes| {
            let (won, lost): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| outcome.is_ok());
            assert_eq!(won.len(), 1, "round {round}");
            assert!(lost.iter().all(|lost| lost.as_ref().is_err_and(|error| error.code == "revision-mismatch")));
            let (value, token) = count(&engine);
            assert_eq!(value, round as i64 + 1);
            assert_eq!(Ok(token), won[0].as_ref().map(|written| written.revision).map_err(Error::clone));
        },
    );
    assert_eq!(count(&engine).0, n_rounds as i64);
}

#[test]
fn of_64_writers_that_count_up_together_none_loses_an_update() {
    let (_directory, engine) = engine();
    let each = amount(2, 20);
    let revisions: Vec<u64> = std::thread::scope(|scope| {
        let writing: Vec<_> =
            (0..WRITERS).map(|_| scope.spawn(|| (0..each).map(|_| count_up(&engine)).collect::<Vec<_>>())).collect();
        writing.into_iter().flat_map(|writing| writing.join().unwrap()).collect()
    });
    assert_eq!(count(&engine).0, (WRITERS * each) as i64);
    let distinct: BTreeSet<u64> = revisions.iter().copied().collect();
    assert_eq!(distinct.len(), revisions.len(), "each write has a revision of its own");
}

/// Adds one by compare and set, and says at which revision.
fn count_up(engine: &Engine) -> u64 {
    loop {
        let (value, token) = count(engine);
        let expect_revision = Some(token.to_string());
        match engine.write("t", &Write { insert: vec![counter(value + 1)], expect_revision, ..Write::default() }) {
            Ok(written) => return revision(&written.revision),
            Err(error) => assert_eq!(error.code, "revision-mismatch"),
        }
    }
}

/// The last two admins demote each other, again and again; there is always one. Who loses is refused with this code.
fn the_last_two_admins_demote_each_other(engine: &Engine, expects: bool, refusal: &str) {
    let users = ["ana", "bo"];
    fight(
        amount(100, 1_000),
        users.len(),
        |_| {
            let insert = users.map(admin).to_vec();
            engine.write("t", &Write { insert, ..Write::default() }).unwrap().revision
        },
        |user, token| {
            let expect_revision = expects.then(|| token.to_string());
            let delete = vec![admin(users[1 - user])];
            engine.write("t", &Write { delete, expect_revision, ..Write::default() })
        },
        |round, outcomes| {
            let admins = ask(engine, "admin(account:acme, U)").0;
            assert_eq!(admins.len(), 1, "round {round}: {outcomes:?}");
            let lost: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
            assert!(lost.len() == 1 && lost[0].code == refusal, "round {round}: {outcomes:?}");
        },
    );
}

#[test]
fn the_last_two_admins_who_demote_each_other_by_compare_and_set_leave_one() {
    let (_directory, engine) = engine();
    the_last_two_admins_demote_each_other(&engine, true, "revision-mismatch");
}
