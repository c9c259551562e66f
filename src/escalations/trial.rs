//! One trial: a subject that holds a permission in one way, and what it may come to hold.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;

use crate::escalations::atoms::{GroundAtom, Kind};
use crate::escalations::changes::{Asked, Change, changes, is_usable, node};
use crate::escalations::classes::permission;
use crate::escalations::ground::{Clause, Ground, needed};
use crate::escalations::program::{AtomSet, closure, closures};
use crate::escalations::symbols::{Rank, Symbol};
use crate::escalations::ways::Way;
use crate::model::value::Name;
use crate::policy::checked::PredicateId;

/// What trials have in common.
#[derive(Debug)]
pub(super) struct Court<'g> {
    pub(super) ground: &'g Ground,
    /// The atoms that say that the subject, or one that it created, holds a permission on what it didn't create.
    pub(super) holdings: Vec<Holding>,
    /// The stored facts without the subject that may hold in the beginning.
    pub(super) others: Vec<u32>,
    /// The clauses without a write.
    rules: Vec<&'g Clause>,
    /// Those that the absences of others can depend on.
    blocking: Vec<&'g Clause>,
    changes: Vec<Change>,
}

/// What a trial has found.
pub(super) struct Reached<'c> {
    /// The clauses that could be used.
    pub(super) usable: Vec<&'c Change>,
    /// The questions that they were begun with.
    pub(super) start: Vec<u32>,
    nodes: AtomSet,
}

impl Reached<'_> {
    /// Whether an atom came to be true.
    pub(super) fn came(&self, atom: u32) -> bool {
        self.nodes.contains(&node(atom, Asked::Came))
    }

    /// All questions that are answered by yes.
    pub(super) fn nodes(&self) -> &AtomSet {
        &self.nodes
    }
}

/// That somebody holds a permission.
#[derive(Clone, Debug)]
pub(super) struct Holding {
    pub(super) atom: u32,
    pub(super) holder: Symbol,
    pub(super) permission: Name,
    pub(super) object: Symbol,
}

/// What a subject holds by one way alone.
#[derive(Debug)]
pub(super) struct Holder {
    pub(super) way: Way,
    /// The permissions that it holds for certain.
    pub(super) held: BTreeSet<Name>,
    /// What is true for certain.
    certain: AtomSet,
    /// The rules that may not hold in the beginning, by their positions.
    barred: BTreeSet<u32>,
}

impl<'g> Court<'g> {
    /// For the goals that `holdings` has found and other ones, of which the ground must have the clauses.
    pub(super) fn new(ground: &'g Ground, holdings: Vec<Holding>, others: impl Iterator<Item = u32>) -> Self {
        let changes = changes(ground, holdings.iter().map(|holding| holding.atom).chain(others));
        let mentions_me = |number: &u32| ground.mentions(*number, Rank::Me);
        let others = ground.possible.iter().filter(|number| !mentions_me(number)).copied().collect();
        let rules: Vec<&Clause> = ground.clauses.iter().filter(|clause| clause.write.is_none()).collect();
        let absences = rules.iter().flat_map(|clause| &clause.absences).copied();
        let below = needed(rules.iter().copied(), absences, |_| None);
        let blocking = rules.iter().filter(|clause| below.contains(&clause.head)).copied().collect();
        Self { ground, holdings, others, rules, blocking, changes }
    }

    /// What a subject holds by each of some ways, without any other fact about it.
    pub(super) fn holders(&self, me: Symbol, ways: Vec<Way>, permission: Option<&Name>) -> Vec<Holder> {
        let with_others = |way: &Way| way.iter().chain(&self.others).copied().collect::<Vec<u32>>();
        let worlds: Vec<Vec<u32>> = ways.iter().map(with_others).collect();
        let may = closures(self.blocking.iter().copied(), &worlds, &[]);
        let mut barred: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); ways.len()];
        for (may, barred) in may.iter().zip(&mut barred) {
            let is_barred =
                |clause: &Clause| !clause.certain || clause.absences.iter().any(|absence| may.contains(absence));
            barred.extend((0..).zip(&self.rules).filter(|(_, clause)| is_barred(clause)).map(|(number, _)| number));
        }
        let worlds: Vec<Vec<u32>> = ways.iter().map(|way| way.iter().copied().collect()).collect();
        let of_world = |(world, barred): (u32, &BTreeSet<u32>)| {
            barred.iter().map(move |clause| (world, *clause)).collect::<Vec<_>>()
        };
        let all: Vec<(u32, u32)> = (0..).zip(&barred).flat_map(of_world).collect();
        let certain = closures(self.rules.iter().copied(), &worlds, &all);
        let holder = |((way, certain), barred): ((Way, AtomSet), BTreeSet<u32>)| {
            let held = self.held(me, &certain).chain(permission.cloned()).collect();
            Holder { way, held, certain, barred }
        };
        ways.into_iter().zip(certain).zip(barred).map(holder).collect()
    }

    /// The facts each of which alone would give a holder one of the unwanted atoms.
    fn harmful(&self, holder: &Holder, unwanted: &AtomSet) -> AtomSet {
        let mut needs: HashMap<u32, Vec<u32>, FixedState> = HashMap::default();
        for (number, clause) in (0..).zip(&self.rules) {
            let mut open = clause.premises.iter().filter(|premise| !holder.certain.contains(premise));
            if let (Some(premise), None) = (open.next(), open.next())
                && !holder.barred.contains(&number)
            {
                needs.entry(clause.head).or_default().push(*premise);
            }
        }
        let mut harmful = unwanted.clone();
        let mut waiting: Vec<u32> = unwanted.iter().copied().collect();
        while let Some(atom) = waiting.pop() {
            waiting.extend(needs.get(&atom).into_iter().flatten().filter(|premise| harmful.insert(**premise)));
        }
        harmful
    }

    /// Whether a holder may make a first write: of some write, no premise is known to be false in the beginning.
    fn may_write(&self, holder: &Holder, unwanted: &AtomSet) -> bool {
        let is_unnamed = |atom: u32| self.ground.is_named_if_true(atom) && !holder.way.contains(&atom);
        let is_wanting = |premise: &u32| unwanted.contains(premise) || is_unnamed(*premise);
        let mut writes = self.ground.clauses.iter().filter(|clause| clause.write.is_some());
        writes.any(|clause| !clause.premises.iter().any(is_wanting))
    }

    /// What a subject comes to that begins with its way, and with whatever alone gives it no permission more; none
    /// if it can't write anything.
    pub(super) fn reach(&self, me: Symbol, holder: &Holder) -> Option<Reached<'_>> {
        let more = |holding: &&Holding| holding.holder == me && !holder.held.contains(&holding.permission);
        let unwanted: AtomSet = self.holdings.iter().filter(more).map(|holding| holding.atom).collect();
        if !self.may_write(holder, &unwanted) {
            return None;
        }
        let harmful = self.harmful(holder, &unwanted);
        let harmless = self.others.iter().filter(|other| !harmful.contains(other));
        let start: Vec<u32> = holder.way.iter().chain(harmless).map(|fact| node(*fact, Asked::True)).collect();
        let beginning: AtomSet = holder.way.iter().copied().collect();
        let usable: Vec<&Change> =
            self.changes.iter().filter(|change| is_usable(change, &unwanted, &beginning)).collect();
        let nodes = closure(usable.iter().map(|change| &change.clause), &start);
        Some(Reached { usable, start, nodes })
    }

    /// The permissions that a subject holds.
    pub(super) fn held(&self, me: Symbol, atoms: &AtomSet) -> impl Iterator<Item = Name> {
        let holds = move |holding: &&Holding| {
            holding.holder == me && (atoms.contains(&holding.atom) || self.ground.given.contains(&holding.atom))
        };
        self.holdings.iter().filter(holds).map(|holding| holding.permission.clone())
    }

    /// The clauses without a write.
    pub(super) fn rules(&self) -> impl Iterator<Item = &'g Clause> {
        self.rules.iter().copied()
    }
}

/// The atoms that say who holds which permission, of the subjects and of what they created, on what they didn't create.
pub(super) fn holdings(ground: &Ground, can: Option<PredicateId>) -> Vec<Holding> {
    let rank = |symbol: &Symbol| ground.symbols.rank(*symbol);
    let holding = |(number, atom): (u32, &GroundAtom)| {
        let [holder, name, object] = &*atom.row else { return None };
        let is_it = atom.kind == Kind::Holds
            && Some(atom.predicate) == can
            && matches!(rank(holder), Rank::Me | Rank::New)
            && rank(object) != Rank::New;
        let permission = permission(ground.symbols.value(*name)?)?;
        is_it.then_some(Holding { atom: number, holder: *holder, permission, object: *object })
    };
    (0..).zip(ground.atoms.all()).filter_map(holding).collect()
}
