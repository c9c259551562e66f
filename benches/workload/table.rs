//! Engine and baseline side by side, and what was measured as one table with ratios and targets.

use std::cell::Cell;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};

use crate::workload::Size;
use crate::workload::timing::{in_turns, in_words};

/// What is asked of a measurement.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// At most so many times the baseline.
    Times(f64),
    /// At most this.
    AtMost(Duration),
    None,
}

/// The measurements of one run, in the order in which they were made.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

/// How one question is measured.
#[derive(Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) what: &'static str,
    pub(crate) size: Size,
    pub(crate) target: Target,
    /// How many questions are asked at once.
    pub(crate) n_asked: u64,
}

/// The medians of a question, in nanoseconds.
struct Row {
    measured: Measured,
    engine: f64,
    limit: f64,
}

impl Table {
    /// Measures the engine and the baseline by criterion, `what/engine/M` and `what/limit/M`, then both in turns.
    pub(crate) fn measure(
        &mut self,
        criterion: &mut Criterion,
        measured: Measured,
        mut engine: impl FnMut(),
        mut limit: impl FnMut(),
    ) {
        let Measured { what, size, n_asked, .. } = measured;
        let is_wanted = Cell::new(false);
        let mut group = criterion.benchmark_group(what);
        group
            .sampling_mode(SamplingMode::Flat)
            .warm_up_time(Duration::from_secs(1))
            .measurement_time(Duration::from_secs(3))
            .sample_size(30)
            .throughput(Throughput::Elements(n_asked));
        group.bench_function(BenchmarkId::new("engine", size.name), |bencher| {
            is_wanted.set(true);
            bencher.iter(&mut engine);
        });
        group.bench_function(BenchmarkId::new("limit", size.name), |bencher| bencher.iter(&mut limit));
        group.finish();
        // A filter may have left it out, and `cargo test` asks only whether it runs.
        if is_wanted.get() && std::env::args().any(|argument| argument == "--bench") {
            let [engine, limit] = in_turns(&mut engine, &mut limit).map(|each| each / n_asked as f64);
            self.rows.push(Row { measured, engine, limit });
        }
    }

    /// Prints what was measured in turns.
    pub(crate) fn print(&self) {
        println!(
            "\n| what | size | engine | limit | ratio | target | met |\n| --- | --- | --- | --- | --- | --- | --- |"
        );
        for Row { measured, engine, limit } in &self.rows {
            let ratio = engine / limit;
            let (target, met) = match measured.target {
                Target::Times(times) => (format!("{times} ×"), met(ratio <= times)),
                Target::AtMost(most) => (in_words(most.as_nanos() as f64), met(*engine <= most.as_nanos() as f64)),
                Target::None => (String::new(), ""),
            };
            let [engine, limit] = [engine, limit].map(|each| in_words(*each));
            println!(
                "| {} | {} | {engine} | {limit} | {ratio:.2} × | {target} | {met} |",
                measured.what, measured.size.name
            );
        }
        let first_page = |size| {
            let is_it = |row: &&Row| row.measured.what == "first_page" && row.measured.size.name == size;
            self.rows.iter().find(is_it).map(|row| row.engine)
        };
        if let (Some(small), Some(large)) = (first_page("M"), first_page("XL")) {
            let ratio = large / small;
            println!("\nFirst page, XL to M: {ratio:.2} × (target: within 2 ×, {})", met((0.5..=2.0).contains(&ratio)));
        }
    }
}

fn met(is_met: bool) -> &'static str {
    if is_met { "yes" } else { "no" }
}
