//! Shortest cycles through a negation: what an author is shown, rule by rule.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::{Edge, Graph};

/// For each component in `unstratified` a shortest cycle through one of its negated edges, that edge first.
///
/// `unstratified` pairs components with the positions of negated edges inside them, sorted. Of several shortest cycles the
/// one whose negated edge comes first in the graph is taken.
pub(super) fn shortest(graph: &Graph, leaders: &[u32], unstratified: &[(u32, u32)]) -> Vec<Vec<Edge>> {
    let mut candidates: BTreeMap<u32, Vec<&Edge>> = BTreeMap::new();
    for (leader, position) in unstratified {
        candidates.entry(*leader).or_default().extend(graph.edges.get(*position as usize));
    }
    let mut inside: HashMap<u32, Vec<&Edge>> = HashMap::new();
    for edge in &graph.edges {
        let leader = leaders.get(edge.head as usize);
        if leader == leaders.get(edge.body as usize) && leader.is_some_and(|leader| candidates.contains_key(leader)) {
            inside.entry(edge.head).or_default().push(edge);
        }
    }
    let cycle_of = |negated: Vec<&Edge>| {
        let mut best: Option<Vec<Edge>> = None;
        for first in negated {
            let limit = best.as_ref().map_or(usize::MAX, Vec::len);
            if let Some(path) = path(&inside, first.body, first.head, limit.saturating_sub(1)) {
                best = Some(std::iter::once(*first).chain(path).collect());
            }
        }
        best
    };
    candidates.into_values().filter_map(cycle_of).collect()
}

/// The edges of a shortest path, if one has fewer than `limit`; none at all from a node to itself.
fn path(edges: &HashMap<u32, Vec<&Edge>>, from: u32, to: u32, limit: usize) -> Option<Vec<Edge>> {
    let mut arrived_by: HashMap<u32, &Edge> = HashMap::new();
    let mut seen = HashSet::from([from]);
    let mut queue = VecDeque::from([(from, 0)]);
    while let Some((node, length)) = queue.pop_front() {
        if length >= limit {
            return None;
        }
        if node == to {
            let mut path = Vec::new();
            let mut at = to;
            while let Some(edge) = arrived_by.get(&at) {
                path.push(**edge);
                at = edge.head;
            }
            path.reverse();
            return Some(path);
        }
        for edge in edges.get(&node).into_iter().flatten() {
            if seen.insert(edge.body) {
                arrived_by.insert(edge.body, edge);
                queue.push_back((edge.body, length + 1));
            }
        }
    }
    None
}
