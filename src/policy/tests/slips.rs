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
