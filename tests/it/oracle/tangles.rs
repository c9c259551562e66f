//! Random policies, as text: predicates over folders that read one another in circles, in long bodies and in long chains.

use super::random::Random;
use super::worlds::{Predicate, Sort, Statement, Vocabulary};

/// A predicate over folders: its name and how many columns it has.
type Tangled = (String, usize);

/// Draws edges between folders, two layers of predicates that are recursive together, the second of which may negate the
/// first, and a chain of predicates that each read the one before.
pub(super) fn draw(random: &Random, statements: &mut Vec<Statement>, vocabulary: &mut Vocabulary) {
    let mut known: Vec<Tangled> = Vec::new();
    for (name, arity) in [("edge", 2), ("arc", 2), ("fork", 3), ("flag", 1)] {
        let columns = vec!["folder"; arity].join(", ");
        statements.push(Statement::Plain(format!("relation {name}({columns}).")));
        vocabulary.predicates.push(Predicate { name: name.to_owned(), columns: folders(arity), derived: false });
        known.push((name.to_owned(), arity));
    }
    for layer in ["p", "q"] {
        let first = known.len();
        let fresh: Vec<Tangled> =
            (0..random.between(1, 3)).map(|number| (format!("{layer}{number}"), draw_arity(random))).collect();
        for head in &fresh {
            statements.push(draw_rule(random, head, &known, &known));
        }
        let all: Vec<Tangled> = known.iter().chain(&fresh).chain(&fresh).cloned().collect();
        for head in &fresh {
            for _ in 0..random.between(1, 3) {
                statements.push(match head.1 {
                    2 if random.percent(45) => draw_linear(random, &head.0, &known, &fresh),
                    _ => draw_rule(random, head, &all, &known[..first]),
                });
            }
        }
        known.extend(fresh);
    }
    for number in 0..random.between(0, 5) {
        let head = (format!("hop{number}"), draw_arity(random));
        let late = &known[known.len().saturating_sub(3)..];
        for _ in 0..random.between(1, 2) {
            statements.push(draw_rule(random, &head, if random.percent(70) { late } else { &known }, &known));
        }
        known.push(head);
    }
    for (name, arity) in known.into_iter().skip(4) {
        vocabulary.predicates.push(Predicate { name, columns: folders(arity), derived: true });
    }
}

fn folders(arity: usize) -> Vec<Vec<Sort>> {
    vec![vec![Sort::Object("folder")]; arity]
}

fn draw_arity(random: &Random) -> usize {
    *random.pick(&[1, 2, 2, 2, 3])
}

/// `p(X, Y) :- edge(X, Z), q(Z, Y)` and its like: linear to the right or to the left, turned round, or not linear at all.
fn draw_linear(random: &Random, head: &str, known: &[Tangled], fresh: &[Tangled]) -> Statement {
    let name = |of: &[Tangled]| {
        let of: Vec<&Tangled> = of.iter().filter(|(_, arity)| *arity == 2).collect();
        random.choose(&of).map_or_else(|| "edge".to_owned(), |(name, _)| name.clone())
    };
    let (step, next, other) = (name(known), name(fresh), name(fresh));
    let (head, body) = match random.below(6) {
        0 | 1 => (format!("{head}(X, Y)"), vec![format!("{step}(X, Z)"), format!("{next}(Z, Y)")]),
        2 => (format!("{head}(X, Y)"), vec![format!("{next}(X, Z)"), format!("{step}(Z, Y)")]),
        3 => (format!("{head}(X, Y)"), vec![format!("{step}(X, Z)"), format!("{next}(Y, Z)")]),
        4 => (format!("{head}(X, Y)"), vec![format!("{other}(X, Z)"), format!("{next}(Z, Y)")]),
        _ => (format!("{head}(Y, X)"), vec![format!("{next}(Y, Z)"), format!("{step}(X, Z)"), "flag(Z)".to_owned()]),
    };
    Statement::Rule { head, body }
}

/// A rule with up to five positive literals, which share few variables, so that many of them die on the way.
fn draw_rule(random: &Random, (name, arity): &Tangled, read: &[Tangled], negated: &[Tangled]) -> Statement {
    let n_variables = random.between(2, 4);
    let is_chain = random.percent(50);
    let mut bound: Vec<String> = Vec::new();
    let mut body = Vec::new();
    for place in 0..*random.pick(&[1, 2, 2, 3, 3, 4, 5]) {
        let (name, arity) = random.pick(read);
        let term = |column: usize, bound: &mut Vec<String>| match random.below(100) {
            0..6 => "_".to_owned(),
            6..11 => constant(random),
            _ => {
                let number = if is_chain { (place + column) % n_variables } else { random.below(n_variables) };
                let variable = format!("X{number}");
                if !bound.contains(&variable) {
                    bound.push(variable.clone());
                }
                variable
            }
        };
        let terms: Vec<String> = (0..*arity).map(|column| term(column, &mut bound)).collect();
        body.push(format!("{name}({})", terms.join(", ")));
    }
    let variable = || random.choose(&bound).cloned();
    if random.percent(25) {
        let (name, arity) = random.pick(negated);
        let term = || variable().filter(|_| random.percent(75)).unwrap_or_else(|| "_".to_owned());
        let terms: Vec<String> = (0..*arity).map(|_| term()).collect();
        body.push(format!("not {name}({})", terms.join(", ")));
    }
    if let (true, [left, right, ..]) = (random.percent(15), bound.as_slice()) {
        body.push(format!("{left} != {right}"));
    }
    let term = || variable().filter(|_| random.percent(96)).unwrap_or_else(|| constant(random));
    let terms: Vec<String> = (0..*arity).map(|_| term()).collect();
    Statement::Rule { head: format!("{name}({})", terms.join(", ")), body }
}

fn constant(random: &Random) -> String {
    format!("folder:folder{}", random.below(super::terms::N_CONSTANTS))
}
