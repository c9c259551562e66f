//! A world that fails, and how it is made small enough to read: parts are dropped for as long as it still fails.

use std::cell::Cell;
use std::collections::BTreeSet;

use entail::Engine;
use entail::model::fact::Fact;
use entail::model::value::Value;
use entail::policy::checked::Policy;

use super::bench::{Bench, Disagreement, Form, Kind};
use super::check::check;
use super::naive::{Context, Meaning};
use super::notation::{goal, sentence};
use super::questions::Question;
use super::state::{Change, State};
use super::worlds::{Draft, Statement};

/// A policy, its writes, and what is asked after the last.
#[derive(Clone)]
pub(crate) struct World {
    /// The policy.
    pub(crate) draft: Draft,
    /// The writes; the first may be a load.
    pub(crate) changes: Vec<Change>,
    /// What comes with the question.
    pub(crate) context: Context,
    /// The question; none if a write itself fails.
    pub(crate) question: Option<Question>,
}

/// Where shrinking plays its worlds.
pub(crate) struct Laboratory<'e> {
    /// An engine of its own: each attempt is a tenant.
    pub(crate) engine: &'e Engine,
    /// How many tenants there were.
    pub(crate) attempts: Cell<u32>,
}

impl Laboratory<'_> {
    /// Plays a world; its first disagreement.
    pub(crate) fn play(&self, world: &World) -> Option<Disagreement> {
        let text = world.draft.to_string();
        let policy = check(&text).ok()?;
        self.attempts.set(self.attempts.get() + 1);
        let bench = Bench { engine: self.engine, tenant: format!("attempt-{}", self.attempts.get()) };
        self.play_checked(&bench, &policy, &text, world).err()
    }

    fn play_checked(&self, bench: &Bench<'_>, policy: &Policy, text: &str, world: &World) -> Result<(), Disagreement> {
        if !world.question.as_ref().is_none_or(|question| makes_sense(question, policy)) {
            return Ok(());
        }
        bench.activate(text)?;
        let mut state = State::empty(policy);
        for (number, change) in world.changes.iter().enumerate() {
            state = bench.write(&state, change, number == 0)?;
        }
        let Some(question) = &world.question else {
            return Ok(());
        };
        let context: Context = world
            .context
            .iter()
            .filter(|(relation, _)| policy.schema.predicates.iter().any(|predicate| predicate.name == **relation))
            .map(|(relation, rows)| (relation.clone(), rows.clone()))
            .collect();
        let right = question.answer(&Meaning::of(policy, &state.facts, &context));
        Form::ALL.into_iter().try_for_each(|form| bench.ask(question, form, &context, &right))?;
        let checked = (question.clone(), !right.is_empty());
        if matches!(question, Question::Check(..)) { bench.ask_batch(&[checked], &context) } else { Ok(()) }
    }

    /// The smallest world found that still disagrees in the same way.
    pub(crate) fn shrink(&self, world: World, kind: Kind) -> World {
        let parts: [Parts<World>; 5] = [drop_changes, drop_statements, drop_facts, drop_literals, drop_context];
        smallest(world, &parts, size, &|world| self.play(world).is_some_and(|disagreement| disagreement.kind == kind))
    }
}

/// Everything that is left when one part of some kind is dropped.
pub(super) type Parts<W> = fn(&W) -> Vec<W>;

/// Drops parts for as long as what is left still fails.
pub(super) fn smallest<W>(world: W, parts: &[Parts<W>], size: fn(&W) -> usize, fails: &dyn Fn(&W) -> bool) -> W {
    let mut world = world;
    loop {
        let before = size(&world);
        for candidates in parts {
            // From the back: what comes late seldom carries what comes early.
            let mut position = candidates(&world).len();
            while position > 0 {
                position -= 1;
                let mut smaller = candidates(&world);
                if position >= smaller.len() {
                    continue;
                }
                let candidate = smaller.swap_remove(position);
                if fails(&candidate) {
                    world = candidate;
                }
            }
        }
        if size(&world) == before {
            return world;
        }
    }
}

/// Whether a smaller policy still knows what the question speaks of.
fn makes_sense(question: &Question, policy: &Policy) -> bool {
    let predicate = |name: &str| policy.schema.predicates.iter().any(|predicate| &*predicate.name == name);
    let kind = |value: &Value| value.object().is_none_or(|object| policy.schema.type_named(&object.kind).is_some());
    let permission = |name: &str, object: &Value| {
        let on = policy.schema.permissions.iter().find(|permission| &*permission.name == name).map(|p| &p.on);
        on.is_some_and(|on| object.object().is_some_and(|object| on.contains(&object.kind)))
    };
    match question {
        Question::Check(_, name, object) | Question::Subjects(_, name, object) => {
            predicate("can") && permission(name, object) && kind(object)
        }
        Question::Objects(subject, name, on) => {
            let permission = policy.schema.permissions.iter().find(|permission| permission.name == *name);
            predicate("can") && kind(subject) && permission.is_some_and(|permission| permission.on.contains(on))
        }
        Question::Permissions(subject, object) => predicate("can") && kind(subject) && kind(object),
        Question::Query(name, ..) => predicate(name),
    }
}

fn size(world: &World) -> usize {
    let facts: usize = world.changes.iter().map(|change| 1 + change.insert.len() + change.delete.len()).sum();
    world.draft.to_string().len() + facts + world.context.values().map(BTreeSet::len).sum::<usize>()
}

fn drop_changes(world: &World) -> Vec<World> {
    let without = |n| {
        let mut world = world.clone();
        world.changes.remove(n);
        world
    };
    (0..world.changes.len()).map(without).collect()
}

fn drop_statements(world: &World) -> Vec<World> {
    without_a_statement(&world.draft).into_iter().map(|draft| World { draft, ..world.clone() }).collect()
}

fn drop_literals(world: &World) -> Vec<World> {
    without_a_literal(&world.draft).into_iter().map(|draft| World { draft, ..world.clone() }).collect()
}

/// A draft less one statement.
pub(super) fn without_a_statement(draft: &Draft) -> Vec<Draft> {
    let without = |n| {
        let mut draft = draft.clone();
        draft.statements.remove(n);
        draft
    };
    (0..draft.statements.len()).map(without).collect()
}

/// A draft less one literal of one body.
pub(super) fn without_a_literal(draft: &Draft) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (number, statement) in draft.statements.iter().enumerate() {
        let Statement::Rule { body, .. } = statement else {
            continue;
        };
        for literal in 0..body.len() {
            let mut draft = draft.clone();
            if let Statement::Rule { body, .. } = &mut draft.statements[number] {
                body.remove(literal);
            }
            drafts.push(draft);
        }
    }
    drafts
}

fn drop_facts(world: &World) -> Vec<World> {
    let mut candidates = Vec::new();
    for (number, change) in world.changes.iter().enumerate() {
        for fact in 0..change.insert.len() {
            let mut world = world.clone();
            world.changes[number].insert.remove(fact);
            candidates.push(world);
        }
        for fact in 0..change.delete.len() {
            let mut world = world.clone();
            world.changes[number].delete.remove(fact);
            candidates.push(world);
        }
    }
    candidates
}

fn drop_context(world: &World) -> Vec<World> {
    let mut candidates = Vec::new();
    for (relation, rows) in &world.context {
        for row in rows {
            let mut world = world.clone();
            world.context.get_mut(relation).expect("of this context").remove(row);
            candidates.push(world);
        }
    }
    candidates
}

impl std::fmt::Display for World {
    /// A file of `tests/corpus/worlds`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.draft)?;
        writeln!(f, "test \"name what this world shows\" {{")?;
        for change in &self.changes {
            let signed =
                |sign: char, facts: &[_]| facts.iter().map(|fact| format!("{sign}{}", sentence(fact))).collect();
            let mut parts: Vec<String> = signed('+', &change.insert);
            parts.extend::<Vec<String>>(signed('-', &change.delete));
            if !parts.is_empty() {
                writeln!(f, "  {}.", parts.join(",\n  "))?;
            }
        }
        if let (Some(question), Ok(policy)) = (&self.question, check(&self.draft.to_string())) {
            let mut state = State::empty(&policy);
            for change in &self.changes {
                state = state.after(change).unwrap_or(state);
            }
            let query = question.as_query();
            let rows = query.answer(&Meaning::of(&policy, &state.facts, &self.context)).len();
            if let Question::Query(predicate, terms, _) = &query {
                write!(f, "  {} = {rows}", goal(predicate, terms))?;
            }
            let given: Vec<String> = self
                .context
                .iter()
                .flat_map(|(relation, rows)| rows.iter().map(move |row| (relation, row)))
                .map(|(relation, values)| sentence(&Fact { relation: relation.clone(), values: values.clone() }))
                .collect();
            if !given.is_empty() {
                write!(f, " given {}", given.join(", "))?;
            }
            writeln!(f, ".")?;
        }
        writeln!(f, "}}")
    }
}
