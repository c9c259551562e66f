//! The second opinion: what a policy and some facts mean, worked out once more, by other means than the engine's.
//!
//! One fixed Datalog program, compiled by crepe, has the rules among its facts and derives bottom up whatever follows. It
//! reads the rules as their author wrote them, on dynamic values: neither the typed instances nor plans, indexes or the
//! evaluator take part. From the variants it takes one thing: in which order what is negated has to be complete.

pub mod evaluate;
mod focus;
mod ground;
mod levels;
mod order;
mod program;
mod rules;
mod test;
