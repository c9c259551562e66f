//! What parsing yields and what it refuses.

use super::*;
use crate::language::codes::CODES;
use crate::language::render::render;
use crate::language::span::Source;

const SOURCE: SourceId = SourceId(0);

fn codes(text: &str) -> Vec<&'static str> {
    parse(SOURCE, text).1.into_iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn every_draft_pack_is_read_without_an_error() {
    let Some(shared) = std::env::var_os("ENTAIL_SHARED") else {
        return;
    };
    let packs = std::path::Path::new(&shared).join("reference/packs");
    let mut n_files = 0;
    for entry in std::fs::read_dir(packs).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (file, diagnostics) = parse(SOURCE, &text);
        assert_eq!(diagnostics, [], "{}", path.display());
        assert!(!file.statements.is_empty());
        n_files += 1;
    }
    assert!(n_files >= 16, "only {n_files} packs");
}

#[test]
fn a_megabyte_of_nonsense_yields_at_most_a_hundred_errors() {
    for piece in [
        ";",
        "a",
        "a(",
        "{",
        "}",
        ". ",
        "\"",
        "a. ",
        "A ",
        "category \"x\" {\n",
        "a:",
        "\n",
        "+a(b)\n",
        "\\",
        "\u{0}",
        "(",
        "x(Y) :- ",
        ":",
        "a : ",
        "{ +a(b)",
        "'",
        "/*",
    ] {
        let text = piece.repeat(MAX_TEXT_BYTES / piece.len());
        let (_, diagnostics) = parse(SOURCE, &text);
        assert!(diagnostics.len() <= 101, "{piece:?}: {}", diagnostics.len());
    }
    assert_eq!(codes(&" ".repeat(MAX_TEXT_BYTES + 1)), ["text-too-large"]);
}

/// Every case of `tests/corpus/syntax`: a text, and beside it what its author is told. `UPDATE_CORPUS=1` rewrites those.
#[test]
fn the_errors_of_every_text_in_the_corpus_read_as_recorded() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/syntax");
    let update = std::env::var_os("UPDATE_CORPUS").is_some();
    let mut reached = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "dl") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let (_, diagnostics) = parse(SOURCE, &text);
        reached.extend(diagnostics.iter().map(|diagnostic| diagnostic.code));
        let sources = [Source { name: name.clone(), text }];
        let mut rendered = String::new();
        for diagnostic in &diagnostics {
            rendered.push_str(&render(diagnostic, &sources));
            rendered.push_str("\n\n");
        }
        let recorded = path.with_extension("txt");
        if update {
            std::fs::write(&recorded, &rendered).unwrap();
        }
        let expected = std::fs::read_to_string(&recorded).unwrap_or_default();
        assert!(rendered == expected, "{name} now reads:\n{rendered}");
    }
    // A text of more than a mebibyte has no place in the corpus, and facts with variables read well.
    let elsewhere = ["fact-with-variable", "text-too-large"];
    let known: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
    let missed: Vec<&&str> =
        known.iter().filter(|code| !reached.contains(**code) && !elsewhere.contains(code)).collect();
    assert!(missed.is_empty(), "no text in the corpus shows {missed:?}");
    let undocumented: Vec<&&str> = reached.iter().filter(|code| !known.contains(code)).collect();
    assert!(undocumented.is_empty(), "the table of codes lacks {undocumented:?}");
    assert!(known.is_sorted());
}
