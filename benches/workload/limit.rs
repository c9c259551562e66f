//! The baseline: what the sales pack says of `sequence.view`, by hand, over arrays that hold nothing else.
//!
//! It answers the benches' questions and no others: no other permission, no sharing but with the whole organisation, no
//! writes, no revisions, no policy. It is as fast as we could make it in safe Rust, and the engine is measured by it.

use entail::engine::request::{Check, ListObjects, ListSubjects};

use super::ids::Ids;
use super::{Reach, VIEW, World, number};

/// No team.
const NONE: u32 = u32::MAX;
/// In an owner's number: the sequence is shared with the organisation.
const SHARED: u32 = 1 << 31;

/// A user: 16 bytes.
#[derive(Clone, Copy)]
struct Person {
    /// At most three, [`NONE`] behind them.
    teams: [u32; 3],
    reach: Reach,
}

/// The organisation as arrays; users and sequences are numbered in order of creation.
pub(crate) struct Limit {
    users: Ids,
    sequences: Ids,
    /// By user.
    people: Vec<Person>,
    /// By sequence: its owner, with [`SHARED`].
    owners: Vec<u32>,
    /// By user: what they own.
    owned: Lists,
    /// By team: its members.
    members: Lists,
    /// By team: its members whose role reaches their teammates.
    leads: Lists,
    admins: Vec<u32>,
    /// The shared sequences, and the same as bits.
    shared: Vec<u32>,
    shared_bits: Vec<u64>,
}

/// A sorted list for each of `0..n`: 4 bytes an item and 4 a list.
struct Lists {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    /// Each pair is a list and an item; an item that comes earlier stands earlier in its list.
    fn new(n_lists: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0; n_lists + 1];
        pairs.clone().for_each(|(list, _)| starts[list as usize + 1] += 1);
        for list in 0..n_lists {
            starts[list + 1] += starts[list];
        }
        let mut next = starts.clone();
        let mut items = vec![0; starts[n_lists] as usize];
        for (list, item) in pairs {
            items[next[list as usize] as usize] = item;
            next[list as usize] += 1;
        }
        Self { starts, items }
    }

    #[inline]
    fn get(&self, list: u32) -> &[u32] {
        let list = list as usize;
        &self.items[self.starts[list] as usize..self.starts[list + 1] as usize]
    }
}

impl Person {
    fn teams(&self) -> impl Iterator<Item = u32> + Clone + use<> {
        self.teams.into_iter().take_while(|team| *team != NONE)
    }

    /// Without a branch: nine comparisons cost less than a wrong guess.
    #[inline]
    fn is_teammate_of(&self, other: &Self) -> bool {
        let is_in = |team: u32| other.teams.iter().fold(false, |found, theirs| found | (*theirs == team));
        self.teams.iter().fold(false, |found, team| found | ((*team != NONE) & is_in(*team)))
    }
}

impl Limit {
    /// The ids are all of the world's, each type in order of creation.
    pub(crate) fn new(world: &World, users: &[String], sequences: &[String]) -> Self {
        assert_eq!([users.len(), sequences.len()], [world.size.users, world.size.sequences]);
        let mut numbers = vec![NONE; users.len()];
        users.iter().enumerate().for_each(|(new, id)| numbers[number(id)] = new as u32);
        let people: Vec<Person> = users
            .iter()
            .map(|id| {
                let mut teams = [NONE; 3];
                world.teams[number(id)].iter().zip(&mut teams).for_each(|(team, place)| *place = *team as u32);
                Person { teams, reach: world.reaches[number(id)] }
            })
            .collect();
        let owners: Vec<u32> = sequences
            .iter()
            .map(|id| {
                let shared = if world.is_shared[number(id)] { SHARED } else { 0 };
                numbers[world.owners[number(id)] as usize] | shared
            })
            .collect();
        let numbered = || people.iter().enumerate().map(|(user, person)| (user as u32, person));
        let owned =
            Lists::new(users.len(), owners.iter().enumerate().map(|(item, owner)| (owner & !SHARED, item as u32)));
        let in_teams = || numbered().flat_map(|(user, person)| person.teams().map(move |team| (team, user)));
        let is_lead = |&(_, user): &(u32, u32)| people[user as usize].reach == Reach::Teammates;
        let shared: Vec<u32> = (0..owners.len() as u32).filter(|item| owners[*item as usize] & SHARED != 0).collect();
        let mut shared_bits = vec![0; owners.len().div_ceil(64)];
        shared.iter().for_each(|item| set(&mut shared_bits, *item));
        Self {
            users: Ids::new(users),
            sequences: Ids::new(sequences),
            owned,
            members: Lists::new(world.size.teams, in_teams()),
            leads: Lists::new(world.size.teams, in_teams().filter(is_lead)),
            admins: numbered().filter(|(_, person)| person.reach == Reach::All).map(|(user, _)| user).collect(),
            shared,
            shared_bits,
            owners,
            people,
        }
    }

    /// May the subject view the object?
    ///
    /// All four ways are looked at, and joined without a branch: who is allowed can't be guessed, and behind a wrong guess
    /// the processor would wait for each check's memory alone, instead of fetching the next one's meanwhile.
    #[inline]
    pub(crate) fn check(&self, check: &Check) -> bool {
        assert_eq!(check.permission, VIEW);
        let (Some(user), Some(sequence)) = (self.users.number(&check.subject), self.sequences.number(&check.object))
        else {
            return false;
        };
        let of_sequence = self.owners[sequence as usize];
        let (owner, is_shared) = (of_sequence & !SHARED, of_sequence & SHARED != 0);
        let person = &self.people[user as usize];
        let is_mate = person.is_teammate_of(&self.people[owner as usize]);
        is_shared | (owner == user) | (person.reach == Reach::All) | ((person.reach == Reach::Teammates) & is_mate)
    }

    /// The checks' answers, in their order.
    pub(crate) fn check_batch(&self, checks: &[Check]) -> Vec<bool> {
        checks.iter().map(|check| self.check(check)).collect()
    }

    /// All sequences that the subject views, in order of creation.
    pub(crate) fn list(&self, list: &ListObjects) -> Vec<String> {
        let Some(user) = self.subject(list) else { return Vec::new() };
        if self.people[user as usize].reach == Reach::All {
            return (0..self.sequences.len()).map(|sequence| self.sequences.text(sequence)).collect();
        }
        let mut bits = self.shared_bits.clone();
        for owner in self.owners_seen_by(user) {
            self.owned.get(owner).iter().for_each(|sequence| set(&mut bits, *sequence));
        }
        let mut items = Vec::with_capacity(bits.iter().map(|word| word.count_ones() as usize).sum());
        for (position, word) in bits.iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                items.push(self.sequences.text((position * 64) as u32 + word.trailing_zeros()));
                word &= word - 1;
            }
        }
        items
    }

    /// The first so many of [`Limit::list`].
    ///
    /// No list's item can be among them that is above the last of so many in another list.
    pub(crate) fn first(&self, list: &ListObjects, n_items: usize) -> Vec<String> {
        let Some(user) = self.subject(list) else { return Vec::new() };
        if self.people[user as usize].reach == Reach::All {
            return (0..self.sequences.len()).take(n_items).map(|sequence| self.sequences.text(sequence)).collect();
        }
        let owners = self.owners_seen_by(user);
        let lists = || owners.iter().map(|owner| self.owned.get(*owner)).chain([self.shared.as_slice()]);
        let last = lists().filter_map(|list| list.get(n_items - 1)).min().copied().unwrap_or(NONE);
        let mut items: Vec<u32> =
            lists().flat_map(|list| list.iter().copied().take_while(|item| *item <= last)).collect();
        items.sort_unstable();
        items.dedup();
        items.into_iter().take(n_items).map(|sequence| self.sequences.text(sequence)).collect()
    }

    /// How many [`Limit::list`] lists: owners' lists have nothing in common but with the shared ones.
    pub(crate) fn count(&self, list: &ListObjects) -> usize {
        let Some(user) = self.subject(list) else { return 0 };
        if self.people[user as usize].reach == Reach::All {
            return self.owners.len();
        }
        let owners = self.owners_seen_by(user);
        let owned = owners.iter().flat_map(|owner| self.owned.get(*owner));
        self.shared.len() + owned.filter(|sequence| !is_set(&self.shared_bits, **sequence)).count()
    }

    /// All users who view the object, in order of creation.
    pub(crate) fn subjects(&self, list: &ListSubjects) -> Vec<String> {
        assert_eq!([list.kind.as_str(), list.permission.as_str()], ["user", VIEW]);
        let Some(sequence) = self.sequences.number(&list.object) else { return Vec::new() };
        let owner = self.owners[sequence as usize];
        if owner & SHARED != 0 {
            return (0..self.users.len()).map(|user| self.users.text(user)).collect();
        }
        let mut others: Vec<u32> = Vec::with_capacity(32);
        others.push(owner);
        self.people[owner as usize].teams().for_each(|team| others.extend_from_slice(self.leads.get(team)));
        others.sort_unstable();
        others.dedup();
        let mut items = Vec::with_capacity(self.admins.len() + others.len());
        let mut others = others.into_iter().peekable();
        for &admin in &self.admins {
            while let Some(other) = others.next_if(|other| *other < admin) {
                items.push(self.users.text(other));
            }
            // The owner may be an admin.
            let _ = others.next_if_eq(&admin);
            items.push(self.users.text(admin));
        }
        items.extend(others.map(|other| self.users.text(other)));
        items
    }

    fn subject(&self, list: &ListObjects) -> Option<u32> {
        assert_eq!([list.kind.as_str(), list.permission.as_str()], ["sequence", VIEW]);
        self.users.number(&list.subject)
    }

    /// Those whose sequences the user sees, the user among them, each once.
    fn owners_seen_by(&self, user: u32) -> Vec<u32> {
        let person = &self.people[user as usize];
        let mut owners = vec![user];
        if person.reach == Reach::Teammates {
            person.teams().for_each(|team| owners.extend_from_slice(self.members.get(team)));
            owners.sort_unstable();
            owners.dedup();
        }
        owners
    }
}

#[inline]
fn set(bits: &mut [u64], item: u32) {
    bits[item as usize / 64] |= 1 << (item % 64);
}

#[inline]
fn is_set(bits: &[u64], item: u32) -> bool {
    bits[item as usize / 64] >> (item % 64) & 1 != 0
}
