//! The second workload: groups in groups, folders in folders, and bans, on a pack of its own.
//!
//! A cluster is a hundred groups, five a level, twenty levels deep; each group below the first level is a member of the
//! group above it and of another on that level. Closed, each group of the first level is a member of the one below it on
//! the last: every cluster is then one knot of cycles. Users are in one group each, on level 1, 5, 10 or 20, and see one folder
//! by themselves. A tree is 4,095 folders, two in each, twelve levels deep, with ten documents a folder on the average.
//! Each group sees a folder on one of the six lower levels half of the time. Each user is banned from five documents.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use entail::engine::request::{Check, ListObjects, PolicyText};
use entail::model::fact::RawFact;
use entail::{Engine, Options};

use super::fact;
use super::random::Random;

pub(crate) const TENANT: &str = "groups";
pub(crate) const VIEW: &str = "document.view";

/// The levels of users' groups, from 1: so deep is the nesting above them.
pub(crate) const DEPTHS: [usize; 4] = [1, 5, 10, 20];
const WIDTH: usize = 5;
const LEVELS: usize = 20;
/// The groups of a cluster.
const CLUSTER: usize = WIDTH * LEVELS;
const FOLDERS: usize = 4_095;
/// The first folder of a tree on the seventh level.
const LOWER: usize = 63;

/// How much of everything there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Trees, and a tenth of the clusters, a two-thousandth of the users and a forty-thousandth of the documents.
    pub(crate) scale: usize,
    /// Whether the groups have cycles.
    pub(crate) is_closed: bool,
}

/// Groups, folders, documents and users, numbered from 0.
pub(crate) struct Groups {
    pub(crate) extent: Extent,
    /// By group: those that it is a member of.
    above: Vec<Vec<usize>>,
    /// By group: its members.
    below: Vec<Vec<usize>>,
    /// By user.
    group: Vec<usize>,
    /// By group: the folders that its members see.
    seen_by_group: Vec<Option<usize>>,
    /// By folder: the groups whose members see it.
    groups_of_folder: BTreeMap<usize, Vec<usize>>,
    /// By user: the folder that is seen by no group's grace.
    seen_by_user: Vec<usize>,
    /// By document.
    folder: Vec<usize>,
    /// By folder.
    documents: Vec<Vec<usize>>,
    /// By user.
    banned: Vec<BTreeSet<usize>>,
}

/// What a user reaches, and what it comes to.
pub(crate) struct Reached {
    /// The groups around the user's own, that included.
    pub(crate) n_groups: usize,
    /// The folders that the user sees.
    pub(crate) n_folders: usize,
    /// The documents that the user views, and with those that bans take away.
    pub(crate) documents: BTreeSet<usize>,
    pub(crate) n_documents: usize,
}

impl Groups {
    pub(crate) fn new(extent: Extent, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let Extent { scale, is_closed } = extent;
        let [n_groups, n_users, n_folders, n_documents] =
            [scale * 10 * CLUSTER, scale * 2_000, scale * FOLDERS, scale * 40_000];
        let above: Vec<Vec<usize>> = (0..n_groups)
            .map(|group| {
                let (level, column) = (group % CLUSTER / WIDTH, group % WIDTH);
                match level {
                    0 if is_closed => vec![group + CLUSTER - WIDTH],
                    0 => Vec::new(),
                    _ => vec![group - WIDTH, group - WIDTH - column + (column + 1 + random.below(WIDTH - 1)) % WIDTH],
                }
            })
            .collect();
        let mut below = vec![Vec::new(); n_groups];
        for (group, above) in above.iter().enumerate() {
            above.iter().for_each(|above| below[*above].push(group));
        }
        let group = (0..n_users)
            .map(|user| {
                let level = DEPTHS[user % DEPTHS.len()] - 1;
                random.below(n_groups / CLUSTER) * CLUSTER + level * WIDTH + random.below(WIDTH)
            })
            .collect();
        let lower = |random: &mut Random| random.below(scale) * FOLDERS + LOWER + random.below(FOLDERS - LOWER);
        let seen_by_group: Vec<Option<usize>> =
            (0..n_groups).map(|_| (random.below(2) == 0).then(|| lower(&mut random))).collect();
        let mut groups_of_folder: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (group, seen) in seen_by_group.iter().enumerate() {
            seen.iter().for_each(|seen| groups_of_folder.entry(*seen).or_default().push(group));
        }
        let seen_by_user = (0..n_users).map(|_| lower(&mut random)).collect();
        let folder: Vec<usize> = (0..n_documents).map(|_| random.below(n_folders)).collect();
        let mut documents = vec![Vec::new(); n_folders];
        folder.iter().enumerate().for_each(|(document, folder)| documents[*folder].push(document));
        let banned = (0..n_users).map(|_| (0..5).map(|_| random.below(n_documents)).collect()).collect();
        Self { extent, above, below, group, seen_by_group, groups_of_folder, seen_by_user, folder, documents, banned }
    }

    /// The engine over this directory, with the pack active and all facts loaded.
    pub(crate) fn engine(&self, directory: &Path) -> Engine {
        let engine = Engine::open(directory, Options::default()).unwrap();
        let files = BTreeMap::from([("groups.dl".into(), include_str!("groups.dl").into())]);
        engine.activate(TENANT, &PolicyText { main: "groups.dl".into(), files }).unwrap();
        engine.load(TENANT, &self.facts()).unwrap();
        engine
    }

    fn facts(&self) -> Vec<RawFact> {
        let mut facts = Vec::new();
        for (below, above) in self.above.iter().enumerate() {
            facts.extend(above.iter().map(|above| fact("member", &[&group(*above), &group(below)])));
        }
        for (number, seen) in self.seen_by_group.iter().enumerate() {
            facts.extend(seen.map(|seen| fact("viewer", &[&folder(seen), &group(number)])));
        }
        for number in 0..self.documents.len() {
            facts.extend(folder_above(number).map(|above| fact("parent", &[&folder(number), &folder(above)])));
        }
        for (number, above) in self.folder.iter().enumerate() {
            facts.push(fact("parent", &[&document(number), &folder(*above)]));
        }
        for (number, seen) in self.seen_by_user.iter().enumerate() {
            facts.push(fact("member", &[&group(self.group[number]), &user(number)]));
            facts.push(fact("viewer", &[&folder(*seen), &user(number)]));
            facts.extend(self.banned[number].iter().map(|banned| fact("banned", &[&document(*banned), &user(number)])));
        }
        facts
    }

    /// What the pack says of a user, by hand.
    pub(crate) fn reached(&self, user: usize) -> Reached {
        let mut groups = BTreeSet::new();
        let mut next = vec![self.group[user]];
        while let Some(group) = next.pop() {
            if groups.insert(group) {
                next.extend(&self.above[group]);
            }
        }
        let mut folders = BTreeSet::new();
        let mut next: Vec<usize> = groups.iter().filter_map(|group| self.seen_by_group[*group]).collect();
        next.push(self.seen_by_user[user]);
        while let Some(folder) = next.pop() {
            if folders.insert(folder) {
                next.extend(folders_in(folder));
            }
        }
        let seen: BTreeSet<usize> = folders.iter().flat_map(|folder| self.documents[*folder].iter().copied()).collect();
        Reached {
            n_groups: groups.len(),
            n_folders: folders.len(),
            n_documents: seen.len(),
            documents: seen.difference(&self.banned[user]).copied().collect(),
        }
    }

    /// How many folders a document is in, one in another, and how many groups are in one that sees such a folder.
    pub(crate) fn n_around(&self, document: usize) -> usize {
        let folders: Vec<usize> =
            std::iter::successors(Some(self.folder[document]), |folder| folder_above(*folder)).collect();
        let mut groups = BTreeSet::new();
        let mut next: Vec<usize> =
            folders.iter().filter_map(|folder| self.groups_of_folder.get(folder)).flatten().copied().collect();
        while let Some(group) = next.pop() {
            if groups.insert(group) {
                next.extend(&self.below[group]);
            }
        }
        folders.len() + groups.len()
    }

    pub(crate) fn n_documents(&self) -> usize {
        self.folder.len()
    }

    /// Users whose group is so deep, spread over all.
    pub(crate) fn users(&self, depth: usize, n_users: usize) -> Vec<usize> {
        let first = DEPTHS.iter().position(|other| *other == depth).expect("a depth of the workload");
        let users: Vec<usize> = (first..self.group.len()).step_by(DEPTHS.len()).collect();
        users.iter().copied().step_by(users.len() / n_users).take(n_users).collect()
    }
}

/// The folder that a folder is in; folders are numbered tree by tree, level by level.
fn folder_above(folder: usize) -> Option<usize> {
    let (tree, place) = (folder / FOLDERS * FOLDERS, folder % FOLDERS);
    (place > 0).then(|| tree + (place - 1) / 2)
}

/// The two folders that are in a folder, but on the last level.
fn folders_in(folder: usize) -> impl Iterator<Item = usize> {
    let (tree, place) = (folder / FOLDERS * FOLDERS, folder % FOLDERS);
    [place * 2 + 1, place * 2 + 2].into_iter().filter(|place| *place < FOLDERS).map(move |place| tree + place)
}

fn user(number: usize) -> String {
    format!("user:u{number}")
}

fn group(number: usize) -> String {
    format!("group:g{number}")
}

fn folder(number: usize) -> String {
    format!("folder:f{number}")
}

pub(crate) fn document(number: usize) -> String {
    format!("document:d{number}")
}

/// May this user view this document?
pub(crate) fn check(subject: usize, object: usize) -> Check {
    Check { subject: user(subject), permission: VIEW.into(), object: document(object), ..Check::default() }
}

/// Which documents may this user view?
pub(crate) fn list(subject: usize) -> ListObjects {
    let [subject, permission, kind] = [user(subject), VIEW.into(), "document".into()];
    ListObjects { subject, permission, kind, ..ListObjects::default() }
}
