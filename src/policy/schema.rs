//! The schema: types, predicates and permissions, and how values are read in its light.

use std::collections::BTreeMap;

use crate::language::span::Span;
use crate::model::value::{ColumnType, Name, Object};
use crate::policy::checked::{Origin, PredicateId};

/// The type whose constants are the permissions.
pub const PERMISSION: &str = "permission";

/// Everything that a policy declares.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// In the order of their names.
    pub types: Vec<Type>,
    /// By [`crate::policy::checked::PredicateId`]; sorted by name.
    pub predicates: Vec<Predicate>,
    /// In the order of the text.
    pub permissions: Vec<Permission>,
    /// The constants of enumerations and the permissions, by name: one namespace.
    pub constants: BTreeMap<Name, Object>,
}

impl Schema {
    /// The type of this name; `permission` is one.
    pub fn type_named(&self, name: &str) -> Option<&Type> {
        self.types.binary_search_by(|entry| (*entry.name).cmp(name)).ok().and_then(|idx| self.types.get(idx))
    }

    /// The predicate of this name.
    pub fn predicate_named(&self, name: &str) -> Option<PredicateId> {
        self.predicates.binary_search_by(|entry| (*entry.name).cmp(name)).ok().map(|idx| PredicateId(idx as u32))
    }

    /// A predicate. `None` only for an id of another schema.
    pub fn predicate(&self, id: PredicateId) -> Option<&Predicate> {
        self.predicates.get(id.0 as usize)
    }

    /// The permission of this name.
    pub fn permission_named(&self, name: &str) -> Option<&Permission> {
        self.permissions.iter().find(|permission| &*permission.name == name)
    }
}

impl Type {
    /// Whether other types are it, so that it has no objects of its own.
    pub fn is_abstract(&self) -> bool {
        self.concrete.as_slice() != std::slice::from_ref(&self.name)
    }
}

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// Its name.
    pub name: Name,
    /// Who makes its objects.
    pub kind: TypeKind,
    /// The types that it `is`, directly.
    pub supertypes: Vec<Name>,
    /// The concrete types whose objects it has: itself, or, if others are it, theirs. Sorted.
    pub concrete: Vec<Name>,
    /// Where it was declared.
    pub span: Span,
}

/// Who makes the objects of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// They are created before they are mentioned.
    Closed,
    /// Their first mention creates them.
    Open,
    /// The text names them all.
    Enumeration(Vec<Name>),
}

/// A predicate.
#[derive(Clone, Debug)]
pub struct Predicate {
    /// Its name.
    pub name: Name,
    /// Columns, a `->` column included.
    pub arity: usize,
    /// Where its facts come from. A type is a stored predicate of one column; a type that others are is a name for
    /// their variants.
    pub origin: Origin,
    /// The columns that a `->` makes a key; none otherwise.
    pub key: Option<u8>,
    /// For stored and context predicates: the column types of each declaration, one list of alternatives a column.
    pub declared: Vec<Vec<Vec<ColumnType>>>,
    /// Where it was declared, or first given a rule.
    pub span: Span,
}

/// An entry of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// `sequence.view`.
    pub name: Name,
    /// The concrete types that it is on, sorted.
    pub on: Vec<Name>,
    /// Its words, as written.
    pub words: Vec<Name>,
    /// Its label.
    pub label: Name,
    /// Its description.
    pub description: Option<Name>,
    /// The categories that hold it, outermost first.
    pub categories: Vec<Name>,
    /// Where it was declared.
    pub span: Span,
}
