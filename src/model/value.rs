//! Values: what stands in a column of a fact, as text outside the engine.

use std::fmt;
use std::sync::Arc;

/// The name of a type, relation, predicate, permission or constant (`sequence.view`), cheap to clone.
pub type Name = Arc<str>;

/// The longest object id, in bytes.
pub const MAX_ID_BYTES: usize = 512;

/// A type and an id: `sequence:42`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Object {
    /// The object's concrete type.
    pub kind: Name,
    /// The id, compared byte by byte.
    pub id: Name,
}

/// What a column of a fact holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// `user:ana`.
    Object(Object),
    /// A constant of a closed type: the extent `own`; a permission `sequence.view` (of type `permission`).
    Constant(Object),
    /// A subject set: `team:eng#member`.
    Set(Object, Name),
    /// Everyone of a type: `user:*`.
    Everyone(Name),
    /// Text.
    Text(Name),
    /// A whole number.
    Integer(i64),
    /// An instant; written as RFC 3339 text.
    Time(jiff::Timestamp),
}

/// What a column may hold, concretely: no unions and no types that others are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ColumnType {
    /// Objects of a concrete type; also the constants of a closed type, and permissions.
    Object(Name),
    /// Subject sets: type and relation.
    Set(Name, Name),
    /// Everyone of a type.
    Everyone(Name),
    /// Text.
    Text,
    /// Whole numbers.
    Integer,
    /// Instants.
    Time,
}

impl Object {
    /// An object from its two parts, unchecked.
    pub fn new(kind: impl Into<Name>, id: impl Into<Name>) -> Self {
        Self { kind: kind.into(), id: id.into() }
    }
}

impl Value {
    /// The column type that holds this value.
    pub fn column_type(&self) -> ColumnType {
        match self {
            Self::Object(object) | Self::Constant(object) => ColumnType::Object(object.kind.clone()),
            Self::Set(object, relation) => ColumnType::Set(object.kind.clone(), relation.clone()),
            Self::Everyone(kind) => ColumnType::Everyone(kind.clone()),
            Self::Text(_) => ColumnType::Text,
            Self::Integer(_) => ColumnType::Integer,
            Self::Time(_) => ColumnType::Time,
        }
    }

    /// The object that this value mentions: a deleted object takes with it every fact that does.
    pub fn object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) | Self::Constant(object) | Self::Set(object, _) => Some(object),
            Self::Everyone(_) | Self::Text(_) | Self::Integer(_) | Self::Time(_) => None,
        }
    }
}

impl fmt::Display for Object {
    /// The whole form, raw: `sequence:42`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(kind) => write!(f, "{kind}"),
            Self::Set(kind, relation) => write!(f, "{kind}#{relation}"),
            Self::Everyone(kind) => write!(f, "{kind}:*"),
            Self::Text => write!(f, "text"),
            Self::Integer => write!(f, "integer"),
            Self::Time => write!(f, "time"),
        }
    }
}

/// A value as it comes through a door, not yet read in the light of a schema: a *whole* string is raw, without quotes
/// (`user:Ana | x`, `team:eng#member`, `user:*`, `own`, `2026-07-01T00:00:00Z`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Raw {
    /// A string.
    Text(String),
    /// A whole number.
    Integer(i64),
}

impl Value {
    /// The whole raw form, as it goes through a door: `user:Ana | x`, `team:eng#member`, `user:*`, the name alone for a
    /// constant; an instant as RFC 3339 text in UTC.
    pub fn raw(&self) -> Raw {
        match self {
            Self::Object(object) => Raw::Text(object.to_string()),
            Self::Constant(object) => Raw::Text(object.id.to_string()),
            Self::Set(object, relation) => Raw::Text(format!("{object}#{relation}")),
            Self::Everyone(kind) => Raw::Text(format!("{kind}:*")),
            Self::Text(text) => Raw::Text(text.to_string()),
            Self::Integer(integer) => Raw::Integer(*integer),
            Self::Time(time) => Raw::Text(time.to_string()),
        }
    }

    /// The language's notation: `user:"Ana | x"`, `own`, `"EU"`, `139`. Objects are quoted only where they must be,
    /// texts and instants always.
    pub fn notation(&self) -> String {
        match self {
            Self::Object(object) => object_notation(&object.kind, &object.id),
            Self::Constant(object) => object.id.to_string(),
            Self::Set(object, relation) => {
                format!("{}#{relation}", object_notation(&object.kind, &object.id))
            }
            Self::Everyone(kind) => format!("{kind}:*"),
            Self::Text(text) => text_notation(text),
            Self::Integer(integer) => integer.to_string(),
            Self::Time(time) => text_notation(&time.to_string()),
        }
    }
}

impl fmt::Display for Value {
    /// The language's notation; see [`Value::notation`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.notation())
    }
}

/// A type and an id in the language's notation: `user:ana`, `user:"Ana | x"`.
#[must_use]
pub fn object_notation(kind: &str, id: &str) -> String {
    if is_plain_id(id) { format!("{kind}:{id}") } else { format!("{kind}:{}", text_notation(id)) }
}

/// A text in the language's notation: in quotes, with escapes for quotes, backslashes, line ends and control characters.
#[must_use]
pub fn text_notation(text: &str) -> String {
    let mut notation = String::with_capacity(text.len() + 2);
    notation.push('"');
    for c in text.chars() {
        match c {
            '"' => notation.push_str("\\\""),
            '\\' => notation.push_str("\\\\"),
            '\n' => notation.push_str("\\n"),
            c if c.is_control() => notation.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => notation.push(c),
        }
    }
    notation.push('"');
    notation
}

/// Whether a character may stand inside an id that needs no quotes.
pub(crate) fn is_id_character(c: char) -> bool {
    c.is_alphanumeric() || "_-.@/+=~%".contains(c)
}

/// Whether an id needs no quotes in the language's notation: letters, digits or `_` first, then also `- . @ / + = ~ %`,
/// no dot last and none before `//`.
#[must_use]
pub fn is_plain_id(id: &str) -> bool {
    id.starts_with(|c: char| c.is_alphanumeric() || c == '_')
        && id.chars().all(is_id_character)
        && !id.ends_with('.')
        && !id.contains(".//")
}

/// Why a text can't be the id of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdProblem {
    /// It has no characters.
    #[error("an id can't be empty")]
    Empty,
    /// It is longer than [`MAX_ID_BYTES`].
    #[error("an id of {0} bytes is too long")]
    TooLong(usize),
    /// It holds the `#` that separates a set's relation.
    #[error("an id can't hold `#`")]
    Hash,
    /// It holds a line end, a tab, a NUL or the like.
    #[error("an id can't hold the control character U+{0:04X}")]
    Control(u32),
    /// It is `*`, which means everyone.
    #[error("`*` is not an id: it means everyone of a type")]
    Star,
}

/// Checks the limits of an id, which are the same at every door: 1 to 512 bytes, no `#`, no control character, not `*`.
///
/// # Errors
/// The first limit that it breaks.
pub fn check_id(id: &str) -> Result<(), IdProblem> {
    if id.is_empty() {
        return Err(IdProblem::Empty);
    }
    if id.len() > MAX_ID_BYTES {
        return Err(IdProblem::TooLong(id.len()));
    }
    if id == "*" {
        return Err(IdProblem::Star);
    }
    for c in id.chars() {
        if c == '#' {
            return Err(IdProblem::Hash);
        }
        if c.is_control() {
            return Err(IdProblem::Control(u32::from(c)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_quoted_just_where_the_notation_needs_it() {
        for id in ["ana", "1", "_", "é", "a-b.c@d/e+f=g~h%", "a//b", "2026-07-01"] {
            assert!(is_plain_id(id), "{id}");
        }
        for id in ["", "-a", ".a", "a.", "a b", "a|b", "a:b", "a#b", "a\"b", "a.//b", "*"] {
            assert!(!is_plain_id(id), "{id}");
        }
    }

    #[test]
    fn an_id_has_1_to_512_bytes_no_hash_no_control_character_and_is_not_a_star() {
        assert_eq!(check_id("Ana | x: *"), Ok(()));
        assert_eq!(check_id(&"a".repeat(512)), Ok(()));
        assert_eq!(check_id(""), Err(IdProblem::Empty));
        assert_eq!(check_id(&"a".repeat(513)), Err(IdProblem::TooLong(513)));
        assert_eq!(check_id("a#b"), Err(IdProblem::Hash));
        assert_eq!(check_id("a\0"), Err(IdProblem::Control(0)));
        assert_eq!(check_id("*"), Err(IdProblem::Star));
    }

    #[test]
    fn a_value_has_a_raw_form_and_a_notation() {
        let ana = Object::new("user", "Ana \"x\"");
        let time = "2026-07-01T02:00:00+02:00".parse().unwrap();
        let text = |text: &str| Raw::Text(text.to_owned());
        for (value, raw, notation) in [
            (Value::Object(ana.clone()), text("user:Ana \"x\""), r#"user:"Ana \"x\"""#),
            (Value::Set(ana, "in".into()), text("user:Ana \"x\"#in"), r##"user:"Ana \"x\""#in"##),
            (Value::Constant(Object::new("extent", "own")), text("own"), "own"),
            (Value::Everyone("user".into()), text("user:*"), "user:*"),
            (Value::Text("a\n\t\\".into()), text("a\n\t\\"), r#""a\n\u{9}\\""#),
            (Value::Integer(-1), Raw::Integer(-1), "-1"),
            (Value::Time(time), text("2026-07-01T00:00:00Z"), "\"2026-07-01T00:00:00Z\""),
        ] {
            assert_eq!(value.raw(), raw);
            assert_eq!(value.to_string(), notation);
        }
    }
}
