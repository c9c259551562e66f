//! Each permission on trial.

use std::collections::{BTreeMap, BTreeSet};

use crate::escalations::changes::{Asked, atom_of, node};
use crate::escalations::classes::classes;
use crate::escalations::found::{Found, Gained, Telling};
use crate::escalations::ground::Ground;
use crate::escalations::grounding::ground;
use crate::escalations::paths::Paths;
use crate::escalations::report::{Escalations, Path, TooLarge};
use crate::escalations::standing::{Giving, candidates, standings};
use crate::escalations::steps::{fact, steps};
use crate::escalations::symbols::{Rank, Symbol};
use crate::escalations::trial::{Court, Holder, Holding, holdings};
use crate::escalations::ways::{Way, least, ways};
use crate::model::fact::Fact;
use crate::model::value::{Name, Object, Value};
use crate::policy::checked::Policy;

/// What the holder of each permission may come to hold.
///
/// # Errors
/// [`TooLarge`]: nothing was found out.
pub fn escalations(policy: &Policy) -> Result<Escalations, TooLarge> {
    let classes = classes(policy);
    let permissions: BTreeSet<Name> = classes.iter().flat_map(|class| class.iter().take(2)).cloned().collect();
    let mut ground = ground(policy, &permissions)?;
    let holdings = holdings(&ground, policy.schema.predicate_named("can"));
    let candidates = candidates(policy, &ground);
    let of_candidates = || candidates.iter().map(|(atom, ..)| *atom);
    ground.narrow(holdings.iter().map(|holding| holding.atom).chain(of_candidates()));
    let court = Court::new(&ground, holdings, of_candidates());
    let standings = standings(&court, &candidates);
    let telling = Telling { policy, ground: &ground, standings, classes };
    Analysis { ground: &ground, court, telling }.run()
}

struct Analysis<'p> {
    ground: &'p Ground,
    court: Court<'p>,
    telling: Telling<'p>,
}

impl Analysis<'_> {
    /// Every permission, the first of each class for all of it.
    fn run(&self) -> Result<Escalations, TooLarge> {
        let subjects: Vec<Symbol> =
            self.ground.symbols.subjects.iter().filter_map(|kind| self.ground.symbols.me(kind)).collect();
        let mut anyone = Found::default();
        for me in &subjects {
            for holder in self.court.holders(*me, vec![Way::new()], None) {
                self.trial(*me, &holder, &Found::default(), &mut anyone);
            }
        }
        let goals: BTreeSet<u32> = self.court.holdings.iter().map(|holding| holding.atom).collect();
        let ways = ways(self.ground, &goals)?;
        let mut found: BTreeMap<Name, Found> = BTreeMap::new();
        for name in self.telling.classes.iter().filter_map(|class| class.first()) {
            let mut of_name = Found::default();
            for me in &subjects {
                for holder in self.holders(*me, name, &ways) {
                    self.trial(*me, &holder, &anyone, &mut of_name);
                }
            }
            found.insert(name.clone(), of_name);
        }
        let reached: BTreeSet<&Object> = (found.values().chain([&anyone]))
            .flat_map(|found| found.standings.keys())
            .filter_map(|standing| Some(&self.telling.standings.get(*standing)?.object))
            .collect();
        let all: BTreeSet<&Object> = self.telling.standings.iter().map(|standing| &standing.object).collect();
        let of_name = |name: &Name| {
            let class = self.telling.classes.iter().find(|class| class.contains(name))?;
            let first = class.first()?;
            self.telling.tell(Some(name), found.get(first)?)
        };
        Ok(Escalations {
            anyone: self.telling.tell(None, &anyone),
            permissions: self
                .telling
                .policy
                .schema
                .permissions
                .iter()
                .filter_map(|entry| of_name(&entry.name))
                .collect(),
            out_of_reach: all.difference(&reached).map(|object| (*object).clone()).collect(),
        })
    }

    /// The holders of a permission who hold the least besides it: one for each way.
    fn holders(&self, me: Symbol, name: &Name, ways: &BTreeMap<u32, Vec<Way>>) -> Vec<Holder> {
        let own = self.court.holdings.iter().filter(|holding| holding.holder == me && holding.permission == *name);
        let of_holding = |atom: u32| match self.ground.given.contains(&atom) {
            true => vec![Way::new()],
            false => ways.get(&atom).cloned().unwrap_or_default(),
        };
        let all = least(own.flat_map(|holding| of_holding(holding.atom)).collect());
        let holders = self.court.holders(me, all, Some(name));
        let is_least = |holder: &&Holder| {
            !holders.iter().any(|other| other.held.len() < holder.held.len() && other.held.is_subset(&holder.held))
        };
        let least: Vec<usize> = (0..).zip(&holders).filter(|(_, holder)| is_least(holder)).map(|(at, _)| at).collect();
        (0..).zip(holders).filter(|(at, _)| least.contains(at)).map(|(_, holder)| holder).collect()
    }

    /// Lets a holder write what it may, and notes what it comes to; the shortest path of all trials is kept.
    fn trial(&self, me: Symbol, holder: &Holder, anyone: &Found, found: &mut Found) {
        let Some(reached) = self.court.reach(me, holder) else { return };
        let symbols = &self.ground.symbols;
        let is_more = |name: &Name| !holder.held.contains(name) && !anyone.gains.contains_key(name);
        let is_gain = |holding: &&Holding| {
            let is_ours = holding.holder == me || symbols.rank(holding.holder) == Rank::New;
            is_ours && is_more(&holding.permission) && reached.came(holding.atom)
        };
        let mut gains: Vec<&Holding> = self.court.holdings.iter().filter(is_gain).collect();
        // Of paths that are as short, the subject's own to what it is near to comes first.
        gains.sort_by_key(|holding| (symbols.rank(holding.holder), symbols.rank(holding.object), holding.atom));
        let is_reached = |(_, standing): &(usize, &Giving)| {
            standing.me == me && standing.gives.iter().any(is_more) && reached.came(standing.atom)
        };
        let standings: Vec<(usize, &Giving)> = (0..).zip(&self.telling.standings).filter(is_reached).collect();
        if gains.is_empty() && standings.is_empty() {
            return;
        }
        let paths = Paths::new(&reached.usable, &reached.start, reached.nodes());
        let path = |atom: u32| {
            let (changes, facts) = paths.to(node(atom, Asked::Came));
            let clauses = changes.into_iter().filter_map(|change| self.ground.clauses.get(change.from?));
            let facts = facts.into_iter().filter_map(|node| self.ground.atoms.get(atom_of(node)));
            let mut given: Vec<Fact> =
                facts.filter_map(|atom| fact(self.telling.policy, self.ground, atom.predicate, &atom.row)).collect();
            given.sort();
            Path { given, steps: steps(self.telling.policy, self.ground, &clauses.collect::<Vec<_>>()) }
        };
        for (position, standing) in standings {
            found.reach(position, path(standing.atom));
        }
        for holding in gains {
            let object = symbols.value(holding.object).and_then(Value::object);
            if let (Some(holder), Some(object)) = (symbols.value(holding.holder), object) {
                let (holder, object) = (holder.clone(), object.clone());
                found.gain(&holding.permission, Gained { holder, object, path: path(holding.atom) });
            }
        }
    }
}
