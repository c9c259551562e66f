//! Counters in Prometheus' text format: requests by route and status, durations by route. No label carries an id.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::engine::engine::MemoryUse;

/// The upper bounds of the histogram's buckets, in seconds, as Prometheus writes them.
const BOUNDS: [(f64, &str); 10] = [
    (0.000_1, "0.0001"),
    (0.000_5, "0.0005"),
    (0.001, "0.001"),
    (0.005, "0.005"),
    (0.01, "0.01"),
    (0.05, "0.05"),
    (0.1, "0.1"),
    (0.5, "0.5"),
    (1.0, "1"),
    (10.0, "10"),
];

/// What a server has answered since its start.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    inner: Mutex<Inner>,
}

/// What was answered on each route.
#[derive(Debug, Default)]
struct Inner {
    routes: BTreeMap<String, Route>,
}

#[derive(Debug, Default)]
struct Route {
    /// Answers by status.
    answers: BTreeMap<u16, u64>,
    durations: Histogram,
}

#[derive(Debug, Default)]
struct Histogram {
    /// How many durations lie at or below each bound and above the one before.
    buckets: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

impl Metrics {
    /// Counts one answer. `route` is the template (`/v1/tenants/{tenant}/check`).
    pub(crate) fn record(&self, route: &str, status: u16, took: Duration) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        // The name is copied for the first answer alone.
        let route = match inner.routes.get_mut(route) {
            Some(known) => known,
            None => inner.routes.entry(route.to_owned()).or_default(),
        };
        *route.answers.entry(status).or_default() += 1;
        let histogram = &mut route.durations;
        let seconds = took.as_secs_f64();
        if let Some((bucket, _)) = histogram.buckets.iter_mut().zip(BOUNDS).find(|(_, (bound, _))| seconds <= *bound) {
            *bucket += 1;
        }
        histogram.count += 1;
        histogram.seconds += seconds;
    }

    /// All counters as text, and what the tenants' indexes take of memory.
    pub(crate) fn text(&self, memory: MemoryUse) -> String {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::from("# HELP entail_requests_total Requests answered.\n");
        text.push_str("# TYPE entail_requests_total counter\n");
        for (route, Route { answers, .. }) in &inner.routes {
            for (status, count) in answers {
                line(&mut text, format_args!("entail_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}"));
            }
        }
        text.push_str("# HELP entail_request_duration_seconds Time from a request's head to its answer's head.\n");
        text.push_str("# TYPE entail_request_duration_seconds histogram\n");
        for (route, Route { durations: histogram, .. }) in &inner.routes {
            let name = "entail_request_duration_seconds";
            let mut so_far = 0;
            for (count, (_, bound)) in histogram.buckets.iter().zip(BOUNDS) {
                so_far += count;
                line(&mut text, format_args!("{name}_bucket{{route=\"{route}\",le=\"{bound}\"}} {so_far}"));
            }
            line(&mut text, format_args!("{name}_bucket{{route=\"{route}\",le=\"+Inf\"}} {}", histogram.count));
            line(&mut text, format_args!("{name}_sum{{route=\"{route}\"}} {}", histogram.seconds));
            line(&mut text, format_args!("{name}_count{{route=\"{route}\"}} {}", histogram.count));
        }
        text.push_str("# HELP entail_tenants_in_memory Tenants whose index is in memory.\n");
        text.push_str("# TYPE entail_tenants_in_memory gauge\n");
        line(&mut text, format_args!("entail_tenants_in_memory {}", memory.tenants));
        text.push_str("# HELP entail_index_bytes Bytes that the indexes in memory take.\n");
        text.push_str("# TYPE entail_index_bytes gauge\n");
        line(&mut text, format_args!("entail_index_bytes {}", memory.bytes));
        text
    }
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    // Writing to a string can't fail.
    let _ = writeln!(text, "{content}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_and_status_and_buckets_add_up() {
        let metrics = Metrics::default();
        metrics.record("/check", 200, Duration::from_micros(50));
        metrics.record("/check", 200, Duration::from_millis(3));
        metrics.record("/check", 404, Duration::from_secs(60));
        let text = metrics.text(MemoryUse { tenants: 3, bytes: 4_096 });
        let expected = [
            "entail_requests_total{route=\"/check\",status=\"200\"} 2",
            "entail_requests_total{route=\"/check\",status=\"404\"} 1",
            "entail_request_duration_seconds_bucket{route=\"/check\",le=\"0.0001\"} 1",
            "entail_request_duration_seconds_bucket{route=\"/check\",le=\"0.001\"} 1",
            "entail_request_duration_seconds_bucket{route=\"/check\",le=\"0.005\"} 2",
            "entail_request_duration_seconds_bucket{route=\"/check\",le=\"10\"} 2",
            "entail_request_duration_seconds_bucket{route=\"/check\",le=\"+Inf\"} 3",
            "entail_request_duration_seconds_count{route=\"/check\"} 3",
            "entail_tenants_in_memory 3",
            "entail_index_bytes 4096",
        ];
        for line in expected {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
