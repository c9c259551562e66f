//! Times of calls on a busy machine, and how they are written.

use std::time::{Duration, Instant};

/// How long two take turns, and the least that a turn takes: shorter than what a busy machine gives another
/// program at a time, so that most turns are undisturbed and the medians are those of a quiet one.
const TURNS: Duration = Duration::from_secs(2);
const TURN: Duration = Duration::from_micros(500);
/// The turns of something slow.
const FEWEST: usize = 5;

/// The medians of one call of each, in nanoseconds, while both take turns.
pub(crate) fn in_turns(one: &mut impl FnMut(), other: &mut impl FnMut()) -> [f64; 2] {
    let mut times = [Vec::new(), Vec::new()];
    let [of_one, of_other] = [calls_in_a_turn(one), calls_in_a_turn(other)];
    let start = Instant::now();
    while start.elapsed() < TURNS || times[0].len() < FEWEST {
        times[0].push(turn(one, of_one));
        times[1].push(turn(other, of_other));
    }
    times.map(median)
}

/// The median of one call, in nanoseconds, without a baseline.
pub(crate) fn alone(call: &mut impl FnMut()) -> f64 {
    let n_calls = calls_in_a_turn(call);
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < TURNS || times.len() < FEWEST {
        times.push(turn(call, n_calls));
    }
    median(times)
}

/// How often a turn holds a call, at least once.
fn calls_in_a_turn(call: &mut impl FnMut()) -> u32 {
    let mut n_calls = 0;
    let start = Instant::now();
    while n_calls == 0 || start.elapsed() < TURN {
        call();
        n_calls += 1;
    }
    n_calls
}

/// How long a call takes, in nanoseconds, over so many.
fn turn(call: &mut impl FnMut(), n_calls: u32) -> f64 {
    let start = Instant::now();
    (0..n_calls).for_each(|_| call());
    start.elapsed().as_nanos() as f64 / f64::from(n_calls)
}

/// The middle one of some numbers.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Nanoseconds with three digits.
pub(crate) fn in_words(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        0.0..1e3 => (nanoseconds, "ns"),
        1e3..1e6 => (nanoseconds / 1e3, "µs"),
        1e6..1e9 => (nanoseconds / 1e6, "ms"),
        _ => (nanoseconds / 1e9, "s"),
    };
    let decimals = if value < 10.0 {
        2
    } else if value < 100.0 {
        1
    } else {
        0
    };
    format!("{value:.decimals$} {unit}")
}
