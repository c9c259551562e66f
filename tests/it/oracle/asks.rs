//! Random writes under a policy that judges them: facts, rules, an actor; drawn until one has the verdict that is wanted.

use entail::model::fact::Fact;
use entail::model::value::{ColumnType, Object, Value};
use entail::policy::checked::Policy;
use entail::policy::schema::{PERMISSION, Predicate};

use super::changes::{IDS, concrete_types, draw_fact, draw_value, draw_write, object, relations};
use super::check::check;
use super::naive::{Context, Meaning};
use super::random::Random;
use super::state::{Change, State, alive};
use super::transaction::{self, Ask, Refusal, RuleText};
use super::worlds::Vocabulary;
use super::writing::draw_request_rules;

/// A world as its writes are drawn for it.
pub(crate) struct Desk<'w> {
    /// Draws everything.
    pub(crate) random: &'w Random,
    /// What is active.
    pub(crate) policy: &'w Policy,
    /// Its text.
    pub(crate) text: &'w str,
    /// What its rules may speak of.
    pub(crate) vocabulary: &'w Vocabulary,
}

/// What becomes of a write, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// It changes what it asks for, and what completes it.
    Taken,
    /// It is taken, and effects add to it.
    Enriched,
    /// It is taken, and changes nothing.
    Empty,
    /// It can't be.
    Impossible,
    /// No guard lets it.
    NotAllowed,
    /// A deny would be broken.
    Violated,
}

impl Fate {
    /// That of a write on a state.
    pub(crate) fn of(verdict: &transaction::Verdict<'_>) -> Self {
        match verdict {
            Ok(outcome) if outcome.counts() == (0, 0) => Self::Empty,
            Ok(outcome) if !outcome.added.is_empty() => Self::Enriched,
            Ok(_) => Self::Taken,
            Err(Refusal::Impossible(_)) => Self::Impossible,
            Err(Refusal::NotAllowed(_)) => Self::NotAllowed,
            Err(Refusal::Violated(_)) => Self::Violated,
        }
    }
}

impl Desk<'_> {
    /// A write. Those that are taken and those that are refused for each reason are all common.
    pub(crate) fn draw(&self, state: &State<'_>) -> Ask {
        // An actor's write is seldom refused by a deny: guards come first.
        let (wanted, n_tries, actors) = match self.random.below(100) {
            0..15 => (Fate::Enriched, 20, 50),
            15..50 => (Fate::Taken, 12, 70),
            50..80 => (Fate::Violated, 30, 45),
            80..94 => (Fate::NotAllowed, 4, 100),
            _ => (Fate::Impossible, 8, 30),
        };
        let meaning = Meaning::of(self.policy, &state.facts, &Context::new());
        let mut ask = Ask::default();
        for _ in 0..n_tries {
            ask = self.draw_any(state, actors);
            if Fate::of(&transaction::write(state, &meaning, &ask)) == wanted {
                break;
            }
        }
        ask
    }

    /// Any write; so many of a hundred have an actor.
    fn draw_any(&self, state: &State<'_>, actors: usize) -> Ask {
        let random = self.random;
        let mut change = match random.below(100) {
            0..30 => draw_write(random, self.policy, state),
            30..45 => Change { insert: Vec::new(), delete: self.some_fact(state).into_iter().collect() },
            45..60 => self.draw_new_object(),
            60..70 => self.draw_other_value(state),
            70..80 => self.draw_handover(state),
            80..87 => self.draw_nothing_new(state),
            _ => Change::default(),
        };
        let is_bare = change == Change::default();
        let rules = if is_bare || random.percent(15) { self.draw_rules() } else { Vec::new() };
        if random.percent(5) {
            change.delete.extend(self.some_fact(state));
        }
        Ask { change, rules, actor: random.percent(actors).then(|| self.draw_actor(state)) }
    }

    /// A new object, mostly with its life, and a few facts about it.
    fn draw_new_object(&self) -> Change {
        let random = self.random;
        let kinds: Vec<_> = concrete_types(self.policy).collect();
        let new = object(&random.pick(&kinds).name, random.below(IDS + 2));
        let mut insert = if random.percent(70) { vec![alive(&new)] } else { Vec::new() };
        let relations: Vec<&Predicate> = relations(self.policy).collect();
        for _ in 0..random.between(1, 6) {
            insert.extend(self.draw_fact_about(relations[random.below(relations.len())], &new));
        }
        if insert.is_empty() {
            insert.push(alive(&new));
        }
        self.without_second_values(Change { insert, delete: Vec::new() })
    }

    /// A fact with this object in a column that takes it.
    fn draw_fact_about(&self, relation: &Predicate, about: &Object) -> Option<Fact> {
        let mut fact = draw_fact(self.random, self.policy, relation);
        let kind = ColumnType::Object(about.kind.clone());
        let columns = relation.declared.iter().find(|columns| columns.iter().any(|kinds| kinds.contains(&kind)))?;
        let place = columns.iter().position(|kinds| kinds.contains(&kind))?;
        *fact.values.get_mut(place)? = Value::Object(about.clone());
        Some(fact)
    }

    /// Another value for a key that has one.
    fn draw_other_value(&self, state: &State<'_>) -> Change {
        let is_keyed = |fact: &&Fact| state.have_one_key(fact, fact);
        let keyed: Vec<&Fact> = state.facts.iter().filter(is_keyed).collect();
        let Some(old) = self.random.choose(&keyed) else {
            return self.draw_new_object();
        };
        let relation = relations(self.policy).find(|relation| relation.name == old.relation);
        let columns = relation.and_then(|relation| relation.declared.first()).expect("a stored relation is declared");
        let mut new = (*old).clone();
        let kinds = columns.last().expect("a column");
        *new.values.last_mut().expect("a value") = draw_value(self.random, self.policy, self.random.pick(kinds));
        let delete = if self.random.percent(30) && new != **old { vec![(*old).clone()] } else { Vec::new() };
        Change { insert: vec![new], delete }
    }

    /// An object goes, and some of the facts that mention it are said of another.
    fn draw_handover(&self, state: &State<'_>) -> Change {
        let random = self.random;
        let kinds: Vec<_> = concrete_types(self.policy).collect();
        let kind = &random.pick(&kinds).name;
        let lives: Vec<&Fact> = state.facts.iter().filter(|fact| fact.relation == *kind).collect();
        let Some(life) = random.choose(&lives) else {
            return self.draw_new_object();
        };
        let heir = object(kind, random.below(IDS));
        let dying = life.values[0].object().expect("a life is of an object");
        let heirs = |value: &Value| match value {
            Value::Object(object) if object == dying => Value::Object(heir.clone()),
            Value::Set(object, relation) if object == dying => Value::Set(heir.clone(), relation.clone()),
            value => value.clone(),
        };
        let held = state.facts.iter().filter(|fact| fact != life && fact.values.iter().any(|v| heirs(v) != *v));
        let handed = held.filter(|_| random.percent(50));
        let insert = handed
            .map(|fact| Fact { relation: fact.relation.clone(), values: fact.values.iter().map(heirs).collect() });
        self.without_second_values(Change { insert: insert.collect(), delete: vec![(*life).clone()] })
    }

    /// What holds already is inserted, what doesn't hold is deleted: a guard is needed all the same.
    fn draw_nothing_new(&self, state: &State<'_>) -> Change {
        let relations: Vec<&Predicate> = relations(self.policy).collect();
        let lacking = draw_fact(self.random, self.policy, relations[self.random.below(relations.len())]);
        let delete = if state.facts.contains(&lacking) { Vec::new() } else { vec![lacking] };
        Change { insert: self.some_fact(state).into_iter().collect(), delete }
    }

    fn some_fact(&self, state: &State<'_>) -> Option<Fact> {
        let all: Vec<&Fact> = state.facts.iter().collect();
        self.random.choose(&all).map(|fact| (*fact).clone())
    }

    /// Keeps one value for each key.
    fn without_second_values(&self, change: Change) -> Change {
        let state = State::empty(self.policy);
        let mut insert: Vec<Fact> = Vec::new();
        for fact in change.insert {
            let is_second = |known: &Fact| *known != fact && state.have_one_key(known, &fact);
            if !insert.iter().any(is_second) && !state.built_in.iter().any(is_second) {
                insert.push(fact);
            }
        }
        Change { insert, delete: change.delete }
    }

    /// Rules that the checker takes, now and then one that makes no sense.
    fn draw_rules(&self) -> Vec<RuleText> {
        let random = self.random;
        if random.percent(4) {
            let (head, body) = *random.pick(&[
                ("+nothing(U)", "user(U)"),
                ("+user(U)", "nothing(U)"),
                ("+marked(P)", "user(U)"),
                ("-can(U, P, X)", "can(U, P, X)"),
                ("-user(U)", "+user(U)"),
                ("+user(U)", "user(U, U)"),
            ]);
            return vec![RuleText { head: head.to_owned(), body: vec![body.to_owned()] }];
        }
        for _ in 0..10 {
            let rules = draw_request_rules(random, self.vocabulary);
            if rules.iter().all(|rule| is_taken(self.text, rule)) {
                return rules;
            }
        }
        Vec::new()
    }

    /// Mostly a user who is there; now and then an unknown one, or another object.
    fn draw_actor(&self, state: &State<'_>) -> Object {
        let random = self.random;
        let alive: Vec<&Fact> = state.facts.iter().filter(|fact| &*fact.relation == "user").collect();
        if let Some(life) = random.choose(&alive)
            && random.percent(85)
        {
            return life.values[0].object().expect("a life is of an object").clone();
        }
        let kinds: Vec<_> = concrete_types(self.policy).filter(|kind| &*kind.name != PERMISSION).collect();
        let kind = if random.percent(60) { "user".into() } else { random.pick(&kinds).name.clone() };
        object(&kind, random.below(IDS + 2))
    }
}

/// Whether the checker takes a request rule, said as an effect: its types have an instance, its variables are bound.
pub(crate) fn is_taken(policy: &str, rule: &RuleText) -> bool {
    let head = rule.head.trim_start_matches(['+', '-']);
    check(&format!("{policy}\n+{head} :- {}.\n", rule.body.join(", "))).is_ok()
}
