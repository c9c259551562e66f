//! Printing and reading back: generated trees, the draft packs, and how comments and blank lines come out.

use proptest::prelude::*;

use super::*;
use crate::language::parser::parse;
use crate::language::printer::trees::{block, statement_kind, statement_of};
use crate::language::span::SourceId;

fn read(text: &str) -> File {
    let (file, diagnostics) = parse(SourceId(0), text);
    assert_eq!(diagnostics, [], "{text}");
    file
}

fn formatted(text: &str) -> String {
    print(&read(text))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_printed_file_reads_back_as_the_same_tree(
        (statements, trailing_comments) in block(statement_of(statement_kind()))
    ) {
        let file = File { statements, trailing_comments };
        let text = print(&file);
        let (again, diagnostics) = parse(SourceId(0), &text);
        prop_assert_eq!(&diagnostics, &[], "{}", &text);
        prop_assert!(again == file, "{}", &text);
        prop_assert_eq!(print(&again), text);
    }

    #[test]
    fn any_text_is_read_without_a_panic_and_its_tree_prints(text in "[a-zA-Z_(){}.,:|#+=<>!\"\\\\ \n0-9/é-]{0,80}") {
        let (file, diagnostics) = parse(SourceId(0), &text);
        for diagnostic in &diagnostics {
            prop_assert!(diagnostic.span.start <= diagnostic.span.end);
            let range = diagnostic.span.start as usize..diagnostic.span.end as usize;
            prop_assert!(text.get(range).is_some(), "{:?}", diagnostic);
        }
        if diagnostics.is_empty() {
            let printed = print(&file);
            let (again, diagnostics) = parse(SourceId(0), &printed);
            prop_assert_eq!(&diagnostics, &[], "{}", &printed);
            prop_assert_eq!(again, file);
        }
    }
}

#[test]
fn every_draft_pack_prints_to_a_text_that_reads_back() {
    let Some(shared) = std::env::var_os("ENTAIL_SHARED") else {
        return;
    };
    let packs = std::path::Path::new(&shared).join("reference/packs");
    let mut n_files = 0;
    for entry in std::fs::read_dir(packs).unwrap() {
        let path = entry.unwrap().path();
        let file = read(&std::fs::read_to_string(&path).unwrap());
        let printed = print(&file);
        assert!(read(&printed) == file, "{}", path.display());
        assert_eq!(formatted(&printed), printed, "{}", path.display());
        n_files += 1;
    }
    assert!(n_files >= 16, "only {n_files} packs");
}

#[test]
fn comments_and_single_blank_lines_stay_and_spacing_becomes_canonical() {
    let text = "\n\n//The header.\n//\n\ntype  a,b . open type c is a. // two here  \n\n\n\n// of a pair\n\
        teammate(U,V):-member(T ,U), // shared\n  member(T,V).   //  symmetric\n\
        category \"X\" { // first\n\n permission p.q on a|b w \"L\"\n \"D\". // p\n // rest\n }// end\n\n// last\n\n// really\n";
    let canonical = "// The header.\n//\n\ntype a, b.\nopen type c is a. // two here\n\n// of a pair\n// shared\n\
        teammate(U, V) :- member(T, U), member(T, V). //  symmetric\n\
        category \"X\" {\n  // first\n\n  permission p.q on a | b w \"L\" \"D\". // p\n  // rest\n} // end\n\n// last\n\n// really\n";
    assert_eq!(formatted(text), canonical);
    assert_eq!(formatted(canonical), canonical);
}

#[test]
fn a_wide_statement_has_one_condition_a_line() {
    let text = "guard +role(R) | +home(R, _) | name(R, _) by A :- +role(R), +home(R, X), manages_roles(P), can(A, P, X), account(X), role_of(A, X, _).\n";
    assert_eq!(
        formatted(text),
        "guard +role(R) | +home(R, _) | name(R, _) by A :-\n    +role(R),\n    +home(R, X),\n    manages_roles(P),\n    \
         can(A, P, X),\n    account(X),\n    role_of(A, X, _).\n"
    );
}

#[test]
fn a_test_prints_its_steps() {
    let text = "test \"moves\"{+role(role:jr),-role(role:sr) by user:ana refused.\n\n\n{-role(role:jr).+role_of(U,X,role:sr):-role_of(U,X,role:jr). }by user:ana .\n\
        can(U,p,_),not  q(U) ={user:ana,user:\"B x\"} given now(\"2026-07-01T00:00:00Z\").x(A)=2.x(A)={}. }";
    let text = text.replace(".+", ". +").replace(".x", ". x");
    assert_eq!(
        formatted(&text),
        "test \"moves\" {\n  +role(role:jr), -role(role:sr) by user:ana refused.\n\n  \
         { -role(role:jr). +role_of(U, X, role:sr) :- role_of(U, X, role:jr). } by user:ana.\n  \
         can(U, p, _), not q(U) = { user:ana, user:\"B x\" } given now(\"2026-07-01T00:00:00Z\").\n  x(A) = 2.\n  x(A) = {}.\n}\n"
    );
}
