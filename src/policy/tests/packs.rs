//! Files: includes, the rule on files, modules, and what comes out of several errors at once.

use std::collections::BTreeMap;

use super::{codes, policy_of};
use crate::policy::check::check;
use crate::policy::pack::Pack;

fn codes_of(files: &[(&str, &str)]) -> Vec<&'static str> {
    let files: BTreeMap<String, String> =
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    codes(&check(&Pack::from_files("main.dl", &files)).1)
}

const TEAMS: &str = "open type user, team. relation member(team, user). near(U, V) :- member(T, U), member(T, V).";
const USE: &str = "open type doc. permission doc.view on doc \"View\". can(U, doc.view, D) :- near(U, _), doc(D).";

#[test]
fn a_file_adds_rules_to_what_it_includes() {
    let main = format!("include \"teams.dl\". {USE} near(U, U) :- user(U). relation member(doc, user).");
    assert_eq!(codes_of(&[("main.dl", &main), ("teams.dl", TEAMS)]), Vec::<&str>::new());
}

#[test]
fn two_files_add_rules_to_one_that_both_include() {
    let files = [
        ("main.dl", "include \"a.dl\". include \"b.dl\"."),
        (
            "a.dl",
            "include \"teams.dl\". open type doc. permission doc.view on doc \"View\". near(U, U) :- user(U). can(U, doc.view, D) :- near(U, _), doc(D).",
        ),
        ("b.dl", "include \"teams.dl\". relation boss(user, user). near(U, V) :- boss(U, V)."),
        ("teams.dl", TEAMS),
    ];
    assert_eq!(codes_of(&files), Vec::<&str>::new());
}

#[test]
fn two_files_that_do_not_include_one_another_do_not_share_a_predicate() {
    let files = [
        ("main.dl", "include \"a.dl\". include \"teams.dl\"."),
        ("a.dl", "open type place. relation close(place, place). near(U, V) :- close(U, V)."),
        ("teams.dl", TEAMS),
    ];
    assert_eq!(codes_of(&files), ["defined-twice"]);
}

#[test]
fn a_shipped_pack_is_found_by_its_name_and_a_file_of_that_name_comes_first() {
    let files = BTreeMap::from([("dir/main.dl".to_owned(), "include \"roles.dl\".".to_owned())]);
    let pack = Pack::from_files("dir/main.dl", &files);
    let names: Vec<&str> = pack.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["dir/main.dl", "roles.dl"]);
    let own = BTreeMap::from([
        ("main.dl".to_owned(), "include \"roles.dl\".".to_owned()),
        ("roles.dl".to_owned(), "type role.".to_owned()),
    ]);
    assert_eq!(Pack::from_files("main.dl", &own).sources[1].text, "type role.");
}

#[test]
fn each_file_is_read_once_in_the_order_of_first_mention() {
    let files =
        [("main.dl", "include \"b.dl\". include \"a.dl\"."), ("a.dl", "include \"b.dl\"."), ("b.dl", "type x.")];
    let files: BTreeMap<String, String> =
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let pack = Pack::from_files("main.dl", &files);
    let names: Vec<&str> = pack.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["main.dl", "b.dl", "a.dl"]);
    assert!(check(&pack).0.is_some());
}

#[test]
fn the_hash_names_the_texts_and_not_the_files() {
    let pack = |name: &str, text: &str| Pack::read(name, &|asked| (asked == name).then(|| text.to_owned()));
    assert_eq!(pack("a.dl", "type x.").hash(), pack("b.dl", "type x.").hash());
    assert_ne!(pack("a.dl", "type x.").hash(), pack("a.dl", "type y.").hash());
    assert_eq!(pack("a.dl", "").hash().len(), 64);
}

#[test]
fn a_missing_main_file_and_too_many_files_are_errors() {
    assert_eq!(codes(&check(&Pack::read("main.dl", &|_| None)).1), ["unknown-file"]);
    // Every file includes another one.
    let next = |name: &str| {
        let number: u32 = name.trim_start_matches('f').trim_end_matches(".dl").parse().ok()?;
        Some(format!("include \"f{}.dl\".", number + 1))
    };
    assert_eq!(codes(&check(&Pack::read("f0.dl", &next)).1), ["too-many-files"]);
}

#[test]
fn errors_of_syntax_and_of_meaning_come_together_and_nothing_that_follows_from_them() {
    let text = "open type user, doc.
        relation owner(doc) -> user
        relation owned(doc, user, user.
        can(U, doc.view, D) :- owner(D, U), not blocked(D, V).
        can(U, doc.view, D) :- doc(D).
        permission doc.view on doc \"View\".";
    let codes = codes_of(&[("main.dl", text)]);
    assert!(codes.contains(&"unbound-variable"), "{codes:?}");
    assert!(!codes.contains(&"unknown-predicate"), "{codes:?}");
    assert!(codes.len() < 6, "{codes:?}");
}

#[test]
fn a_refused_rule_does_not_make_its_readers_wrong() {
    let text = "open type user, doc. relation owner(doc, user).
        near(U, V) :- ownr(D, U), owner(D, V).
        far(U) :- near(U, _).
        can(U, doc.view, D) :- far(U), doc(D).
        can(U, doc.view, D) :- owner(D, U), not far(U).
        permission doc.view on doc \"View\".";
    assert_eq!(codes_of(&[("main.dl", text)]), ["unknown-predicate"]);
}

#[test]
fn a_module_is_checked_and_has_no_can() {
    assert!(policy_of("roles.dl", &|_| None).is_module());
    assert!(!policy_of("sales.dl", &|_| None).is_module());
    let files = [("main.dl", "type place, user. relation at(user, place). near(U) :- at(U, P), user(P).")];
    assert_eq!(codes_of(&files), Vec::<&str>::new(), "a pack may still say that a user is a place");
}

#[test]
fn relations_without_a_guard_are_the_operators() {
    let policy = policy_of("sales.dl", &|_| None);
    let unguarded = policy.unguarded();
    for name in ["account", "lead", "mailbox", "follows", "system", "toggle", "owners"] {
        assert!(unguarded.iter().any(|unguarded| &**unguarded == name), "{name} in {unguarded:?}");
    }
    for name in ["owner", "role", "user", "sequence", "shared", "place", "extent", "label", "on sequence"] {
        assert!(!unguarded.iter().any(|unguarded| &**unguarded == name), "{name} in {unguarded:?}");
    }
}
