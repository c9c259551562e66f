//! Mutated input of every kind: it is answered or refused with a code, and nothing panics or hangs.

mod language;
mod requests;
mod tokens;
