//! Every error and lint as its reader sees it: `tests/corpus/policy/<code>.dl`, and beside it what its author is told.

use std::collections::BTreeSet;
use std::path::Path;

use crate::language::codes::CODES as LANGUAGE_CODES;
use crate::language::diagnostic::{Diagnostic, Severity};
use crate::language::render::render;
use crate::policy::check::check;
use crate::policy::codes::CODES;
use crate::policy::pack::Pack;

/// Codes of values at the doors, and of packs too large for a corpus; each has its test elsewhere.
const ELSEWHERE: &[&str] = &[
    "malformed-goal",
    "malformed-text",
    "not-context",
    "permission-not-on",
    "too-many-files",
    "unknown-file",
    "unknown-permission",
];

fn checked(main: &Path) -> (Pack, Vec<Diagnostic>) {
    let dir = main.parent().unwrap();
    let name = main.file_name().unwrap().to_str().unwrap();
    let pack = Pack::read(name, &|name| std::fs::read_to_string(dir.join(name)).ok());
    let (policy, diagnostics) = check(&pack);
    let has_errors = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    assert_eq!(policy.is_none(), has_errors, "{name}: a policy is there just when there is no error");
    (pack, diagnostics)
}

#[test]
fn the_diagnostics_of_every_pack_in_the_corpus_read_as_recorded() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/policy");
    let update = std::env::var_os("UPDATE_CORPUS").is_some();
    let mut shown = BTreeSet::new();
    let mut differing = Vec::new();
    for entry in std::fs::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "dl") {
            continue;
        }
        let (pack, diagnostics) = checked(&path);
        let code = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if diagnostics.iter().any(|diagnostic| diagnostic.code == code) {
            shown.insert(code.clone());
        }
        let rendered: Vec<String> =
            diagnostics.iter().map(|diagnostic| render(diagnostic, &pack.sources) + "\n").collect();
        let rendered = rendered.join("\n");
        let recorded = path.with_extension("txt");
        if update {
            std::fs::write(&recorded, &rendered).unwrap();
        }
        if rendered != std::fs::read_to_string(&recorded).unwrap_or_default() {
            differing.push(format!("{code} now reads:\n{rendered}"));
        }
        for diagnostic in &diagnostics {
            let is_known = CODES.iter().chain(LANGUAGE_CODES).any(|(known, _)| *known == diagnostic.code);
            assert!(is_known, "the table of codes lacks {}", diagnostic.code);
            let help = diagnostic.help.as_deref().unwrap_or_else(|| panic!("{} has no help", diagnostic.code));
            assert!(help.starts_with(char::is_uppercase) || help.starts_with('`'), "{help}");
            assert!(help.ends_with(['.', '?', '`']), "{help}");
            assert!(!diagnostic.message.ends_with('.'), "{}", diagnostic.message);
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    let missed: Vec<&str> = CODES
        .iter()
        .map(|(code, _)| *code)
        .filter(|code| !shown.contains(*code) && !ELSEWHERE.contains(code))
        .collect();
    assert!(missed.is_empty(), "no pack in the corpus shows {missed:?}");
    assert!(CODES.is_sorted());
}
