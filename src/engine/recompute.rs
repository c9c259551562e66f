//! The decisions of a tenant, worked out once more by the second opinion and held against the engine's listings.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::engine::engine::Engine;
use crate::engine::error::Error;
use crate::engine::question::Surroundings;
use crate::engine::request::{Context, ListObjects};
use crate::engine::state::State;
use crate::engine::transact::life_of;
use crate::engine::verbs::objects;
use crate::model::fact::Fact;
use crate::model::value::{ColumnType, Name, Object, Raw, Value};
use crate::policy::checked::{Column, Origin};
use crate::store::audit::Faults;
use crate::verify::evaluate::{Undecided, evaluate};

/// With more facts than these nothing is recomputed.
const MAX_FACTS: u64 = 500_000;
/// With more than these, the decisions of some subjects are.
const MAX_FACTS_FOR_ALL: u64 = 20_000;
/// The rows that the second opinion may look at on its way to all decisions: about 200 bytes each are held.
const MAX_ROWS_FOR_ALL: u64 = 1_000_000;
/// And to those of some subjects.
const MAX_ROWS: u64 = 3_000_000;
/// So many subjects are some; if even they are too much, fewer.
const SOME: [usize; 2] = [20, 4];
/// So many listings are compared at most; of more, those of some subjects.
const MAX_LISTINGS: usize = 100_000;
/// The context relation that the engine brings itself.
const NOW: &str = "now";

/// What was recomputed of a tenant's decisions. A decision is one subject, one permission, one object on whose type it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recomputed {
    /// How many decisions were compared.
    pub compared: u64,
    /// How many there are.
    pub all: u64,
    /// Of how many subjects.
    pub subjects: u64,
    /// How many subjects there are: objects, sets and everyone, of the types that some rule allows something.
    pub all_subjects: u64,
    /// Why nothing was compared, if nothing was: lower case, no full stop.
    pub skipped: Option<String>,
    /// Context relations that rules read: every decision was compared as if they came and were empty.
    pub empty: Vec<String>,
}

impl Recomputed {
    /// Nothing was compared, and why.
    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self { skipped: Some(why.into()), ..Self::default() }
    }
}

impl Engine {
    /// Works the decisions of a state out once more, from these facts, and compares all of them, or those of some subjects.
    ///
    /// `facts` are the stored ones, facts of life among them; `count` says how many there are.
    ///
    /// # Errors
    /// What a listing of the engine's says, and what reading the facts does.
    pub(super) fn recompute(
        &self,
        state: &State,
        facts: impl Iterator<Item = Result<Fact, Error>>,
        count: u64,
        faults: &mut Faults,
    ) -> Result<Recomputed, Error> {
        if count > MAX_FACTS {
            return Ok(Recomputed::skipped(format!("{count} facts are more than the {MAX_FACTS} that are taken")));
        }
        let policy = &state.active.policy;
        let mut facts: Vec<Fact> = facts.collect::<Result<_, _>>()?;
        facts.extend(policy.built_in.iter().cloned());
        let mut alive = Alive::of(&facts, state);
        let now = Timestamp::now();
        facts.push(Fact { relation: NOW.into(), values: vec![Value::Time(now)] });
        let predicates = policy.schema.predicates.iter();
        let contexts = predicates.filter(|predicate| predicate.origin == Origin::Context && &*predicate.name != NOW);
        let empty: Vec<String> = contexts.map(|predicate| predicate.name.to_string()).collect();
        let mut compared = Recomputed { empty, ..Recomputed::default() };
        let n_subjects = alive.subjects.len();
        alive.step = (n_subjects * alive.pairs.len()).div_ceil(MAX_LISTINGS).max(1);
        let mut rows = Err(Undecided::TooLarge);
        if count <= MAX_FACTS_FOR_ALL {
            rows = evaluate(policy, facts.iter().cloned(), "can", None, MAX_ROWS_FOR_ALL);
        }
        for some in SOME {
            if rows != Err(Undecided::TooLarge) {
                break;
            }
            alive.step = alive.step.max(n_subjects.div_ceil(some));
            let some: Vec<Value> = alive.chosen().cloned().collect();
            rows = evaluate(policy, facts.iter().cloned(), "can", Some(&some), MAX_ROWS);
        }
        match rows {
            Ok(rows) => self.compare(state, now, &alive, Allowed::of(rows), &mut compared, faults)?,
            Err(Undecided::TooLarge) => {
                let why = format!("the rules make more than {MAX_ROWS} rows, also for some subjects alone");
                return Ok(Recomputed::skipped(why));
            }
            Err(Undecided::NotNarrow) => {
                let why =
                    "there is too much for all subjects, and the rules can't be worked out for some of them alone";
                return Ok(Recomputed::skipped(why));
            }
            Err(Undecided::Unfit) => return Err(Error::internal("a rule of the policy can't be evaluated")),
        }
        Ok(compared)
    }

    fn compare(
        &self,
        state: &State,
        now: Timestamp,
        alive: &Alive,
        mut allowed: Allowed,
        compared: &mut Recomputed,
        faults: &mut Faults,
    ) -> Result<(), Error> {
        let context: Context = compared.empty.iter().map(|relation| (relation.clone(), Vec::new())).collect();
        let surroundings = Surroundings::read(state, &context, Some(now), self.limits)?;
        let n_objects: u64 = alive.pairs.iter().map(|(_, kind)| alive.count(kind)).sum();
        for subject in alive.chosen() {
            let subject = text(subject);
            for (permission, kind) in &alive.pairs {
                let list = ListObjects {
                    subject: subject.clone(),
                    permission: permission.to_string(),
                    kind: kind.to_string(),
                    ..ListObjects::default()
                };
                let listing = objects(state, &list, &surroundings)?;
                let cells = listing.page(0, None)?.cells;
                let listed: BTreeSet<String> = listing.texts(&cells)?.into_iter().collect();
                let right = allowed.take(&subject, permission, kind);
                for object in listed.difference(&right) {
                    faults.add(|| {
                        format!("`{subject}` is allowed `{permission}` on `{object}`, and may not by the rules")
                    });
                }
                for object in right.difference(&listed) {
                    faults.add(|| format!("`{subject}` is denied `{permission}` on `{object}`, and may by the rules"));
                }
            }
            compared.subjects += 1;
        }
        compared.all_subjects = alive.subjects.len() as u64;
        compared.compared = compared.subjects * n_objects;
        compared.all = compared.all_subjects * n_objects;
        if alive.step == 1 {
            // What is left was never asked.
            for ((subject, permission, _), right) in allowed.0 {
                for object in right {
                    faults.add(|| {
                        format!("`{subject}` may `{permission}` on `{object}` by the rules, and can't be asked for")
                    });
                }
            }
        }
        Ok(())
    }
}

/// What the second opinion allows: the objects of each subject, permission and type.
struct Allowed(HashMap<(String, String, String), BTreeSet<String>>);

impl Allowed {
    fn of(rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        let mut allowed: HashMap<_, BTreeSet<String>> = HashMap::new();
        for row in rows {
            if let [subject, permission, object] = row.as_slice() {
                let key = (text(subject), text(permission), object.column_type().to_string());
                allowed.entry(key).or_default().insert(text(object));
            }
        }
        Self(allowed)
    }

    fn take(&mut self, subject: &str, permission: &str, kind: &str) -> BTreeSet<String> {
        self.0.remove(&(subject.to_owned(), permission.to_owned(), kind.to_owned())).unwrap_or_default()
    }
}

/// A value as it goes through a door.
fn text(value: &Value) -> String {
    match value.raw() {
        Raw::Text(text) => text,
        Raw::Integer(integer) => integer.to_string(),
    }
}

/// Who may be allowed something, what on which types, and how many objects there are.
struct Alive {
    subjects: Vec<Value>,
    /// Every so many-th of them is chosen, so that each type has its share.
    step: usize,
    /// Permissions, and the types that they are on.
    pairs: Vec<(Name, Name)>,
    kinds: HashMap<Name, u64>,
}

impl Alive {
    fn of(facts: &[Fact], state: &State) -> Self {
        let mut values: HashMap<Name, BTreeSet<&Value>> = HashMap::new();
        for fact in facts.iter().filter(|fact| life_of(fact).is_some()) {
            values.entry(fact.relation.clone()).or_default().extend(fact.values.first());
        }
        let can = state.active.policy.schema.predicate_named("can");
        let variants = state.active.policy.variants.iter().filter(|variant| Some(variant.predicate) == can);
        let columns: BTreeSet<&ColumnType> = variants
            .filter_map(|variant| match variant.columns.first() {
                Some(Column::Type(column)) => Some(column),
                _ => None,
            })
            .collect();
        let of_kind = |kind: &Name| values.get(kind).into_iter().flatten();
        let mut subjects = Vec::new();
        for column in columns {
            match column {
                ColumnType::Object(kind) => subjects.extend(of_kind(kind).map(|value| Value::clone(value))),
                ColumnType::Set(kind, relation) => {
                    let set = |object: &Object| Value::Set(object.clone(), relation.clone());
                    subjects.extend(of_kind(kind).filter_map(|value| value.object()).map(set));
                }
                ColumnType::Everyone(kind) => subjects.push(Value::Everyone(kind.clone())),
                ColumnType::Text | ColumnType::Integer | ColumnType::Time => {}
            }
        }
        let permissions = &state.active.policy.schema.permissions;
        let pairs = permissions.iter().flat_map(|known| known.on.iter().map(|kind| (known.name.clone(), kind.clone())));
        Self {
            subjects,
            step: 1,
            pairs: pairs.collect(),
            kinds: values.iter().map(|(kind, values)| (kind.clone(), values.len() as u64)).collect(),
        }
    }

    fn chosen(&self) -> impl Iterator<Item = &Value> {
        // From the middle: the first ones of an account are seldom like the others.
        self.subjects.iter().skip(self.step / 2).step_by(self.step.max(1))
    }

    fn count(&self, kind: &Name) -> u64 {
        self.kinds.get(kind).copied().unwrap_or(0)
    }
}
