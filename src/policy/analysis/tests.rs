use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// A graph of rules, one instance each: (head, what it reads, what it negates).
fn graph(nodes: u32, rules: &[(u32, &[u32], &[u32])], supplied: &[u32], asked: &[u32]) -> Graph {
    let mut graph = Graph { nodes, supplied: supplied.to_vec(), asked: asked.to_vec(), ..Graph::default() };
    for (rule, (head, positive, negative)) in (0..).zip(rules) {
        graph.heads.push(Head { instance: rule, rule, node: *head });
        let reads = positive.iter().map(|body| (*body, false));
        let reads = reads.chain(negative.iter().map(|body| (*body, true)));
        graph.edges.extend((0..).zip(reads).map(|(literal, (body, negated))| Edge {
            instance: rule,
            rule,
            head: *head,
            body,
            negated,
            literal,
        }));
    }
    graph
}

/// The rules of a cycle, by its edges.
fn rules_of(cycle: &[Edge]) -> Vec<u32> {
    cycle.iter().map(|edge| edge.rule).collect()
}

#[test]
fn an_empty_policy_has_an_empty_analysis() {
    assert_eq!(analyse(&Graph::default()), Analysis::default());
}

#[test]
fn a_node_that_reads_itself_is_recursive_and_one_that_does_not_is_not() {
    // 0 is stored; 1 :- 0. 1 :- 1, 0. 2 :- 1.
    let analysis = analyse(&graph(3, &[(1, &[0], &[]), (1, &[1, 0], &[]), (2, &[1], &[])], &[0], &[2]));
    assert_eq!(analysis.recursive, [false, true, false]);
    assert_eq!(analysis.component, [0, 1, 2]);
    assert_eq!(analysis.negation_cycles, Vec::<Vec<Edge>>::new());
}

#[test]
fn nodes_that_read_one_another_share_a_component_that_comes_before_its_readers() {
    // 0 reads 1, 1 and 2 read one another, both start from 3, which is stored.
    let rules: &[(u32, &[u32], &[u32])] = &[(0, &[1], &[]), (1, &[2], &[]), (2, &[1], &[]), (2, &[3], &[])];
    let analysis = analyse(&graph(4, rules, &[3], &[0]));
    assert_eq!(analysis.component, [2, 1, 1, 0]);
    assert_eq!(analysis.recursive, [false, true, true, false]);
    assert_eq!(analysis.reads, [(0, vec![3])]);
}

#[test]
fn a_node_that_negates_itself_is_a_cycle_of_one_edge() {
    let analysis = analyse(&graph(2, &[(1, &[0], &[1])], &[0], &[1]));
    assert_eq!(analysis.negation_cycles.len(), 1);
    let cycle = &analysis.negation_cycles[0];
    assert_eq!((cycle.len(), cycle[0].head, cycle[0].body), (1, 1, 1));
    assert!(cycle[0].negated);
}

#[test]
fn a_negation_that_lies_on_no_cycle_is_fine() {
    let analysis = analyse(&graph(3, &[(1, &[0], &[]), (2, &[0], &[1]), (2, &[2], &[1])], &[0], &[2]));
    assert_eq!(analysis.negation_cycles, Vec::<Vec<Edge>>::new());
    assert_eq!(analysis.recursive, [false, false, true]);
}

#[test]
fn each_offending_component_shows_one_shortest_cycle_that_starts_with_its_negation() {
    let rules: &[(u32, &[u32], &[u32])] = &[
        (0, &[], &[1]), // a long way round, from here
        (1, &[2], &[]),
        (2, &[0], &[]),
        (2, &[], &[1]), // and a short one
        (3, &[4], &[]), // another component
        (4, &[6], &[3]),
        (5, &[5, 6], &[]), // recursion without negation
    ];
    let analysis = analyse(&graph(7, rules, &[6], &[0, 3, 5]));
    let cycles: Vec<_> = analysis.negation_cycles.iter().map(|cycle| rules_of(cycle)).collect();
    assert_eq!(cycles, [vec![3, 1], vec![5, 4]]);
    assert!(analysis.negation_cycles.iter().all(|cycle| cycle[0].negated));
}

#[test]
fn a_rule_is_dead_when_what_it_reads_can_never_hold() {
    // 1 has neither facts nor rules, so 2 is empty, so 3's first rule is dead; its second one lives from 0.
    let rules: &[(u32, &[u32], &[u32])] =
        &[(2, &[0, 1], &[]), (3, &[2], &[]), (3, &[0], &[]), (4, &[4], &[]), (5, &[0], &[4])];
    let analysis = analyse(&graph(6, rules, &[0], &[3, 4, 5]));
    assert_eq!(analysis.dead_rules, [0, 1, 3]);
    assert_eq!(analysis.unreached_rules, Vec::<u32>::new());
}

#[test]
fn a_rule_lives_as_long_as_one_of_its_instances_does() {
    let mut graph = graph(4, &[(2, &[0], &[]), (3, &[1], &[])], &[0], &[2, 3]);
    for head in &mut graph.heads {
        head.rule = 7;
    }
    assert_eq!(analyse(&graph).dead_rules, Vec::<u32>::new());
    graph.supplied.clear();
    assert_eq!(analyse(&graph).dead_rules, [7]);
}

#[test]
fn what_nothing_asked_depends_on_is_unread_or_unreached() {
    let rules: &[(u32, &[u32], &[u32])] = &[(2, &[0], &[]), (3, &[1], &[]), (4, &[0], &[3])];
    let analysis = analyse(&graph(5, rules, &[0, 1], &[2]));
    assert_eq!(analysis.unread, [1]);
    assert_eq!(analysis.unreached_rules, [1, 2]);
    assert_eq!(analysis.reads, [(2, vec![0])]);

    let analysis = analyse(&graph(5, rules, &[0, 1], &[0, 4]));
    assert_eq!(analysis.unread, Vec::<u32>::new());
    assert_eq!(analysis.unreached_rules, [0]);
    assert_eq!(analysis.reads, [(0, vec![0]), (4, vec![0, 1])]);
}

#[test]
fn a_chain_of_two_thousand_nodes_is_analysed_to_its_end() {
    let bodies: Vec<[u32; 1]> = (0..2000).map(|node| [node]).collect();
    let rules: Vec<(u32, &[u32], &[u32])> =
        (1..).zip(&bodies).map(|(head, body)| (head, body.as_slice(), [].as_slice())).collect();
    let analysis = analyse(&graph(2001, &rules, &[0], &[2000]));
    assert_eq!(analysis.component, (0..2001).collect::<Vec<u32>>());
    assert_eq!(analysis.dead_rules, Vec::<u32>::new());
    assert_eq!(analysis.reads, [(2000, vec![0])]);
}

/// Random graphs, sparse to dense, with instances that share rules.
fn any_graph() -> impl Strategy<Value = Graph> {
    (1u32..14).prop_flat_map(|nodes| {
        let literal = (0..nodes, prop::bool::weighted(0.25));
        let instance = (0u32..8, 0..nodes, prop::collection::vec(literal, 0..4));
        let instances = prop::collection::vec(instance, 0..20);
        let some = prop::collection::vec(0..nodes, 0..5);
        (Just(nodes), instances, some.clone(), some).prop_map(|(nodes, instances, supplied, asked)| {
            let mut graph = Graph { nodes, supplied, asked, ..Graph::default() };
            for (instance, (rule, head, body)) in (0..).zip(instances) {
                graph.heads.push(Head { instance, rule, node: head });
                for (literal, (body, negated)) in (0..).zip(body) {
                    graph.edges.push(Edge { instance, rule, head, body, negated, literal });
                }
            }
            graph
        })
    })
}

/// Everything that a node reads, directly or through others, in one or more steps.
fn closure(graph: &Graph) -> BTreeMap<u32, BTreeSet<u32>> {
    let mut closure: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for start in 0..graph.nodes {
        let reached = closure.entry(start).or_default();
        let mut stack = vec![start];
        while let Some(node) = stack.pop() {
            for edge in graph.edges.iter().filter(|edge| edge.head == node) {
                if reached.insert(edge.body) {
                    stack.push(edge.body);
                }
            }
        }
    }
    closure
}

/// The length of a shortest walk from one node to another, none at all from a node to itself.
fn distance(graph: &Graph, from: u32, to: u32) -> Option<usize> {
    let mut frontier = BTreeSet::from([from]);
    let mut seen = frontier.clone();
    for length in 0..=graph.nodes as usize {
        if frontier.contains(&to) {
            return Some(length);
        }
        let next = graph.edges.iter().filter(|edge| frontier.contains(&edge.head));
        frontier = next.map(|edge| edge.body).filter(|body| seen.insert(*body)).collect();
    }
    None
}

/// The instances that can fire, by trying all of them until nothing changes.
fn naively_fired(graph: &Graph) -> BTreeSet<u32> {
    let mut possible: BTreeSet<u32> = graph.supplied.iter().copied().collect();
    loop {
        let fires = |head: &&Head| {
            let premises = graph.edges.iter().filter(|edge| edge.instance == head.instance);
            premises.filter(|edge| !edge.negated).all(|edge| possible.contains(&edge.body))
        };
        let fired: Vec<Head> = graph.heads.iter().filter(fires).copied().collect();
        let before = possible.len();
        possible.extend(fired.iter().map(|head| head.node));
        if possible.len() == before {
            return fired.iter().map(|head| head.instance).collect();
        }
    }
}

fn rules_but(graph: &Graph, holds: impl Fn(&Head) -> bool) -> Vec<u32> {
    let kept: BTreeSet<u32> = graph.heads.iter().filter(|head| holds(head)).map(|head| head.rule).collect();
    let all: BTreeSet<u32> = graph.heads.iter().map(|head| head.rule).collect();
    all.difference(&kept).copied().collect()
}

proptest! {
    #[test]
    fn the_analysis_agrees_with_a_naive_one(graph in any_graph()) {
        let analysis = analyse(&graph);
        let closure = closure(&graph);
        let same = |a: u32, b: u32| a == b || (closure[&a].contains(&b) && closure[&b].contains(&a));
        let component = |node: u32| analysis.component[node as usize];

        prop_assert_eq!(analysis.component.len(), graph.nodes as usize);
        for a in 0..graph.nodes {
            for b in 0..graph.nodes {
                prop_assert_eq!(component(a) == component(b), same(a, b));
            }
            prop_assert_eq!(analysis.recursive[a as usize], closure[&a].contains(&a));
        }
        for edge in &graph.edges {
            prop_assert!(component(edge.body) <= component(edge.head));
        }

        let mut lengths: BTreeMap<u32, usize> = BTreeMap::new();
        for edge in graph.edges.iter().filter(|edge| edge.negated && same(edge.head, edge.body)) {
            let length = 1 + distance(&graph, edge.body, edge.head).unwrap();
            let shortest = lengths.entry(component(edge.head)).or_insert(length);
            *shortest = length.min(*shortest);
        }
        let mut shown = BTreeMap::new();
        for cycle in &analysis.negation_cycles {
            prop_assert!(cycle[0].negated);
            for (edge, next) in cycle.iter().zip(cycle.iter().cycle().skip(1)) {
                prop_assert!(graph.edges.contains(edge));
                prop_assert_eq!(edge.body, next.head);
            }
            prop_assert_eq!(shown.insert(component(cycle[0].head), cycle.len()), None);
        }
        prop_assert_eq!(shown, lengths);

        let fired = naively_fired(&graph);
        prop_assert_eq!(&analysis.dead_rules, &rules_but(&graph, |head| fired.contains(&head.instance)));

        let wants = |asked: u32, node: u32| asked == node || closure[&asked].contains(&node);
        let wanted = |node: u32| graph.asked.iter().any(|asked| wants(*asked, node));
        prop_assert_eq!(&analysis.unreached_rules, &rules_but(&graph, |head| wanted(head.node)));
        let supplied: BTreeSet<u32> = graph.supplied.iter().copied().collect();
        let unread: Vec<u32> = supplied.iter().copied().filter(|node| !wanted(*node)).collect();
        prop_assert_eq!(&analysis.unread, &unread);
        let asked: BTreeSet<u32> = graph.asked.iter().copied().collect();
        let reads: Vec<(u32, Vec<u32>)> = asked
            .into_iter()
            .map(|asked| (asked, supplied.iter().copied().filter(|node| wants(asked, *node)).collect()))
            .collect();
        prop_assert_eq!(&analysis.reads, &reads);
    }
}
