//! The rules of the house: which room may import which, where names may be re-exported, how long a file may be.

mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use source::{Import, Source};

/// The rooms of `src`, from the ground up, each with the rooms that it may import.
const ROOMS: [(&str, &[&str]); 13] = [
    ("model", &[]),
    ("language", &["model"]),
    ("policy", &["language", "model"]),
    ("plan", &["policy", "language", "model"]),
    ("index", &["model"]),
    ("store", &["model"]),
    ("eval", &["plan", "model"]),
    ("verify", &["policy", "model"]),
    ("escalations", &["policy", "language", "model"]),
    ("engine", &["verify", "eval", "store", "index", "plan", "policy", "language", "model"]),
    ("administration", &["engine", "policy", "model"]),
    ("api", &["administration", "engine", "model"]),
    ("cli", &["administration", "api", "engine", "escalations", "plan", "policy", "language", "model"]),
];

/// A file has one idea; at this many lines it has two.
const MOST_LINES: usize = 450;

/// What is wrong with the files of `src`, each a path like `policy/checked.rs` and its text: one sentence for each fault,
/// with file and line.
fn faults(files: &[(String, String)]) -> Vec<String> {
    let modules: BTreeSet<Vec<&str>> = files.iter().map(|(path, _)| module_of(path)).collect();
    let mut faults = Vec::new();
    for (path, text) in files {
        let lines = text.lines().count();
        if lines > MOST_LINES {
            faults.push(format!("src/{path}:{MOST_LINES}: the file has {lines} lines, at most {MOST_LINES}"));
        }
        let source = Source::read(text, &module_of(path));
        for line in source.re_exports {
            if path != "lib.rs" {
                faults.push(format!("src/{path}:{line}: only `lib.rs` re-exports names"));
            }
        }
        for Import { line, path: names } in source.imports {
            if let Some(fault) = fault(path, &names, &modules) {
                faults.push(format!("src/{path}:{line}: {fault} (`{}`)", names.join("::")));
            }
        }
    }
    faults
}

/// What is wrong with importing `names`, a path from the crate's root, in the file at `path`.
fn fault(path: &str, names: &[String], modules: &BTreeSet<Vec<&str>>) -> Option<String> {
    let (first, rest) = names.split_first()?;
    let own = path.split('/').next().filter(|_| path.contains('/'));
    let own = own.or_else(|| path.strip_suffix(".rs").filter(|name| !["lib", "main"].contains(name)));
    let room = |name: &str| ROOMS.iter().find(|(room, _)| *room == name);

    if path == "main.rs" {
        return (first != "cli").then(|| String::from("`main.rs` imports `cli` alone"));
    }
    if own.is_some_and(|own| own == first) {
        let is_door = path == format!("{first}/mod.rs") || path == format!("{first}.rs");
        // Nothing imports tests, so what they import makes no circle.
        let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
        let is_module = rest.first().is_some_and(|second| modules.contains(&vec![first.as_str(), second]));
        return (!is_door && !is_test && !is_module).then(|| format!("a file of `{first}` imports its own front door"));
    }
    if room(first).is_none() {
        let is_room = modules.iter().any(|module| module.first() == Some(&first.as_str()));
        return Some(match is_room {
            true => format!("`{first}` is no room of the house"),
            false => String::from("a name is imported through `lib.rs`"),
        });
    }
    match own {
        None => (first == "cli").then(|| String::from("nothing but `main.rs` imports `cli`")),
        Some(own) => match room(own) {
            None => Some(format!("`{own}` is no room of the house")),
            Some((_, may)) => (!may.contains(&first.as_str())).then(|| format!("`{own}` may not import `{first}`")),
        },
    }
}

/// `policy/checked.rs` is the module `policy::checked`, `policy/mod.rs` is `policy`, `lib.rs` the root.
fn module_of(path: &str) -> Vec<&str> {
    let mut module: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
    if matches!(module.as_slice(), [.., "mod"] | ["lib" | "main"]) {
        module.pop();
    }
    module
}

/// Every Rust file below a directory, sorted, by its path below `root`.
fn rust_files(root: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut directories = vec![root.to_path_buf()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(root).unwrap();
                let names: Vec<&str> = below.iter().map(|name| name.to_str().unwrap()).collect();
                files.push((names.join("/"), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// The faults of a house in which the file at `path` holds `text`, beside some others.
fn faults_of(path: &str, text: &str) -> Vec<String> {
    let others = ["lib.rs", "model/mod.rs", "model/fact.rs", "policy/mod.rs", "policy/checked.rs", "store/mod.rs"];
    let mut files: Vec<(String, String)> = others.iter().map(|other| (String::from(*other), String::new())).collect();
    files.retain(|(other, _)| other != path);
    files.push((String::from(path), String::from(text)));
    faults(&files)
}

#[test]
fn imports_go_in_the_directions_of_the_house_and_no_file_is_too_long() {
    let files = rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(files.iter().any(|(path, _)| path == "lib.rs"), "no sources were found");
    let faults = faults(&files);
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn an_import_down_the_house_is_fine_and_one_across_the_wings_is_a_fault() {
    assert_eq!(faults_of("policy/types.rs", "use crate::model::fact::Fact;"), [""; 0]);
    assert_eq!(
        faults_of("store/log.rs", "\nuse crate::policy::checked::Policy;"),
        ["src/store/log.rs:2: `store` may not import `policy` (`policy::checked::Policy`)"]
    );
    assert_eq!(
        faults_of("engine/ask.rs", "use crate::api::routes;"),
        ["src/engine/ask.rs:1: `engine` may not import `api` (`api::routes`)"]
    );
}

#[test]
fn an_import_in_braces_or_in_the_middle_of_code_is_seen() {
    assert_eq!(
        faults_of("store/log.rs", "use crate::{\n    model::fact::Fact,\n    policy::{checked::Policy, schema},\n};"),
        [
            "src/store/log.rs:3: `store` may not import `policy` (`policy::checked::Policy`)",
            "src/store/log.rs:3: `store` may not import `policy` (`policy::schema`)",
        ]
    );
    assert_eq!(
        faults_of("model/fact.rs", "fn f() -> u8 {\n    crate::store::log::f::<u8>()\n}"),
        ["src/model/fact.rs:2: `model` may not import `store` (`store::log::f`)"]
    );
    assert_eq!(
        faults_of("model/fact.rs", "use super::super::store::log::Log;"),
        ["src/model/fact.rs:1: `model` may not import `store` (`store::log::Log`)"]
    );
}

#[test]
fn comments_texts_and_characters_are_no_imports() {
    let text = r##"
        /// See [`crate::store::log::Log`].
        /* crate::store /* crate::store */ crate::store */
        const A: (&str, &str, char) = ("\" crate::store", r#"" crate::store"#, '"');
        fn f<'a>(text: &'a str) -> &'a str { text }
        const B: &str = "crate::store::log";
    "##;
    assert_eq!(faults_of("model/fact.rs", text), [""; 0]);
}

#[test]
fn a_file_may_import_its_neighbours_but_not_its_own_front_door() {
    for text in ["use crate::policy::checked::Policy;", "use super::checked::Policy;", "use self::x::Y;"] {
        assert_eq!(faults_of("policy/types.rs", text), [""; 0], "{text}");
    }
    for text in ["use crate::policy::check;", "use super::check;", "use super::{check};"] {
        assert_eq!(
            faults_of("policy/types.rs", text),
            ["src/policy/types.rs:1: a file of `policy` imports its own front door (`policy::check`)"],
            "{text}"
        );
    }
    assert_eq!(faults_of("policy/types.rs", "use super::*;").len(), 1);
    // In an inline module `super` is the file itself.
    assert_eq!(faults_of("policy/types.rs", "mod tests {\n    use super::*;\n}"), [""; 0]);
    assert_eq!(faults_of("policy/types.rs", "mod tests {}\nuse super::*;").len(), 1);
    for text in ["pub(in crate::policy) struct Typed;", "fn f(pub(in crate::policy) x: u8) {}"] {
        assert_eq!(faults_of("policy/types.rs", text), [""; 0], "{text}");
    }
    // Nothing imports tests, so they may.
    assert_eq!(faults_of("policy/tests.rs", "use super::*;\nuse crate::policy::check;"), [""; 0]);
    assert_eq!(faults_of("policy/tests/all.rs", "use crate::policy::check;"), [""; 0]);
    assert_eq!(faults_of("policy/tests/all.rs", "use crate::store::log::Log;").len(), 1);
    // What a file's own modules take from it isn't the front door.
    assert_eq!(faults_of("policy/types/deep.rs", "use super::Typed;").len(), 1);
    let files = ["policy/mod.rs", "policy/types.rs", "policy/types/deep.rs"];
    let files = files.map(|path| (String::from(path), String::from("use super::Typed;")));
    let faults = faults(&files);
    assert!(faults.iter().all(|fault| !fault.starts_with("src/policy/types/deep.rs")), "{faults:?}");
}

#[test]
fn only_the_library_re_exports_and_only_main_imports_the_command_line() {
    for text in ["pub use crate::model::fact::Fact;", "pub(crate) use crate::model::fact::Fact;"] {
        assert_eq!(faults_of("policy/types.rs", text), ["src/policy/types.rs:1: only `lib.rs` re-exports names"]);
        assert_eq!(faults_of("lib.rs", text), [""; 0]);
    }
    assert_eq!(faults_of("main.rs", "use entail::cli;"), [""; 0]);
    assert_eq!(
        faults_of("main.rs", "use entail::engine::Engine;"),
        ["src/main.rs:1: `main.rs` imports `cli` alone (`engine::Engine`)"]
    );
    assert_eq!(
        faults_of("lib.rs", "pub use crate::cli::run;"),
        ["src/lib.rs:1: nothing but `main.rs` imports `cli` (`cli::run`)"]
    );
    assert_eq!(
        faults_of("model/fact.rs", "use crate::Engine;"),
        ["src/model/fact.rs:1: a name is imported through `lib.rs` (`Engine`)"]
    );
}

#[test]
fn a_room_that_is_not_in_the_table_and_a_file_that_is_too_long_are_faults() {
    assert_eq!(
        faults_of("util/text.rs", "use crate::model::fact::Fact;"),
        ["src/util/text.rs:1: `util` is no room of the house (`model::fact::Fact`)"]
    );
    assert_eq!(faults_of("model/fact.rs", &"\n".repeat(450)), [""; 0]);
    assert_eq!(
        faults_of("model/fact.rs", &"\n".repeat(451)),
        ["src/model/fact.rs:450: the file has 451 lines, at most 450"]
    );
}
