//! The analyser's rules: three Datalog programs, compiled by crepe, one module each as crepe wants it.
//!
//! Recursive rules are linear with the recursive atom first wherever they can be: crepe joins in the order of the text.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use super::Graph;

/// A set of nodes.
pub(super) type Nodes = HashSet<u32, FixedState>;

/// How pivots split a graph.
pub(super) struct Split {
    /// What a pivot reads, directly or through others, and the pivots.
    pub(super) below: Nodes,
    /// What reads a pivot, directly or through others, and the pivots.
    pub(super) above: Nodes,
    /// What reads nothing, or is read by nothing: it lies on no cycle.
    pub(super) alone: Nodes,
}

/// Splits the graph of `reads` (head, body) at `pivots`.
pub(super) fn split(
    nodes: impl Iterator<Item = u32>,
    reads: &[(u32, u32)],
    pivots: impl Iterator<Item = u32>,
) -> Split {
    use splitting::{Above, Alone, Below, Crepe, Node, Pivot, Reads};
    let mut crepe = Crepe::new();
    crepe.extend(nodes.map(Node));
    crepe.extend(reads.iter().map(|(head, body)| Reads(*head, *body)));
    crepe.extend(pivots.map(Pivot));
    let (below, above, alone) = crepe.run_with_hasher::<FixedState>();
    Split {
        below: below.into_iter().map(|Below(node)| node).collect(),
        above: above.into_iter().map(|Above(node)| node).collect(),
        alone: alone.into_iter().map(|Alone(node)| node).collect(),
    }
}

/// The instances that can derive a fact in some state: all their positive literals have possible facts.
pub(super) fn fired(graph: &Graph) -> Vec<u32> {
    use firing::{Crepe, Fires, Instance, Only, Premise};
    let supplied: Nodes = graph.supplied.iter().copied().collect();
    let mut premises: HashMap<u32, Vec<u32>, FixedState> = HashMap::default();
    for edge in graph.edges.iter().filter(|edge| !edge.negated && !supplied.contains(&edge.body)) {
        premises.entry(edge.instance).or_default().push(edge.body);
    }
    let mut crepe = Crepe::new();
    for head in &graph.heads {
        let bodies = premises.get(&head.instance).map_or([].as_slice(), Vec::as_slice);
        crepe.extend([Instance(head.instance, head.node, bodies.len())]);
        if let [body] = bodies {
            crepe.extend([Only(*body, head.instance)]);
        } else {
            crepe.extend((0..).zip(bodies).map(|(at, body)| Premise(head.instance, at, *body)));
        }
    }
    let (fires,) = crepe.run_with_hasher::<FixedState>();
    fires.into_iter().map(|Fires(instance)| instance).collect()
}

/// How components relate.
pub(super) struct Related {
    /// Which component reads which other one; sorted.
    pub(super) reads: Vec<(u32, u32)>,
    /// The components that read themselves.
    pub(super) recursive: Vec<u32>,
    /// Components with the positions of the negated edges inside them; sorted.
    pub(super) unstratified: Vec<(u32, u32)>,
    /// The components that asked nodes depend on.
    pub(super) wanted: Vec<u32>,
    /// The wanted components with the supplied nodes that they depend on; sorted.
    pub(super) touches: Vec<(u32, u32)>,
}

/// Relates the components of a graph. `members` holds each node with its component.
pub(super) fn relate(graph: &Graph, members: &[(u32, u32)]) -> Related {
    use relating::{Asked, Crepe, Edge, Member, Reads, Recursive, Supplied, Touches, Unstratified, Wanted};
    let mut crepe = Crepe::new();
    let edges = (0..).zip(&graph.edges);
    crepe.extend(edges.map(|(position, edge)| Edge(position, edge.head, edge.body, edge.negated)));
    crepe.extend(members.iter().map(|(node, component)| Member(*node, *component)));
    crepe.extend(graph.supplied.iter().map(|node| Supplied(*node)));
    crepe.extend(graph.asked.iter().map(|node| Asked(*node)));
    let (reads, recursive, unstratified, wanted, touches) = crepe.run_with_hasher::<FixedState>();
    Related {
        reads: sorted(reads.into_iter().map(|Reads(reader, read)| (reader, read))),
        recursive: sorted(recursive.into_iter().map(|Recursive(component)| component)),
        unstratified: sorted(unstratified.into_iter().map(|Unstratified(component, edge)| (component, edge))),
        wanted: sorted(wanted.into_iter().map(|Wanted(component)| component)),
        touches: sorted(touches.into_iter().map(|Touches(component, node)| (component, node))),
    }
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items
}

/// What lies below, above and beside the pivots.
mod splitting {
    crepe::crepe! {
        @input
        pub(super) struct Node(pub(super) u32);
        @input
        pub(super) struct Reads(pub(super) u32, pub(super) u32);
        @input
        pub(super) struct Pivot(pub(super) u32);

        @output
        pub(super) struct Below(pub(super) u32);
        @output
        pub(super) struct Above(pub(super) u32);
        @output
        pub(super) struct Alone(pub(super) u32);

        struct Head(u32);
        struct Body(u32);

        Below(pivot) <- Pivot(pivot);
        Below(body) <- Below(head), Reads(head, body);

        Above(pivot) <- Pivot(pivot);
        Above(head) <- Above(body), Reads(head, body);

        Head(head) <- Reads(head, _);
        Body(body) <- Reads(_, body);
        Alone(node) <- Node(node), !Head(node);
        Alone(node) <- Node(node), !Body(node);
    }
}

/// Which instances can fire. A premise is a positive literal whose node has no facts but those of its rules. Several are
/// met one after the other, as Datalog can't say "all"; a single one, the common case, is a step of plain reachability.
mod firing {
    crepe::crepe! {
        // An instance, its head, and how many premises it has.
        @input
        pub(super) struct Instance(pub(super) u32, pub(super) u32, pub(super) usize);
        // The only premise of an instance, and that instance.
        @input
        pub(super) struct Only(pub(super) u32, pub(super) u32);
        // An instance with several premises, the position of one (from 0), and the node that it reads.
        @input
        pub(super) struct Premise(pub(super) u32, pub(super) usize, pub(super) u32);

        @output
        pub(super) struct Fires(pub(super) u32);

        // A node that can have facts.
        struct Possible(u32);
        // An instance whose first so many premises can hold.
        struct Met(u32, usize);

        Possible(node) <- Fires(instance), Instance(instance, node, _);

        Fires(instance) <- Instance(instance, _, 0);
        Fires(instance) <- Possible(node), Only(node, instance);
        Fires(instance) <- Met(instance, met), Instance(instance, _, met);

        Met(instance, 0) <- Instance(instance, _, premises), (premises > 1);
        Met(instance, met + 1) <- Met(instance, met), Premise(instance, met, node), Possible(node);
    }
}

/// How components relate to one another, to what is asked, and to what is supplied.
mod relating {
    crepe::crepe! {
        // The position of an edge, its head, its body, whether it is negated.
        @input
        pub(super) struct Edge(pub(super) u32, pub(super) u32, pub(super) u32, pub(super) bool);
        // A node and its component.
        @input
        pub(super) struct Member(pub(super) u32, pub(super) u32);
        @input
        pub(super) struct Supplied(pub(super) u32);
        @input
        pub(super) struct Asked(pub(super) u32);

        @output
        pub(super) struct Reads(pub(super) u32, pub(super) u32);
        @output
        pub(super) struct Recursive(pub(super) u32);
        @output
        pub(super) struct Unstratified(pub(super) u32, pub(super) u32);
        @output
        pub(super) struct Wanted(pub(super) u32);
        @output
        pub(super) struct Touches(pub(super) u32, pub(super) u32);

        Reads(reader, read) <- Edge(_, head, body, _), Member(head, reader), Member(body, read), (reader != read);
        Recursive(component) <- Edge(_, head, body, _), Member(head, component), Member(body, component);
        Unstratified(component, edge) <-
            Edge(edge, head, body, true), Member(head, component), Member(body, component);

        Wanted(component) <- Asked(node), Member(node, component);
        Wanted(read) <- Wanted(reader), Reads(reader, read);

        Touches(component, node) <- Supplied(node), Member(node, component), Wanted(component);
        Touches(reader, node) <- Touches(read, node), Reads(reader, read), Wanted(reader);
    }
}
