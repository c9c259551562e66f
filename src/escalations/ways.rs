//! The ways in which somebody may hold a permission: the facts that a proof of it needs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldhash::fast::FixedState;

use crate::escalations::atoms::Kind;
use crate::escalations::ground::Ground;
use crate::escalations::report::TooLarge;
use crate::escalations::symbols::Rank;

/// The most ways to an atom.
const MAX_WAYS: usize = 512;

/// Facts that make an atom true together, none of them needless.
pub(super) type Way = BTreeSet<u32>;

/// The least ways to each atom that a proof may need which speaks of the subject and what is its, without a write.
///
/// # Errors
/// [`TooLarge`] if there are too many.
///
/// # Source
/// Minimal witnesses, the why-provenance of Buneman, Khanna and Tan, *Why and Where*, ICDT 2001; as a fixpoint.
pub(super) fn ways(ground: &Ground, goals: &BTreeSet<u32>) -> Result<BTreeMap<u32, Vec<Way>>, TooLarge> {
    let is_own = |number: u32| {
        ground.atoms.get(number).is_some_and(|atom| {
            atom.kind == Kind::Holds
                && !atom.row.iter().any(|symbol| matches!(ground.symbols.rank(*symbol), Rank::Other | Rank::New))
        })
    };
    let mut heads: HashMap<u32, Vec<usize>, FixedState> = HashMap::default();
    for (position, clause) in ground.clauses.iter().enumerate() {
        if clause.write.is_none() && is_own(clause.head) && clause.premises.iter().all(|premise| is_own(*premise)) {
            heads.entry(clause.head).or_default().push(position);
        }
    }
    // What the goals may need, and who needs it.
    let mut readers: HashMap<u32, BTreeSet<usize>, FixedState> = HashMap::default();
    let mut waiting: Vec<u32> = goals.iter().copied().collect();
    let mut needed: BTreeSet<u32> = goals.clone();
    while let Some(atom) = waiting.pop() {
        for position in heads.get(&atom).into_iter().flatten() {
            for premise in ground.clauses.get(*position).into_iter().flat_map(|clause| &clause.premises) {
                readers.entry(*premise).or_default().insert(*position);
                if needed.insert(*premise) {
                    waiting.push(*premise);
                }
            }
        }
    }
    let mut ways: BTreeMap<u32, Vec<Way>> = BTreeMap::new();
    for number in ground.possible.iter().filter(|number| needed.contains(number) && is_own(**number)) {
        ways.insert(*number, vec![Way::from([*number])]);
    }
    let mut changed: BTreeSet<usize> = needed.iter().flat_map(|atom| heads.get(atom)).flatten().copied().collect();
    while let Some(position) = changed.pop_first() {
        let Some(clause) = ground.clauses.get(position) else { continue };
        let mut joined = vec![Way::new()];
        for premise in &clause.premises {
            let of_premise = ways.get(premise).map_or(&[][..], Vec::as_slice);
            let with = |way: &Way| of_premise.iter().map(|other| way | other).collect::<Vec<_>>();
            joined = least(joined.iter().flat_map(with).collect());
            if joined.len() > MAX_WAYS {
                return Err(TooLarge);
            }
        }
        let known = ways.entry(clause.head).or_default();
        let together = least(known.iter().cloned().chain(joined).collect());
        if together.len() > MAX_WAYS {
            return Err(TooLarge);
        }
        if together != *known {
            *known = together;
            changed.extend(readers.get(&clause.head).into_iter().flatten());
        }
    }
    Ok(ways)
}

/// Those that have no other one in them, sorted.
pub(super) fn least(mut ways: Vec<Way>) -> Vec<Way> {
    ways.sort_by(|left, right| (left.len(), left).cmp(&(right.len(), right)));
    ways.dedup();
    let mut least: Vec<Way> = Vec::new();
    for way in ways {
        if !least.iter().any(|other| other.is_subset(&way)) {
            least.push(way);
        }
    }
    least.sort();
    least
}
