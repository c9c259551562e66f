//! What was found for one permission, told of every permission that is like it.

use std::collections::{BTreeMap, BTreeSet};

use crate::escalations::classes::swapped;
use crate::escalations::ground::Ground;
use crate::escalations::report::{Escalation, Gain, Path, Standing, Step};
use crate::escalations::standing::Giving;
use crate::escalations::steps::fact;
use crate::model::fact::Fact;
use crate::model::value::{Name, Object, Value};
use crate::policy::checked::Policy;

/// What was reached, and by which writes.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// By the position of the standing.
    pub(super) standings: BTreeMap<usize, Path>,
    pub(super) gains: BTreeMap<Name, Gained>,
}

/// A permission that was gained.
#[derive(Debug)]
pub(super) struct Gained {
    pub(super) holder: Value,
    pub(super) object: Object,
    pub(super) path: Path,
}

impl Found {
    /// Notes how a standing was reached, if no shorter path is known.
    pub(super) fn reach(&mut self, standing: usize, path: Path) {
        if self.standings.get(&standing).is_none_or(|known| is_shorter(&path, known)) {
            self.standings.insert(standing, path);
        }
    }

    /// Notes how a permission was gained, if no shorter path is known.
    pub(super) fn gain(&mut self, permission: &Name, gained: Gained) {
        if self.gains.get(permission).is_none_or(|known| is_shorter(&gained.path, &known.path)) {
            self.gains.insert(permission.clone(), gained);
        }
    }
}

/// Whether a path has fewer writes, or of as many fewer facts, or takes less for granted.
fn is_shorter(path: &Path, than: &Path) -> bool {
    let n_facts = |path: &Path| path.steps.iter().map(|step| step.facts.len()).sum::<usize>();
    let length = |path: &Path| (path.steps.len(), n_facts(path), path.given.len());
    length(path) < length(than)
}

/// What is needed to tell it.
#[derive(Debug)]
pub(super) struct Telling<'p> {
    pub(super) policy: &'p Policy,
    pub(super) ground: &'p Ground,
    pub(super) standings: Vec<Giving>,
    pub(super) classes: Vec<Vec<Name>>,
}

impl Telling<'_> {
    /// The class of a permission.
    fn class(&self, name: &Name) -> &[Name] {
        self.classes.iter().find(|class| class.contains(name)).map_or(&[], Vec::as_slice)
    }

    /// What was found for the first permission of a class, told of one of it; none if nothing was. `name` is none for whoever holds
    /// nothing.
    pub(super) fn tell(&self, name: Option<&Name>, found: &Found) -> Option<Escalation> {
        if found.gains.is_empty() {
            return None;
        }
        let swap = Swap { own: name.and_then(|name| Some((self.class(name).first()?, name))) };
        let gain = |entry: &crate::policy::schema::Permission| {
            let stands = self.stand_in(&entry.name, name)?;
            let Gained { holder, object, path } = found.gains.get(stands)?;
            let path = swap.path(path, stands, &entry.name);
            Some(Gain { permission: entry.name.clone(), holder: holder.clone(), object: object.clone(), path })
        };
        Some(Escalation {
            permission: name.cloned(),
            standings: self.standings(name, found, &swap),
            gains: self.policy.schema.permissions.iter().filter_map(gain).collect(),
        })
    }

    /// The permission for which it was found out what is so of this one: the first of its class, but of the class of the one
    /// that is held the second, which stands for those that aren't.
    fn stand_in(&self, of: &Name, held: Option<&Name>) -> Option<&Name> {
        let class = self.class(of);
        match held.is_some_and(|held| class.contains(held)) && Some(of) != held {
            true => class.get(1),
            false => class.first(),
        }
    }

    /// The standings that no other one surpasses; of those that give the same the shortest ones.
    fn standings(&self, name: Option<&Name>, found: &Found, swap: &Swap<'_>) -> Vec<Standing> {
        let mut by_object: BTreeMap<&Object, (usize, &Path, BTreeSet<&Name>)> = BTreeMap::new();
        for (position, path) in &found.standings {
            let Some(giving) = self.standings.get(*position) else { continue };
            let entry = by_object.entry(&giving.object).or_insert((*position, path, BTreeSet::new()));
            if is_shorter(path, entry.1) {
                (entry.0, entry.1) = (*position, path);
            }
            // What it gives, it gives wherever.
            let same = self.standings.iter().filter(|other| other.object == giving.object);
            entry.2.extend(same.flat_map(|other| &other.gives));
        }
        let surpasses = |other: &(usize, &Path, BTreeSet<&Name>), one: &(usize, &Path, BTreeSet<&Name>)| {
            one.2.is_subset(&other.2) && (one.2.len() < other.2.len() || other.1.steps.len() < one.1.steps.len())
        };
        let mut told = Vec::new();
        for (object, entry) in &by_object {
            let Some(atom) = self.standings.get(entry.0).and_then(|giving| self.ground.atoms.get(giving.atom)) else {
                continue;
            };
            if by_object.values().any(|other| surpasses(other, entry)) {
                continue;
            }
            let Some(fact) = fact(self.policy, self.ground, atom.predicate, &atom.row) else { continue };
            let names = self.policy.schema.permissions.iter().map(|entry| &entry.name);
            let is_given = |of: &&Name| self.stand_in(of, name).is_some_and(|stands| entry.2.contains(stands));
            let gives = names.filter(is_given).cloned().collect();
            let nobody: Name = "".into();
            let path = swap.path(entry.1, &nobody, &nobody);
            told.push(Standing { object: (*object).clone(), fact, gives, path });
        }
        told.sort_by_key(|standing| standing.path.steps.len());
        told
    }
}

/// The permission that was on trial changes places with the one of which it is told.
struct Swap<'n> {
    own: Option<(&'n Name, &'n Name)>,
}

impl Swap<'_> {
    /// A path in which, besides, a permission and the one that stood for it change places.
    fn path(&self, path: &Path, stood: &Name, for_it: &Name) -> Path {
        let fact = |fact: &Fact| {
            let own = self.own.map_or_else(|| fact.clone(), |(first, own)| swapped(fact, first, own));
            swapped(&own, stood, for_it)
        };
        let step = |step: &Step| {
            let facts = step.facts.iter().map(|(sign, written)| (*sign, fact(written))).collect();
            Step { facts, ..step.clone() }
        };
        Path { given: path.given.iter().map(fact).collect(), steps: path.steps.iter().map(step).collect() }
    }
}
