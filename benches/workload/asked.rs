//! The questions that the benches ask, with what they know of the answers.

use entail::engine::request::{Check, ListObjects, ListSubjects};

use super::random::Random;
use super::{Reach, VIEW, World, sequence, user};

impl World {
    /// Checks with their answers in random order, half of them allowed: by role, as the owner's teammate, as the owner and
    /// by sharing, a quarter each. The denied ones are of any user and any sequence.
    pub(crate) fn checks(&self, n_checks: usize, seed: u64) -> Vec<(Check, bool)> {
        let asked = self.pairs(n_checks, seed).into_iter();
        asked.map(|(user, sequence, allowed)| (check(user, sequence), allowed)).collect()
    }

    /// [`World::checks`] as numbers.
    pub(crate) fn pairs(&self, n_checks: usize, seed: u64) -> Vec<(usize, usize, bool)> {
        let mut random = Random::new(seed);
        let mut pairs: Vec<(usize, usize, bool)> = (0..n_checks)
            .map(|number| {
                let wanted = number % 2 == 0;
                loop {
                    let (user, sequence) = self.pair(&mut random, wanted.then_some(number / 2 % 4));
                    if self.may_view(user, sequence) == wanted {
                        return (user, sequence, wanted);
                    }
                }
            })
            .collect();
        random.shuffle(&mut pairs);
        pairs
    }

    /// A user and a sequence that stand in this relation, mostly.
    fn pair(&self, random: &mut Random, way: Option<usize>) -> (usize, usize) {
        let mut sequence = random.below(self.size.sequences);
        let mut user = random.below(self.size.users);
        match way {
            Some(0) => user = self.random_user(random, Reach::All),
            Some(1) => {
                user = self.random_user(random, Reach::Teammates);
                let mates = self.mates(user);
                let n_owned: usize = mates.iter().map(|&mate| self.owned[mate].len()).sum();
                if n_owned > 0 {
                    let mut nth = random.below(n_owned);
                    for mate in mates {
                        let owned = &self.owned[mate];
                        if let Some(&found) = owned.get(nth) {
                            sequence = found as usize;
                            break;
                        }
                        nth -= owned.len();
                    }
                }
            }
            Some(2) => user = self.owners[sequence] as usize,
            Some(_) => {
                while !self.is_shared[sequence] {
                    sequence = random.below(self.size.sequences);
                }
            }
            None => {}
        }
        (user, sequence)
    }

    pub(crate) fn random_user(&self, random: &mut Random, reach: Reach) -> usize {
        loop {
            let user = random.below(self.size.users);
            if self.reaches[user] == reach {
                return user;
            }
        }
    }

    /// What users see whose role reaches their teammates, with the number of sequences.
    pub(crate) fn object_lists(&self, n_lists: usize, seed: u64) -> Vec<(ListObjects, usize)> {
        let mut random = Random::new(seed);
        let n_shared = self.is_shared.iter().filter(|is_shared| **is_shared).count();
        (0..n_lists)
            .map(|_| {
                let number = self.random_user(&mut random, Reach::Teammates);
                let mut seen = self.mates(number);
                seen.push(number);
                let owned = seen.iter().flat_map(|&user| &self.owned[user]);
                let n_seen = n_shared + owned.filter(|sequence| !self.is_shared[**sequence as usize]).count();
                (list_objects(number), n_seen)
            })
            .collect()
    }

    /// Who sees a sequence, with the number of users; one in twenty of the sequences is shared with everyone.
    pub(crate) fn subject_lists(&self, n_lists: usize, seed: u64) -> Vec<(ListSubjects, usize)> {
        let mut random = Random::new(seed);
        (0..n_lists)
            .map(|number| {
                let object = loop {
                    let object = random.below(self.size.sequences);
                    if self.is_shared[object] == (number % 20 == 0) {
                        break object;
                    }
                };
                let n_seeing = (0..self.size.users).filter(|user| self.may_view(*user, object)).count();
                (list_subjects(object), n_seeing)
            })
            .collect()
    }
}

/// May this user view this sequence?
pub(crate) fn check(subject: usize, object: usize) -> Check {
    Check { subject: user(subject), permission: VIEW.into(), object: sequence(object), ..Check::default() }
}

/// Which sequences may this user view?
pub(crate) fn list_objects(subject: usize) -> ListObjects {
    let [subject, permission, kind] = [user(subject), VIEW.into(), "sequence".into()];
    ListObjects { subject, permission, kind, ..ListObjects::default() }
}

/// Which users may view this sequence?
pub(crate) fn list_subjects(object: usize) -> ListSubjects {
    let [kind, permission, object] = ["user".into(), VIEW.into(), sequence(object)];
    ListSubjects { kind, permission, object, ..ListSubjects::default() }
}
