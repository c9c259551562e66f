//! The workload of the benches: a sales organisation on the shipped sales pack, the same for the same size and seed.
//!
//! Of the users, 2 % are admins (all sequences are theirs to see), 18 % have a custom role that reaches their teammates'
//! sequences, and the rest are sales reps, who see their own. A user is in none to three teams, about ten a team. The
//! owners are Zipf-like: of two users, the one of half the rank owns twice as many sequences. One sequence in twenty is
//! shared with the whole organisation.
#![allow(dead_code, reason = "each bench uses a part of the workload")]

pub(crate) mod asked;
pub(crate) mod groups;
pub(crate) mod ids;
pub(crate) mod limit;
pub(crate) mod random;
pub(crate) mod stored;
pub(crate) mod timing;

use std::path::Path;
use std::time::Duration;

use entail::engine::request::PolicyText;
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};

use random::Random;

pub(crate) const TENANT: &str = "sales";
pub(crate) const VIEW: &str = "sequence.view";

/// How much of everything there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) name: &'static str,
    pub(crate) users: usize,
    pub(crate) teams: usize,
    pub(crate) sequences: usize,
}

pub(crate) const SIZES: [Size; 4] = [
    Size { name: "S", users: 200, teams: 20, sequences: 10_000 },
    Size { name: "M", users: 2_000, teams: 200, sequences: 200_000 },
    Size { name: "L", users: 20_000, teams: 2_000, sequences: 2_000_000 },
    Size { name: "XL", users: 100_000, teams: 10_000, sequences: 10_000_000 },
];

impl Size {
    /// The sizes that the environment variable `ENTAIL_BENCH_SIZES` names (`S,M`); M if it isn't set.
    pub(crate) fn wanted() -> Vec<Self> {
        let names = std::env::var("ENTAIL_BENCH_SIZES").unwrap_or_else(|_| String::from("M"));
        names.split(',').map(Self::named).collect()
    }

    /// The size of this name.
    pub(crate) fn named(name: &str) -> Self {
        *SIZES.iter().find(|size| size.name == name).expect("a size is S, M, L or XL")
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
    pub(crate) owners: Vec<u32>,
    /// By sequence: whether everyone in the organisation sees it.
    pub(crate) is_shared: Vec<bool>,
    /// By user; sorted.
    pub(crate) owned: Vec<Vec<u32>>,
    /// By team; sorted.
    pub(crate) members: Vec<Vec<usize>>,
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
        let teams: Vec<Vec<usize>> = (0..size.users).map(|_| some_teams(&mut random, size.teams)).collect();
        let mut by_rank: Vec<u32> = (0..size.users as u32).collect();
        random.shuffle(&mut by_rank);
        let owners: Vec<u32> = (0..size.sequences).map(|_| by_rank[random.zipf(size.users)]).collect();
        let is_shared = (0..size.sequences).map(|_| random.below(20) == 0).collect();
        let mut owned = vec![Vec::new(); size.users];
        for (sequence, &owner) in owners.iter().enumerate() {
            owned[owner as usize].push(sequence as u32);
        }
        let mut members = vec![Vec::new(); size.teams];
        for (user, teams) in teams.iter().enumerate() {
            teams.iter().for_each(|&team| members[team].push(user));
        }
        Self { size, reaches, teams, owners, is_shared, owned, members }
    }

    /// Whether a user may view a sequence: what the sales pack says, by hand.
    pub(crate) fn may_view(&self, user: usize, sequence: usize) -> bool {
        let owner = self.owners[sequence] as usize;
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

    /// Those who share a team with a user, without the user; sorted.
    pub(crate) fn mates(&self, user: usize) -> Vec<usize> {
        let mut mates: Vec<usize> =
            self.teams[user].iter().flat_map(|&team| self.members[team].iter().copied()).collect();
        mates.sort_unstable();
        mates.dedup();
        mates.retain(|&mate| mate != user);
        mates
    }

    /// The organisation's facts, each object's life before the facts that mention it.
    pub(crate) fn facts(&self) -> Vec<RawFact> {
        self.each_fact().collect()
    }

    /// [`World::facts`], one at a time: all of XL's together would take gigabytes.
    pub(crate) fn each_fact(&self) -> impl Iterator<Item = RawFact> + '_ {
        let account = [
            fact("account", &["account:acme"]),
            fact("role", &["role:sales_lead"]),
            fact("name", &["role:sales_lead", "Sales Lead"]),
            fact("home", &["role:sales_lead", "account:acme"]),
        ];
        let scopes = [VIEW, "sequence.edit", "sequence.add_leads", "list.edit", "task.access"]
            .map(|permission| fact("scope", &["role:sales_lead", permission, "teammates"]));
        let teams = (0..self.size.teams).flat_map(|number| {
            let id = team(number);
            let name = format!("Team {number}");
            [fact("team", &[&id]), fact("name", &[&id, &name]), fact("home", &[&id, "account:acme"])]
        });
        let users = self.reaches.iter().zip(&self.teams).enumerate().flat_map(|(number, (reach, teams))| {
            let role = match reach {
                Reach::All => "role:admin",
                Reach::Teammates => "role:sales_lead",
                Reach::Own => "role:sales_rep",
            };
            let id = user(number);
            let mut facts = vec![fact("user", &[&id]), fact("role_of", &[&id, "account:acme", role])];
            facts.extend(teams.iter().map(|&number| fact("member", &[&team(number), &id])));
            facts
        });
        let sequences =
            self.owners.iter().zip(&self.is_shared).enumerate().flat_map(|(number, (&owner, &is_shared))| {
                let id = sequence(number);
                let owned = fact("owner", &[&id, &user(owner as usize)]);
                let shared = is_shared.then(|| fact("shared", &[&id, "account:acme", VIEW]));
                std::iter::once(owned).chain(shared)
            });
        account.into_iter().chain(scopes).chain(teams).chain(users).chain(sequences)
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

/// A fact all of whose values are texts or ids.
pub(crate) fn fact(relation: &str, values: &[&str]) -> RawFact {
    RawFact { relation: relation.into(), values: values.iter().map(|value| Raw::Text((*value).into())).collect() }
}

pub(crate) fn user(number: usize) -> String {
    format!("user:u{number}")
}

pub(crate) fn team(number: usize) -> String {
    format!("team:t{number}")
}

pub(crate) fn sequence(number: usize) -> String {
    format!("sequence:s{number}")
}

/// The number in the id of a user or a sequence.
pub(crate) fn number(id: &str) -> usize {
    id.rsplit_once(':').and_then(|(_, name)| name.get(1..)?.parse().ok()).expect("an id of the workload")
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
