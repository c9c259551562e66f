//! The table of all codes: one page of the documentation, equal to what the parts declare, and nothing made up.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use entail::{administration, api, engine, language, policy, store};

/// Codes, each with what it means.
type Table = &'static [(&'static str, &'static str)];

/// Each part, what its codes are about, and its table.
const PARTS: [(&str, &str, Table); 6] = [
    ("Reading rules", "what is wrong in a text before it means anything", language::codes::CODES),
    (
        "Checking rules",
        "what is wrong with what a policy says; also with values that come through a door",
        policy::codes::CODES,
    ),
    ("Questions, writes and activation", "what the engine refuses", engine::codes::CODES),
    ("Administration", "what the front desk refuses", administration::codes::CODES),
    ("The store", "what the disk refuses", store::error::CODES),
    ("The doors", "HTTP and the command line", api::codes::CODES),
];

fn page() -> String {
    let mut page = String::from(
        "# Error codes\n\nEvery error has a stable code, the same in rule files, on the command line and over HTTP. \
         The page is made from the tables\nin the source; `UPDATE_CORPUS=1 cargo test codes` writes it anew.\n",
    );
    for (title, about, codes) in PARTS {
        write!(
            page,
            "\n## {title}\n\n{}{}.\n\n| code | meaning |\n| --- | --- |\n",
            about[..1].to_uppercase(),
            &about[1..]
        )
        .unwrap();
        for (code, words) in codes {
            let words = words.replace('|', "\\|");
            writeln!(page, "| `{code}` | {}{} |", words[..1].to_uppercase(), words[1..].trim_end_matches('.')).unwrap();
        }
    }
    page
}

#[test]
fn the_page_of_codes_says_what_the_source_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md");
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page());
}

#[test]
fn the_engine_lists_just_the_codes_that_it_makes() {
    let listed: BTreeSet<String> = engine::codes::CODES.iter().map(|(code, _)| (*code).to_owned()).collect();
    let mut made = BTreeSet::new();
    let mut paths = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine")];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        if path.ends_with("codes.rs") || path.ends_with("tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        made.extend(code.split('"').skip(1).step_by(2).filter(|text| listed.contains(*text)).map(str::to_owned));
    }
    // The index says this one itself.
    made.insert("index-full".to_owned());
    assert_eq!(made, listed);
}
