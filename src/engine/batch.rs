//! Batches: many checks of one state. Memory is waited for once for many of them.

use crate::engine::ask::{self, Ready};
use crate::engine::engine::Engine;
use crate::engine::error::Error;
use crate::engine::reference::{self, Reference};
use crate::engine::request::Check;
use crate::engine::state::State;
use crate::eval::entrances::Entrances;
use crate::eval::residual::Residual;

/// So many checks are made ready before the first of them is decided.
const AHEAD: usize = 64;

impl Engine {
    /// Decides all checks at one state, in their order.
    ///
    /// Their ids are looked up together; then, some dozens at a time, what their plans read first is fetched together.
    pub(super) fn decide_all(&self, state: &State, checks: &[Check]) -> Vec<Result<bool, Error>> {
        let subjects = Reference::all_known(state, checks.iter().map(|check| check.subject.as_str()));
        let objects = Reference::all_known(state, checks.iter().map(|check| check.object.as_str()));
        let mut references = subjects.into_iter().zip(objects);
        let mut entrances = Vec::new();
        let mut results = Vec::with_capacity(checks.len());
        let mut ready = Vec::with_capacity(AHEAD.min(checks.len()));
        for checks in checks.chunks(AHEAD) {
            ready.extend(checks.iter().zip(&mut references).map(|(check, (subject, object))| {
                self.fresh_enough(state, check.at.as_deref())?;
                self.make_ready(state, check, subject, object)
            }));
            fetch(&ready, &mut entrances);
            results.extend(ready.drain(..).map(|ready| ready.and_then(|ready| ask::decide(ready.as_ref()))));
        }
        results
    }

    /// A check whose subject and object have been looked for among the objects that are alive, ready to be decided; none if no
    /// rule can allow it.
    #[inline]
    pub(super) fn make_ready<'s>(
        &self,
        state: &'s State,
        check: &Check,
        subject: Option<Reference>,
        object: Option<Reference>,
    ) -> Result<Option<Ready<'s>>, Error> {
        let subject = subject.map_or_else(|| Reference::subject(state, &check.subject), Ok)?;
        let permission = reference::permission(state, &check.permission)?;
        let object = object.map_or_else(|| Reference::object(state, &check.object), Ok)?;
        reference::permission_on(state, permission, object.column, &check.object)?;
        let surroundings = self.surroundings(state, &check.context, None)?;
        ask::ready(state, &subject, permission, &object, &surroundings)
    }
}

/// Reads what the checks are about to read first. `known` remembers the entrances of plans that were met before.
fn fetch<'s>(ready: &[Result<Option<Ready<'s>>, Error>], known: &mut Vec<(&'s Residual, Entrances)>) {
    let all = || ready.iter().flatten().flatten();
    let mut last: Option<&Residual> = None;
    for residual in all().filter_map(|ready| ready.goal.residual) {
        let is_it = |other: &Residual| std::ptr::eq(other, residual);
        if !last.is_some_and(is_it) && !known.iter().any(|(other, _)| is_it(other)) {
            known.push((residual, Entrances::of(residual)));
        }
        last = Some(residual);
    }
    for (residual, entrances) in known {
        let same = all().filter(|ready| ready.goal.residual.is_some_and(|other| std::ptr::eq(other, *residual)));
        if let Some(first) = same.clone().next() {
            entrances.touch(&first.asking.facts, same.map(|ready| ready.arguments.as_slice()));
        }
    }
}
