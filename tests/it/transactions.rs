//! A transaction, step by step, as the language defines it: asked, completed, effects, guards, denies, revision.

mod asked;
mod contest;
mod denies;
mod effects;
mod guards;
mod repeated;
mod world;
