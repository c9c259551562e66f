//! A map that only grows: values by name, found without a lock and without a write to shared memory.

use std::hash::BuildHasher;
use std::sync::OnceLock;

use foldhash::quality::RandomState;

use crate::model::short::are_equal;

/// The fewest chains.
const LEAST: usize = 1_024;

/// Values by name. What was added stays, where it is.
///
/// A fixed number of chains, four for each value at the beginning: 16 bytes each, and a value is a node of its own. A look-up
/// hashes the name and follows its chain, by plain loads; whoever adds waits for others who add to the same chain. Beyond a
/// thousand that were added since it was made, chains grow longer.
pub(super) struct Registry<T> {
    chains: Box<[OnceLock<Box<Node<T>>>]>,
    hasher: RandomState,
}

struct Node<T> {
    name: String,
    value: T,
    next: OnceLock<Box<Node<T>>>,
}

impl<T> Registry<T> {
    /// These values, of different names.
    pub(super) fn new(values: Vec<(String, T)>) -> Self {
        let n_chains = (values.len() * 4).next_power_of_two().max(LEAST);
        let registry =
            Self { chains: (0..n_chains).map(|_| OnceLock::new()).collect(), hasher: RandomState::default() };
        for (name, value) in values {
            registry.add(name, value);
        }
        registry
    }

    /// Adds a value, unless one of this name is there.
    pub(super) fn add(&self, name: String, value: T) {
        let Some(mut end) = self.chain(&name) else { return };
        let mut new = Box::new(Node { name, value, next: OnceLock::new() });
        while let Err(node) = end.set(new) {
            let Some(found) = end.get().filter(|found| found.name != node.name) else { return };
            (end, new) = (&found.next, node);
        }
    }

    /// The value of a name.
    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        let mut node = self.chain(name)?.get()?;
        while !is_it(&node.name, name) {
            node = node.next.get()?;
        }
        Some(&node.value)
    }

    /// All names and values, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.chains.iter().flat_map(|chain| {
            std::iter::successors(chain.get(), |node| node.next.get()).map(|node| (node.name.as_str(), &node.value))
        })
    }

    #[inline]
    fn chain(&self, name: &str) -> Option<&OnceLock<Box<Node<T>>>> {
        self.chains.get(self.hasher.hash_one(name) as usize & (self.chains.len() - 1))
    }
}

#[inline]
fn is_it(one: &str, other: &str) -> bool {
    one.len() == other.len() && are_equal(one.as_bytes(), other.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn names(registry: &Registry<usize>) -> BTreeMap<&str, usize> {
        registry.iter().map(|(name, value)| (name, *value)).collect()
    }

    #[test]
    fn what_was_added_is_found_also_where_chains_are_long() {
        let registry = Registry::new(vec![("first".to_owned(), 0)]);
        let expected: BTreeMap<String, usize> = (1..5_000).map(|n| (format!("tenant-{n}"), n)).collect();
        expected.iter().for_each(|(name, value)| registry.add(name.clone(), *value));
        assert!(expected.iter().all(|(name, value)| registry.get(name) == Some(value)));
        assert_eq!((registry.get("first"), registry.get("tenant-5000")), (Some(&0), None));
        assert_eq!(names(&registry).len(), 5_000);
    }

    #[test]
    fn the_first_value_of_a_name_stays() {
        let registry = Registry::new(vec![("a".to_owned(), 1)]);
        registry.add("a".to_owned(), 2);
        assert_eq!(names(&registry), BTreeMap::from([("a", 1)]));
    }

    #[test]
    fn of_several_who_add_at_once_each_is_there() {
        let registry = Registry::new(Vec::new());
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let registry = &registry;
                scope.spawn(move || (0..2_000).for_each(|n| registry.add(format!("{}", n * 4 + thread), n)));
            }
        });
        assert_eq!(names(&registry).len(), 8_000);
    }
}
