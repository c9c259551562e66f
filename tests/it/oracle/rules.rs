//! Random policies, as text: the rules of one. Their terms are drawn in `terms.rs`.

use super::random::Random;
use super::tangles;
use super::terms::{N_CONSTANTS, Variables, constant, draw_comparison, draw_head_term, draw_length, draw_term, meets};
use super::worlds::{Predicate, Sort, Statement, Vocabulary};

/// A rule, and what its head can hold.
struct Drawn {
    statement: Statement,
    columns: Vec<Vec<Sort>>,
}

/// Draws the derived predicates of a policy: some of known shape, the others free; `can` last.
pub(crate) fn draw(random: &Random, statements: &mut Vec<Statement>, vocabulary: &mut Vocabulary) {
    draw_shapes(random, statements, vocabulary);
    if random.percent(30) {
        tangles::draw(random, statements, vocabulary);
    }
    let first = vocabulary.predicates.len();
    for number in 0..random.between(1, 4) {
        let columns = (0..random.between(1, 3)).map(|_| draw_column(random, vocabulary)).collect();
        vocabulary.predicates.push(Predicate { name: format!("d{number}"), columns, derived: true });
    }
    let objects: Vec<Sort> = vocabulary.types.iter().copied().map(Sort::Object).collect();
    let mut subjects = vec![Sort::Object("user")];
    if random.percent(50) {
        subjects.extend([Sort::Set("team"), Sort::Everyone("user")]);
    }
    vocabulary.predicates.push(Predicate {
        name: "can".to_owned(),
        columns: vec![subjects, vec![Sort::Permission], objects],
        derived: true,
    });
    for head in first..vocabulary.predicates.len() {
        let is_can = vocabulary.predicates[head].name == "can";
        // The first rule reads earlier predicates alone; what it gives is what the next ones can read.
        let columns = vocabulary.predicates[head].columns.clone();
        let drawn = draw_rule(random, vocabulary, head, head, columns.clone());
        vocabulary.predicates[head].columns.clone_from(&drawn.columns);
        statements.push(drawn.statement);
        for _ in 0..if is_can { random.between(2, 5) } else { random.between(0, 2) } {
            let drawn = draw_rule(random, vocabulary, head, head + 1, columns.clone());
            for (column, sorts) in vocabulary.predicates[head].columns.iter_mut().zip(drawn.columns) {
                let fresh: Vec<Sort> = sorts.into_iter().filter(|sort| !column.contains(sort)).collect();
                column.extend(fresh);
            }
            statements.push(drawn.statement);
        }
        if random.percent(15) && !is_can {
            statements.push(draw_fact(random, vocabulary, head));
        }
    }
    state_objects(random, statements, vocabulary);
}

/// States the objects that rules mention, as the language wants for those in heads and those of closed types.
fn state_objects(random: &Random, statements: &mut Vec<Statement>, vocabulary: &Vocabulary) {
    let is_closed =
        |kind: &str| statements.iter().any(|statement| statement.to_string().starts_with(&format!("type {kind}")));
    let mut stated = Vec::new();
    for kind in &vocabulary.types {
        for number in 0..N_CONSTANTS {
            let object = format!("{kind}:{kind}{number}");
            let in_head =
                |statement: &Statement| matches!(statement, Statement::Rule { head, .. } if head.contains(&object));
            let in_body = |statement: &Statement| statement.to_string().contains(&object);
            if statements.iter().any(in_head)
                || (statements.iter().any(in_body) && (is_closed(kind) || random.percent(30)))
            {
                stated.push(Statement::Plain(format!("{kind}({object}).")));
            }
        }
    }
    statements.extend(stated);
}

/// Shapes that matter and that free drawing would seldom hit.
fn draw_shapes(random: &Random, statements: &mut Vec<Statement>, vocabulary: &mut Vocabulary) {
    let user = || vec![Sort::Object("user")];
    let nodes = || vec![Sort::Object("folder"), Sort::Object("doc")];
    if random.percent(50) {
        rule(statements, "inside(G, S)", &["member(G, S)"]);
        rule(statements, "inside(G, S)", &["member(G, H#member)", "inside(H, S)"]);
        if random.percent(40) {
            rule(statements, "inside(G, G#member)", &["team(G)"]);
        }
        let columns = vec![vec![Sort::Object("team")], vec![Sort::Object("user"), Sort::Set("team")]];
        vocabulary.predicates.push(Predicate { name: "inside".to_owned(), columns, derived: true });
    }
    if random.percent(35) {
        rule(statements, "under(X, Y)", &["parent(X, Y)"]);
        rule(statements, "under(X, Z)", &["under(X, Y)", "under(Y, Z)"]);
        let columns = vec![nodes(), vec![Sort::Object("folder")]];
        vocabulary.predicates.push(Predicate { name: "under".to_owned(), columns, derived: true });
    }
    let Some(direct) = relating(random, vocabulary) else {
        return;
    };
    let blocked = relating(random, vocabulary).unwrap_or_else(|| direct.clone());
    if random.percent(60) {
        rule(statements, "sees(X, U)", &[&direct, "user(U)"]);
        let exclusion = if random.percent(40) { vec![format!("not {blocked}")] } else { Vec::new() };
        let mut body = vec!["parent(X, F)".to_owned(), "sees(F, U)".to_owned()];
        body.extend(exclusion);
        statements.push(Statement::Rule { head: "sees(X, U)".to_owned(), body });
        vocabulary.predicates.push(Predicate {
            name: "sees".to_owned(),
            columns: vec![nodes(), user()],
            derived: true,
        });
    }
    if random.percent(25) {
        // Seen through both of two parents; then what a parent lacks.
        rule(statements, "held(X, U)", &[&direct, "user(U)"]);
        rule(statements, "held(X, U)", &["parent(X, F)", "held(F, U)", "parent(X, H)", &blocked, "held(H, U)"]);
        rule(statements, "rim(X, U)", &["held(X, U)", "parent(X, F)", "not held(F, U)"]);
        for name in ["held", "rim"] {
            vocabulary.predicates.push(Predicate {
                name: name.to_owned(),
                columns: vec![nodes(), user()],
                derived: true,
            });
        }
    }
    if random.percent(25) {
        rule(statements, "even(X, U)", &[&direct, "user(U)"]);
        rule(statements, "odd(X, U)", &["parent(X, F)", "even(F, U)"]);
        rule(statements, "even(X, U)", &["parent(X, F)", "odd(F, U)"]);
        for name in ["even", "odd"] {
            vocabulary.predicates.push(Predicate {
                name: name.to_owned(),
                columns: vec![nodes(), user()],
                derived: true,
            });
        }
    }
}

/// A stored literal that relates the record `X` with the user `U`.
fn relating(random: &Random, vocabulary: &Vocabulary) -> Option<String> {
    let pairs: Vec<String> = vocabulary
        .predicates
        .iter()
        .filter(|predicate| !predicate.derived && predicate.columns.len() == 2)
        .filter_map(|predicate| {
            let record = |sorts: &[Sort]| sorts.contains(&Sort::Object("folder"));
            let user = |sorts: &[Sort]| sorts.contains(&Sort::Object("user"));
            let [a, b] = predicate.columns.as_slice() else {
                return None;
            };
            match (record(a) && user(b), user(a) && record(b)) {
                (true, _) => Some(format!("{}(X, U)", predicate.name)),
                (_, true) => Some(format!("{}(U, X)", predicate.name)),
                _ => None,
            }
        })
        .collect();
    random.choose(&pairs).cloned()
}

fn rule(statements: &mut Vec<Statement>, head: &str, body: &[&str]) {
    let body = body.iter().map(|literal| (*literal).to_owned()).collect();
    statements.push(Statement::Rule { head: head.to_owned(), body });
}

fn draw_column(random: &Random, vocabulary: &Vocabulary) -> Vec<Sort> {
    let with_columns: Vec<&Predicate> = vocabulary.predicates.iter().collect();
    let like = random.pick(&with_columns);
    random.pick(&like.columns).clone()
}

fn draw_fact(random: &Random, vocabulary: &Vocabulary, head: usize) -> Statement {
    let predicate = &vocabulary.predicates[head];
    let values: Vec<String> = predicate.columns.iter().map(|sorts| constant(random, vocabulary, sorts)).collect();
    Statement::Rule { head: format!("{}({})", predicate.name, values.join(", ")), body: Vec::new() }
}

/// A rule whose positive literals mostly read the predicates before `limit`.
fn draw_rule(
    random: &Random,
    vocabulary: &Vocabulary,
    head: usize,
    limit: usize,
    mut columns: Vec<Vec<Sort>>,
) -> Drawn {
    let mut variables = Variables::new();
    let mut body = Vec::new();
    for _ in 0..*random.pick(&[1, 1, 2, 2, 2, 3]) {
        let predicate = draw_read(random, vocabulary, limit, &variables);
        let terms: Vec<String> =
            predicate.columns.iter().map(|sorts| draw_term(random, vocabulary, sorts, &mut variables, true)).collect();
        body.push(format!("{}({})", predicate.name, terms.join(", ")));
    }
    let predicate = &vocabulary.predicates[head];
    if predicate.name == "can" {
        // Nothing holds but on the types of its permission.
        let (permission, on) = random.pick(&vocabulary.permissions);
        columns[2].retain(|sort| on.contains(sort));
        let named = random.percent(70);
        let subject = draw_head_term(random, vocabulary, &mut columns[0], &mut variables, &mut body);
        let permission = match named {
            true => permission.clone(),
            false => draw_head_term(random, vocabulary, &mut columns[1], &mut variables, &mut body),
        };
        let object = draw_head_term(random, vocabulary, &mut columns[2], &mut variables, &mut body);
        finish(random, vocabulary, head, &[subject, permission, object], columns, variables, body)
    } else {
        let mut terms = Vec::new();
        for sorts in &mut columns {
            terms.push(draw_head_term(random, vocabulary, sorts, &mut variables, &mut body));
        }
        finish(random, vocabulary, head, &terms, columns, variables, body)
    }
}

/// Lengths, negations and comparisons of what is bound.
fn finish(
    random: &Random,
    vocabulary: &Vocabulary,
    head: usize,
    terms: &[String],
    columns: Vec<Vec<Sort>>,
    mut variables: Variables,
    mut body: Vec<String>,
) -> Drawn {
    if random.percent(50) {
        draw_length(random, &mut variables, &mut body);
    }
    for _ in 0..*random.pick(&[0, 0, 0, 1, 1, 2]) {
        // Mostly an earlier predicate; now and then any, which may close a cycle through a negation.
        let range = if random.percent(3) { vocabulary.predicates.len() } else { head };
        let mut literal = String::new();
        for _ in 0..4 {
            let predicate = &vocabulary.predicates[random.below(range)];
            let terms: Vec<String> = predicate
                .columns
                .iter()
                .map(|sorts| draw_term(random, vocabulary, sorts, &mut variables, false))
                .collect();
            literal = format!("not {}({})", predicate.name, terms.join(", "));
            if literal.contains('V') {
                break;
            }
        }
        body.push(literal);
    }
    if random.percent(25) {
        body.extend(draw_comparison(random, vocabulary, &variables));
    }
    let head = format!("{}({})", vocabulary.predicates[head].name, terms.join(", "));
    Drawn { statement: Statement::Rule { head, body }, columns }
}

/// A predicate for a positive literal: one that can share a variable with the literals before it, if a few tries find it.
pub(super) fn draw_read<'v>(
    random: &Random,
    vocabulary: &'v Vocabulary,
    limit: usize,
    variables: &Variables,
) -> &'v Predicate {
    let mut predicate = &vocabulary.predicates[0];
    for _ in 0..5 {
        let range = if random.percent(4) { vocabulary.predicates.len() } else { limit };
        // Half of the time a late one, so that derived predicates build on each other.
        let index = if random.percent(50) { range - 1 - random.skewed(range) } else { random.below(range) };
        predicate = &vocabulary.predicates[index];
        let shares = predicate.columns.iter().any(|sorts| variables.iter().any(|(_, other)| meets(sorts, other)));
        if (shares || variables.is_empty()) && (predicate.columns.len() > 1 || random.percent(40)) {
            break;
        }
    }
    predicate
}
