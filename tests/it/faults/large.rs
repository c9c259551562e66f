//! Input that is large or deep: answered, or refused with a code, on an ordinary stack and in bounded time.

use entail::engine::error::Error;
use entail::engine::request::{PolicyText, Query, Write};
use entail::language::parser;
use entail::language::span::SourceId;
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};
use tempfile::TempDir;

use super::amount;
use crate::api::server::TestServer;
use crate::oracle::random::Random;

fn engine() -> (TempDir, Engine) {
    let directory = tempfile::tempdir().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    (directory, engine)
}

fn activate(engine: &Engine, text: &str) -> Result<(), Error> {
    let files = [("p.dl".to_owned(), text.to_owned())].into();
    engine.activate("t", &PolicyText { main: "p.dl".to_owned(), files }).map(drop)
}

#[test]
fn a_transaction_of_a_million_facts_is_written_whole() {
    let n_facts = amount(100_000, 1_000_000);
    let (directory, engine) = engine();
    activate(&engine, "open type user, doc. relation viewer(doc, user).").unwrap();
    let fact = |n: usize| RawFact {
        relation: "viewer".to_owned(),
        values: [format!("doc:{}", n / 10), format!("user:{}", n % 10)].map(Raw::Text).to_vec(),
    };
    let write = Write { insert: (0..n_facts).map(fact).collect(), ..Write::default() };
    let written = engine.write("t", &write).unwrap();
    assert_eq!(written.inserted as usize, n_facts + n_facts / 10 + 10);
    drop((engine, write));
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    let count = |goal: &str| engine.count_query("t", &Query { goal: goal.to_owned(), ..Query::default() });
    assert_eq!(count("viewer(doc:7, U)").unwrap().count, 10);
    assert_eq!(count("viewer(D, user:3)").unwrap().count as usize, n_facts / 10);
}

#[test]
fn a_megabyte_of_nonsense_is_no_policy() {
    let (_directory, engine) = engine();
    let random = Random::new(7);
    let words =
        ["relation", "type", "(", ")", "{", "}", ":-", ".", ",", "X", "user:", "\"", "not", "|", "->", "§", "-1"];
    let mut spaced = String::new();
    while spaced.len() < parser::MAX_TEXT_BYTES - 20 {
        spaced.push_str(random.pick::<&str>(&words));
        spaced.push(' ');
    }
    let bytes: Vec<u8> = (0..parser::MAX_TEXT_BYTES / 3).map(|_| random.bits() as u8).collect();
    for text in [spaced, String::from_utf8_lossy(&bytes).into_owned(), "\"".repeat(1 << 20), "a.".repeat(1 << 19)] {
        let error = activate(&engine, &text).unwrap_err();
        assert_eq!(error.code, "policy-invalid");
        let told: usize = error.details.iter().map(String::len).sum();
        assert!(told < 10 << 20, "{told} bytes of errors");
    }
}

#[test]
fn what_is_nested_deeply_is_refused_and_overflows_nothing() {
    const DEPTH: usize = 100_000;
    for (open, close) in
        [("(", ")"), ("{", "}"), ("category \"a\" {", "}"), ("not ", ""), ("p(", ")"), ("[", "]"), ("-", "")]
    {
        let nested = open.repeat(DEPTH) + &close.repeat(DEPTH);
        for text in [nested.clone(), format!("p(X) :- {nested}."), format!("test \"t\" {{ {nested} }}")] {
            let text: String = text.chars().take(parser::MAX_TEXT_BYTES).collect();
            let (_, diagnostics) = parser::parse(SourceId(0), &text);
            assert!(!diagnostics.is_empty(), "{open}");
            assert!(parser::parse_atom(SourceId(0), &text).0.is_none() || open == "-", "{open}");
            assert!(parser::parse_change(SourceId(0), &text).0.is_none(), "{open}");
        }
    }
    let server = TestServer::start();
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"insert\":", "}]")] {
        let nested = open.repeat(DEPTH) + &close.repeat(DEPTH);
        for body in [nested.clone(), format!("{{\"insert\":{nested}}}"), format!("{{\"context\":{nested}}}")] {
            for route in ["check", "write", "query"] {
                let answer = server.post_text(route, &body);
                assert!((400..500).contains(&answer.status), "{route} {}", answer.status);
                assert!(!answer.code().is_empty());
            }
        }
    }
}
