//! Random policies, as text: what they say of writes. Denies, guards and effects, and the rules of requests.

use super::random::Random;
use super::rules::draw_read;
use super::terms::{N_CONSTANTS, Variables, draw_comparison, draw_head_term, draw_length, draw_term, fresh, meets};
use super::transaction::RuleText;
use super::worlds::{Predicate, Sort, Statement, Vocabulary};

/// Draws guards, and more denies and effects than are kept. The checker may refuse some of them.
pub(super) fn draw(random: &Random, statements: &mut Vec<Statement>, vocabulary: &Vocabulary) {
    for number in 0..20 {
        // Two denies with one sentence are an "or".
        let sentence = if random.percent(15) { 0 } else { number };
        let body = draw_deny(random, vocabulary);
        statements.push(Statement::Rule { head: format!("deny \"sentence {sentence} is broken.\""), body });
    }
    for predicate in written(vocabulary) {
        for _ in 0..*random.pick(&[0, 1, 1, 2]) {
            statements.push(draw_guard(random, vocabulary, predicate));
        }
    }
    let keyed: Vec<&Predicate> = relations(vocabulary).into_iter().filter(|r| is_keyed(statements, &r.name)).collect();
    for _ in 0..10 {
        let effect = match random.choose(&keyed).filter(|_| random.percent(30)) {
            Some(relation) => draw_value_effect(random, vocabulary, relation),
            None => draw_effect(random, vocabulary),
        };
        if random.percent(50) {
            statements.extend(draw_guard_of(random, &effect));
        }
        statements.push(effect);
    }
}

/// A guard of the change that sets an effect off: it asks for what the effect adds, or for its absence.
fn draw_guard_of(random: &Random, effect: &Statement) -> Option<Statement> {
    let Statement::Rule { head, body } = effect else { return None };
    let cause = body.first().filter(|literal| literal.starts_with(['+', '-']))?;
    let asked = if random.percent(70) { head.clone() } else { format!("not {head}") };
    Some(Statement::Rule { head: format!("guard {cause} by A"), body: vec![asked] })
}

/// What a change may hold: relations, and types whose objects the text doesn't name; types that others are among them.
fn written(vocabulary: &Vocabulary) -> impl Iterator<Item = &Predicate> {
    vocabulary.predicates.iter().filter(|predicate| !predicate.derived && predicate.name != "level")
}

fn relations(vocabulary: &Vocabulary) -> Vec<&Predicate> {
    let is_type = |name: &str| vocabulary.types.contains(&name) || ["record", "thing"].contains(&name);
    written(vocabulary).filter(|predicate| !is_type(&predicate.name)).collect()
}

fn is_keyed(statements: &[Statement], relation: &str) -> bool {
    let declares = |text: &str| text.starts_with(&format!("relation {relation}(")) && text.contains(" -> ");
    statements.iter().any(|statement| matches!(statement, Statement::Plain(text) if declares(text)))
}

/// A relation with a column of objects of some type: which column, which type.
fn holder<'v>(random: &Random, vocabulary: &'v Vocabulary) -> (&'v Predicate, usize, &'static str) {
    let places: Vec<(&Predicate, usize, &'static str)> = relations(vocabulary)
        .into_iter()
        .flat_map(|relation| {
            relation.columns.iter().enumerate().flat_map(move |(column, sorts)| {
                sorts.iter().filter_map(move |sort| match sort {
                    Sort::Object(kind) => Some((relation, column, *kind)),
                    _ => None,
                })
            })
        })
        .collect();
    *random.pick(&places)
}

fn literal(
    random: &Random,
    vocabulary: &Vocabulary,
    predicate: &Predicate,
    variables: &mut Variables,
    positive: bool,
) -> String {
    let term = |sorts: &Vec<Sort>| draw_term(random, vocabulary, sorts, variables, positive);
    let terms: Vec<String> = predicate.columns.iter().map(term).collect();
    format!("{}({})", predicate.name, terms.join(", "))
}

/// A literal that reads the state, and shares a variable with those before it if it can.
fn reading(random: &Random, vocabulary: &Vocabulary, variables: &mut Variables) -> String {
    let predicate = draw_read(random, vocabulary, vocabulary.predicates.len(), variables);
    literal(random, vocabulary, predicate, variables, true)
}

/// `not p(…)`, of any predicate that shares a variable if a few tries find one; with a sign where changes can be read.
fn negation(random: &Random, vocabulary: &Vocabulary, variables: &mut Variables, has_change: bool) -> String {
    let mut text = String::new();
    for _ in 0..5 {
        let sign = if has_change { *random.pick(&["", "", "+", "-"]) } else { "" };
        let all: Vec<&Predicate> = match sign {
            "" => vocabulary.predicates.iter().collect(),
            _ => written(vocabulary).collect(),
        };
        text = format!("not {sign}{}", literal(random, vocabulary, all[random.below(all.len())], variables, false));
        if variables.iter().any(|(name, _)| text.contains(name.as_str())) {
            break;
        }
    }
    text
}

/// `p(W0, W1, …)` with a variable in each column.
fn open_literal(predicate: &Predicate) -> (Vec<String>, String) {
    let terms: Vec<String> = (0..predicate.columns.len()).map(|column| format!("W{column}")).collect();
    let text = format!("{}({})", predicate.name, terms.join(", "));
    (terms, text)
}

fn draw_deny(random: &Random, vocabulary: &Vocabulary) -> Vec<String> {
    let mut variables = Variables::new();
    let derived: Vec<&Predicate> = vocabulary.predicates.iter().filter(|predicate| predicate.derived).collect();
    let mut body = Vec::new();
    match random.below(10) {
        // Something that must not be without something derived.
        0..3 => {
            let stored = random.pick(&relations(vocabulary)).to_owned();
            body.push(literal(random, vocabulary, stored, &mut variables, true));
            let lacking = random.pick(&derived).to_owned();
            body.push(format!("not {}", literal(random, vocabulary, lacking, &mut variables, false)));
        }
        // Every object of a type stands in a relation, or in a derived predicate.
        3..5 => {
            let kind = *random.pick(&vocabulary.types);
            let all = vocabulary.predicates.iter();
            let has = |sorts: &Vec<Sort>| sorts.contains(&Sort::Object(kind));
            let holders: Vec<&Predicate> = all.filter(|p| p.columns.len() > 1 && p.columns.iter().any(has)).collect();
            if let Some(holder) = random.choose(&holders) {
                let first = holder.columns.iter().position(has);
                let term = |column: usize| if Some(column) == first { "X" } else { "_" };
                let terms: Vec<&str> = (0..holder.columns.len()).map(term).collect();
                body.extend([format!("{kind}(X)"), format!("not {}({})", holder.name, terms.join(", "))]);
            }
        }
        // One value for the rest of a row.
        5 => {
            let many: Vec<&Predicate> = vocabulary.predicates.iter().filter(|p| p.columns.len() > 1).collect();
            let predicate = random.pick(&many);
            let (mut terms, one) = open_literal(predicate);
            let column = random.below(terms.len());
            let value = std::mem::replace(&mut terms[column], "Other".to_owned());
            body.extend([one, format!("{}({})", predicate.name, terms.join(", ")), format!("{value} != Other")]);
        }
        // A recursive predicate that comes back, or meets something.
        6 => {
            let known = ["under(X, X)", "sees(X, U)", "inside(T, T#member)", "held(X, U)", "p0(X, X)", "q0(X, Y)"];
            let is_there = |text: &&str| derived.iter().any(|p| text.starts_with(&format!("{}(", p.name)));
            let known: Vec<&str> = known.into_iter().filter(is_there).collect();
            body.extend(random.choose(&known).map(|text| (*text).to_owned()));
            variables.push(("X".to_owned(), vec![Sort::Object("folder")]));
            if random.percent(60) && !body.is_empty() {
                body.push(negation(random, vocabulary, &mut variables, false));
            }
        }
        _ => {
            for _ in 0..random.between(1, 3) {
                body.push(reading(random, vocabulary, &mut variables));
            }
        }
    }
    if body.is_empty() {
        body.push(reading(random, vocabulary, &mut variables));
    }
    finish(random, vocabulary, &mut variables, &mut body, false);
    body
}

/// Lengths, negations, comparisons of what is bound.
fn finish(
    random: &Random,
    vocabulary: &Vocabulary,
    variables: &mut Variables,
    body: &mut Vec<String>,
    has_change: bool,
) {
    if random.percent(40) {
        draw_length(random, variables, body);
    }
    for _ in 0..*random.pick(&[0, 0, 1]) {
        body.push(negation(random, vocabulary, variables, has_change));
    }
    if random.percent(25) {
        body.extend(draw_comparison(random, vocabulary, variables));
    }
}

fn draw_guard(random: &Random, vocabulary: &Vocabulary, predicate: &Predicate) -> Statement {
    let mut variables: Variables = vec![("A".to_owned(), vec![Sort::Object("user")])];
    let change = |predicate: &Predicate, variables: &mut Variables| {
        let sign = *random.pick(&["", "", "+", "-"]);
        format!("{sign}{}", literal(random, vocabulary, predicate, variables, true))
    };
    if random.percent(30) {
        let all = vec!["_"; predicate.columns.len()].join(", ");
        let sign = random.pick(&["", "+", "-"]);
        return Statement::Rule { head: format!("guard {sign}{}({all}) by A", predicate.name), body: Vec::new() };
    }
    let mut changes = vec![change(predicate, &mut variables)];
    if random.percent(25) {
        let all: Vec<&Predicate> = written(vocabulary).collect();
        changes.push(change(all[random.below(all.len())], &mut variables));
    }
    let mut body = Vec::new();
    // A new object that the change mentions is not in the state before.
    let objects: Vec<(String, &'static str)> = variables
        .iter()
        .skip(1)
        .filter_map(|(name, sorts)| match sorts.as_slice() {
            [Sort::Object(kind)] => Some((name.clone(), *kind)),
            _ => None,
        })
        .collect();
    if let Some((name, kind)) = random.choose(&objects).filter(|_| random.percent(30)) {
        body.push(format!("+{kind}({name})"));
    } else if random.percent(20) {
        let all: Vec<&Predicate> = written(vocabulary).collect();
        let sign = random.pick(&["+", "-"]);
        body.push(format!("{sign}{}", literal(random, vocabulary, all[random.below(all.len())], &mut variables, true)));
    }
    if random.percent(60) {
        body.push(about_actor(random, vocabulary, &mut variables));
    }
    if random.percent(30) {
        finish(random, vocabulary, &mut variables, &mut body, true);
    }
    Statement::Rule { head: format!("guard {} by A", changes.join(" | ")), body }
}

/// A literal that says something of the actor, if a few tries find one.
fn about_actor(random: &Random, vocabulary: &Vocabulary, variables: &mut Variables) -> String {
    let mut text = String::new();
    for _ in 0..6 {
        let mut tried = variables.clone();
        text = reading(random, vocabulary, &mut tried);
        if text.contains("(A") || text.contains(" A") {
            *variables = tried;
            return text;
        }
    }
    // Its variables are its own.
    text.replace('V', "Z")
}

fn draw_effect(random: &Random, vocabulary: &Vocabulary) -> Statement {
    let (relation, column, kind) = holder(random, vocabulary);
    let (mut terms, held) = open_literal(relation);
    let gone = terms[column].clone();
    match random.below(10) {
        // What holds a deleted object gets another.
        0..2 => {
            let mut body = vec![format!("-{kind}({gone})"), held];
            terms[column] = match random.below(3) {
                0 => constant(random, kind),
                _ => {
                    body.push(one_of(random, vocabulary, kind, "Next"));
                    "Next".to_owned()
                }
            };
            Statement::Rule { head: format!("+{}({})", relation.name, terms.join(", ")), body }
        }
        // A new object gets a fact, unless the request gives it one.
        2..5 => {
            let mut variables: Variables = vec![(gone.clone(), vec![Sort::Object(kind)])];
            let mut body = vec![format!("+{kind}({gone})")];
            let pattern: Vec<&str> =
                (0..terms.len()).map(|place| if place == column { gone.as_str() } else { "_" }).collect();
            if random.percent(60) {
                body.push(format!("not +{}({})", relation.name, pattern.join(", ")));
            }
            if random.percent(40) {
                body.push(reading(random, vocabulary, &mut variables));
            }
            for place in (0..terms.len()).filter(|place| *place != column) {
                let mut sorts = relation.columns[place].clone();
                terms[place] = draw_head_term(random, vocabulary, &mut sorts, &mut variables, &mut body);
            }
            Statement::Rule { head: format!("+{}({})", relation.name, terms.join(", ")), body }
        }
        _ => {
            let (head, body) = draw_free_rule(random, vocabulary, true);
            Statement::Rule { head: format!("+{head}"), body }
        }
    }
}

/// Whatever comes to hold a key gets a value; often there are several, which must be refused.
fn draw_value_effect(random: &Random, vocabulary: &Vocabulary, relation: &Predicate) -> Statement {
    let (mut terms, held) = open_literal(relation);
    let (mut body, mut variables) = (Vec::new(), Variables::new());
    for (term, sorts) in terms.iter().zip(&relation.columns).take(relation.columns.len() - 1) {
        variables.push((term.clone(), sorts.clone()));
        match *random.pick(sorts) {
            Sort::Object(kind) => body.push(format!("{}{kind}({term})", if random.percent(90) { "+" } else { "" })),
            _ => body.push(format!("+{held}")),
        }
    }
    let value = terms.len() - 1;
    terms[value] = match *random.pick(&relation.columns[value]) {
        Sort::Object(kind) => {
            body.push(one_of(random, vocabulary, kind, "Next"));
            "Next".to_owned()
        }
        _ => draw_head_term(random, vocabulary, &mut relation.columns[value].clone(), &mut variables, &mut body),
    };
    Statement::Rule { head: format!("+{}({})", relation.name, terms.join(", ")), body }
}

/// A head of a relation and a body; where changes can be read, the body mostly reads one.
fn draw_free_rule(random: &Random, vocabulary: &Vocabulary, has_change: bool) -> (String, Vec<String>) {
    let mut variables = Variables::new();
    let mut body = Vec::new();
    if has_change && random.percent(90) {
        let all: Vec<&Predicate> = written(vocabulary).collect();
        let predicate = random.pick(&all);
        let sign = random.pick(&["+", "+", "-"]);
        body.push(format!("{sign}{}", literal(random, vocabulary, predicate, &mut variables, true)));
    }
    for _ in 0..random.between(usize::from(body.is_empty()), 2) {
        body.push(reading(random, vocabulary, &mut variables));
    }
    let relations = relations(vocabulary);
    // One that can hold what is bound, if a few tries find it.
    let mut relation = random.pick(&relations);
    for _ in 0..4 {
        if relation.columns.iter().all(|sorts| variables.iter().any(|(_, other)| meets(sorts, other))) {
            break;
        }
        relation = random.pick(&relations);
    }
    let mut terms = Vec::new();
    for sorts in &relation.columns {
        terms.push(draw_head_term(random, vocabulary, &mut sorts.clone(), &mut variables, &mut body));
    }
    finish(random, vocabulary, &mut variables, &mut body, has_change);
    (format!("{}({})", relation.name, terms.join(", ")), body)
}

/// A rule of a request: everything that holds one object holds another, or goes; what a pattern finds goes; anything.
pub(crate) fn draw_request_rules(random: &Random, vocabulary: &Vocabulary) -> Vec<RuleText> {
    let (relation, column, kind) = holder(random, vocabulary);
    let (mut terms, _) = open_literal(relation);
    let atom = |terms: &[String]| format!("{}({})", relation.name, terms.join(", "));
    match random.below(10) {
        0..4 => {
            terms[column] = constant(random, kind);
            let held = atom(&terms);
            terms[column] = constant(random, kind);
            let mut rules = vec![RuleText { head: format!("+{}", atom(&terms)), body: vec![held.clone()] }];
            if random.percent(30) {
                rules.push(RuleText { head: format!("-{held}"), body: vec![held] });
            }
            rules
        }
        4..6 => {
            let mut variables: Variables =
                terms.iter().zip(&relation.columns).map(|(name, sorts)| (name.clone(), sorts.clone())).collect();
            let mut body = vec![atom(&terms)];
            if random.percent(50) {
                body.push(reading(random, vocabulary, &mut variables));
            }
            finish(random, vocabulary, &mut variables, &mut body, false);
            let head =
                if random.percent(25) { format!("-{kind}({})", terms[column]) } else { format!("-{}", atom(&terms)) };
            vec![RuleText { head, body }]
        }
        _ => {
            let (head, body) = draw_free_rule(random, vocabulary, false);
            vec![RuleText { head: format!("{}{head}", random.pick(&["+", "+", "-"])), body }]
        }
    }
}

fn constant(random: &Random, kind: &str) -> String {
    format!("{kind}:{kind}{}", random.below(N_CONSTANTS))
}

/// A literal with one variable for objects of a type.
fn one_of(random: &Random, vocabulary: &Vocabulary, kind: &'static str, variable: &str) -> String {
    let is_it = |sorts: &Vec<Sort>| sorts.contains(&Sort::Object(kind));
    let all: Vec<&Predicate> = vocabulary.predicates.iter().filter(|p| p.columns.iter().any(is_it)).collect();
    let predicate = random.pick(&all);
    let place = predicate.columns.iter().position(is_it);
    let mut variables = Variables::new();
    let term = |(column, sorts): (usize, &Vec<Sort>)| match Some(column) == place {
        true => variable.to_owned(),
        false if random.percent(50) => fresh(&mut variables, sorts.clone()),
        false => "_".to_owned(),
    };
    let terms: Vec<String> = predicate.columns.iter().enumerate().map(term).collect();
    format!("{}({})", predicate.name, terms.join(", "))
}
