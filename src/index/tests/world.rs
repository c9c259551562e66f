//! A small layout, and facts written short.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::index::apply::{Applied, Changes, Numbered};
use crate::index::snapshot::Snapshot;
use crate::model::fact::Fact;
use crate::model::layout::{Layout, StoredVariant};
use crate::model::revision::Revision;
use crate::model::value::{ColumnType, Name, Object, Value};

pub(super) fn of(kind: &str) -> ColumnType {
    ColumnType::Object(kind.into())
}

pub(super) fn stored(relation: &str, columns: &[ColumnType], key: Option<u8>, orders: &[&[u8]]) -> StoredVariant {
    StoredVariant {
        relation: relation.into(),
        columns: columns.into(),
        key,
        orders: orders.iter().map(|order| (*order).into()).collect(),
    }
}

pub(super) fn variants() -> Vec<StoredVariant> {
    let member = ColumnType::Set("team".into(), "member".into());
    let everyone = ColumnType::Everyone("user".into());
    vec![
        stored("extent", &[of("extent")], None, &[&[0]]),
        stored("named", &[of("team"), ColumnType::Text], Some(1), &[&[0, 1]]),
        stored("owner", &[of("sequence"), of("team")], Some(1), &[&[0, 1]]),
        stored("owner", &[of("sequence"), of("user")], Some(1), &[&[0, 1], &[1, 0]]),
        stored("role", &[of("user"), of("team"), of("extent")], Some(2), &[&[0, 1, 2], &[1, 0, 2]]),
        stored("sequence", &[of("sequence")], None, &[&[0]]),
        stored("shared", &[of("sequence"), member], None, &[&[0, 1]]),
        stored("shared", &[of("sequence"), everyone], None, &[&[0, 1]]),
        stored("since", &[of("user"), ColumnType::Time, ColumnType::Integer], None, &[&[0, 1, 2]]),
        stored("team", &[of("team")], None, &[&[0]]),
        stored("user", &[of("user")], None, &[&[0]]),
    ]
}

pub(super) fn enumerations() -> BTreeSet<Name> {
    BTreeSet::from(["extent".into()])
}

pub(super) fn layout() -> Arc<Layout> {
    Arc::new(Layout { variants: variants() })
}

pub(super) fn empty() -> Snapshot {
    Snapshot::empty(layout(), &enumerations())
}

pub(super) fn object(whole: &str) -> Object {
    let (kind, id) = whole.split_once(':').unwrap();
    Object::new(kind, id)
}

pub(super) fn value(text: &str) -> Value {
    match text.split_once(':') {
        Some(("text", text)) => Value::Text(text.into()),
        Some(("integer", text)) => Value::Integer(text.parse().unwrap()),
        Some(("second", text)) => Value::Time(jiff::Timestamp::from_second(text.parse().unwrap()).unwrap()),
        Some(("extent", _)) => Value::Constant(object(text)),
        Some((kind, "*")) => Value::Everyone(kind.into()),
        _ => match text.split_once('#') {
            Some((text, relation)) => Value::Set(object(text), relation.into()),
            None => Value::Object(object(text)),
        },
    }
}

pub(super) fn fact(relation: &str, values: &[&str]) -> Fact {
    Fact { relation: relation.into(), values: values.iter().map(|text| value(text)).collect() }
}

pub(super) fn alive(whole: &str) -> Fact {
    let kind = whole.split_once(':').unwrap().0;
    fact(kind, &[whole])
}

pub(super) fn apply(snapshot: &Snapshot, delete: Vec<Fact>, insert: Vec<Fact>) -> Applied {
    let revision = Revision(snapshot.revision().0 + 1);
    snapshot.apply(&Changes { revision, delete, insert }).unwrap()
}

pub(super) fn numbered(whole: &str, ordinal: u32) -> Numbered {
    let Object { kind, id } = object(whole);
    Numbered { kind, ordinal, id }
}
