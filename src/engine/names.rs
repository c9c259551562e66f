//! What questions name, found by its text alone: types, permissions, and the goals on `can` between them.
//!
//! Made once for a policy; a look-up makes no value and allocates nothing.

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashTable};

use crate::engine::active::CanGoals;
use crate::index::dictionary::{Dictionary, KindId};
use crate::model::short::{are_equal, hash};
use crate::model::value::{ColumnType, Name};
use crate::policy::checked::Column;
use crate::policy::schema::{Schema, TypeKind};

/// The number of a column type among those that subjects and objects of `can` have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ColumnId(u16);

/// Which variants of `can` a permission belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum PermissionClass {
    /// One that some rule names, by number.
    Named(u16),
    /// One of the others, which are a parameter.
    Other,
}

/// A concrete type whose objects are written `type:id`.
#[derive(Clone, Debug)]
pub(super) struct KnownType {
    /// Its name.
    pub(super) name: Name,
    /// Its objects in the dictionary.
    pub(super) kind: KindId,
    /// Its column.
    pub(super) column: ColumnId,
}

/// A permission of the catalogue.
#[derive(Clone, Debug)]
pub(super) struct KnownPermission {
    /// Its name.
    pub(super) name: Name,
    /// Its variants.
    pub(super) class: PermissionClass,
    /// Its position in the catalogue.
    pub(super) number: usize,
    /// The types that it is on.
    on: Vec<ColumnId>,
    /// The goals on `can` that ask for it, by the columns of subject and object: a few.
    ways: Vec<Way>,
}

/// The goals on `can` for one permission, between a subject's and an object's column.
#[derive(Clone, Debug)]
pub(super) struct Way {
    columns: [ColumnId; 2],
    /// The types whose objects stand in the columns; none where it isn't objects.
    types: Option<[KnownType; 2]>,
    /// The goals.
    pub(super) goals: CanGoals,
}

/// The names of a policy.
#[derive(Debug, Default)]
pub(super) struct Names {
    types: HashMap<Name, KnownType, RandomState>,
    permissions: HashTable<KnownPermission>,
    columns: HashMap<ColumnType, ColumnId, RandomState>,
    goals: HashMap<(ColumnId, PermissionClass, ColumnId), CanGoals, RandomState>,
    n_residuals: u32,
}

impl Names {
    /// The names of a schema, whose types have their objects in `dictionary`; `named` are the permissions that rules name,
    /// sorted, and `goals` those on `can` by the columns of its variants.
    pub(super) fn new(
        schema: &Schema,
        dictionary: &Dictionary,
        named: &[Name],
        goals: Vec<(Box<[Column]>, CanGoals)>,
    ) -> Self {
        let mut names = Self::default();
        for declared in &schema.types {
            let is_written = !declared.is_abstract() && !matches!(declared.kind, TypeKind::Enumeration(_));
            if let (true, Some(kind)) = (is_written, dictionary.kind(&declared.name)) {
                let column = names.column(&ColumnType::Object(declared.name.clone()));
                let known = KnownType { name: declared.name.clone(), kind, column };
                names.types.insert(declared.name.clone(), known);
            }
        }
        let class_of = |name: &Name| match named.binary_search(name) {
            Ok(number) => PermissionClass::Named(number as u16),
            Err(_) => PermissionClass::Other,
        };
        for (number, permission) in schema.permissions.iter().enumerate() {
            let on = permission.on.iter().map(|kind| names.column(&ColumnType::Object(kind.clone()))).collect();
            let (name, class) = (permission.name.clone(), class_of(&permission.name));
            let known = KnownPermission { name: name.clone(), class, number, on, ways: Vec::new() };
            names.permissions.insert_unique(hash(name.as_bytes()), known, |known| hash(known.name.as_bytes()));
        }
        for (columns, goals) in goals {
            let [Column::Type(subject), permission, Column::Type(object)] = &*columns else {
                continue;
            };
            let class = match permission {
                Column::Permission(name) => class_of(name),
                Column::Type(_) | Column::OtherPermission => PermissionClass::Other,
            };
            let key = (names.column(subject), class, names.column(object));
            names.goals.insert(key, goals);
        }
        names.give_ways();
        names
    }

    /// Gives each permission its goals, and each of these a place among those that are specialised.
    fn give_ways(&mut self) {
        let Self { types, permissions, goals, n_residuals, .. } = self;
        let type_of = |column: ColumnId| types.values().find(|known| known.column == column).cloned();
        for known in permissions {
            let own = goals.iter().filter(|((_, class, object), _)| *class == known.class && known.is_on(*object));
            let mut ways: Vec<Way> = own
                .map(|((subject, _, object), goals)| Way {
                    columns: [*subject, *object],
                    types: type_of(*subject).zip(type_of(*object)).map(<[KnownType; 2]>::from),
                    goals: goals.clone(),
                })
                .collect();
            let is_argument = known.class == PermissionClass::Other;
            for Way { goals: CanGoals { check, objects, subjects, .. }, .. } in &mut ways {
                for (goal, permission_at) in [(check, 1), (objects, 1), (subjects, 0)] {
                    goal.residual = Some(*n_residuals);
                    goal.permission_at = is_argument.then_some(permission_at);
                    *n_residuals += 1;
                }
            }
            known.ways = ways;
        }
    }

    /// How many goals are specialised.
    pub(super) fn n_residuals(&self) -> u32 {
        self.n_residuals
    }

    fn column(&mut self, column: &ColumnType) -> ColumnId {
        let next = ColumnId(self.columns.len() as u16);
        *self.columns.entry(column.clone()).or_insert(next)
    }

    /// A type by its name.
    #[inline]
    pub(super) fn type_named(&self, name: &str) -> Option<&KnownType> {
        self.types.get(name)
    }

    /// A permission by its name.
    #[inline]
    pub(super) fn permission(&self, name: &str) -> Option<&KnownPermission> {
        let name = name.as_bytes();
        let is_it = |known: &KnownPermission| known.name.len() == name.len() && are_equal(name, known.name.as_bytes());
        self.permissions.find(hash(name), is_it)
    }

    /// The number of a column type; none if no goal has it.
    pub(super) fn column_of(&self, column: &ColumnType) -> Option<ColumnId> {
        self.columns.get(column).copied()
    }

    /// All goals on `can` between a subject's and an object's column, each with the class of its permissions.
    pub(super) fn goals_between(
        &self,
        subject: ColumnId,
        object: ColumnId,
    ) -> impl Iterator<Item = (PermissionClass, &CanGoals)> {
        let found = self.goals.iter().filter(move |((first, _, last), _)| (*first, *last) == (subject, object));
        found.map(|((_, class, _), goals)| (*class, goals))
    }
}

impl KnownType {
    /// The id in the text of one of its objects.
    #[inline]
    fn id_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        let (kind, rest) = text.as_bytes().split_at_checked(self.name.len())?;
        let is_it = rest.first() == Some(&b':') && are_equal(kind, self.name.as_bytes());
        if is_it { text.get(self.name.len() + 1..) } else { None }
    }
}

impl Way {
    /// The ordinals of two objects of its types, by their texts; none if it is another way's, or one of them isn't alive.
    #[inline]
    pub(super) fn ordinals(&self, dictionary: &Dictionary, subject: &str, object: &str) -> Option<[u32; 2]> {
        let [subject, object] = self.ids(subject, object)?;
        let [of_subject, of_object] = self.types.as_ref()?;
        Some([dictionary.ordinal(of_subject.kind, subject)?, dictionary.ordinal(of_object.kind, object)?])
    }

    /// The ids in the texts of two objects of its types; none if it is another way's.
    #[inline]
    pub(super) fn ids<'t>(&self, subject: &'t str, object: &'t str) -> Option<[&'t str; 2]> {
        let [of_subject, of_object] = self.types.as_ref()?;
        Some([of_subject.id_in(subject)?, of_object.id_in(object)?])
    }

    /// The ordinals of many subjects and objects of its types, by their ids; none for those that aren't alive.
    pub(super) fn ordinals_of(&self, dictionary: &Dictionary, ids: [&[&str]; 2], ordinals: [&mut Vec<Option<u32>>; 2]) {
        for ((known, ids), ordinals) in self.types.iter().flatten().zip(ids).zip(ordinals) {
            dictionary.ordinals(known.kind, ids, ordinals);
        }
    }
}

impl KnownPermission {
    /// The ways to it.
    #[inline]
    pub(super) fn ways(&self) -> &[Way] {
        &self.ways
    }

    /// The goals on `can` between two columns; none if no rule can derive it there.
    #[inline]
    pub(super) fn goals(&self, subject: ColumnId, object: ColumnId) -> Option<&CanGoals> {
        self.ways.iter().find(|way| way.columns == [subject, object]).map(|way| &way.goals)
    }

    /// Whether it is on objects of this type.
    #[inline]
    pub(super) fn is_on(&self, object: ColumnId) -> bool {
        self.on.contains(&object)
    }
}
