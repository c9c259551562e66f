//! Building a tenant's state from what the store holds of it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::engine::activate::read_policy;
use crate::engine::active::Active;
use crate::engine::error::Error;
use crate::engine::request::PolicyText;
use crate::engine::state::State;
use crate::engine::tenants::Tenants;
use crate::index::build::{Builder, CellsOf, ObjectsOf};
use crate::index::error::ApplyError;
use crate::model::fact::Fact;
use crate::model::layout::StoredId;
use crate::model::revision::Revision;
use crate::model::value::{ColumnType, Name};
use crate::store::entry::TenantId;
use crate::store::reader::Visitor;
use crate::store::row::{Column, Own};

impl Tenants {
    /// Builds a tenant's state from what the store holds.
    ///
    /// # Errors
    /// What the store says, and what is stored but fits no policy.
    pub(super) fn build(&self, tenant: TenantId) -> Result<State, Error> {
        let head = self.reader.head(tenant)?;
        let active = self.policy(head.policy, || {
            let texts = self
                .reader
                .policy(head.policy)?
                .ok_or_else(|| Error::internal("the text of the active policy isn't in the store"))?;
            let (policy, warnings) = read_policy(&texts.main, &texts.files)?;
            Active::new(policy, PolicyText { main: texts.main, files: texts.files }, warnings)
        })?;
        let mut building = Building::new(&active, head.revision);
        let head = self.reader.read_tenant(tenant, &mut building)?;
        let (builder, stored_built_in) = building.finish()?;
        let place = self.place(tenant);
        Ok(State::new(active.clone(), builder.build(), Arc::new(stored_built_in), head.revision, place))
    }
}

/// A snapshot under way; the first thing that doesn't fit is kept, and makes the whole fail.
struct Building<'a> {
    builder: Builder,
    active: &'a Active,
    /// The type whose objects come; an error for one that the policy doesn't have, and that has dead ones alone then.
    objects: Option<(Name, Result<ObjectsOf, ApplyError>)>,
    /// The variant whose facts come.
    facts: Option<FactsOf<'a>>,
    /// The rows of what the policy states; none before all objects came.
    built_in: Option<BTreeMap<StoredId, BTreeMap<Vec<u32>, &'a Fact>>>,
    stored_built_in: HashSet<Fact>,
    /// Of the facts at hand: their cells, column by column, and one of their rows.
    cells: Vec<Option<u32>>,
    row: Vec<u32>,
    failed: Option<Error>,
}

/// A variant whose facts come.
struct FactsOf<'a> {
    id: StoredId,
    relation: Name,
    columns: Vec<(Column, CellsOf)>,
    /// What the policy states of it.
    built_in: BTreeMap<Vec<u32>, &'a Fact>,
}

impl<'a> Building<'a> {
    fn new(active: &'a Active, revision: Revision) -> Self {
        Self {
            builder: Builder::new(active.plans.layout.clone(), &active.enumerations, revision),
            active,
            objects: None,
            facts: None,
            built_in: None,
            stored_built_in: HashSet::new(),
            cells: Vec::new(),
            row: Vec::new(),
            failed: None,
        }
    }

    /// Adds what the policy states, once all objects are there.
    fn built_in(&mut self) -> &mut BTreeMap<StoredId, BTreeMap<Vec<u32>, &'a Fact>> {
        if self.built_in.is_none() {
            self.builder.settle();
            let mut built_in: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
            for fact in &self.active.policy.built_in {
                match self.builder.fact(fact) {
                    Ok((id, row)) => {
                        built_in.entry(id).or_default().insert(row, fact);
                    }
                    Err(error) => self.fail(&error),
                }
            }
            self.built_in = Some(built_in);
        }
        self.built_in.get_or_insert_default()
    }

    fn finish(mut self) -> Result<(Builder, HashSet<Fact>), Error> {
        self.built_in();
        match self.failed {
            Some(failed) => Err(failed),
            None => Ok((self.builder, self.stored_built_in)),
        }
    }

    fn fail(&mut self, error: &ApplyError) {
        if self.failed.is_none() {
            self.failed = Some(Error::internal(format!("what is stored doesn't fit its policy: {error}")));
        }
    }
}

impl Visitor for Building<'_> {
    fn objects_of(&mut self, kind: &Name) {
        self.objects = Some((kind.clone(), self.builder.objects_of(kind)));
    }

    fn object(&mut self, ordinal: u32, is_alive: bool, id: &str) {
        let next = ordinal.saturating_add(1);
        let failed = match &self.objects {
            Some((_, Ok(objects))) => {
                let added = if is_alive { self.builder.object(*objects, ordinal, id) } else { Ok(()) };
                // Also for those alive: a type whose last object died gives no ordinal again.
                self.builder.skip_ordinals(*objects, next);
                added.err()
            }
            Some((_, Err(error))) if is_alive => Some(error.clone()),
            Some((kind, Err(_))) => {
                self.builder.remember(kind, next);
                None
            }
            None => None,
        };
        if let Some(error) = failed {
            self.fail(&error);
        }
    }

    fn facts_of(&mut self, relation: &Name, columns: &[Column]) {
        self.facts = None;
        let types: Vec<ColumnType> = columns.iter().map(Column::column_type).collect();
        let id = self.builder.snapshot().stored(relation, &types);
        let cells = types.iter().map(|column| self.builder.column(column)).collect::<Option<Vec<_>>>();
        let Some((id, cells)) = id.zip(cells) else {
            return self.fail(&ApplyError::NoVariant { fact: Fact { relation: relation.clone(), values: Vec::new() } });
        };
        let built_in = self.built_in().get(&id).cloned().unwrap_or_default();
        let columns = columns.iter().cloned().zip(cells).collect();
        self.facts = Some(FactsOf { id, relation: relation.clone(), columns, built_in });
    }

    fn facts(&mut self, values: &[Own<'_>], _: &[Revision]) {
        let Some(facts) = &self.facts else { return };
        let width = facts.columns.len().max(1);
        self.cells.clear();
        for (column, (_, of)) in facts.columns.iter().enumerate() {
            let values = values.iter().skip(column).step_by(width);
            match of {
                CellsOf::Objects(_) | CellsOf::Texts => {
                    let texts = values.map(|own| if let Own::Text(text) = own { text.as_ref() } else { "" });
                    self.builder.cells_of_texts(*of, &texts.collect::<Vec<_>>(), &mut self.cells);
                }
                CellsOf::Everyone => self.cells.extend(values.map(|_| Some(0))),
                CellsOf::Integers | CellsOf::Times => self.cells.extend(values.map(|own| match own {
                    Own::Integer(integer) => self.builder.cell_of_integer(*integer),
                    Own::Time(time) => self.builder.cell_of_time(*time),
                    Own::Nothing | Own::Text(_) => None,
                })),
            }
        }
        // The cells lie column by column.
        let n_rows = values.len() / width;
        for (row, values) in values.chunks_exact(width).enumerate() {
            self.row.clear();
            self.row.extend(self.cells.iter().skip(row).step_by(n_rows).flatten());
            if self.row.len() == width {
                self.builder.row(facts.id, &self.row);
                if let Some(fact) = facts.built_in.get(&self.row) {
                    self.stored_built_in.insert(Fact::clone(fact));
                }
                continue;
            }
            let values = values.iter().zip(&facts.columns).filter_map(|(own, (column, _))| column.value(own));
            let fact = Fact { relation: facts.relation.clone(), values: values.collect() };
            if let Err(error) = self.builder.fact(&fact) {
                return self.fail(&error);
            }
        }
    }
}
