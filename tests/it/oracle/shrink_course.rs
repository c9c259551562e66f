//! A course that fails, made small enough to read.

use super::asks::is_taken;
use super::bench::{Bench, Disagreement, Kind};
use super::course::{Course, Place, Policies, Step};
use super::reader::read_rule;
use super::shrink::{Laboratory, Parts, smallest, without_a_literal, without_a_statement};

impl Laboratory<'_> {
    /// Plays a course; its first disagreement.
    pub(crate) fn play_course(&self, course: &Course) -> Option<Disagreement> {
        let policies = Policies::of(&course.draft)?;
        if !course.steps.iter().all(|step| makes_sense(&policies, step)) {
            return None;
        }
        self.attempts.set(self.attempts.get() + 1);
        let bench = Bench { engine: self.engine, tenant: format!("attempt-{}", self.attempts.get()) };
        let mut place = Place::start(&policies);
        course.steps.iter().find_map(|step| bench.take(&mut place, &policies, step).err())
    }

    /// The smallest course found that still disagrees in the same way.
    pub(crate) fn shrink_course(&self, course: Course, kind: Kind) -> Course {
        let parts: [Parts<Course>; 7] =
            [drop_steps, drop_statements, drop_rules, drop_facts, drop_literals, drop_rule_literals, drop_actors];
        let fails = |course: &Course| self.play_course(course).is_some_and(|disagreement| disagreement.kind == kind);
        smallest(course, &parts, size, &fails)
    }
}

/// The oracle doesn't type request rules: one without an instance is the checker's to refuse.
fn makes_sense(policies: &Policies, step: &Step) -> bool {
    let (text, policy) = policies.with(false);
    match step {
        Step::Write(ask) => {
            ask.rules.iter().all(|rule| read_rule(policy, &rule.to_string()).is_none() || is_taken(text, rule))
        }
        _ => true,
    }
}

fn size(course: &Course) -> usize {
    let of_step = |step: &Step| match step {
        Step::Activate { .. } => 0,
        Step::Load(facts) => facts.len(),
        Step::Write(ask) => {
            let rules: usize = ask.rules.iter().map(|rule| rule.to_string().len()).sum();
            ask.change.insert.len() + ask.change.delete.len() + rules + usize::from(ask.actor.is_some())
        }
    };
    course.draft.to_string().len() + course.steps.iter().map(|step| 1 + of_step(step)).sum::<usize>()
}

fn drop_statements(course: &Course) -> Vec<Course> {
    without_a_statement(&course.draft).into_iter().map(|draft| Course { draft, ..course.clone() }).collect()
}

fn drop_literals(course: &Course) -> Vec<Course> {
    without_a_literal(&course.draft).into_iter().map(|draft| Course { draft, ..course.clone() }).collect()
}

fn drop_steps(course: &Course) -> Vec<Course> {
    let without = |n| {
        let mut course = course.clone();
        course.steps.remove(n);
        course
    };
    (0..course.steps.len()).map(without).collect()
}

/// Each course with one step less than it was, in one of the ways that `less` knows.
fn with_less(course: &Course, less: impl Fn(&Step) -> Vec<Step>) -> Vec<Course> {
    let smaller = |(number, step): (usize, &Step)| {
        let with = |step| {
            let mut course = course.clone();
            course.steps[number] = step;
            course
        };
        less(step).into_iter().map(with).collect::<Vec<_>>()
    };
    course.steps.iter().enumerate().flat_map(smaller).collect()
}

fn without_each<T: Clone>(parts: &[T]) -> impl Iterator<Item = Vec<T>> {
    (0..parts.len()).map(|n| parts.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, part)| part.clone()).collect())
}

fn drop_facts(course: &Course) -> Vec<Course> {
    with_less(course, |step| match step {
        Step::Activate { .. } => Vec::new(),
        Step::Load(facts) => without_each(facts).map(Step::Load).collect(),
        Step::Write(ask) => {
            let mut smaller = Vec::new();
            for insert in without_each(&ask.change.insert) {
                let mut ask = ask.clone();
                ask.change.insert = insert;
                smaller.push(Step::Write(ask));
            }
            for delete in without_each(&ask.change.delete) {
                let mut ask = ask.clone();
                ask.change.delete = delete;
                smaller.push(Step::Write(ask));
            }
            smaller
        }
    })
}

fn drop_rules(course: &Course) -> Vec<Course> {
    with_less(course, |step| {
        let Step::Write(ask) = step else { return Vec::new() };
        let without = |rules| {
            let mut ask = ask.clone();
            ask.rules = rules;
            Step::Write(ask)
        };
        without_each(&ask.rules).map(without).collect()
    })
}

fn drop_rule_literals(course: &Course) -> Vec<Course> {
    with_less(course, |step| {
        let Step::Write(ask) = step else { return Vec::new() };
        let mut smaller = Vec::new();
        for (number, rule) in ask.rules.iter().enumerate().filter(|(_, rule)| rule.body.len() > 1) {
            for body in without_each(&rule.body) {
                let mut ask = ask.clone();
                ask.rules[number].body = body;
                smaller.push(Step::Write(ask));
            }
        }
        smaller
    })
}

fn drop_actors(course: &Course) -> Vec<Course> {
    with_less(course, |step| match step {
        Step::Write(ask) if ask.actor.is_some() => {
            let mut ask = ask.clone();
            ask.actor = None;
            vec![Step::Write(ask)]
        }
        _ => Vec::new(),
    })
}
