//! The workload of the benches: a sales organisation on the shipped sales pack, the same for the same size and seed.
//!
//! Of the users, 2 % are admins (all sequences are theirs to see), 18 % have a custom role that reaches their teammates'
//! sequences, and the rest are sales reps, who see their own. A user is in none to three teams, about ten a team. The
//! owners are Zipf-like: of two users, the one of half the rank owns twice as many sequences. One sequence in twenty is
//! shared with the whole organisation.
#![allow(dead_code, reason = "each bench uses a part of the workload")]

mod random;

use std::path::Path;
use std::time::Duration;

use entail::engine::request::{Check, ListObjects, ListSubjects, PolicyText};
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};

use random::Random;

pub(crate) const TENANT: &str = "sales";
pub(crate) const VIEW: &str = "sequence.view";

/// How much of everything there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) name: &'static str,
    pub(crate) users: usize,
    pub(crate) teams: usize,
    pub(crate) sequences: usize,
}

pub(crate) const SIZES: [Size; 3] = [
    Size { name: "S", users: 200, teams: 20, sequences: 10_000 },
    Size { name: "M", users: 2_000, teams: 200, sequences: 200_000 },
    Size { name: "L", users: 20_000, teams: 2_000, sequences: 2_000_000 },
];

impl Size {
    /// The sizes that the environment variable `ENTAIL_BENCH_SIZES` names (`S,M`); M if it isn't set.
    pub(crate) fn wanted() -> Vec<Self> {
        let names = std::env::var("ENTAIL_BENCH_SIZES").unwrap_or_else(|_| String::from("M"));
        let size = |name: &str| *SIZES.iter().find(|size| size.name == name).expect("a size is S, M or L");
        names.split(',').map(size).collect()
    }
}

/// How far a user's role reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The role `admin`.
    All,
    /// The custom role `sales_lead`.
    Teammates,
    /// The role `sales_rep`.
    Own,
}

/// The organisation. Users, teams and sequences are numbers from 0.
pub(crate) struct World {
    pub(crate) size: Size,
    /// By user.
    pub(crate) reaches: Vec<Reach>,
    /// By user; sorted.
    pub(crate) teams: Vec<Vec<usize>>,
    /// By sequence.
    pub(crate) owners: Vec<usize>,
    /// By sequence: whether everyone in the organisation sees it.
    pub(crate) is_shared: Vec<bool>,
    /// By user.
    owned: Vec<Vec<usize>>,
}

impl World {
    /// The organisation of a size.
    pub(crate) fn new(size: Size, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut reaches: Vec<Reach> = (0..size.users)
            .map(|user| match user * 100 / size.users {
                0..2 => Reach::All,
                2..20 => Reach::Teammates,
                _ => Reach::Own,
            })
            .collect();
        random.shuffle(&mut reaches);
        let teams = (0..size.users).map(|_| some_teams(&mut random, size.teams)).collect();
        let mut by_rank: Vec<usize> = (0..size.users).collect();
        random.shuffle(&mut by_rank);
        let owners: Vec<usize> = (0..size.sequences).map(|_| by_rank[random.zipf(size.users)]).collect();
        let is_shared = (0..size.sequences).map(|_| random.below(20) == 0).collect();
        let mut owned = vec![Vec::new(); size.users];
        for (sequence, &owner) in owners.iter().enumerate() {
            owned[owner].push(sequence);
        }
        Self { size, reaches, teams, owners, is_shared, owned }
    }

    /// Whether a user may view a sequence: what the sales pack says, by hand.
    pub(crate) fn may_view(&self, user: usize, sequence: usize) -> bool {
        let owner = self.owners[sequence];
        self.is_shared[sequence]
            || owner == user
            || match self.reaches[user] {
                Reach::All => true,
                Reach::Teammates => self.are_teammates(user, owner),
                Reach::Own => false,
            }
    }

    fn are_teammates(&self, one: usize, other: usize) -> bool {
        self.teams[one].iter().any(|team| self.teams[other].contains(team))
    }

    /// The organisation's facts, each object's life before the facts that mention it.
    pub(crate) fn facts(&self) -> Vec<RawFact> {
        let mut facts = vec![
            fact("account", &["account:acme"]),
            fact("role", &["role:sales_lead"]),
            fact("name", &["role:sales_lead", "Sales Lead"]),
            fact("home", &["role:sales_lead", "account:acme"]),
        ];
        facts.extend(
            [VIEW, "sequence.edit", "sequence.add_leads", "list.edit", "task.access"]
                .map(|permission| fact("scope", &["role:sales_lead", permission, "teammates"])),
        );
        for team in 0..self.size.teams {
            let id = format!("team:t{team}");
            facts.push(fact("team", &[&id]));
            facts.push(fact("name", &[&id, &format!("Team {team}")]));
            facts.push(fact("home", &[&id, "account:acme"]));
        }
        for (number, (reach, teams)) in self.reaches.iter().zip(&self.teams).enumerate() {
            let role = match reach {
                Reach::All => "role:admin",
                Reach::Teammates => "role:sales_lead",
                Reach::Own => "role:sales_rep",
            };
            let id = user(number);
            facts.push(fact("user", &[&id]));
            facts.push(fact("role_of", &[&id, "account:acme", role]));
            facts.extend(teams.iter().map(|team| fact("member", &[&format!("team:t{team}"), &id])));
        }
        for (number, (&owner, &is_shared)) in self.owners.iter().zip(&self.is_shared).enumerate() {
            let id = sequence(number);
            facts.push(fact("owner", &[&id, &user(owner)]));
            if is_shared {
                facts.push(fact("shared", &[&id, "account:acme", VIEW]));
            }
        }
        facts
    }

    /// Checks with their answers in random order, half of them allowed: by role, as the owner's teammate, as the owner and
    /// by sharing, a quarter each. The denied ones are of any user and any sequence.
    pub(crate) fn checks(&self, n_checks: usize, seed: u64) -> Vec<(Check, bool)> {
        let mut random = Random::new(seed);
        let mut checks: Vec<(Check, bool)> = (0..n_checks)
            .map(|number| {
                let wanted = number % 2 == 0;
                loop {
                    let (user, sequence) = self.pair(&mut random, wanted.then_some(number / 2 % 4));
                    if self.may_view(user, sequence) == wanted {
                        return (check(user, sequence), wanted);
                    }
                }
            })
            .collect();
        random.shuffle(&mut checks);
        checks
    }

    /// A user and a sequence that stand in this relation, mostly.
    fn pair(&self, random: &mut Random, way: Option<usize>) -> (usize, usize) {
        let mut sequence = random.below(self.size.sequences);
        let mut user = random.below(self.size.users);
        match way {
            Some(0) => user = self.random_user(random, Reach::All),
            Some(1) => {
                user = self.random_user(random, Reach::Teammates);
                let mates = (0..self.size.users).filter(|other| *other != user && self.are_teammates(user, *other));
                let owned: Vec<usize> = mates.flat_map(|mate| self.owned[mate].iter().copied()).collect();
                if !owned.is_empty() {
                    sequence = owned[random.below(owned.len())];
                }
            }
            Some(2) => user = self.owners[sequence],
            Some(_) => {
                while !self.is_shared[sequence] {
                    sequence = random.below(self.size.sequences);
                }
            }
            None => {}
        }
        (user, sequence)
    }

    fn random_user(&self, random: &mut Random, reach: Reach) -> usize {
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
        (0..n_lists)
            .map(|_| {
                let number = self.random_user(&mut random, Reach::Teammates);
                let n_seen = (0..self.size.sequences).filter(|sequence| self.may_view(number, *sequence)).count();
                let [subject, permission, kind] = [user(number), VIEW.into(), "sequence".into()];
                (ListObjects { subject, permission, kind, ..ListObjects::default() }, n_seen)
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
                let [kind, permission, object] = ["user".into(), VIEW.into(), sequence(object)];
                (ListSubjects { kind, permission, object, ..ListSubjects::default() }, n_seeing)
            })
            .collect()
    }
}

/// None to three teams, one on the average.
fn some_teams(random: &mut Random, n_teams: usize) -> Vec<usize> {
    let n_mine = match random.below(100) {
        0..35 => 0,
        35..75 => 1,
        75..90 => 2,
        _ => 3,
    };
    let mut mine: Vec<usize> = (0..n_mine).map(|_| random.below(n_teams)).collect();
    mine.sort_unstable();
    mine.dedup();
    mine
}

fn fact(relation: &str, values: &[&str]) -> RawFact {
    RawFact { relation: relation.into(), values: values.iter().map(|value| Raw::Text((*value).into())).collect() }
}

fn user(number: usize) -> String {
    format!("user:u{number}")
}

fn sequence(number: usize) -> String {
    format!("sequence:s{number}")
}

fn check(subject: usize, object: usize) -> Check {
    Check { subject: user(subject), permission: VIEW.into(), object: sequence(object), ..Check::default() }
}

/// An engine over this directory, with the sales pack active and nothing loaded.
pub(crate) fn new_engine(directory: &Path) -> Engine {
    let engine = Engine::open(directory, Options::default()).unwrap();
    engine.activate(TENANT, &PolicyText { main: "sales.dl".into(), ..PolicyText::default() }).unwrap();
    engine
}

/// The resident memory of this process, in megabytes, where the system tells it.
pub(crate) fn resident_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// Milliseconds with one decimal.
pub(crate) fn milliseconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1e3)
}
