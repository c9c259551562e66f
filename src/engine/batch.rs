//! Batches: many checks of one state. What they have in common is done once, and memory is waited for once for many of them.

use std::collections::BTreeMap;

use crate::engine::ask::{self, Arguments, Asking, Ready};
use crate::engine::engine::Engine;
use crate::engine::error::Error;
use crate::engine::names::{KnownPermission, Way};
use crate::engine::reference::{self, Reference};
use crate::engine::request::Check;
use crate::engine::state::State;
use crate::eval::entrances::Entrances;
use crate::eval::goal::Goal;
use crate::model::value::Raw;

/// So many checks are looked at together.
const AHEAD: usize = 64;

impl Engine {
    /// Decides all checks at one state, in their order.
    ///
    /// Some dozens at a time: those of one permission between two types have one goal; their ids are looked up together, and
    /// then what the goal reads first is fetched for all of them.
    /// What allows carry is noted by the check's position.
    pub(super) fn decide_all(
        &self,
        state: &State,
        checks: &[Check],
        obligations: &mut Obligations,
    ) -> Vec<Result<bool, Error>> {
        let mut results = Vec::with_capacity(checks.len());
        let mut batch = Batch { asking: Asking::without_context(state, self.limits), state, groups: Vec::new() };
        let mut decided = Vec::with_capacity(AHEAD);
        for checks in checks.chunks(AHEAD) {
            decided.clear();
            decided.resize_with(checks.len(), || None);
            batch.sort(checks);
            let first = results.len();
            batch.decide(&mut decided, first, obligations);
            results.extend((first..).zip(checks).zip(decided.drain(..)).map(|((place, check), decided)| {
                decided.unwrap_or_else(|| {
                    self.fresh_enough(state, check.at.as_deref())?;
                    let ready = self.make_ready(state, check)?;
                    let allowed = ask::decide(ready.as_ref())?;
                    if let Some(ready) = ready.filter(|_| allowed) {
                        note(obligations, place, ask::obligations(&ready)?);
                    }
                    Ok(allowed)
                })
            }));
        }
        results
    }

    /// Waits for the latest revision that a check asks for. Those that ask for one that doesn't come say so themselves.
    ///
    /// # Errors
    /// `unknown-tenant`.
    pub(super) fn wait_for_latest(&self, tenant: &str, checks: &[Check]) -> Result<(), Error> {
        let tokens = checks.iter().filter_map(|check| check.at.as_deref());
        if tokens.clone().next().is_none() {
            return Ok(());
        }
        let place = self.tenants.place(self.tenants.get(tenant)?.id);
        let latest = tokens.filter_map(|token| Some((place.revision(token).ok()?, token))).max();
        match self.state(tenant, latest.map(|(_, token)| token)) {
            Err(error) if error.code != "revision-not-here" => Err(error),
            _ => Ok(()),
        }
    }

    /// A check ready to be decided, whatever it names; none if no rule can allow it.
    pub(super) fn make_ready<'s>(&self, state: &'s State, check: &Check) -> Result<Option<Ready<'s>>, Error> {
        let subject = Reference::subject(state, &check.subject)?;
        let permission = reference::permission(state, &check.permission)?;
        let object = Reference::object(state, &check.object)?;
        reference::permission_on(state, permission, object.column, &check.object)?;
        let surroundings = self.surroundings(state, &check.context, None)?;
        ask::ready(state, &subject, permission, &object, &surroundings)
    }
}

/// What allows carry, by the position of the check.
type Obligations = BTreeMap<usize, Vec<Raw>>;

fn note(obligations: &mut Obligations, place: usize, found: Vec<Raw>) {
    if !found.is_empty() {
        obligations.insert(place, found);
    }
}

/// A batch under way.
struct Batch<'s, 'c> {
    state: &'s State,
    /// What they are asked of: nothing comes with them.
    asking: Asking<'s>,
    groups: Vec<Group<'s, 'c>>,
}

/// The checks of one goal, of those that are looked at.
struct Group<'s, 'c> {
    permission: &'s KnownPermission,
    way: &'s Way,
    /// Of those met so far: the goal's residual is the same for all.
    entrances: Option<Entrances>,
    /// Where each check stands, and the ids of its subject and object.
    places: Vec<usize>,
    subjects: Vec<&'c str>,
    objects: Vec<&'c str>,
}

impl<'s, 'c> Batch<'s, 'c> {
    /// Sorts checks by their goals, but for those that more has to be known about than their texts.
    fn sort(&mut self, checks: &'c [Check]) {
        self.groups.iter_mut().for_each(Group::clear);
        let names = &self.state.active.names;
        let mut last: Option<&'s KnownPermission> = None;
        for (place, check) in checks.iter().enumerate() {
            if !check.context.is_empty() || check.at.is_some() {
                continue;
            }
            let is_same = |known: &&KnownPermission| *known.name == *check.permission;
            let Some(permission) = last.filter(is_same).or_else(|| names.permission(&check.permission)) else {
                continue;
            };
            last = Some(permission);
            let named = permission.ways().iter().find_map(|way| Some((way, way.ids(&check.subject, &check.object)?)));
            let Some((way, [subject, object])) = named else {
                continue;
            };
            let group = self.groups.iter().position(|group| std::ptr::eq(group.way, way));
            let group = group.unwrap_or_else(|| {
                self.groups.push(Group::new(permission, way));
                self.groups.len() - 1
            });
            if let Some(group) = self.groups.get_mut(group) {
                group.places.push(place);
                group.subjects.push(subject);
                group.objects.push(object);
            }
        }
    }

    /// Decides what was sorted, as far as subject and object are alive.
    fn decide(&mut self, decided: &mut [Option<Result<bool, Error>>], first: usize, obligations: &mut Obligations) {
        let (mut subjects, mut objects, mut ready) = (Vec::new(), Vec::new(), Vec::new());
        for group in self.groups.iter_mut().filter(|group| !group.places.is_empty()) {
            let goal = &group.way.goals.check;
            if !goal.contexts.is_empty() {
                continue;
            }
            let dictionary = self.state.snapshot.dictionary();
            subjects.clear();
            objects.clear();
            ready.clear();
            group.way.ordinals_of(dictionary, [&group.subjects, &group.objects], [&mut subjects, &mut objects]);
            for ((&place, subject), object) in group.places.iter().zip(&subjects).zip(&objects) {
                if let (Some(_), Some(_)) = (subject, object) {
                    let parameter = self.state.parameter(group.permission);
                    ready.push((place, ask::arguments(*subject, parameter, *object)));
                }
            }
            let Some((_, arguments)) = ready.first() else { continue };
            let goal = self.asking.goal(goal, arguments);
            group.fetch(&self.asking, goal, &ready);
            for (place, arguments) in &ready {
                if let Some(decided) = decided.get_mut(*place) {
                    *decided = Some(self.asking.holds(goal, arguments));
                }
            }
            if group.way.goals.obligations.is_empty() {
                continue;
            }
            for (place, arguments) in &ready {
                let Some(decided) = decided.get_mut(*place).filter(|decided| matches!(decided, Some(Ok(true)))) else {
                    continue;
                };
                match self.asking.obligations(&group.way.goals, arguments) {
                    Ok(found) => note(obligations, first + place, found),
                    Err(error) => *decided = Some(Err(error)),
                }
            }
        }
    }
}

impl<'s> Group<'s, '_> {
    fn new(permission: &'s KnownPermission, way: &'s Way) -> Self {
        let (places, subjects, objects) = (Vec::new(), Vec::new(), Vec::new());
        Self { permission, way, entrances: None, places, subjects, objects }
    }

    fn clear(&mut self) {
        self.places.clear();
        self.subjects.clear();
        self.objects.clear();
    }

    /// Reads what the checks are about to read first.
    fn fetch(&mut self, asking: &Asking<'_>, goal: Goal<'_>, ready: &[(usize, Arguments)]) {
        if let Some(residual) = goal.residual {
            let entrances = self.entrances.get_or_insert_with(|| Entrances::of(residual));
            entrances.touch(&asking.facts, ready.iter().map(|(_, arguments)| arguments.as_slice()));
        }
    }
}
