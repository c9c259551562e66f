//! Input that was valid once: pieces lost, doubled, swapped for pieces of other input, bytes changed, words put in.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use super::{amount, seed};
use crate::oracle::random::Random;

/// No input may take so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where mutated input comes from.
pub(crate) struct Corpus {
    /// Valid input.
    pub(crate) texts: Vec<Vec<u8>>,
    /// Words that mean something where the input goes.
    pub(crate) words: Vec<&'static str>,
}

impl Corpus {
    /// Shows mutated input to a target: so many pieces in a normal run, fifty times as many when all is asked for. A piece on
    /// which the target panics, or takes too long, is printed.
    pub(crate) fn fuzz(&self, n_normal: usize, target: impl Fn(&[u8])) {
        let random = Random::new(seed());
        for n in 0..amount(n_normal, n_normal * 50) {
            let input = self.draw(&random);
            let start = Instant::now();
            let outcome = catch_unwind(AssertUnwindSafe(|| target(&input)));
            let took = start.elapsed();
            if outcome.is_err() || took > PATIENCE {
                println!("input {n}, {took:?}:\n{}", input.escape_ascii());
            }
            outcome.unwrap_or_else(|panic| resume_unwind(panic));
            assert!(took <= PATIENCE, "input {n} took {took:?}");
        }
    }

    fn draw(&self, random: &Random) -> Vec<u8> {
        let mut input = random.pick(&self.texts).clone();
        for _ in 0..=random.skewed(6) {
            self.mutate(&mut input, random);
        }
        input
    }

    fn mutate(&self, input: &mut Vec<u8>, random: &Random) {
        let at = random.below(input.len() + 1);
        let end = (at + random.skewed(40)).min(input.len());
        match random.below(8) {
            0 => drop(input.drain(at..end)),
            1 => input.truncate(at),
            2 => {
                let piece = input[at..end].to_vec();
                let piece = piece.repeat(random.between(1, 3));
                drop(input.splice(at..at, piece));
            }
            3 => {
                let other = random.pick(&self.texts);
                let from = random.below(other.len() + 1);
                let to = (from + random.skewed(80)).min(other.len());
                drop(input.splice(at..end, other[from..to].to_vec()));
            }
            4 | 5 => drop(input.splice(at..at, random.pick(&self.words).bytes())),
            6 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            _ => drop(input.splice(at..end, std::iter::repeat_n(random.bits() as u8, random.skewed(30)))),
        }
    }
}
