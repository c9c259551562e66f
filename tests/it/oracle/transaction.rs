//! A whole transaction, said a second time: what is asked, completed, added by effects, judged by guards and denies.
//!
//! Six steps on ordered sets, in the order of the definition; nothing is derived from the change, every statement is
//! evaluated whole.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use entail::language::syntax::Sign;
use entail::model::fact::Fact;
use entail::model::value::{Object, Value};
use entail::policy::checked::{Atom, Guard, Policy};

use super::bodies::{Binding, Delta, Reading, value_of};
use super::naive::{Context, Meaning};
use super::notation::sentence;
use super::reader::read_rule;
use super::state::{Change, Fault, State, mentions};

/// What a write asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ask {
    /// Its facts.
    pub(crate) change: Change,
    /// Its rules.
    pub(crate) rules: Vec<RuleText>,
    /// Who writes; none is the operator, whom no guard judges.
    pub(crate) actor: Option<Object>,
}

/// A request rule as it is written, in parts that a shrinker can drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleText {
    /// The head with its sign.
    pub(crate) head: String,
    /// The literals.
    pub(crate) body: Vec<String>,
}

/// A fact that is inserted (`true`) or deleted.
pub(crate) type Signed = (bool, Fact);

/// What a transaction did.
pub(crate) struct Outcome<'a> {
    /// The state after it.
    pub(crate) after: State<'a>,
    /// What changed because it was asked for.
    pub(crate) asked: BTreeSet<Signed>,
    /// What changed with it: births, what deleted objects took along, replaced values.
    pub(crate) completed: BTreeSet<Signed>,
    /// What effects added.
    pub(crate) added: BTreeSet<Signed>,
}

/// Why a transaction is refused. A refusal by an earlier step leaves the later ones unasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// What is asked, or what effects would add to it, can't be written: everything that is wrong with it.
    Impossible(BTreeSet<Fault>),
    /// The asked facts that no guard lets the actor write.
    NotAllowed(BTreeSet<Signed>),
    /// The sentences of the denies that the state after it would break.
    Violated(BTreeSet<String>),
}

/// What becomes of a transaction.
pub(crate) type Verdict<'a> = Result<Outcome<'a>, Refusal>;

/// A write: all six steps. `meaning` is that of the state before.
pub(crate) fn write<'a>(state: &State<'a>, meaning: &Meaning<'_>, ask: &Ask) -> Verdict<'a> {
    let policy = state.policy;
    let asked = Asked::of(state, meaning, ask)?;
    refuse(state.faults(&asked.insert, &asked.delete))?;
    let requested = state.completed(&asked.insert, &asked.delete);

    let request = Delta::between(policy, &state.facts, &requested.facts);
    let effects = effects(state, Reading { change: Some(&request), ..meaning.reading() }, &asked);
    refuse(requested.faults(&effects, &BTreeSet::new()))?;
    let after = requested.completed(&effects, &BTreeSet::new());

    let change = Delta::between(policy, &state.facts, &after.facts);
    if let Some(actor) = &ask.actor {
        let reading = Reading { change: Some(&change), ..meaning.reading() };
        let refused: BTreeSet<Signed> =
            asked.signed().filter(|signed| !may_write(policy, reading, actor, signed)).collect();
        if !refused.is_empty() {
            return Err(Refusal::NotAllowed(refused));
        }
    }
    judge_at_rest(&after)?;
    Ok(Outcome::new(state, after, &asked, &effects))
}

/// A load: facts as they are, judged by the denies alone.
pub(crate) fn load<'a>(state: &State<'a>, facts: &[Fact]) -> Verdict<'a> {
    let asked = Asked { insert: facts.iter().cloned().collect(), delete: BTreeSet::new() };
    refuse(state.faults(&asked.insert, &asked.delete))?;
    let after = state.completed(&asked.insert, &asked.delete);
    judge_at_rest(&after)?;
    Ok(Outcome::new(state, after, &asked, &BTreeSet::new()))
}

/// Whether a state breaks no deny.
pub(crate) fn judge_at_rest(state: &State<'_>) -> Result<(), Refusal> {
    if state.policy.denies.is_empty() {
        return Ok(());
    }
    let meaning = Meaning::of(state.policy, &state.facts, &Context::new());
    let broken = state.policy.denies.iter().filter(|deny| {
        let nothing: Binding = vec![None; deny.variables.len()];
        meaning.reading().holds(&deny.body, nothing)
    });
    let sentences: BTreeSet<String> = broken.map(|deny| deny.message.to_string()).collect();
    if sentences.is_empty() { Ok(()) } else { Err(Refusal::Violated(sentences)) }
}

/// The facts asked for, those of request rules included.
#[derive(Default)]
pub(crate) struct Asked {
    insert: BTreeSet<Fact>,
    delete: BTreeSet<Fact>,
}

impl Asked {
    fn of(state: &State<'_>, meaning: &Meaning<'_>, ask: &Ask) -> Result<Self, Refusal> {
        let facts = |facts: &[Fact]| facts.iter().cloned().collect();
        let mut asked = Self { insert: facts(&ask.change.insert), delete: facts(&ask.change.delete) };
        for text in &ask.rules {
            let Some(read) = read_rule(state.policy, &text.to_string()) else {
                return Err(Refusal::Impossible(BTreeSet::from([Fault::Malformed])));
            };
            let facts = if read.sign == Sign::Plus { &mut asked.insert } else { &mut asked.delete };
            let nothing = vec![None; read.rule.variables.len()];
            let _ = meaning.reading().each(&read.rule.body, nothing, &mut |binding| {
                facts.extend(head(state, &read.rule.head, binding));
                ControlFlow::Continue(())
            });
        }
        Ok(asked)
    }

    fn signed(&self) -> impl Iterator<Item = Signed> {
        let signed = |sign: bool| move |fact: &Fact| (sign, fact.clone());
        self.insert.iter().map(signed(true)).chain(self.delete.iter().map(signed(false)))
    }
}

/// What the effects add, all at once. The request wins: nothing that it deletes, nor for a key that it sets, nor about an
/// object that dies. What the policy states is there already.
fn effects(state: &State<'_>, reading: Reading<'_>, asked: &Asked) -> BTreeSet<Fact> {
    let mut facts = BTreeSet::new();
    for effect in &state.policy.effects {
        let _ = reading.each(&effect.body, vec![None; effect.variables.len()], &mut |binding| {
            facts.extend(head(state, &effect.head, binding));
            ControlFlow::Continue(())
        });
    }
    let dying = state.dying(&asked.delete);
    facts.retain(|fact| {
        !asked.delete.contains(fact)
            && !mentions(fact, &dying)
            && !asked.insert.iter().any(|set| state.have_one_key(set, fact))
            && !state.built_in.contains(fact)
    });
    facts
}

/// The fact that a head states, of the concrete type where others are its type; none where no declaration takes its
/// values: a statement means its instances on the variants that agree with its head.
fn head(state: &State<'_>, head: &Atom, binding: &Binding) -> Option<Fact> {
    let values: Vec<Value> = head.terms.iter().map(|term| value_of(term, binding)).collect();
    let name = &state.policy.schema.predicates[head.predicate.0 as usize].name;
    let object = values[0].object().filter(|_| state.policy.schema.type_named(name).is_some());
    let relation = object.filter(|object| is_it(state.policy, &object.kind, name)).map(|object| object.kind.clone());
    let fact = Fact { relation: relation.unwrap_or_else(|| name.clone()), values };
    state.is_well_formed(&fact).then_some(fact)
}

/// Whether the objects of a concrete type are of another type too.
fn is_it(policy: &Policy, concrete: &str, kind: &str) -> bool {
    policy.schema.type_named(kind).is_some_and(|kind| kind.concrete.iter().any(|name| &**name == concrete))
}

/// Whether one alternative of one guard lets the actor write a fact.
fn may_write(policy: &Policy, reading: Reading<'_>, actor: &Object, (is_insert, fact): &Signed) -> bool {
    let of_sign = |sign: Option<Sign>| sign.is_none_or(|sign| (sign == Sign::Plus) == *is_insert);
    let of_relation = |atom: &Atom| {
        let name = &policy.schema.predicates[atom.predicate.0 as usize].name;
        *name == fact.relation || is_it(policy, &fact.relation, name)
    };
    let lets = |guard: &Guard, atom: &Atom| {
        let mut binding: Binding = vec![None; guard.variables.len()];
        binding[guard.actor.0 as usize] = Some(Value::Object(actor.clone()));
        reading.unify(&atom.terms, &fact.values, &mut binding, &mut Vec::new()) && reading.holds(&guard.body, binding)
    };
    policy
        .guards
        .iter()
        .any(|guard| guard.changes.iter().any(|(sign, atom)| of_sign(*sign) && of_relation(atom) && lets(guard, atom)))
}

fn refuse(faults: BTreeSet<Fault>) -> Result<(), Refusal> {
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Impossible(faults)) }
}

impl<'a> Outcome<'a> {
    /// What a change from one state to the other is made of.
    pub(crate) fn new(before: &State<'_>, after: State<'a>, asked: &Asked, effects: &BTreeSet<Fact>) -> Self {
        let born = after.facts.difference(&before.facts).map(|fact| (true, fact.clone()));
        let gone = before.facts.difference(&after.facts).map(|fact| (false, fact.clone()));
        let changed: BTreeSet<Signed> = born.chain(gone).collect();
        let is_asked = |(is_insert, fact): &&Signed| match is_insert {
            true => asked.insert.contains(fact),
            false => asked.delete.contains(fact),
        };
        let is_added = |signed: &&Signed| signed.0 && effects.contains(&signed.1) && !is_asked(signed);
        let all = |keep: &dyn Fn(&&Signed) -> bool| changed.iter().filter(keep).cloned().collect();
        Self {
            after,
            asked: all(&is_asked),
            completed: all(&|signed| !is_asked(signed) && !is_added(signed)),
            added: all(&is_added),
        }
    }

    /// How many facts it brought, and how many it took.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let all = || self.asked.iter().chain(&self.completed).chain(&self.added);
        let inserted = all().filter(|(is_insert, _)| *is_insert).count();
        (inserted as u64, (all().count() - inserted) as u64)
    }
}

impl Ask {
    /// Whether nothing is asked.
    pub(crate) fn is_empty(&self) -> bool {
        self.change == Change::default() && self.rules.is_empty()
    }
}

impl std::fmt::Display for RuleText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} :- {}", self.head, self.body.join(", "))
    }
}

impl std::fmt::Display for Ask {
    /// A step of a test, without its full stop: with rules in braces, else its changes in a row.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let signed =
            |sign: char, facts: &[Fact]| facts.iter().map(|fact| format!("{sign}{}", sentence(fact))).collect();
        let mut parts: Vec<String> = signed('+', &self.change.insert);
        parts.extend::<Vec<String>>(signed('-', &self.change.delete));
        if self.rules.is_empty() {
            f.write_str(&parts.join(",\n  "))?;
        } else {
            parts.extend(self.rules.iter().map(ToString::to_string));
            write!(f, "{{\n    {}.\n  }}", parts.join(".\n    "))?;
        }
        match &self.actor {
            Some(actor) => write!(f, " by {}", entail::model::value::object_notation(&actor.kind, &actor.id)),
            None => Ok(()),
        }
    }
}
