//! Standings: facts that make the subject something which the policy names, with what they give.

use std::collections::BTreeSet;

use crate::escalations::atoms::Kind;
use crate::escalations::ground::Ground;
use crate::escalations::program::{closure, closures};
use crate::escalations::symbols::{Rank, Symbol};
use crate::escalations::trial::Court;
use crate::model::value::{Name, Object, Value};
use crate::policy::checked::{Origin, Policy};

/// A fact that gives permissions.
#[derive(Debug)]
pub(super) struct Giving {
    pub(super) atom: u32,
    pub(super) me: Symbol,
    pub(super) object: Object,
    /// What it gives, if whatever doesn't speak of the subject holds, but what everybody has.
    pub(super) gives: BTreeSet<Name>,
}

/// The facts that may be standings: each with the subject, and with what it makes it.
pub(super) fn candidates(policy: &Policy, ground: &Ground) -> Vec<(u32, Symbol, Symbol)> {
    let rank = |symbol: &Symbol| ground.symbols.rank(*symbol);
    let mut candidates = Vec::new();
    for (number, atom) in (0..).zip(ground.atoms.all()) {
        let Some(predicate) = policy.schema.predicate(atom.predicate) else { continue };
        let is_fact = atom.kind == Kind::Holds
            && predicate.origin == Origin::Stored
            && policy.schema.type_named(&predicate.name).is_none();
        let is_object = |symbol: &Symbol| matches!(ground.symbols.value(*symbol), Some(Value::Object(_)));
        let mut mine = atom.row.iter().filter(|symbol| rank(symbol) == Rank::Me);
        let mut named = atom.row.iter().filter(|symbol| rank(symbol) == Rank::Fixed && is_object(symbol));
        if let (true, Some(me), None, Some(object), None) =
            (is_fact && !ground.mentions(number, Rank::New), mine.next(), mine.next(), named.next(), named.next())
        {
            candidates.push((number, *me, *object));
        }
    }
    candidates
}

/// The standings among the candidates, in the order of what they make the subject.
pub(super) fn standings(court: &Court<'_>, candidates: &[(u32, Symbol, Symbol)]) -> Vec<Giving> {
    let ground = court.ground;
    let others: Vec<u32> = court.others.iter().filter(|other| !ground.mentions(**other, Rank::Mine)).copied().collect();
    let alone = closure(court.rules(), &others);
    let worlds = candidates.iter().map(|(atom, ..)| others.iter().copied().chain([*atom]).collect::<Vec<u32>>());
    let with = closures(court.rules(), &worlds.collect::<Vec<_>>(), &[]);
    let mut standings = Vec::new();
    for ((atom, me, object), with) in candidates.iter().zip(&with) {
        let without: BTreeSet<Name> = court.held(*me, &alone).collect();
        let gives: BTreeSet<Name> = court.held(*me, with).filter(|name| !without.contains(name)).collect();
        if let (false, Some(object)) = (gives.is_empty(), ground.symbols.value(*object).and_then(Value::object)) {
            standings.push(Giving { atom: *atom, me: *me, object: object.clone(), gives });
        }
    }
    standings.sort_by(|left, right| (&left.object, left.atom).cmp(&(&right.object, right.atom)));
    standings
}
