//! `docs/language.md` tells the truth: its examples are canonical policies, and what it says of them holds.

mod world;

use std::collections::BTreeMap;

use entail::engine::request::PolicyText;
use entail::language::parser::parse;
use entail::language::printer::print;
use entail::language::render::render;
use entail::language::span::{Source, SourceId};
use entail::language::syntax::{File, Statement, StatementKind};

use crate::cli::program;
use crate::language_guide::world::World;

const GUIDE: &str = include_str!("../../docs/language.md");

/// A fenced block: what stands behind the fence, the line it begins on, and its text.
struct Block {
    kind: String,
    name: Option<String>,
    line: usize,
    text: String,
}

fn blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in GUIDE.lines().enumerate() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(_), Some(block)) => blocks.push(block),
            (Some(info), None) => {
                let mut words = info.split_whitespace().map(str::to_owned);
                let kind = words.next().unwrap_or_default();
                open = Some(Block { kind, name: words.next(), line: index + 1, text: String::new() });
            }
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fence is never closed");
    blocks
}

/// An example: its files, and the blocks behind them.
#[derive(Default)]
struct Example {
    line: usize,
    policy: PolicyText,
    facts: String,
    check: String,
    test: String,
    error: String,
    /// Questions with what the program says to each.
    explained: Vec<String>,
}

fn examples() -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut main = None;
    for block in blocks() {
        match block.kind.as_str() {
            "dl" => {
                let name = block.name.clone().unwrap_or_else(|| "policy.dl".to_owned());
                if main.replace(name.clone()).is_none_or(|main| main == "policy.dl") {
                    files.clear();
                }
                files.insert(name.clone(), block.text);
                if block.name.is_none() {
                    let policy = PolicyText { main: name, files: files.clone() };
                    examples.push(Example { line: block.line, policy, ..Example::default() });
                }
            }
            "test" => {
                let policy = PolicyText { main: main.clone().unwrap(), files: files.clone() };
                examples.push(Example { line: block.line, policy, test: block.text, ..Example::default() });
            }
            kind => {
                let example = examples.last_mut().expect("a policy stands before its facts");
                match kind {
                    "facts" => example.facts = block.text,
                    "check" => example.check = block.text,
                    "error" => example.error = block.text,
                    "explain" => example.explained.push(block.text),
                    _ => panic!("line {}: there are no `{kind}` blocks", block.line),
                }
            }
        }
    }
    examples
}

fn read(line: usize, text: &str) -> File {
    let (file, diagnostics) = parse(SourceId(0), text);
    let sources = [Source { name: format!("example of line {line}"), text: text.to_owned() }];
    let rendered: Vec<String> = diagnostics.iter().map(|diagnostic| render(diagnostic, &sources)).collect();
    assert!(rendered.is_empty(), "{}", rendered.join("\n\n"));
    file
}

#[test]
fn every_example_of_the_guide_is_in_canonical_form() {
    for example in examples().iter().filter(|example| example.error.is_empty()) {
        for text in example.policy.files.values().chain([&example.facts, &example.test]) {
            assert_eq!(print(&read(example.line, text)), *text, "line {}", example.line);
        }
    }
}

#[test]
fn the_errors_in_the_guide_are_what_the_parser_tells() {
    let examples = examples();
    let mut wrong = examples.iter().filter(|example| !example.error.is_empty()).peekable();
    assert!(wrong.peek().is_some());
    for example in wrong {
        let name = &example.policy.main;
        let text = &example.policy.files[name];
        let sources = [Source { name: name.clone(), text: text.clone() }];
        let (_, diagnostics) = parse(SourceId(0), text);
        let rendered: Vec<String> = diagnostics.iter().map(|diagnostic| render(diagnostic, &sources)).collect();
        assert_eq!(rendered.join("\n\n") + "\n", example.error);
    }
}

#[test]
fn what_the_guide_says_of_its_examples_holds() {
    let mut n_checked = 0;
    for example in examples().iter().filter(|example| example.error.is_empty()) {
        if example.test.is_empty() {
            let world = World::new(example);
            world.load(&example.facts);
            let steps = format!("test \"check\" {{\n{}}}\n", example.check);
            for statement in read(example.line, &steps).statements {
                n_checked += world.run(&statement);
            }
        } else {
            n_checked += run_tests(example);
        }
    }
    assert!(n_checked >= 40, "only {n_checked} steps");
}

#[test]
fn the_explanations_in_the_guide_are_what_the_program_says() {
    let examples = examples();
    let mut explained = examples.iter().filter(|example| !example.explained.is_empty()).peekable();
    assert!(explained.peek().is_some());
    for example in explained {
        let world = program::World::empty();
        let file = world.file("policy.dl", &example.policy.files[&example.policy.main]);
        world.run(&["rules", "activate", &file]).success();
        world.run(&["load", &world.file("facts.dl", &example.facts)]).success();
        for said in &example.explained {
            let (question, said) = said.split_once('\n').unwrap();
            let arguments = ["check"].into_iter().chain(question.split(' ')).chain(["--explain"]);
            let run = world.run(&arguments.collect::<Vec<_>>());
            let without_token = |line: &str| match line.split_once("(written at ") {
                Some((fact, _)) => format!("{fact}(written at …)\n"),
                None => format!("{line}\n"),
            };
            assert_eq!(run.out.lines().map(without_token).collect::<String>(), said, "{question}");
        }
    }
}

/// Each test of a test file in a world of its own.
fn run_tests(example: &Example) -> usize {
    let statements = read(example.line, &example.test).statements;
    let is_test = |statement: &&Statement| matches!(statement.kind, StatementKind::Test { .. });
    let mut n_steps = 0;
    for test in statements.iter().filter(is_test) {
        let world = World::new(example);
        for statement in &statements {
            if let StatementKind::Write(write) = &statement.kind {
                world.write(write).unwrap_or_else(|error| panic!("line {}: {error}", example.line));
            }
        }
        n_steps += world.run(test);
    }
    n_steps
}
