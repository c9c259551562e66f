//! All of a store as it is at one moment, while writes go on.

use std::io::Write;

use uuid::Uuid;

use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::model::value::{Name, Object, Value};
use crate::store::audit::{Audit, audit};
use crate::store::backup::{self, Contents};
use crate::store::disk::{Space, View};
use crate::store::entry::{Head, PolicyHash, TenantId};
use crate::store::error::StoreError;
use crate::store::keys::{self, FactReader, decode_object_key, meta};
use crate::store::load::{Mark, decode_mark};
use crate::store::reader::{decode_head, decode_object};
use crate::store::row::Own;
use crate::store::scan::is_hidden;

/// A store at one moment. Held for long, it keeps on disk what was replaced since.
pub struct Moment<'a> {
    pub(super) view: View<'a>,
}

impl<'a> Moment<'a> {
    pub(super) fn new(view: View<'a>) -> Self {
        Self { view }
    }

    /// Where a tenant's log ends.
    ///
    /// # Errors
    /// `unknown-tenant`, `store-damaged`.
    pub fn head(&self, tenant: TenantId) -> Result<Head, StoreError> {
        let head = self.view.get(Space::Meta, &meta::of_tenant(meta::HEADS, tenant))?;
        decode_head(tenant, head.as_deref())
    }

    /// The revision that wrote a fact which is stored; none if it isn't. Facts of life aren't known here.
    ///
    /// # Errors
    /// When the disk can't be read.
    pub fn written_at(&self, tenant: TenantId, fact: &Fact) -> Result<Option<Revision>, StoreError> {
        let key = keys::fact_key(tenant, fact);
        if key.len() > keys::MAX_KEY_BYTES {
            return Ok(None);
        }
        let Some(value) = self.view.get(Space::Facts, &key)? else { return Ok(None) };
        match <[u8; 8]>::try_from(&*value) {
            Ok(bytes) => Ok(Some(Revision(u64::from_be_bytes(bytes)))),
            Err(_) => Err(StoreError::damaged(tenant, self.head(tenant)?.revision, "a stored fact can't be read")),
        }
    }

    /// Holds everything of a tenant against its log: see [`audit`].
    ///
    /// # Errors
    /// When the disk can't be read. What is wrong with the data isn't an error here, but what comes back.
    pub fn audit(
        &self,
        tenant: TenantId,
        stated: &mut dyn FnMut(PolicyHash) -> Result<Vec<Fact>, String>,
    ) -> Result<Audit, StoreError> {
        audit(self, tenant, stated)
    }

    /// Writes a backup of all that is stored: see `backup.rs` for its bytes.
    ///
    /// # Errors
    /// What the disk says, and what `out` does (`store-io`).
    pub fn back_up(&self, store: Uuid, out: &mut dyn Write) -> Result<Contents, StoreError> {
        backup::write(self, store, out)
    }

    /// Every fact of a tenant that is stored, facts of life included.
    ///
    /// # Errors
    /// An item is one when a row can't be read.
    pub fn facts(&self, tenant: TenantId) -> Result<impl Iterator<Item = Result<Fact, StoreError>> + '_, StoreError> {
        let head = self.head(tenant)?;
        let unreadable = move |what: &str| StoreError::damaged(tenant, head.revision, format!("{what} can't be read"));
        let mut reader = FactReader::default();
        let objects = self.rows(tenant, Space::Objects)?.filter_map(move |row| match row {
            Ok((key, value)) => match (decode_object_key(&key), decode_object(&value)) {
                (Some(_), Some((false, _))) => None,
                (Some((kind, _)), Some((true, id))) => {
                    let kind = Name::from(kind);
                    let life = Value::Object(Object::new(kind.clone(), id));
                    Some(Ok(Fact { relation: kind, values: vec![life] }))
                }
                _ => Some(Err(unreadable("a stored object"))),
            },
            Err(error) => Some(Err(error)),
        });
        let facts = self.rows(tenant, Space::Facts)?.map(move |row| {
            let (key, _) = row?;
            read_fact(&mut reader, &key).ok_or_else(|| unreadable("a stored fact"))
        });
        Ok(objects.chain(facts))
    }

    /// The rows of a tenant's objects or facts, but for those of a load under way.
    pub(super) fn rows(
        &self,
        tenant: TenantId,
        space: Space,
    ) -> Result<impl Iterator<Item = Result<(Row, Row), StoreError>> + '_, StoreError> {
        let mark = self.mark(tenant)?;
        let rows = self.view.prefix(space, &keys::of_tenant(tenant));
        Ok(rows.filter(move |row| match (row, &mark) {
            (Ok((key, value)), Some(mark)) => !is_hidden(mark, space, key, value),
            _ => true,
        }))
    }

    /// The mark of a tenant's load under way.
    pub(super) fn mark(&self, tenant: TenantId) -> Result<Option<Mark>, StoreError> {
        let mark = self.view.get(Space::Meta, &meta::of_tenant(meta::LOADS, tenant))?;
        mark.map(|mark| decode_mark(tenant, &mark)).transpose()
    }
}

/// A key or a value.
type Row = crate::store::disk::Cell;

/// The fact of a key of `facts`.
pub(super) fn read_fact(reader: &mut FactReader, key: &[u8]) -> Option<Fact> {
    let mut own: Vec<Own<'_>> = Vec::new();
    let (signature, _) = reader.read_key(key, &mut own)?;
    let values = signature.columns.iter().zip(&own).map(|(column, own)| column.value(own)).collect::<Option<_>>()?;
    Some(Fact { relation: signature.relation.clone(), values })
}
