//! The evaluator's window: a snapshot, the constants of the plans, and what came with the question.
//!
//! A value that the snapshot's dictionary doesn't know gets a cell of the *overlay*, above all cells that a dictionary
//! gives out; so nothing is interned by a question, and an unknown value equals itself and nothing else.

use std::cell::{OnceCell, RefCell};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use crate::engine::active::Active;
use crate::eval::facts::{FIRST_UNKNOWN, Facts};
use crate::index::snapshot::Snapshot;
use crate::model::fact::Fact;
use crate::model::layout::StoredId;
use crate::model::rows::Rows;
use crate::model::value::{ColumnType, Name, Value};
use crate::plan::procedure::Plans;
use crate::policy::schema::PERMISSION;

/// The first cell of the overlay. A dictionary that grew so far would refuse to grow on long before.
const OVERLAY: u32 = FIRST_UNKNOWN;

/// The constants of some plans as cells of one snapshot.
#[derive(Debug, Default)]
pub(super) struct Constants {
    cells: Vec<u32>,
    /// The permissions that rules name, sorted.
    named: Vec<u32>,
    /// Every permission, by its position in the catalogue.
    permissions: Vec<u32>,
    /// Constants that the dictionary doesn't know, by their place in the overlay.
    unknown: Vec<Value>,
    /// Constants with their cells that are objects which the policy doesn't state, or sets of such: a write may delete one,
    /// and another may bring it back, at another cell.
    mortal: Vec<(Value, u32)>,
}

impl Constants {
    /// Looks up the constants of `plans`, which are those of the policy or of a query on it.
    pub(super) fn resolve(plans: &Plans, active: &Active, snapshot: &Snapshot) -> Self {
        let dictionary = snapshot.dictionary();
        let (mut unknown, mut mortal) = (Vec::new(), Vec::new());
        let mut cells = Vec::with_capacity(plans.constants.len());
        for (_, value) in &plans.constants {
            let known = dictionary.cell(value);
            mortal.extend(known.filter(|_| is_mortal(active, value)).map(|cell| (value.clone(), cell)));
            cells.push(known.unwrap_or_else(|| overlay_cell(&mut unknown, value)));
        }
        let permission = |name: &Name| dictionary.object_cell(PERMISSION, name);
        let mut named: Vec<u32> = active.named.iter().filter_map(permission).collect();
        named.sort_unstable();
        // The policy states that its permissions are alive.
        let catalogue = active.policy.schema.permissions.iter();
        let permissions = catalogue.map(|entry| permission(&entry.name).unwrap_or(u32::MAX)).collect();
        Self { cells, named, permissions, unknown, mortal }
    }

    /// The constants of a policy after a change of facts: the same, unless a value that was unknown came to be, or an object
    /// went or came back. What the policy states keeps its cells; texts, integers and times do, once they have them.
    pub(super) fn after(before: &Arc<Self>, active: &Active, snapshot: &Snapshot) -> Arc<Self> {
        let dictionary = snapshot.dictionary();
        let stays = |(value, cell): &(Value, u32)| dictionary.cell(value) == Some(*cell);
        if before.unknown.iter().all(|value| dictionary.cell(value).is_none()) && before.mortal.iter().all(stays) {
            return before.clone();
        }
        Arc::new(Self::resolve(&active.plans, active, snapshot))
    }

    /// The cell of a permission, by its position in the catalogue.
    pub(super) fn permission(&self, number: usize) -> u32 {
        self.permissions.get(number).copied().unwrap_or(u32::MAX)
    }
}

/// Whether a constant is of an object that the policy doesn't state.
fn is_mortal(active: &Active, value: &Value) -> bool {
    value.object().is_some_and(|object| {
        let life = Fact { relation: object.kind.clone(), values: vec![Value::Object(object.clone())] };
        !active.built_in.contains(&life)
    })
}

fn overlay_cell(unknown: &mut Vec<Value>, value: &Value) -> u32 {
    let value = cell_bearer(value);
    let position = unknown.iter().position(|known| *known == value).unwrap_or_else(|| {
        unknown.push(value);
        unknown.len() - 1
    });
    OVERLAY + position as u32
}

/// The value whose cell stands for this one: a set is named by its object.
fn cell_bearer(value: &Value) -> Value {
    match value {
        Value::Set(object, _) => Value::Object(object.clone()),
        other => other.clone(),
    }
}

/// Values that no dictionary knows, each at its place in the overlay.
#[derive(Default)]
struct Overlay {
    values: Vec<Value>,
    positions: HashMap<Value, u32>,
}

/// A snapshot as one question sees it.
pub(super) struct QuestionFacts<'a> {
    snapshot: &'a Snapshot,
    constants: &'a Constants,
    /// None while every value was known.
    overlay: RefCell<Option<Box<Overlay>>>,
    contexts: Vec<ContextRows>,
}

/// The rows of a context relation, or what a transaction changes of a stored one.
struct ContextRows {
    width: usize,
    cells: Vec<u32>,
    /// By column: the numbers of the rows in the order of its cells; made when somebody looks for one.
    orders: OnceCell<Box<[OnceCell<Vec<u32>>]>>,
}

/// So few rows are as quickly looked at one by one.
const FEW_ROWS: usize = 16;

impl ContextRows {
    fn cell(&self, row: u32, column: usize) -> u32 {
        self.cells.get(row as usize * self.width + column).copied().unwrap_or_default()
    }

    /// The numbers of the rows with a cell in a column; none if there are few rows anyway.
    fn with(&self, column: usize, cell: u32) -> Option<&[u32]> {
        let n_rows = self.cells.len() / self.width.max(1);
        if n_rows <= FEW_ROWS {
            return None;
        }
        let orders = self.orders.get_or_init(|| (0..self.width).map(|_| OnceCell::new()).collect());
        let order = orders.get(column)?.get_or_init(|| {
            let mut order: Vec<u32> = (0..n_rows as u32).collect();
            order.sort_by_key(|row| self.cell(*row, column));
            order
        });
        let from = order.partition_point(|row| self.cell(*row, column) < cell);
        let rest = order.get(from..)?;
        rest.get(..rest.partition_point(|row| self.cell(*row, column) == cell))
    }
}

impl<'a> QuestionFacts<'a> {
    /// The facts of a question without context.
    pub(super) fn new(snapshot: &'a Snapshot, constants: &'a Constants) -> Self {
        Self { snapshot, constants, overlay: RefCell::default(), contexts: Vec::new() }
    }

    /// Adds the rows of the next context relation, all of `width` values.
    pub(super) fn add_context<'v>(&mut self, width: usize, rows: impl Iterator<Item = &'v [Value]>) {
        let cells = rows.flatten().map(|value| self.cell(value)).collect();
        self.contexts.push(ContextRows { width, cells, orders: OnceCell::new() });
    }

    /// The cell of a value, one of the overlay if the snapshot doesn't know it.
    pub(super) fn cell(&self, value: &Value) -> u32 {
        if let Some(known) = self.snapshot.dictionary().cell(value) {
            return known;
        }
        let value = cell_bearer(value);
        if let Some(position) = self.constants.unknown.iter().position(|unknown| *unknown == value) {
            return OVERLAY + position as u32;
        }
        let mut overlay = self.overlay.borrow_mut();
        let overlay = overlay.get_or_insert_default();
        if let Some(position) = overlay.positions.get(&value) {
            return *position;
        }
        let cell = OVERLAY + (self.constants.unknown.len() + overlay.values.len()) as u32;
        overlay.values.push(value.clone());
        overlay.positions.insert(value, cell);
        cell
    }

    /// The value of a cell.
    pub(super) fn value(&self, column: &ColumnType, cell: u32) -> Option<Value> {
        let Some(position) = cell.checked_sub(OVERLAY) else {
            return self.snapshot.dictionary().value(column, cell);
        };
        let position = position as usize;
        let value = match position.checked_sub(self.constants.unknown.len()) {
            None => self.constants.unknown.get(position).cloned(),
            Some(position) => self.overlay.borrow().as_ref()?.values.get(position).cloned(),
        }?;
        match (column, value) {
            (ColumnType::Set(_, relation), Value::Object(object)) => Some(Value::Set(object, relation.clone())),
            (_, value) => Some(value),
        }
    }
}

impl Facts for QuestionFacts<'_> {
    #[inline]
    fn tails(&self, stored: StoredId, order: u8, first: u32) -> Rows<'_> {
        self.snapshot.relation(stored).tails(usize::from(order), first)
    }

    #[inline]
    fn value(&self, stored: StoredId, order: u8, first: u32) -> Option<Option<u32>> {
        self.snapshot.relation(stored).value(usize::from(order), first)
    }

    #[inline]
    fn piece(&self, stored: StoredId, order: u8, first: u32) -> Option<&[u32]> {
        self.snapshot.relation(stored).piece(usize::from(order), first)
    }

    #[inline]
    fn contains(&self, stored: StoredId, order: u8, row: &[u32]) -> bool {
        self.snapshot.relation(stored).contains_in(usize::from(order), row)
    }

    fn words(&self, stored: StoredId, from: u32) -> impl Iterator<Item = (u32, u64)> {
        self.snapshot.relation(stored).first_words(0, from)
    }

    fn firsts(&self, stored: StoredId, order: u8, from: u32) -> impl Iterator<Item = u32> {
        self.snapshot.relation(stored).firsts(usize::from(order), from)
    }

    #[inline]
    fn n_rows(&self, stored: StoredId) -> usize {
        self.snapshot.relation(stored).len()
    }

    #[inline]
    fn width(&self, stored: StoredId) -> usize {
        self.snapshot.relation(stored).arity()
    }

    fn context(&self, context: u16) -> &[u32] {
        self.contexts.get(usize::from(context)).map_or(&[], |rows| &rows.cells)
    }

    fn context_rows(&self, context: u16, column: usize, cell: u32) -> Option<&[u32]> {
        self.contexts.get(usize::from(context))?.with(column, cell)
    }

    fn context_width(&self, context: u16) -> usize {
        self.contexts.get(usize::from(context)).map_or(1, |rows| rows.width)
    }

    #[inline]
    fn constant(&self, constant: u16) -> u32 {
        self.constants.cells.get(usize::from(constant)).copied().unwrap_or(u32::MAX)
    }

    fn compare(&self, column: &ColumnType, left: u32, right: u32) -> Ordering {
        match (self.value(column, left), self.value(column, right)) {
            (Some(left), Some(right)) => left.cmp(&right),
            // Cells come from the dictionary or the overlay: both have a value.
            _ => left.cmp(&right),
        }
    }

    fn length(&self, text: u32) -> u32 {
        let n_characters = match self.value(&ColumnType::Text, text) {
            Some(Value::Text(text)) => text.chars().count(),
            _ => 0,
        };
        self.cell(&Value::Integer(n_characters as i64))
    }

    fn is_other_permission(&self, cell: u32) -> bool {
        self.constants.named.binary_search(&cell).is_err()
    }
}
