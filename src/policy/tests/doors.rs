//! Values as they come through the doors.

use super::policy;
use crate::language::parser::parse_atom;
use crate::model::fact::RawFact;
use crate::model::value::{ColumnType, Raw, Value};
use crate::policy::checked::{Policy, Term};
use crate::policy::goal::GOAL;

fn world() -> Policy {
    policy(
        "type place, user, role. type account is place. open type doc. type level { low, high }.
         relation owner(doc) -> user | user:* | place, name(doc) -> text, name(user) -> integer, rank(doc, integer | level).
         relation until(doc) -> time, member(role, user | role#member), enabled(role, permission), many(doc, integer).
         context ip(text), device(user) -> text.
         near(U, V) :- owner(D, U), owner(D, V), many(D, _), enabled(_, P), member(_, U), until(D, _), rank(D, _), P = doc.view.
         due(D, T) :- until(D, T).
         can(U, P, D) :- near(U, _), doc(D), enabled(_, P), ip(_), device(U, _), due(D, _), name(D, _), account(_).
         permission doc.view on doc \"View\". permission place.see on place \"See\".",
    )
}

fn raw(relation: &str, values: &[&str]) -> RawFact {
    let value = |text: &&str| text.parse().map(Raw::Integer).unwrap_or_else(|_| Raw::Text((*text).to_owned()));
    RawFact { relation: relation.to_owned(), values: values.iter().map(value).collect() }
}

#[test]
fn facts_that_fit_are_read_and_written_back_the_same() {
    let policy = world();
    let facts = [
        raw("doc", &["doc:1"]),
        raw("owner", &["doc:Ana | x", "user:ana"]),
        raw("owner", &["doc:a:b", "user:*"]),
        raw("owner", &["doc:1", "account:acme"]),
        raw("name", &["doc:1", "user:1"]),
        raw("name", &["user:a", "7"]),
        raw("rank", &["doc:1", "-7"]),
        raw("rank", &["doc:1", "high"]),
        raw("until", &["doc:1", "2026-07-01T00:00:00Z"]),
        raw("member", &["role:a", "role:b#member"]),
        raw("enabled", &["role:a", "doc.view"]),
    ];
    for fact in facts {
        let read = policy.schema.fact(&fact).unwrap_or_else(|misfit| panic!("{fact:?}: {misfit:?}"));
        let back: Vec<Raw> = read.values.iter().map(Value::raw).collect();
        assert_eq!((&*read.relation, back), (fact.relation.as_str(), fact.values));
    }
}

#[test]
fn facts_that_do_not_fit_say_why() {
    let policy = world();
    let long = format!("doc:{}", "x".repeat(1_000_000));
    let cases: &[(&str, &[&str], &str, &str)] = &[
        ("ownr", &["doc:1", "user:a"], "unknown-predicate", "there is no relation `ownr`"),
        ("on doc", &["doc.view"], "unknown-predicate", "there is no relation `on doc`"),
        ("near", &["user:a", "user:b"], "not-stored", "`near` is derived: its facts follow from others"),
        ("ip", &["10.0.0.1"], "not-stored", "`ip` comes with the question: it isn't stored"),
        ("owner", &["doc:1"], "wrong-arity", "`owner` has 2 columns, and 1 came"),
        ("doc", &["doc:1", "5"], "wrong-arity", "`doc` has 1 column, and 2 came"),
        ("place", &["account:1"], "abstract-type", "`place` has no objects of its own: other types are it"),
        (
            "owner",
            &["doc:1", "place:1"],
            "abstract-type",
            "column 2 of `owner`: `place` has no objects of its own: other types are it",
        ),
        (
            "owner",
            &["doc:1", "role:a"],
            "wrong-type",
            "column 2 of `owner`: it holds `account`, `user` or `user:*`, not `role:a`, which is a `role`",
        ),
        (
            "owner",
            &["doc:1", "5"],
            "wrong-type",
            "column 2 of `owner`: it holds `account`, `user` or `user:*`, not the number 5",
        ),
        ("many", &["doc:1", "five"], "wrong-type", "column 2 of `many`: it holds `integer`, not `five`"),
        ("owner", &["dok:1", "user:a"], "unknown-type", "column 1 of `owner`: there is no type `dok`"),
        (
            "owner",
            &["doc1", "user:a"],
            "unknown-constant",
            "column 1 of `owner`: `doc1` is neither an object, which is written `type:id`, nor a constant",
        ),
        ("owner", &["doc:", "user:a"], "malformed-id", "column 1 of `owner`: `doc:`: an id can't be empty"),
        (
            "owner",
            &["doc:a\0b", "user:a"],
            "malformed-id",
            "column 1 of `owner`: `doc:a\u{fffd}b`: an id can't hold the control character U+0000",
        ),
        ("name", &["doc:1", "a\0b"], "malformed-text", "column 2 of `name`: a text can't hold NUL bytes"),
        ("name", &["user:1", "Ana"], "wrong-type", "no declaration of `name` takes these types together: user, text"),
        (
            "rank",
            &["doc:1", "level:low"],
            "constant-as-object",
            "column 2 of `rank`: the constants of `level` are written without their type",
        ),
        (
            "rank",
            &["doc:1", "lo"],
            "unknown-constant",
            "column 2 of `rank`: `lo` is neither an object, which is written `type:id`, nor a constant",
        ),
        ("until", &["doc:1", "tomorrow"], "malformed-time", "column 2 of `until`: `tomorrow` is no time"),
        (
            "member",
            &["role:a", "role:b#membr"],
            "unknown-predicate",
            "column 2 of `member`: there is no relation `membr`",
        ),
        (
            "member",
            &["role:a", "role:b#owner"],
            "wrong-type",
            "column 2 of `member`: it holds `user` or `role#member`, not `role:b#owner`, which is a `role#owner`",
        ),
        (
            "enabled",
            &["role:a", "doc.veiw"],
            "unknown-permission",
            "column 2 of `enabled`: there is no permission `doc.veiw`",
        ),
        (
            "enabled",
            &["role:a", "low"],
            "wrong-type",
            "column 2 of `enabled`: it holds `permission`, not `low`, which is a `level`",
        ),
    ];
    for (relation, values, code, message) in cases {
        let misfit = policy.schema.fact(&raw(relation, values)).unwrap_err();
        assert_eq!((misfit.code, misfit.message.as_str()), (*code, *message));
        assert!(misfit.help.is_some_and(|help| help.ends_with(['.', '?'])));
    }
    let misfit = policy.schema.fact(&raw("doc", &[&long])).unwrap_err();
    assert_eq!(misfit.code, "malformed-id");
}

#[test]
fn no_message_repeats_a_megabyte() {
    let policy = world();
    let schema = &policy.schema;
    let long = "x".repeat(1_000_000);
    let (object, set, relation) = (format!("doc:{long}"), format!("role:{long}#member"), format!("role:a#{long}"));
    // The parser lets no name of more than 512 bytes through.
    let goal = format!("{}(X)", "x".repeat(512));
    let mut misfits = Vec::new();
    for text in [&long, &object, &set, &relation] {
        misfits.extend(schema.fact(&raw(text, &["doc:1"])).err());
        misfits.extend(schema.fact(&raw("doc", &[text])).err());
        misfits.extend(schema.context(text, &[]).err());
        misfits.extend(schema.subject(text).err());
        misfits.extend(schema.object(text).err());
        misfits.extend(schema.permission(text).err());
        misfits.extend(schema.permission_on(text, "doc").err());
        misfits.extend(schema.kind(text).err());
        misfits.extend(policy.goal(&parse_atom(GOAL, &goal).0.unwrap()).err());
    }
    assert_eq!(misfits.len(), 4 * 9);
    for misfit in misfits {
        let length = misfit.message.len() + misfit.help.unwrap_or_default().len();
        assert!(length < 600, "{}: {length} bytes", misfit.code);
    }
}

#[test]
fn context_rows_are_read_and_have_one_value_a_key() {
    let schema = world().schema;
    let text = |text: &str| Raw::Text(text.to_owned());
    assert_eq!(schema.context("ip", &[]).unwrap(), []);
    assert_eq!(schema.context("ip", &[vec![text("10.0.0.1")], vec![text("::1")]]).unwrap().len(), 2);
    assert_eq!(schema.context("now", &[vec![text("2026-07-01T00:00:00Z")]]).unwrap().len(), 1);
    let rows = [vec![text("user:a"), text("x")], vec![text("user:a"), text("y")]];
    assert_eq!(schema.context("device", &rows).unwrap_err().code, "two-values");
    assert_eq!(schema.context("device", &rows[..1]).unwrap().len(), 1);
    let misfit = schema.context("owner", &[]).unwrap_err();
    assert_eq!(
        (misfit.code, misfit.help.as_deref()),
        ("not-context", Some("The context relations are `device`, `ip`, `now`."))
    );
}

#[test]
fn subjects_objects_permissions_and_kinds() {
    let schema = world().schema;
    assert_eq!(schema.subject("user:ana").unwrap().to_string(), "user:ana");
    assert_eq!(schema.subject("role:a#member").unwrap().column_type(), ColumnType::Set("role".into(), "member".into()));
    assert_eq!(schema.subject("user:*").unwrap(), Value::Everyone("user".into()));
    assert_eq!(schema.subject("low").unwrap_err().code, "wrong-type");
    assert_eq!(schema.subject("usr:ana").unwrap_err().help.as_deref(), Some("Did you mean `user`?"));
    assert_eq!(schema.object("doc:1").unwrap().to_string(), "doc:1");
    assert_eq!(schema.object("user:*").unwrap_err().code, "wrong-type");
    assert_eq!(&*schema.permission("doc.view").unwrap(), "doc.view");
    assert_eq!(schema.permission("low").unwrap_err().code, "unknown-permission");
    assert_eq!(schema.permission_on("doc.view", "doc"), Ok(()));
    assert_eq!(schema.permission_on("place.see", "account"), Ok(()));
    let misfit = schema.permission_on("doc.view", "user").unwrap_err();
    assert_eq!((misfit.code, misfit.help.as_deref()), ("permission-not-on", Some("It is on `doc`.")));
    assert_eq!(schema.kind("user").unwrap(), ColumnType::Object("user".into()));
    assert_eq!(schema.kind("role#member").unwrap(), ColumnType::Set("role".into(), "member".into()));
    assert_eq!(schema.kind("user:*").unwrap(), ColumnType::Everyone("user".into()));
    for (text, code) in
        [("place", "abstract-type"), ("doc:1", "wrong-type"), ("level", "constant-as-object"), ("", "unknown-type")]
    {
        assert_eq!(schema.kind(text).unwrap_err().code, code, "{text}");
    }
}

#[test]
fn goals_hold_values_variables_and_anything() {
    let policy = world();
    let goal = |text: &str| policy.goal(&parse_atom(GOAL, text).0.unwrap());
    let read = goal("can(user:ana, P, X)").unwrap();
    assert_eq!(read.variables, ["P".into(), "X".into()]);
    assert_eq!(policy.schema.predicates[read.predicate.0 as usize].name, "can".into());
    assert_eq!(goal("near(X, X)").unwrap().variables.len(), 1);
    assert_eq!(goal("length(\"EU\", N)").unwrap().variables.len(), 1);
    assert_eq!(goal("owner(_, _)").unwrap().terms, [Term::Any, Term::Any]);
    assert!(matches!(goal("due(_, \"2026-07-01T00:00:00Z\")").unwrap().terms[1], Term::Value(Value::Time(_))));
    for (text, code) in [
        ("cn(U, P, X)", "unknown-predicate"),
        ("can(U, P)", "wrong-arity"),
        ("near(doc:1, X)", "wrong-type"),
        ("near(usr:1, X)", "unknown-type"),
        ("due(_, \"soon\")", "malformed-time"),
        ("can(user:ana, doc.veiw, X)", "unknown-constant"),
        ("length(T, N)", "unbound-variable"),
        ("length(_, 3)", "unbound-variable"),
    ] {
        let misfit = goal(text).unwrap_err();
        assert_eq!(misfit.code, code, "{text}");
        assert!(misfit.help.is_some());
    }
}
