//! Values, facts and contexts as JSON: `["owner", "sequence:42", "user:ana"]`, `{"ip": [["10.0.0.1"]]}`.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::engine::request::Context;
use crate::model::fact::{Fact, RawFact};
use crate::model::value::{Raw, Value};

/// A value: a JSON string is raw text, a whole JSON number an integer, anything else is refused.
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = serde_json::Value)]
pub(crate) struct WireValue(pub(crate) Raw);

/// A fact: an array of the relation and its values.
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = Vec<serde_json::Value>, example = json!(["owner", "sequence:42", "user:ana"]))]
pub(crate) struct WireFact(pub(crate) RawFact);

/// Contextual facts by relation: an object of arrays of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(value_type = BTreeMap<String, Vec<Vec<serde_json::Value>>>, example = json!({"ip": [["10.0.0.1"]]}))]
pub(crate) struct WireContext(pub(crate) Context);

impl WireContext {
    /// Whether no relation came.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The rows of an answer, as JSON.
pub(crate) fn to_wire(row: Vec<Raw>) -> Vec<WireValue> {
    row.into_iter().map(WireValue).collect()
}

impl From<&Fact> for WireFact {
    fn from(fact: &Fact) -> Self {
        let values = fact.values.iter().map(Value::raw).collect();
        Self(RawFact { relation: fact.relation.to_string(), values })
    }
}

/// The facts of a request.
pub(crate) fn from_wire(facts: Vec<WireFact>) -> Vec<RawFact> {
    facts.into_iter().map(|fact| fact.0).collect()
}

impl Serialize for WireValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_raw(&self.0, serializer)
    }
}

fn serialize_raw<S: Serializer>(raw: &Raw, serializer: S) -> Result<S::Ok, S::Error> {
    match raw {
        Raw::Text(text) => serializer.serialize_str(text),
        Raw::Integer(number) => serializer.serialize_i64(*number),
    }
}

impl<'de> Deserialize<'de> for WireValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor).map(Self)
    }
}

struct ValueVisitor;

impl Visitor<'_> for ValueVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a whole number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Text(text))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Raw, E> {
        Ok(Raw::Integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Raw, E> {
        let unexpected = Unexpected::Unsigned(number);
        i64::try_from(number).map(Raw::Integer).map_err(|_| E::invalid_value(unexpected, &"a number below 2^63"))
    }
}

impl Serialize for WireFact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut array = serializer.serialize_seq(Some(1 + self.0.values.len()))?;
        array.serialize_element(&self.0.relation)?;
        for value in &self.0.values {
            array.serialize_element(&WireValueRef(value))?;
        }
        array.end()
    }
}

struct WireValueRef<'a>(&'a Raw);

impl Serialize for WireValueRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_raw(self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for WireFact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FactVisitor).map(Self)
    }
}

struct FactVisitor;

impl<'de> Visitor<'de> for FactVisitor {
    type Value = RawFact;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fact, an array of a relation and its values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<RawFact, A::Error> {
        let relation = array.next_element::<String>()?;
        let relation = relation.ok_or_else(|| A::Error::invalid_value(Unexpected::Other("an empty array"), &self))?;
        let mut values = Vec::new();
        while let Some(WireValue(value)) = array.next_element()? {
            values.push(value);
        }
        Ok(RawFact { relation, values })
    }
}

impl Serialize for WireContext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = |rows: &Vec<Vec<Raw>>| -> Vec<Vec<WireValue>> { rows.iter().cloned().map(to_wire).collect() };
        serializer.collect_map(self.0.iter().map(|(relation, facts)| (relation, rows(facts))))
    }
}

impl<'de> Deserialize<'de> for WireContext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ContextVisitor).map(Self)
    }
}

struct ContextVisitor;

impl<'de> Visitor<'de> for ContextVisitor {
    type Value = Context;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of relations, each with an array of rows")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Context, A::Error> {
        let mut context = BTreeMap::new();
        while let Some((relation, rows)) = map.next_entry::<String, Vec<Vec<WireValue>>>()? {
            let rows = rows.into_iter().map(|row| row.into_iter().map(|value| value.0).collect()).collect();
            if context.contains_key(&relation) {
                return Err(A::Error::custom(format_args!("the relation `{relation}` is given twice")));
            }
            context.insert(relation, rows);
        }
        Ok(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_round_trips_through_json() {
        let text = r#"["boundary","user:ana",139,"Ana | \"x\""]"#;
        let fact: WireFact = serde_json::from_str(text).unwrap();
        assert_eq!(fact.0.relation, "boundary");
        assert_eq!(fact.0.values.get(1), Some(&Raw::Integer(139)));
        assert_eq!(serde_json::to_string(&fact).unwrap(), text);
    }

    #[test]
    fn an_integer_is_whole_and_fits() {
        for text in ["1.0", "1e3", "9223372036854775808", "true", "null", "[]", "{}"] {
            assert!(serde_json::from_str::<WireValue>(text).is_err(), "{text}");
        }
        for text in ["0", "-9223372036854775808", "9223372036854775807", "\"\""] {
            assert!(serde_json::from_str::<WireValue>(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_fact_names_its_relation() {
        assert!(serde_json::from_str::<WireFact>("[]").is_err());
        assert!(serde_json::from_str::<WireFact>("[1]").is_err());
        assert!(serde_json::from_str::<WireFact>("[\"owner\"]").is_ok());
    }

    #[test]
    fn a_context_tells_none_from_missing_and_refuses_a_relation_given_twice() {
        let context: WireContext = serde_json::from_str(r#"{"ip":[]}"#).unwrap();
        assert_eq!(context.0.get("ip").map(Vec::len), Some(0));
        assert!(serde_json::from_str::<WireContext>(r#"{"ip":[],"ip":[["10.0.0.1"]]}"#).is_err());
    }
}
