//! Generated syntax trees: every construct, keywords as names, nasty texts and ids.

use proptest::prelude::*;

use crate::language::span::Span;
use crate::language::syntax::{
    Atom, Comment, Expected, GuardedChange, Ident, Kind, Literal, LiteralKind, Sign, Signature, Spanned, Statement,
    StatementKind, Step, StepKind, Term, TermKind, Write, WriteChange,
};
use crate::model::comparison::Comparison;
use crate::model::value::check_id;

fn spanned<T>(node: T) -> Spanned<T> {
    Spanned { node, span: Span::default() }
}

/// Names, keywords among them; `not` alone is none.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z][a-z0-9_]{0,3}(\\.[a-z][a-z0-9_]{0,2}){0,2}",
        1 => prop::sample::select(vec!["open", "type", "is", "on", "by", "test", "deny", "given", "refused", "text", "not.x"])
            .prop_map(str::to_owned),
    ]
    .prop_filter("`not` names nothing", |name| name != "not")
}

fn ident() -> impl Strategy<Value = Ident> {
    name().prop_map(spanned)
}

fn variable() -> impl Strategy<Value = String> {
    "[A-Z][A-Za-z0-9_]{0,3}"
}

fn idents(range: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<Ident>> {
    prop::collection::vec(ident(), range)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,8}", any::<String>(), "[\"\\\\\\n\\t\\r\u{0}\u{85}\u{2028}\u{feff}.// {}:|]{0,8}"]
}

fn id() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9_][a-z0-9_.@/+=~%-]{0,6}", "[ -~]{1,6}", "\\PC{1,6}", "[é1²Ω./]{1,5}"]
        .prop_filter("an id that the limits allow", |id| check_id(id).is_ok())
}

fn term() -> impl Strategy<Value = Term> {
    prop_oneof![
        variable().prop_map(TermKind::Variable),
        Just(TermKind::Any),
        name().prop_map(TermKind::Name),
        (name(), id()).prop_map(|(kind, id)| TermKind::Object(kind, id)),
        (variable(), name()).prop_map(|(name, relation)| TermKind::VariableSet(name, relation)),
        (name(), id(), name()).prop_map(|(kind, id, relation)| TermKind::ObjectSet(kind, id, relation)),
        name().prop_map(TermKind::Everyone),
        text().prop_map(TermKind::Text),
        any::<i64>().prop_map(TermKind::Integer),
    ]
    .prop_map(|kind| Term { kind, span: Span::default() })
}

fn atom() -> impl Strategy<Value = Atom> {
    (ident(), prop::collection::vec(term(), 1..5)).prop_map(|(name, terms)| Atom { name, terms, span: Span::default() })
}

fn sign() -> impl Strategy<Value = Sign> {
    prop_oneof![Just(Sign::Plus), Just(Sign::Minus)]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop::sample::select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ])
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        3 => (any::<bool>(), prop::option::of(sign()), atom())
            .prop_map(|(negated, sign, atom)| LiteralKind::Atom { negated, sign, atom }),
        1 => (comparison(), term(), term())
            .prop_map(|(operator, left, right)| LiteralKind::Comparison { operator, left, right }),
    ]
    .prop_map(|kind| Literal { kind, span: Span::default() })
}

fn body(least: usize) -> impl Strategy<Value = Vec<Literal>> {
    prop::collection::vec(literal(), least..5)
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        ident().prop_map(Kind::Name),
        (ident(), ident()).prop_map(|(group, relation)| Kind::Set(group, relation)),
        ident().prop_map(Kind::Everyone),
    ]
}

fn kinds() -> impl Strategy<Value = Vec<Kind>> {
    prop::collection::vec(kind(), 1..4)
}

fn signatures() -> impl Strategy<Value = Vec<Signature>> {
    let signature = (ident(), prop::collection::vec(kinds(), 1..4), prop::option::of(kinds()))
        .prop_map(|(name, columns, value)| Signature { name, columns, value, span: Span::default() });
    prop::collection::vec(signature, 1..3)
}

fn write_tree() -> impl Strategy<Value = Write> {
    let change = |bodies: bool| {
        (sign(), atom(), body(0)).prop_map(move |(sign, atom, body)| WriteChange {
            sign,
            atom,
            body: if bodies { body } else { Vec::new() },
        })
    };
    prop_oneof![
        prop::collection::vec(change(false), 1..4).prop_map(|changes| Write { changes, braces: false }),
        prop::collection::vec(change(true), 0..4).prop_map(|changes| Write { changes, braces: true }),
    ]
}

fn comment_words() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,12}", "\\PC{0,8}"].prop_map(|text| text.trim_end().to_owned())
}

fn comments() -> impl Strategy<Value = Vec<Comment>> {
    let comment = (comment_words(), any::<bool>()).prop_map(|(text, blank_before)| Comment { text, blank_before });
    prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(comment, 1..3)]
}

/// What stands around a statement or step; `Comment::blank_before` of the first comment says nothing there.
fn around() -> impl Strategy<Value = (bool, Vec<Comment>, bool, Option<String>)> {
    (any::<bool>(), comments(), any::<bool>(), prop::option::of(comment_words())).prop_map(
        |(blank_before, mut comments, blank_after, end)| {
            if let Some(first) = comments.first_mut() {
                first.blank_before = false;
            }
            let blank_after = blank_after && !comments.is_empty();
            (blank_before, comments, blank_after, end)
        },
    )
}

pub(super) fn statement_of(kind: impl Strategy<Value = StatementKind>) -> impl Strategy<Value = Statement> {
    (around(), kind).prop_map(|((blank_before, comments, blank_after_comments, end_comment), kind)| Statement {
        blank_before,
        comments,
        blank_after_comments,
        end_comment,
        kind,
        span: Span::default(),
    })
}

fn permission() -> impl Strategy<Value = StatementKind> {
    (ident(), kinds(), idents(0..=3), text(), prop::option::of(text())).prop_map(
        |(name, kinds, words, label, description)| StatementKind::Permission {
            name,
            kinds,
            words,
            label: spanned(label),
            description: description.map(spanned),
        },
    )
}

fn category() -> impl Strategy<Value = StatementKind> {
    permission().prop_recursive(3, 12, 3, |inner| {
        (text(), block(statement_of(inner))).prop_map(|(title, (statements, trailing_comments))| {
            StatementKind::Category { title: spanned(title), statements, trailing_comments }
        })
    })
}

/// A block: what opens it has no blank line before it.
pub(super) fn block(inner: impl Strategy<Value = Statement>) -> impl Strategy<Value = (Vec<Statement>, Vec<Comment>)> {
    (prop::collection::vec(inner, 0..4), comments()).prop_map(|(mut statements, mut trailing)| {
        if let Some(first) = statements.first_mut() {
            first.blank_before = false;
        } else if let Some(first) = trailing.first_mut() {
            first.blank_before = false;
        }
        (statements, trailing)
    })
}

fn step() -> impl Strategy<Value = Step> {
    let object = (name(), id()).prop_map(|(kind, id)| Term { kind: TermKind::Object(kind, id), span: Span::default() });
    let refused = prop::option::of(prop::option::of(text().prop_map(spanned)));
    let expected = prop_oneof![
        Just(Expected::Holds),
        prop::collection::vec(term(), 0..3).prop_map(Expected::Answers),
        (0..i64::MAX as u64).prop_map(Expected::Count),
    ];
    // A step that begins with a sign writes.
    let question = body(1).prop_filter("begins with a sign", |body| {
        body.first()
            .is_some_and(|literal| !matches!(literal.kind, LiteralKind::Atom { negated: false, sign: Some(_), .. }))
    });
    let kind = prop_oneof![
        (write_tree(), prop::option::of(object), refused)
            .prop_map(|(write, actor, refused)| { StepKind::Write { write, actor, refused } }),
        (question, expected).prop_map(|(body, expected)| StepKind::Expect { body, expected }),
    ];
    (around(), kind, prop::collection::vec(atom(), 0..3)).prop_map(
        |((blank_before, comments, blank_after_comments, end_comment), kind, given)| Step {
            blank_before,
            comments,
            blank_after_comments,
            end_comment,
            kind,
            given,
            span: Span::default(),
        },
    )
}

fn test_statement() -> impl Strategy<Value = StatementKind> {
    (text(), prop::collection::vec(step(), 0..4), comments()).prop_map(|(title, mut steps, mut trailing_comments)| {
        if let Some(first) = steps.first_mut() {
            first.blank_before = false;
        } else if let Some(first) = trailing_comments.first_mut() {
            first.blank_before = false;
        }
        StatementKind::Test { title: spanned(title), steps, trailing_comments }
    })
}

pub(super) fn statement_kind() -> impl Strategy<Value = StatementKind> {
    let change = (prop::option::of(sign()), atom()).prop_map(|(sign, atom)| GuardedChange { sign, atom });
    prop_oneof![
        text().prop_map(|path| StatementKind::Include(spanned(path))),
        (any::<bool>(), idents(1..=3), idents(0..=2))
            .prop_map(|(open, names, supertypes)| { StatementKind::Types { open, names, supertypes } }),
        (ident(), idents(1..=3)).prop_map(|(name, constants)| StatementKind::Enumeration { name, constants }),
        signatures().prop_map(StatementKind::Relations),
        signatures().prop_map(StatementKind::Contexts),
        category(),
        permission(),
        (atom(), body(0)).prop_map(|(head, body)| StatementKind::Rule { head, body }),
        (atom(), body(1)).prop_map(|(head, body)| StatementKind::Effect { head, body }),
        (text(), body(1)).prop_map(|(message, body)| StatementKind::Deny { message: spanned(message), body }),
        (prop::collection::vec(change, 1..4), variable().prop_map(spanned), body(0))
            .prop_map(|(changes, actor, body)| StatementKind::Guard { changes, actor, body }),
        test_statement(),
        write_tree().prop_map(StatementKind::Write),
    ]
}
