//! What is left of the goals on `can` for one permission each, while the facts that they are specialised by stay the same.

use std::sync::{Arc, OnceLock};

use crate::engine::active::{Active, Goal};
use crate::engine::facts::{Constants, QuestionFacts};
use crate::eval::goal;
use crate::eval::residual::{MAX_ROWS, Residual, specialise};
use crate::index::relation::Relation;
use crate::index::snapshot::Snapshot;
use crate::model::layout::StoredId;

/// The goals of a tenant, each specialised when it is first asked. All states that agree in the premises, in which variants
/// have no rows, and in the constants share them; a change of these begins anew.
#[derive(Debug)]
pub(super) struct Residuals {
    /// The premises, sorted: those that were few enough.
    premises: Vec<StoredId>,
    /// The same as they were: as long as they are held here, a change of one makes another of it.
    held: Vec<Relation>,
    /// By stored variant: whether it has no rows.
    is_empty: Vec<bool>,
    /// By [`Goal::residual`]; none inside where nothing can be specialised.
    procedures: Box<[OnceLock<Option<Box<Residual>>>]>,
}

impl Residuals {
    /// Nothing is specialised yet.
    pub(super) fn new(active: &Active, snapshot: &Snapshot) -> Self {
        let is_few = |id: &StoredId| snapshot.relation(*id).len() <= MAX_ROWS;
        let premises: Vec<StoredId> = active.plans.premises.iter().copied().filter(is_few).collect();
        Self {
            held: premises.iter().map(|id| snapshot.relation(*id).clone()).collect(),
            premises,
            is_empty: snapshot.relations().iter().map(Relation::is_empty).collect(),
            procedures: (0..active.names.n_residuals()).map(|_| OnceLock::new()).collect(),
        }
    }

    /// Those of the state after a change of facts. Costs the number of variants, where nothing begins anew.
    pub(super) fn after(
        before: &Arc<Self>,
        constants: [&Arc<Constants>; 2],
        active: &Active,
        snapshot: &Snapshot,
    ) -> Arc<Self> {
        let [old, new] = constants;
        let holds = Arc::ptr_eq(old, new)
            && before.premises.iter().zip(&before.held).all(|(id, held)| held.is_same(snapshot.relation(*id)))
            && snapshot.relations().iter().map(Relation::is_empty).eq(before.is_empty.iter().copied());
        if holds { before.clone() } else { Arc::new(Self::new(active, snapshot)) }
    }

    /// What is asked for a goal with these arguments.
    #[inline]
    pub(super) fn goal<'a>(
        &'a self,
        active: &Active,
        facts: &QuestionFacts<'_>,
        asked: &Goal,
        arguments: &[u32],
    ) -> goal::Goal<'a> {
        let procedure = asked.procedure;
        let Some(place) = asked.residual.and_then(|place| self.procedures.get(place as usize)) else {
            return goal::Goal { procedure, residual: None };
        };
        // Nobody waits for one who is at it: whoever comes first is kept.
        let residual = match place.get() {
            Some(residual) => residual,
            None => {
                let made = self.make(active, facts, asked, arguments);
                place.get_or_init(|| made)
            }
        };
        goal::Goal { procedure, residual: residual.as_deref() }
    }

    #[cold]
    fn make(
        &self,
        active: &Active,
        facts: &QuestionFacts<'_>,
        goal: &Goal,
        arguments: &[u32],
    ) -> Option<Box<Residual>> {
        let is_permission = |place: usize| Some(place) == goal.permission_at;
        let known: Vec<Option<u32>> =
            arguments.iter().enumerate().map(|(place, cell)| is_permission(place).then_some(*cell)).collect();
        specialise(&active.plans, &self.premises, facts, goal.procedure, &known).map(Box::new)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::engine::engine::{Engine, Options};
    use crate::engine::facts::QuestionFacts;
    use crate::engine::request::PolicyText;
    use crate::model::fact::RawFact;
    use crate::model::value::Raw;

    const FACTS: [&str; 12] = [
        "account account:acme",
        "user user:root",
        "role_of user:root account:acme role:admin",
        "role role:lead",
        "name role:lead Lead",
        "scope role:lead sequence.view teammates",
        "user user:ana",
        "role_of user:ana account:acme role:lead",
        "team team:eu",
        "member team:eu user:ana",
        "owner sequence:1 user:ana",
        "shared sequence:1 account:acme sequence.view",
    ];

    #[test]
    fn what_is_left_of_the_sales_packs_check_prints_as_recorded() {
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::open(directory.path(), Options::default()).unwrap();
        engine.activate("t", &PolicyText { main: "sales.dl".to_owned(), ..PolicyText::default() }).unwrap();
        let fact = |text: &str| {
            let mut words = text.split(' ').map(str::to_owned);
            RawFact { relation: words.next().unwrap(), values: words.map(Raw::Text).collect() }
        };
        engine.load("t", &FACTS.map(fact)).unwrap();
        let state = engine.state("t", None).unwrap();
        let permission = state.active.names.permission("sequence.view").unwrap();
        let way = permission.ways().iter().find(|way| way.ids("user:ana", "sequence:1").is_some()).unwrap();
        let facts = QuestionFacts::new(&state.snapshot, &state.constants);
        let arguments = [0, state.parameter(permission).unwrap(), 0];
        let goal = state.residuals.goal(&state.active, &facts, &way.goals.check, &arguments);
        let printed = state.active.plans.show(&goal.residual.unwrap().procedure().branches).to_string();
        let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/plans/sales_check_left.txt");
        if std::env::var_os("UPDATE_CORPUS").is_some() {
            std::fs::write(&recorded, &printed).unwrap();
        }
        assert_eq!(printed, std::fs::read_to_string(&recorded).unwrap(), "UPDATE_CORPUS=1 records it anew");
    }
}
