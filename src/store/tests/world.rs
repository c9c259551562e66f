//! A store in a temporary directory, and what should be in it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tempfile::TempDir;

use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::model::value::{Name, Object, Value};
use crate::store::Store;
use crate::store::entry::{
    Action, Birth, Change, Commit, Death, Entry, Head, Mark, PolicyTexts, Record, Sign, TenantId, TenantRef,
};
use crate::store::error::StoreError;
use crate::store::log::Log;
use crate::store::reader::Visitor;
use crate::store::row::{Column, Own};

/// `owner(sequence:S, user:U)`.
pub(crate) fn owner(sequence: &str, user: &str) -> Fact {
    let values = vec![Value::Object(Object::new("sequence", sequence)), Value::Object(Object::new("user", user))];
    Fact { relation: "owner".into(), values }
}

/// `sequence(sequence:S)`.
pub(crate) fn life(kind: &str, id: &str) -> Fact {
    Fact { relation: kind.into(), values: vec![Value::Object(Object::new(kind, id))] }
}

pub(crate) fn policy(text: &str) -> PolicyTexts {
    let files = BTreeMap::from([("main.dl".to_owned(), text.to_owned())]);
    PolicyTexts { main: "main.dl".to_owned(), files }
}

fn commit(tenant: TenantRef, expected: u64, action: Action) -> Commit {
    let time = Timestamp::from_second(1_700_000_000 + expected as i64).unwrap();
    Commit {
        tenant,
        expected: Revision(expected),
        record: Record { time, actor: Some("user:ana".into()), idempotency_key: None, action },
        policy: None,
        births: vec![],
        deaths: vec![],
        receipt: None,
    }
}

/// The first commit of a new tenant.
pub(crate) fn new_tenant(name: &str) -> Commit {
    let texts = policy("type user.");
    let action = Action::Activation(texts.hash());
    Commit { policy: Some(texts), ..commit(TenantRef::New(name.to_owned()), 0, action) }
}

/// The activation of another policy.
pub(crate) fn activation(tenant: TenantId, expected: u64, text: &str) -> Commit {
    let texts = policy(text);
    let action = Action::Activation(texts.hash());
    Commit { policy: Some(texts), ..commit(TenantRef::Known(tenant), expected, action) }
}

/// A transaction of asked changes.
pub(crate) fn transaction(tenant: TenantId, expected: u64, changes: Vec<(Sign, Fact)>) -> Commit {
    let change = |(sign, fact)| Change { sign, mark: Mark::Asked, fact };
    let changes = changes.into_iter().map(change).collect();
    commit(TenantRef::Known(tenant), expected, Action::Transaction(changes))
}

/// A transaction that inserts facts.
pub(crate) fn insert(tenant: TenantId, expected: u64, facts: &[Fact]) -> Commit {
    transaction(tenant, expected, facts.iter().map(|fact| (Sign::Insert, fact.clone())).collect())
}

/// A store whose tenant 0, `acme`, is at revision 1.
pub(crate) fn store() -> (TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(directory.path()).unwrap();
    store.append(&[new_tenant("acme")]).unwrap();
    (directory, store)
}

/// An object as it is stored, alive or dead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredObject {
    pub(crate) object: Object,
    pub(crate) ordinal: u32,
    pub(crate) alive: bool,
}

/// All objects and facts, written down.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) objects: Vec<StoredObject>,
    pub(crate) facts: Vec<(Fact, Revision)>,
    kind: Option<Name>,
    variant: Option<(Name, Vec<Column>)>,
}

impl Visitor for Seen {
    fn objects_of(&mut self, kind: &Name) {
        self.kind = Some(kind.clone());
    }

    fn object(&mut self, ordinal: u32, alive: bool, id: &str) {
        let object = Object::new(self.kind.clone().unwrap(), id);
        self.objects.push(StoredObject { object, ordinal, alive });
    }

    fn facts_of(&mut self, relation: &Name, columns: &[Column]) {
        self.variant = Some((relation.clone(), columns.to_vec()));
    }

    fn facts(&mut self, values: &[Own<'_>], revisions: &[Revision]) {
        let Some((relation, columns)) = &self.variant else { return assert!(revisions.is_empty()) };
        assert_eq!(values.len(), revisions.len() * columns.len());
        for (place, revision) in revisions.iter().enumerate() {
            let values = &values[place * columns.len()..][..columns.len()];
            let values = columns.iter().zip(values).map(|(column, own)| column.value(own).unwrap()).collect();
            self.facts.push((Fact { relation: relation.clone(), values }, *revision));
        }
    }
}

/// All that a store holds of a tenant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Contents {
    pub(crate) head: Head,
    pub(crate) objects: Vec<StoredObject>,
    pub(crate) facts: Vec<(Fact, Revision)>,
    pub(crate) entries: Vec<Entry>,
}

pub(crate) fn contents(store: &Store, tenant: TenantId) -> Result<Contents, StoreError> {
    let mut seen = Seen::default();
    let head = store.reader().read_tenant(tenant, &mut seen)?;
    let Seen { objects, facts, .. } = seen;
    let entries = store.read_from(tenant, Revision(0))?.collect::<Result<_, _>>()?;
    Ok(Contents { head, objects, facts, entries })
}

/// The contents of all tenants, by name.
pub(crate) fn all_contents(store: &Store) -> Result<BTreeMap<String, Contents>, StoreError> {
    let tenants = store.tenants().map(|(name, tenant)| (name.to_owned(), tenant));
    tenants.map(|(name, tenant)| Ok((name, contents(store, tenant)?))).collect()
}

/// A store's files as they lie there, by their paths within its directory.
pub(crate) type Image = BTreeMap<PathBuf, Vec<u8>>;

/// Copies a store's files, as if the process had died now.
pub(crate) fn copy(from: &Path, to: &Path) {
    lay_out(&image(from), to);
}

/// Writes the files of an image.
pub(crate) fn lay_out(image: &Image, directory: &Path) {
    for (path, bytes) in image {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// Reads a store's files. The zeros at the end of a journal, which is preallocated, are left out.
pub(crate) fn image(directory: &Path) -> Image {
    loop {
        match try_image(directory) {
            Ok(image) => return image,
            // An open store takes files away that it no longer needs; what was read so far may belong to the time before.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => panic!("{error}"),
        }
    }
}

fn try_image(directory: &Path) -> io::Result<Image> {
    let mut image = Image::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, name) = (entry.path(), PathBuf::from(entry.file_name()));
        if path.is_dir() {
            let within = try_image(&path)?.into_iter();
            image.extend(within.map(|(inner, bytes)| (name.join(inner), bytes)));
        } else if path.extension().is_some_and(|extension| extension == "jnl") {
            image.insert(name, written(&path)?);
        } else {
            image.insert(name, fs::read(path)?);
        }
    }
    Ok(image)
}

/// The bytes of a journal up to where only zeros follow.
pub(crate) fn written(journal: &Path) -> io::Result<Vec<u8>> {
    let mut file = fs::File::open(journal)?;
    let (mut bytes, mut chunk) = (vec![], vec![0; 1 << 16]);
    loop {
        let n = file.read(&mut chunk)?;
        if chunk[..n].iter().all(|byte| *byte == 0) {
            let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            bytes.truncate(used);
            return Ok(bytes);
        }
        bytes.extend_from_slice(&chunk[..n]);
    }
}

impl Commit {
    /// The same commit, with an object that is born.
    pub(crate) fn bearing(mut self, kind: &str, id: &str, ordinal: u32) -> Self {
        self.births.push(Birth { object: Object::new(kind, id), ordinal });
        self
    }

    /// The same commit, with an object that dies.
    pub(crate) fn ending(mut self, kind: &str, ordinal: u32) -> Self {
        self.deaths.push(Death { kind: kind.into(), ordinal });
        self
    }
}
