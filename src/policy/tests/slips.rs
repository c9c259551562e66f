//! What is seldom meant, and what can never hold: that it is told, and of the right place.

use super::codes;
use crate::language::diagnostic::Diagnostic;
use crate::language::span::Span;
use crate::policy::check::check;
use crate::policy::pack::Pack;

/// What is told of a text.
fn told(text: &str) -> Vec<Diagnostic> {
    check(&Pack::read("main.dl", &|name| (name == "main.dl").then(|| text.to_owned()))).1
}

/// The words of a text that a span is about.
fn at(text: &str, span: Span) -> &str {
    &text[span.start as usize..span.end as usize]
}

const SHARES: &str = "open type user, team, doc.
    relation owner(doc) -> user, shared(doc, user | team, permission), member(team, user).
    permission doc.view on doc \"View\". permission doc.edit on doc \"Edit\".
    can(U, doc.edit, X) :- owner(X, U).
    can(U, P, X) :- shared(X, U, P).";

/// The heads of the rules that have a wider subject than others.
fn wider(more: &str) -> Vec<String> {
    let text = format!("{SHARES}\n{more}");
    let wider = told(&text).into_iter().filter(|diagnostic| diagnostic.code == "wider-can");
    wider.map(|diagnostic| at(&text, diagnostic.span).to_owned()).collect()
}

#[test]
fn a_rule_that_takes_its_subjects_from_can_is_no_other_rule_with_such_subjects() {
    assert_eq!(wider(""), ["can(U, P, X)"]);
    assert_eq!(wider("can(U, doc.view, X) :- can(U, doc.edit, X)."), ["can(U, P, X)"]);
    let through = "can(U, doc.view, X) :- edits(U, X, _). edits(U, X, Y) :- can(U, doc.edit, X), doc(Y).";
    assert_eq!(wider(through), ["can(U, P, X)"]);
    let around = "edits(U, X) :- can(U, doc.edit, X). edits(U, X) :- edits(U, X), doc(X).";
    assert_eq!(wider(&format!("can(U, doc.view, X) :- edits(U, X). {around}")), ["can(U, P, X)"]);
}

#[test]
fn a_rule_that_says_itself_which_subjects_it_has_is_another_rule_with_such_subjects() {
    assert!(wider("can(T, doc.view, X) :- can(T, doc.edit, X), team(T).").is_empty());
    assert!(wider("can(T, doc.view, X) :- can(T, doc.edit, X), member(T, _).").is_empty());
    assert!(wider("can(T, doc.view, X) :- edits(T, X). edits(T, X) :- can(T, doc.edit, X), member(T, _).").is_empty());
    assert!(wider("can(T, doc.view, X) :- team(T), doc(X).").is_empty());
    assert!(wider("relation held(doc, team#member).\ncan(T, doc.view, X) :- held(X, T#member).").is_empty());
}

const ROLES: &str = "type user, role. open type doc.
    relation role_of(user) -> role, enabled(role | role#holder, permission), holder(role, user).
    permission doc.view on doc \"View\".
    can(U, P, D) :- role_of(U, R), grants(R, P), doc(D).
    can(U, P, D) :- holder(R, U), grants(R#holder, P), doc(D).";

#[test]
fn an_object_in_a_head_that_reads_like_a_variable_of_its_rule_is_told_as_one() {
    for (rule, object) in [
        ("grants(role:R, P) :- enabled(R, P), role(R).", "role:R"),
        ("grants(role:R#holder, P) :- enabled(R#holder, P), role(R).", "role:R"),
    ] {
        let text = format!("{ROLES}\ngrants(R, P) :- enabled(R, P).\n{rule}");
        let told = told(&text);
        assert_eq!(codes(&told), ["object-like-variable"], "{told:#?}");
        assert_eq!(told[0].message, format!("`{object}` is the object with the id `R`, not the variable `R`"));
        let help = "Write `R` alone, and `role(R)` if its type must be said.";
        assert_eq!(told[0].help.as_deref(), Some(help));
        assert!(at(&text, told[0].span).starts_with("grants(role:R"));
    }
}

#[test]
fn an_object_in_a_head_that_is_no_variable_of_its_rule_is_to_be_stated() {
    let told = told(&format!("{ROLES}\ngrants(R, P) :- enabled(R, P).\ngrants(role:S, P) :- enabled(R, P), role(R)."));
    assert_eq!(codes(&told), ["unknown-head-object"], "{told:#?}");
    assert_eq!(told[0].help.as_deref(), Some("State it: `role(role:S).`"));
}

/// What is told of a rule about when documents are due.
fn told_of(body: &str) -> Vec<(&'static str, String, String)> {
    let text = format!(
        "open type user, doc. type level {{ low, high }}.
         relation owner(doc) -> user, due(doc) -> integer, since(doc) -> time, rank(doc, integer | level).
         permission doc.view on doc \"View\".
         can(U, doc.view, D) :- owner(D, U).
         can(U, doc.view, D) :- owner(D, U), {body}."
    );
    let told = told(&text);
    told.into_iter()
        .map(|diagnostic| (diagnostic.code, at(&text, diagnostic.span).to_owned(), diagnostic.message))
        .collect()
}

#[test]
fn a_comparison_of_two_types_is_told_with_both_sides_and_their_types() {
    for (body, comparison, message) in [
        ("due(D, N), now(T), N < T", "N < T", "`N` is `integer` and `T` is `time`: they can't be compared"),
        ("due(D, N), now(T), T = N", "T = N", "`T` is `time` and `N` is `integer`: they can't be compared"),
        ("since(D, S), S > 5", "S > 5", "`S` is `time` and `5` is `integer`: they can't be compared"),
        (
            "rank(D, N), now(T), N >= T",
            "N >= T",
            "`N` is `level` or `integer` and `T` is `time`: they can't be compared",
        ),
        ("due(D, N), N > 5, since(D, S), S = N", "S = N", "`S` is `time` and `N` is `integer`: they can't be compared"),
    ] {
        assert_eq!(told_of(body), [("not-comparable", comparison.to_owned(), message.to_owned())], "{body}");
    }
}

#[test]
fn a_comparison_that_never_holds_is_told_alone_and_others_together() {
    let never = "this comparison can never hold".to_owned();
    assert_eq!(told_of("1 = 2"), [("no-instance", "1 = 2".to_owned(), never)]);
    let told = told_of("rank(D, N), N > 5, N = high");
    assert_eq!((told.len(), told[0].0), (1, "no-instance"), "{told:#?}");
    assert_eq!(told[0].2, "the comparisons of this statement can never hold together");
    assert!(told_of("rank(D, N), N != 5, now(T), T != N").iter().all(|(code, ..)| *code == "unused-relation"));
}
