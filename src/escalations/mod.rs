//! Escalations: which permissions let their holder come to hold others, by writes that guards allow.
//!
//! A symbolic subject holds one permission and nothing else. Guards, effects and rules become clauses over a few symbols
//! that stand for all values; two Datalog programs, compiled by crepe, say what follows from the facts that the subject may
//! begin with and from those that it may write. What `not`, a `deny` or a comparison might refuse isn't refused: so what isn't
//! found can't be, and what is found can be if they don't stand in the way.

pub mod analyse;
mod atoms;
mod changes;
mod classes;
mod conclude;
mod exact;
mod found;
mod ground;
mod grounding;
mod paths;
mod program;
pub mod report;
mod standing;
mod statements;
mod steps;
mod symbols;
mod trial;
mod ways;
