//! The same facts and the same questions through other engines, in process, in one run with Entail.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml`; an argument names the sizes (`S,M,L`, all if there is
//! none). Every engine answers every question like Entail before anything is timed; then each takes turns with Entail.

mod casbin;
mod cedar;
mod sqlite;
mod whole;
#[path = "../../workload/mod.rs"]
mod workload;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::hint::black_box;

use entail::Engine;
use entail::engine::request::{Check, ListObjects, ListSubjects, Page};

use crate::casbin::Casbin;
use crate::cedar::Cedar;
use crate::sqlite::{Keys, Questions, Sqlite};
use crate::workload::limit::Limit;
use crate::workload::stored::Stored;
use crate::workload::timing::{in_turns, in_words};
use crate::workload::{Size, TENANT, World, number, sequence, user};

const SEED: u64 = 1;

fn main() {
    let names = std::env::args().nth(1).unwrap_or_else(|| String::from("S,M,L"));
    let mut rows = Vec::new();
    for size in names.split(',').map(Size::named) {
        let world = World::new(size, SEED);
        let stored = Stored::new(&world, SEED);
        let limit = stored.limit(&world);
        let asked = Asked::new(&world, &stored.engine, &limit);
        let mut run = Run { size, asked: &asked, engine: &stored.engine, rows: &mut rows };
        run.limit(&limit);
        match size.name {
            "S" => {
                run.sqlite(&world, false);
                run.cedar(&world, true);
                run.casbin(&world);
                run.crepe(&world);
            }
            "M" => {
                run.sqlite(&world, false);
                run.cedar(&world, false);
            }
            _ => run.sqlite(&world, true),
        }
    }
    println!("SQLite {}, text ids on Entail's side\n", rusqlite::version());
    println!("| what | size | other | Entail | other | ratio |\n| --- | --- | --- | --- | --- | --- |");
    rows.iter().for_each(|row| println!("{row}"));
}

/// The questions of one size, with Entail's answers.
struct Asked {
    checks: Vec<(Check, bool)>,
    objects: Vec<(ListObjects, Vec<String>)>,
    subjects: Vec<(ListSubjects, Vec<String>)>,
}

impl Asked {
    /// Entail's answers, which are those that were worked out by hand.
    fn new(world: &World, engine: &Engine, limit: &Limit) -> Self {
        let all = Page::default();
        let checks = world.checks(65_536, SEED + 1);
        for (check, expected) in &checks {
            assert_eq!(engine.check(TENANT, check).unwrap().allowed, *expected, "{check:?}");
            assert_eq!(limit.check(check), *expected, "{check:?}");
        }
        let objects = world.object_lists(16, SEED + 2).into_iter().map(|(list, n_items)| {
            let items = engine.list_objects(TENANT, &list, &all).unwrap().items;
            assert_eq!(engine.count_objects(TENANT, &list).unwrap().count, n_items as u64);
            assert!(items.len() == n_items && items == limit.list(&list), "{list:?}");
            (list, sorted(items))
        });
        let subjects = world.subject_lists(100, SEED + 3).into_iter().map(|(list, n_items)| {
            let items = engine.list_subjects(TENANT, &list, &all).unwrap().items;
            assert!(items.len() == n_items && items == limit.subjects(&list), "{list:?}");
            (list, sorted(items))
        });
        Self { checks, objects: objects.collect(), subjects: subjects.collect() }
    }
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort_unstable();
    ids
}

/// One size.
struct Run<'a> {
    size: Size,
    asked: &'a Asked,
    engine: &'a Engine,
    rows: &'a mut Vec<String>,
}

impl Run<'_> {
    fn limit(&mut self, limit: &Limit) {
        let name = "by hand (`limit`)";
        let asked = self.asked;
        self.checks(name, turns(&asked.checks, |(check, _)| limit.check(check)));
        self.objects(name, turns(&asked.objects, |(list, _)| limit.list(list)));
        self.counts(name, turns(&asked.objects, |(list, _)| limit.count(list)));
        self.subjects(name, turns(&asked.subjects, |(list, _)| limit.subjects(list)));
    }

    fn sqlite(&mut self, world: &World, is_file: bool) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("facts.sqlite");
        let sqlite = Sqlite::new(world, is_file.then_some(file.as_path()));
        let place = if is_file { "file" } else { "memory" };
        for (keys, words) in [(Keys::Integers, "integer keys"), (Keys::Texts, "text ids")] {
            let questions = RefCell::new(sqlite.questions(keys));
            let name = format!("SQLite, {place}, {words}");
            self.sqlite_questions(&name, &questions);
        }
    }

    fn sqlite_questions(&mut self, name: &str, questions: &RefCell<Questions<'_>>) {
        let asked = self.asked;
        let checks: Vec<_> = asked.checks.iter().map(|(check, _)| questions.borrow().read_check(check)).collect();
        for (read, (check, expected)) in checks.iter().zip(&asked.checks) {
            assert_eq!(questions.borrow_mut().check(read), *expected, "{name}: {check:?}");
        }
        self.checks(name, turns(&checks, |check| questions.borrow_mut().check(check)));
        let lists: Vec<_> = asked.objects.iter().map(|(list, _)| questions.borrow().read_objects(list)).collect();
        for (read, (list, expected)) in lists.iter().zip(&asked.objects) {
            assert!(questions.borrow_mut().objects(read).texts(sequence) == *expected, "{name}: {list:?}");
            assert_eq!(questions.borrow_mut().count(read), expected.len() as i64, "{name}: {list:?}");
        }
        self.objects(name, turns(&lists, |list| questions.borrow_mut().objects(list)));
        self.counts(name, turns(&lists, |list| questions.borrow_mut().count(list)));
        let lists: Vec<_> = asked.subjects.iter().map(|(list, _)| questions.borrow().read_subjects(list)).collect();
        for (read, (list, expected)) in lists.iter().zip(&asked.subjects) {
            assert!(questions.borrow_mut().subjects(read).texts(user) == *expected, "{name}: {list:?}");
        }
        self.subjects(name, turns(&lists, |list| questions.borrow_mut().subjects(list)));
    }

    fn cedar(&mut self, world: &World, lists_too: bool) {
        let name = "Cedar";
        let cedar = Cedar::new(world);
        let asked = self.asked;
        for (check, expected) in &asked.checks {
            assert_eq!(cedar.check(check), *expected, "{name}: {check:?}");
        }
        self.checks(name, turns(&asked.checks, |(check, _)| cedar.check(check)));
        if !lists_too {
            return;
        }
        let sequences: Vec<String> = (0..world.size.sequences).map(sequence).collect();
        let users: Vec<String> = (0..world.size.users).map(user).collect();
        for (list, expected) in &asked.objects {
            assert!(sorted(cedar.objects(&list.subject, &sequences)) == *expected, "{name}: {list:?}");
        }
        for (list, expected) in &asked.subjects {
            assert!(sorted(cedar.subjects(&users, &list.object)) == *expected, "{name}: {list:?}");
        }
        self.objects(name, turns(&asked.objects, |(list, _)| cedar.objects(&list.subject, &sequences)));
        self.subjects(name, turns(&asked.subjects, |(list, _)| cedar.subjects(&users, &list.object)));
    }

    /// A check of Casbin's takes so long that some hundreds must do.
    fn casbin(&mut self, world: &World) {
        let name = "Casbin";
        let casbin = Casbin::new(world);
        let checks = &self.asked.checks[..256];
        for (check, expected) in checks {
            assert_eq!(casbin.check(check), *expected, "{name}: {check:?}");
        }
        self.checks(name, turns(checks, |(check, _)| casbin.check(check)));
    }

    /// One run answers all checks and listings at once, and there is no smaller question.
    fn crepe(&mut self, world: &World) {
        let name = "crepe, everything at once";
        let views: BTreeSet<(usize, usize)> =
            whole::run(world).into_iter().map(|(user, sequence)| (user as usize, sequence as usize)).collect();
        for (check, expected) in &self.asked.checks {
            assert_eq!(
                views.contains(&(number(&check.subject), number(&check.object))),
                *expected,
                "{name}: {check:?}"
            );
        }
        for (list, expected) in &self.asked.objects {
            let of_user = number(&list.subject);
            let seen = views.range((of_user, 0)..(of_user + 1, 0)).map(|(_, found)| sequence(*found));
            assert!(sorted(seen.collect()) == *expected, "{name}: {list:?}");
        }
        self.checks(name, || {
            black_box(whole::run(world));
        });
    }

    fn checks(&mut self, name: &str, other: impl FnMut()) {
        let engine = self.engine;
        let mine = turns(&self.asked.checks, |(check, _)| engine.check(TENANT, check).unwrap());
        self.row("check", name, mine, other);
    }

    fn objects(&mut self, name: &str, other: impl FnMut()) {
        let (engine, all) = (self.engine, Page::default());
        let mine = turns(&self.asked.objects, |(list, _)| engine.list_objects(TENANT, list, &all).unwrap());
        self.row("list objects", name, mine, other);
    }

    fn counts(&mut self, name: &str, other: impl FnMut()) {
        let engine = self.engine;
        let mine = turns(&self.asked.objects, |(list, _)| engine.count_objects(TENANT, list).unwrap());
        self.row("count objects", name, mine, other);
    }

    fn subjects(&mut self, name: &str, other: impl FnMut()) {
        let (engine, all) = (self.engine, Page::default());
        let mine = turns(&self.asked.subjects, |(list, _)| engine.list_subjects(TENANT, list, &all).unwrap());
        self.row("list subjects", name, mine, other);
    }

    /// Entail and the other in turns.
    fn row(&mut self, what: &str, name: &str, mut mine: impl FnMut(), mut other: impl FnMut()) {
        let [mine, other] = in_turns(&mut mine, &mut other);
        let ratio = other / mine;
        let [mine, other] = [mine, other].map(in_words);
        self.rows.push(format!("| {what} | {} | {name} | {mine} | {other} | {ratio:.2} × |", self.size.name));
    }
}

/// Asks the questions one after the other, again and again.
fn turns<'q, Q, A>(questions: &'q [Q], mut ask: impl FnMut(&Q) -> A + 'q) -> impl FnMut() + 'q
where
    A: 'q,
{
    let mut next = questions.iter().cycle();
    move || {
        black_box(ask(black_box(next.next().expect("there are questions"))));
    }
}
