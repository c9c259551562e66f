//! Keys decode to what they were made of, are no other's beginning, and sort as what they stand for.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;
use crate::model::value::Object;

/// The fact of a key.
fn read(reader: &mut FactReader, key: &[u8]) -> Option<Fact> {
    let mut values = vec![];
    let (signature, _) = reader.read_key(key, &mut values)?;
    let values = signature.columns.iter().zip(&values).map(|(column, own)| column.value(own)).collect::<Option<_>>()?;
    Some(Fact { relation: signature.relation.clone(), values })
}

use crate::store::tests::arbitrary::{fact, integer, text, time};

fn bytes_of(fact: &Fact) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_fact(&mut bytes, fact);
    bytes
}

fn key_of(value: Value) -> Vec<u8> {
    fact_key(TenantId(1), &Fact { relation: "r".into(), values: vec![value] })
}

/// The order that the table promises: tenant, signature, values.
fn order(a: &(u32, Fact), b: &(u32, Fact)) -> Ordering {
    let sortable = |(tenant, fact): &(u32, Fact)| {
        let columns = fact.values.iter().map(|value| match value {
            Value::Object(object) => (1, vec![object.kind.clone()]),
            Value::Constant(object) => (2, vec![object.kind.clone()]),
            Value::Set(object, relation) => (3, vec![object.kind.clone(), relation.clone()]),
            Value::Everyone(kind) => (4, vec![kind.clone()]),
            Value::Text(_) => (5, vec![]),
            Value::Integer(_) => (6, vec![]),
            Value::Time(_) => (7, vec![]),
        });
        let columns: Vec<_> = columns.collect();
        // With the types the same, the derived order of values is that of their contents.
        (*tenant, fact.relation.clone(), columns, fact.values.clone())
    };
    sortable(a).cmp(&sortable(b))
}

proptest! {
    #[test]
    fn a_fact_comes_back_from_its_key(facts in prop::collection::vec(fact(), 1..6)) {
        // One reader for all: what it remembers of one fact must not show in the next.
        let mut reader = FactReader::default();
        for fact in facts.iter().chain(&facts) {
            let key = fact_key(TenantId(7), fact);
            prop_assert_eq!(read(&mut reader, &key), Some(fact.clone()));
        }
    }

    #[test]
    fn a_key_that_decodes_is_the_key_of_what_it_decodes_to(
        bytes in prop::collection::vec(prop_oneof![Just(0), Just(0xFF), 0..8_u8, any::<u8>()], 0..40)
    ) {
        let key = [&[0, 0, 0, 7], bytes.as_slice()].concat();
        if let Some(fact) = read(&mut FactReader::default(), &key) {
            prop_assert_eq!(fact_key(TenantId(7), &fact), key);
        }
    }

    #[test]
    fn facts_of_other_bytes_are_other_facts_and_none_begins_another(a in fact(), b in fact()) {
        let (key_a, key_b) = (bytes_of(&a), bytes_of(&b));
        prop_assert_eq!(a == b, key_a == key_b);
        prop_assert_eq!(a == b, key_b.starts_with(&key_a));
    }

    #[test]
    fn facts_sort_by_tenant_then_signature_then_values(
        a in (0..3_u32, fact()), b in (0..3_u32, fact())
    ) {
        let (key_a, key_b) = (fact_key(TenantId(a.0), &a.1), fact_key(TenantId(b.0), &b.1));
        prop_assert_eq!(key_a.cmp(&key_b), order(&a, &b));
    }

    #[test]
    fn values_sort_as_they_do_in_memory(
        texts in (text(), text()), integers in (integer(), integer()), times in (time(), time())
    ) {
        let texts = (texts.0.clone(), texts.1.clone(), key_of(Value::Text(texts.0)), key_of(Value::Text(texts.1)));
        prop_assert_eq!(texts.0.cmp(&texts.1), texts.2.cmp(&texts.3));
        let (a, b) = (key_of(Value::Integer(integers.0)), key_of(Value::Integer(integers.1)));
        prop_assert_eq!(integers.0.cmp(&integers.1), a.cmp(&b));
        let (a, b) = (key_of(Value::Time(times.0)), key_of(Value::Time(times.1)));
        prop_assert_eq!(times.0.cmp(&times.1), a.cmp(&b));
    }

    #[test]
    fn objects_sort_by_type_then_ordinal(
        a in (0..3_u32, text(), any::<u32>()), b in (0..3_u32, text(), any::<u32>())
    ) {
        let key = |(tenant, kind, ordinal): &(u32, Name, u32)| object_key(TenantId(*tenant), kind, *ordinal);
        prop_assert_eq!(key(&a).cmp(&key(&b)), a.cmp(&b));
        let key = key(&a);
        prop_assert_eq!(decode_object_key(&key), Some((a.1.to_string().into(), a.2)));
    }

    #[test]
    fn log_entries_sort_by_tenant_revision_and_part(a in any::<(u32, u64, u32)>(), b in any::<(u32, u64, u32)>()) {
        let key = |(tenant, revision, part)| log_key(TenantId(tenant), Revision(revision), part);
        prop_assert_eq!(key(a).cmp(&key(b)), a.cmp(&b));
        prop_assert_eq!(decode_log_key(&key(a)), Some((Revision(a.1), a.2)));
    }
}

#[test]
fn an_object_and_a_constant_of_one_name_are_two_facts() {
    let object = || Object::new("extent", "own");
    assert_ne!(key_of(Value::Object(object())), key_of(Value::Constant(object())));
}

#[test]
fn a_text_that_isnt_utf8_is_refused() {
    let mut key = key_of(Value::Text("x".into()));
    let n = key.len();
    key[n - 3] = 0xC0;
    assert_eq!(read(&mut FactReader::default(), &key), None);
}
