//! The table of the doors' codes: sorted, whole, and nothing in it that can't happen.

use std::collections::BTreeSet;
use std::path::Path;

use entail::api::codes::CODES;

/// What stands before a code in the doors' source.
const MAKERS: [&str; 7] = [
    "::invalid(",
    "::new(StatusCode::",
    "Error::new(Kind::",
    "forbidden(",
    "unauthorized(",
    "bad_gateway(",
    "code: \"",
];

#[test]
fn the_table_is_sorted_and_each_code_has_its_sentence() {
    assert!(CODES.is_sorted_by(|(before, _), (after, _)| before < after));
    for (code, words) in CODES {
        assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{code}");
        assert!(words.ends_with('.'), "{code}");
    }
}

#[test]
fn the_table_holds_just_the_codes_that_the_doors_make() {
    let mut made = BTreeSet::new();
    for door in ["src/api", "src/cli"] {
        codes_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join(door), &mut made);
    }
    let listed: BTreeSet<String> = CODES.iter().map(|(code, _)| (*code).to_owned()).collect();
    assert_eq!(made, listed);
}

fn codes_of(directory: &Path, made: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes_of(&path, made);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for maker in MAKERS {
            for after in code.split(maker).skip(1) {
                // The first text of the call; one that isn't spelt like a code belongs to something else.
                let call =
                    if maker.ends_with('"') { after } else { after.split_once('"').map_or("", |(_, rest)| rest) };
                let literal = call.split('"').next().unwrap();
                let is_code = literal.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
                if is_code && !literal.is_empty() {
                    made.insert(literal.to_owned());
                }
            }
        }
    }
}
