//! Random policies, as text: the terms and the comparisons of a rule, each of a sort that fits its column.

use super::random::Random;
use super::worlds::{LEVELS, Sort, Vocabulary};

/// How many objects of a type the rules mention.
pub(super) const N_CONSTANTS: usize = 3;

/// The variables of a rule and what each may still hold.
pub(super) type Variables = Vec<(String, Vec<Sort>)>;

/// A term of a body literal. Only a positive one may bind a new variable.
pub(super) fn draw_term(
    random: &Random,
    vocabulary: &Vocabulary,
    sorts: &[Sort],
    variables: &mut Variables,
    positive: bool,
) -> String {
    let roll = random.below(100);
    if roll < 10 {
        return "_".to_owned();
    }
    if roll < 22 {
        return constant(random, vocabulary, sorts);
    }
    if roll < 40
        && let Some(set) = draw_set(random, sorts, variables, positive)
    {
        return set;
    }
    let known: Vec<usize> = (0..variables.len()).filter(|&v| meets(sorts, &variables[v].1)).collect();
    if (roll < 80 || !positive)
        && let Some(&variable) = random.choose(&known)
    {
        if positive {
            variables[variable].1.retain(|sort| sorts.contains(sort));
        }
        return variables[variable].0.clone();
    }
    if positive { fresh(variables, sorts.to_vec()) } else { "_".to_owned() }
}

/// `G#member`, where the column holds such sets.
fn draw_set(random: &Random, sorts: &[Sort], variables: &mut Variables, positive: bool) -> Option<String> {
    let group = sorts.iter().find_map(|sort| if let Sort::Set(group) = sort { Some(*group) } else { None })?;
    let known: Vec<usize> = (0..variables.len()).filter(|&v| variables[v].1.contains(&Sort::Object(group))).collect();
    let variable = match random.choose(&known) {
        Some(&variable) => {
            if positive {
                variables[variable].1 = vec![Sort::Object(group)];
            }
            variables[variable].0.clone()
        }
        None if positive => fresh(variables, vec![Sort::Object(group)]),
        None => return None,
    };
    Some(format!("{variable}#member"))
}

/// A term of the head; leaves in `sorts` what it can hold.
pub(super) fn draw_head_term(
    random: &Random,
    vocabulary: &Vocabulary,
    sorts: &mut Vec<Sort>,
    variables: &mut Variables,
    body: &mut Vec<String>,
) -> String {
    if random.percent(4) {
        *sorts = vec![*random.pick(sorts)];
        return constant(random, vocabulary, sorts);
    }
    if random.percent(25)
        && let Some(set) = draw_set(random, sorts, variables, false)
    {
        sorts.retain(|sort| matches!(sort, Sort::Set(_)));
        return set;
    }
    let known: Vec<usize> = (0..variables.len()).filter(|&v| meets(sorts, &variables[v].1)).collect();
    if let Some(&variable) = random.choose(&known) {
        variables[variable].1.retain(|sort| sorts.contains(sort));
        sorts.clone_from(&variables[variable].1);
        return variables[variable].0.clone();
    }
    if random.below(1000) < 5 {
        return "Unbound".to_owned();
    }
    // A column of its type binds what nothing else does.
    *sorts = vec![*random.pick(sorts)];
    match sorts[0] {
        Sort::Object(kind) => {
            let variable = fresh(variables, sorts.clone());
            body.push(format!("{kind}({variable})"));
            variable
        }
        Sort::Permission => {
            let variable = fresh(variables, sorts.clone());
            body.push(format!("{}({variable})", random.pick(&["permission", "marked"])));
            variable
        }
        _ => constant(random, vocabulary, sorts),
    }
}

pub(super) fn draw_length(random: &Random, variables: &mut Variables, body: &mut Vec<String>) {
    let texts: Vec<String> =
        variables.iter().filter(|(_, sorts)| sorts.contains(&Sort::Text)).map(|(name, _)| name.clone()).collect();
    let Some(text) = random.choose(&texts) else {
        return;
    };
    match random.below(3) {
        0 => body.push(format!("length({text}, {})", random.below(4))),
        1 => body.push(format!("not length({text}, {})", random.below(4))),
        _ => {
            let length = fresh(variables, vec![Sort::Integer]);
            body.push(format!("length({text}, {length})"));
            body.push(format!("{length} {} {}", random.pick(&["<", ">=", "!="]), random.below(4)));
        }
    }
}

pub(super) fn draw_comparison(random: &Random, vocabulary: &Vocabulary, variables: &Variables) -> Option<String> {
    let (left, sorts) = random.choose(variables)?;
    let ordered = sorts.iter().any(|sort| matches!(sort, Sort::Text | Sort::Integer | Sort::Time));
    let operator = random.pick(if ordered { &["<", "<=", ">", ">=", "=", "!="] } else { &["=", "!=", "!=", "!="][..] });
    let others: Vec<&String> =
        variables.iter().filter(|(name, other)| name != left && meets(sorts, other)).map(|(name, _)| name).collect();
    let right = match random.choose(&others) {
        Some(right) if random.percent(70) => (*right).clone(),
        _ => constant(random, vocabulary, sorts),
    };
    Some(format!("{left} {operator} {right}"))
}

pub(super) fn fresh(variables: &mut Variables, sorts: Vec<Sort>) -> String {
    let name = format!("V{}", variables.len());
    variables.push((name.clone(), sorts));
    name
}

pub(super) fn meets(a: &[Sort], b: &[Sort]) -> bool {
    a.iter().any(|sort| b.contains(sort))
}

/// A value of one of the sorts, as the rules write it; its ids are those of the facts.
pub(super) fn constant(random: &Random, vocabulary: &Vocabulary, sorts: &[Sort]) -> String {
    match *random.pick(sorts) {
        Sort::Object(kind) => format!("{kind}:{kind}{}", random.below(N_CONSTANTS)),
        Sort::Set(kind) => format!("{kind}:{kind}{}#member", random.below(N_CONSTANTS)),
        Sort::Everyone(kind) => format!("{kind}:*"),
        Sort::Level => (*random.pick(&LEVELS)).to_owned(),
        Sort::Permission => vocabulary.permissions[random.below(vocabulary.permissions.len())].0.clone(),
        Sort::Text => format!("\"{}\"", random.pick(&["", "a", "é", "ab"])),
        Sort::Integer => random.below(4).to_string(),
        Sort::Time => format!("\"2026-07-0{}T00:00:00Z\"", random.between(1, 3)),
    }
}
