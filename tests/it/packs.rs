//! The files in `rules/`: formatted, without a mistake or a doubt, short enough to read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use entail::language::parser::parse;
use entail::language::printer::print;
use entail::language::render::render;
use entail::language::span::{Source, SourceId};
use entail::language::syntax::{File, StatementKind};
use entail::policy::check::check;
use entail::policy::pack::Pack;

use crate::cli::program::entail;

/// What is written about the packs.
const GUIDE: &str = include_str!("../../docs/packs.md");

/// The packs and their tests, by path.
fn rule_files() -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).expect("the packs");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "dl"));
    files.sort();
    assert!(files.iter().any(|path| path.ends_with("sales.dl")) && files.iter().any(|path| path.ends_with("roles.dl")));
    files
}

/// The packs without their tests.
fn packs() -> Vec<PathBuf> {
    rule_files().into_iter().filter(|path| !path.to_string_lossy().ends_with(".test.dl")).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("the file")
}

/// The file's syntax; it has no diagnostics.
fn parsed(path: &Path) -> File {
    let text = read(path);
    let (file, diagnostics) = parse(SourceId(0), &text);
    let sources = [Source { name: path.display().to_string(), text }];
    let drawn: Vec<String> = diagnostics.iter().map(|diagnostic| render(diagnostic, &sources)).collect();
    assert!(drawn.is_empty(), "{}", drawn.join("\n"));
    file
}

#[test]
fn every_file_is_formatted_canonically() {
    for path in rule_files() {
        let formatted = print(&parsed(&path));
        assert!(formatted == read(&path), "`{}` isn't formatted: `entail rules format` does it", path.display());
    }
}

#[test]
fn every_pack_and_module_is_checked_without_an_error_or_a_lint() {
    for path in packs() {
        let lookup = |name: &str| fs::read_to_string(name).ok();
        let pack = Pack::read(&path.to_string_lossy(), &lookup);
        let (_, diagnostics) = check(&pack);
        let drawn: Vec<String> = diagnostics.iter().map(|diagnostic| render(diagnostic, &pack.sources)).collect();
        assert!(drawn.is_empty(), "{}", drawn.join("\n"));
    }
}

#[test]
fn the_shared_module_has_fewer_than_120_lines_and_each_pack_fewer_than_100_before_its_catalogue() {
    for path in packs() {
        let text = read(&path);
        let before_catalogue = text.lines().take_while(|line| !line.starts_with("category ")).count();
        let most = if path.ends_with("roles.dl") { 120 } else { 100 };
        assert!(before_catalogue < most, "`{}` has {before_catalogue} lines", path.display());
    }
}

#[test]
fn the_sample_account_states_facts_and_nothing_else() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/samples/acme.dl");
    let file = parsed(&sample);
    let is_fact = |kind: &StatementKind| matches!(kind, StatementKind::Rule { body, .. } if body.is_empty());
    assert!(file.statements.iter().all(|statement| is_fact(&statement.kind)));
    assert_eq!(file.statements.len(), 702);
}

#[test]
fn every_pack_does_what_its_tests_say() {
    for path in rule_files().into_iter().filter(|path| path.to_string_lossy().ends_with(".test.dl")) {
        let run = entail(&["rules", "test", &path.to_string_lossy()]);
        assert!(run.success().ends_with(" 0 failed\n"));
    }
}

/// The fenced blocks of the guide that bear a file's name, by that name.
fn guide_files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut open: Option<(String, String)> = None;
    for line in GUIDE.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(_), Some((name, text))) => {
                files.insert(name, text);
            }
            (Some(info), None) => open = Some((info.split(' ').next_back().unwrap_or(info).to_owned(), String::new())),
            (None, Some((name, text))) => open = Some((name, text + line + "\n")),
            (None, None) => {}
        }
    }
    files
}

#[test]
fn a_fifth_product_is_a_help_desk_in_under_60_lines_which_does_what_its_tests_say() {
    let files = guide_files();
    assert_eq!(files.keys().collect::<Vec<_>>(), ["help_desk.dl", "help_desk.test.dl"]);
    assert!(files["help_desk.dl"].lines().count() < 60);
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in &files {
        let path = directory.path().join(name);
        fs::write(&path, text).expect("a file is written");
        assert_eq!(print(&parsed(&path)), *text, "`{name}` in docs/packs.md isn't formatted");
    }
    let path = |name: &str| directory.path().join(name).display().to_string();
    let checked = entail(&["rules", "check", &path("help_desk.dl")]).success();
    assert!(checked.ends_with("0 errors, 0 warnings\n"), "{checked}");
    let tested = entail(&["rules", "test", &path("help_desk.test.dl")]).success();
    assert!(tested.ends_with(" 0 failed\n"), "{tested}");
}

#[test]
fn the_guide_names_all_that_the_shared_module_declares() {
    let module = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/roles.dl")).expect("the module");
    let (file, _) = parse(SourceId(0), &module);
    let heads = file.statements.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Rule { head, .. } => Some(head.name.node.clone()),
        _ => None,
    });
    let declared = module.lines().filter_map(|line| line.strip_prefix("relation "));
    let relations = declared
        .flat_map(|line| line.split("//").next().unwrap_or(line).split("), "))
        .filter_map(|signature| signature.split_once('(').map(|(name, _)| name.to_owned()));
    for name in heads.chain(relations).filter(|name| name != "has_admin") {
        assert!(GUIDE.contains(&format!("`{name}")), "docs/packs.md doesn't say what `{name}` is");
    }
}

#[test]
fn the_drafts_of_all_products_do_what_their_tests_say() {
    // They lie beside the project, if at all.
    let Some(shared) = std::env::var_os("ENTAIL_SHARED") else { return };
    let entries = fs::read_dir(Path::new(&shared).join("reference/packs")).expect("the drafts");
    let mut files: Vec<String> = entries.map(|entry| entry.expect("a file").path().display().to_string()).collect();
    files.retain(|path| path.ends_with(".test.dl"));
    let arguments: Vec<&str> = ["rules", "test"].into_iter().chain(files.iter().map(String::as_str)).collect();
    assert!(entail(&arguments).success().ends_with(" 0 failed\n"));
}
