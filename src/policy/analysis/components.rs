//! Strongly connected components, by splitting the graph at pivots until every part is one.
//!
//! The textbook rule `same(X, Y) :- reaches(X, Y), reaches(Y, X)` derives a fact for each pair of nodes: 4,000,000 for
//! the 2,000 variants of a large policy, seconds of work. Reachability from one pivot is as good a Datalog question and
//! has one fact a node. What the pivot reaches and what reaches it back is its component; every other component lies
//! wholly in one of three parts (below, above, neither), which the next round splits at once.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::Graph;
use super::program;

/// The component of each node, named by its smallest node.
///
/// A round costs what the open part of the graph holds; policies, whose rules nest some ten deep, take about ten
/// rounds.
///
/// # Source
/// Fleischer, Hendrickson, Pınar, *On identifying strongly connected components in parallel*, IPDPS 2000; trimming as in
/// McLendon et al., *Finding strongly connected components in distributed graphs*, 2005.
/// DIVERGENCE: one level is trimmed a round, the pivot is the part's middle node.
pub(super) fn leaders(graph: &Graph) -> Vec<u32> {
    let mut leaders: Vec<u32> = (0..graph.nodes).collect();
    let mut parts: Vec<Vec<u32>> = vec![(0..graph.nodes).collect()];
    let mut reads: Vec<(u32, u32)> =
        graph.edges.iter().map(|edge| (edge.head, edge.body)).filter(|(head, body)| head != body).collect();
    reads.sort_unstable();
    reads.dedup();

    while !reads.is_empty() {
        let pivots = parts.iter().filter_map(|part| part.get(part.len() / 2)).copied();
        let split = program::split(parts.iter().flatten().copied(), &reads, pivots);
        let mut next: Vec<Vec<u32>> = Vec::new();
        for part in &parts {
            let mut component = Vec::new();
            let mut rest = [Vec::new(), Vec::new(), Vec::new()];
            let [below, above, neither] = &mut rest;
            for node in part.iter().copied().filter(|node| !split.alone.contains(node)) {
                match (split.below.contains(&node), split.above.contains(&node)) {
                    (true, true) => component.push(node),
                    (true, false) => below.push(node),
                    (false, true) => above.push(node),
                    (false, false) => neither.push(node),
                }
            }
            for node in &component {
                if let (Some(leader), Some(smallest)) = (leaders.get_mut(*node as usize), component.first()) {
                    *leader = *smallest;
                }
            }
            next.extend(rest.into_iter().filter(|part| !part.is_empty()));
        }
        parts = next;

        let mut part_of: HashMap<u32, usize, FixedState> = HashMap::default();
        for (position, part) in parts.iter().enumerate() {
            part_of.extend(part.iter().map(|node| (*node, position)));
        }
        // What is settled stands in no part, so its edges go too.
        reads.retain(|(head, body)| part_of.get(head).is_some_and(|part| part_of.get(body) == Some(part)));
    }
    leaders
}
