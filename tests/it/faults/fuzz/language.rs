//! Rules, goals and changes: the parser, the printer, the checks of a policy, and its activation.

use std::fs;
use std::path::{Path, PathBuf};

use entail::engine::error::Kind;
use entail::engine::request::{PolicyText, Query};
use entail::language::diagnostic::{Diagnostic, Severity};
use entail::language::parser;
use entail::language::printer::print;
use entail::language::render::render;
use entail::language::span::{Source, SourceId};
use entail::policy::check::check;
use entail::policy::pack::Pack;
use entail::{Engine, Options};

use crate::faults::mutate::Corpus;

const WORDS: [&str; 44] = [
    "type",
    "open type",
    "relation",
    "context",
    "permission",
    "category",
    "deny",
    "guard",
    "test",
    "include",
    "is",
    "not",
    "by",
    "on",
    "toggle",
    "default",
    "scoped",
    "shares",
    "refused",
    "+",
    "-",
    "->",
    ":-",
    ".",
    ",",
    "|",
    "(",
    ")",
    "{",
    "}",
    "#",
    ":*",
    "=",
    "!=",
    "<=",
    "\"",
    "//",
    "_",
    "X",
    "user:ana",
    "\"2026-07-01T00:00:00Z\"",
    "9223372036854775808",
    "\u{0}",
    "ä\u{10ffff}",
];

/// Every text in the language that lies in the project.
fn corpus() -> Corpus {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut directories: Vec<PathBuf> = vec![root.join("rules"), root.join("tests/corpus")];
    let mut texts = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "dl") {
                texts.push(fs::read(path).unwrap());
            }
        }
    }
    texts.sort();
    assert!(texts.len() > 40, "the corpus is there");
    Corpus { texts, words: WORDS.to_vec() }
}

fn is_told(diagnostics: &[Diagnostic], text: &str) {
    let sources = [Source { name: "fuzz.dl".to_owned(), text: text.to_owned() }];
    for diagnostic in diagnostics {
        assert!(!diagnostic.code.is_empty() && !diagnostic.message.ends_with('.'), "{diagnostic:?}");
        assert!(!render(diagnostic, &sources).is_empty());
    }
}

#[test]
fn mutated_rules_are_read_or_told_and_what_is_read_prints_back() {
    corpus().fuzz(1_500, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let (file, diagnostics) = parser::parse(SourceId(0), &text);
        is_told(&diagnostics, &text);
        if diagnostics.is_empty() {
            let printed = print(&file);
            let (again, diagnostics) = parser::parse(SourceId(0), &printed);
            assert!(diagnostics.is_empty(), "{printed}\n{diagnostics:?}");
            assert_eq!(print(&again), printed);
        }
        is_told(&parser::parse_atom(SourceId(0), &text).1, &text);
        is_told(&parser::parse_change(SourceId(0), &text).1, &text);
    });
}

#[test]
fn mutated_policies_are_checked_and_told() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    let n_good = std::cell::Cell::new(0);
    corpus().fuzz(400, |bytes| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let files = [("fuzz.dl".to_owned(), text)].into();
        let pack = Pack::from_files("fuzz.dl", &files);
        let (policy, diagnostics) = check(&pack);
        for diagnostic in &diagnostics {
            assert!(!render(diagnostic, &pack.sources).is_empty());
        }
        let has_errors = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        assert_eq!(policy.is_none(), has_errors);
        if policy.is_some() && n_good.replace(n_good.get() + 1) % 4 == 0 {
            // Facts that don't fit may refuse it, and nothing else.
            if let Err(error) = engine.activate("t", &PolicyText { main: "fuzz.dl".to_owned(), files }) {
                assert_eq!(error.code, "facts-do-not-fit", "{error}");
            }
        }
    });
    assert!(n_good.get() > 10, "{} policies were good", n_good.get());
}

#[test]
fn mutated_goals_are_answered_or_refused() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    let text = "open type user, doc. relation owner(doc) -> user. relation size(doc, integer).\n\
                can(U, doc.view, D) :- owner(D, U). permission doc.view on doc \"View\".";
    let files = [("p.dl".to_owned(), text.to_owned())].into();
    engine.activate("t", &PolicyText { main: "p.dl".to_owned(), files }).unwrap();
    let goals =
        ["owner(D, U)", "can(user:ana, P, doc:1)", "size(D, 3)", "can(U, doc.view, D)", "owner(doc:\"a b\", _)"];
    let corpus = Corpus { texts: goals.map(|goal| goal.as_bytes().to_vec()).to_vec(), words: WORDS.to_vec() };
    corpus.fuzz(3_000, |bytes| {
        let goal = String::from_utf8_lossy(bytes).into_owned();
        if let Err(error) = engine.query("t", &Query { goal, ..Query::default() }, &Default::default()) {
            assert!(error.kind == Kind::Invalid && !error.code.is_empty(), "{error:?}");
        }
    });
}
