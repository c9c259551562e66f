//! Whether every statement has an instance, and what stands in its way if not.

use std::collections::{BTreeSet, HashSet};

use crate::language::span::Span;
use crate::language::syntax::Sign;
use crate::model::value::{ColumnType, Name};
use crate::policy::cases::{Judging, cases};
use crate::policy::checked::{Atom, Case, Cases, Instance, Literal, Origin, PredicateId, Term};
use crate::policy::comparison::Incomparable;
use crate::policy::impossible::{Impossible, impossible, named};
use crate::policy::instance::{self, Refused};
use crate::policy::lower::Lowered;
use crate::policy::report::{Problem, Report, error};
use crate::policy::resolve::list;
use crate::policy::schema::Schema;
use crate::policy::search::Bindings;
use crate::policy::types::{Variants, positive};

/// The most statements without an instance that are reported.
const MAX_REPORTED: usize = 100;

/// A statement on types: a rule, a deny, an effect with its head, a guard with one of its changes.
struct Statement<'a> {
    /// The predicate that it gives facts, if it is a rule.
    head: Option<PredicateId>,
    /// Atoms besides the positive literals of the body that its types must agree with.
    narrowing: Vec<&'a Atom>,
    body: &'a [Literal],
    /// The names of the variables.
    variables: &'a [Name],
    span: Span,
}

impl<'a> Statement<'a> {
    fn judging(judging: &Judging<'a>, span: Span) -> Self {
        Self {
            head: None,
            narrowing: judging.change.iter().map(|(_, atom)| *atom).collect(),
            body: judging.body,
            variables: judging.variables,
            span,
        }
    }
}

/// The statements on types.
pub(super) struct Fitted {
    /// The instances of all rules, in their order.
    pub(super) instances: Vec<Instance>,
    /// The cases of all other statements.
    pub(super) cases: Cases,
    /// What the variables hold in the first instance of each statement, nothing if it has none: rules, effects, denies,
    /// each change of each guard.
    pub(super) bindings: Vec<Bindings>,
}

/// Finds the instances of all statements.
///
/// Statements without any are reported, unless the pack is a module: what includes it may add types.
pub(super) fn check(lowered: &Lowered, schema: &Schema, variants: &Variants, report: &mut Report) -> Fitted {
    let mut instances = Vec::new();
    let mut bindings: Vec<Bindings> = Vec::new();
    let mut broken = lowered.broken.clone();
    let mut empty: Vec<Statement<'_>> = Vec::new();
    let mut told: HashSet<Span> = HashSet::new();
    let mut refuse = |incomparable: Vec<Incomparable>, report: &mut Report| {
        let new: Vec<_> = incomparable.into_iter().filter(|refused| told.insert(refused.span)).collect();
        new.iter().for_each(|refused| report.add(not_comparable(refused)));
    };
    for (idx, rule) in (0..).zip(&lowered.rules) {
        // That there are too many was reported when the variants were inferred.
        let Ok((found, incomparable)) = instance::instances(idx, rule, schema, variants) else {
            broken.insert(rule.head.predicate);
            bindings.push(Bindings::new());
            continue;
        };
        let columns = found.first().map(|instance| instance.variables.as_slice()).unwrap_or_default();
        bindings.push(columns.iter().cloned().map(Some).collect());
        if !incomparable.is_empty() {
            broken.insert(rule.head.predicate);
            refuse(incomparable, report);
        } else if found.is_empty() {
            let head = Some(rule.head.predicate);
            let variables = &rule.variables;
            empty.push(Statement { head, narrowing: Vec::new(), body: &rule.body, variables, span: rule.span });
        }
        instances.extend(found);
    }
    let mut cases = Cases::default();
    for (of, judging, span) in other_statements(lowered) {
        let statement = Statement::judging(&judging, span);
        let mut first = Bindings::new();
        match self::cases(&judging, schema, variants) {
            Err(Refused::TooMany) => report.add(instance::too_many(span)),
            Ok((_, incomparable)) if !incomparable.is_empty() => refuse(incomparable, report),
            Ok((found, _)) if found.is_empty() => empty.push(statement),
            Ok((found, _)) => {
                first = found.first().map(|case| case.variables.clone()).unwrap_or_default();
                of.keep(found, &mut cases);
            }
        }
        bindings.push(first);
    }
    let can = schema.predicate_named("can");
    let is_module = !lowered.rules.iter().any(|rule| Some(rule.head.predicate) == can)
        && !can.is_some_and(|can| broken.contains(&can));
    if !is_module {
        report_roots(empty, broken, schema, variants, report);
    }
    Fitted { instances, cases, bindings }
}

/// Which statement cases are of, by its position.
#[derive(Clone, Copy)]
enum Of {
    Effect(usize),
    Deny(usize),
    Guard(usize),
}

impl Of {
    fn keep(self, found: Vec<Case>, cases: &mut Cases) {
        let (list, position) = match self {
            Self::Effect(position) => (&mut cases.effects, position),
            Self::Deny(position) => (&mut cases.denies, position),
            Self::Guard(position) => (&mut cases.guards, position),
        };
        if list.len() <= position {
            list.resize_with(position + 1, Vec::new);
        }
        if let Some(of_statement) = list.get_mut(position) {
            of_statement.extend(found);
        }
    }
}

/// The statements but for the rules, in the order of [`Fitted::bindings`], each with its place.
fn other_statements(lowered: &Lowered) -> impl Iterator<Item = (Of, Judging<'_>, Span)> {
    let effects = lowered.effects.iter().enumerate().map(|(position, effect)| {
        let change = Some((Some(Sign::Plus), &effect.head));
        let judging = Judging { change, actor: None, body: &effect.body, variables: &effect.variables };
        (Of::Effect(position), judging, effect.span)
    });
    let denies = lowered.denies.iter().enumerate().map(|(position, deny)| {
        let judging = Judging { change: None, actor: None, body: &deny.body, variables: &deny.variables };
        (Of::Deny(position), judging, deny.span)
    });
    let guards = lowered.guards.iter().enumerate().flat_map(|(position, guard)| {
        guard.changes.iter().map(move |(sign, atom)| {
            let judging = Judging {
                change: Some((*sign, atom)),
                actor: Some(guard.actor),
                body: &guard.body,
                variables: &guard.variables,
            };
            (Of::Guard(position), judging, atom.span)
        })
    });
    effects.chain(denies).chain(guards)
}

/// Reports the statements without an instance, but for those that lack one only because another is refused.
fn report_roots(
    mut empty: Vec<Statement<'_>>,
    mut broken: BTreeSet<PredicateId>,
    schema: &Schema,
    variants: &Variants,
    report: &mut Report,
) {
    let reads = |statement: &Statement<'_>, of: &dyn Fn(PredicateId) -> bool| {
        positive(statement.body).chain(statement.narrowing.iter().copied()).any(|atom| of(atom.predicate))
    };
    for _ in 0..MAX_REPORTED {
        // What reads something refused is excused, and so is what reads that.
        loop {
            let before = empty.len();
            empty.retain(|statement| {
                let is_excused = reads(statement, &|id| broken.contains(&id));
                if is_excused {
                    broken.extend(statement.head);
                }
                !is_excused
            });
            if empty.len() == before {
                break;
            }
        }
        // The first that waits for no other; if all wait for one another, the first of all.
        let heads: BTreeSet<PredicateId> = empty.iter().filter_map(|statement| statement.head).collect();
        let root = empty.iter().position(|statement| !reads(statement, &|id| heads.contains(&id))).unwrap_or_default();
        if root >= empty.len() {
            return;
        }
        let statement = empty.remove(root);
        broken.extend(statement.head);
        report.add(no_instance(&statement, schema, variants));
    }
}

/// Reports that a statement has no instance.
pub(super) fn refuse(judging: &Judging<'_>, span: Span, schema: &Schema, variants: &Variants, report: &mut Report) {
    report.add(no_instance(&Statement::judging(judging, span), schema, variants));
}

/// Why a statement has no instance: the first literal that doesn't fit by itself, or together with those before it.
fn no_instance(statement: &Statement<'_>, schema: &Schema, variants: &Variants) -> Problem {
    let atoms: Vec<&Atom> = statement.narrowing.iter().copied().chain(positive(statement.body)).collect();
    let fit = |atoms: &[&Atom]| {
        instance::exists(atoms, &[], statement.variables.len(), variants, &mut Vec::new()) != Ok(None)
    };
    let name =
        |atom: &Atom| schema.predicate(atom.predicate).map(|predicate| predicate.name.clone()).unwrap_or_default();
    for (idx, atom) in atoms.iter().enumerate() {
        if !fit(&[*atom]) {
            let is_derived =
                schema.predicate(atom.predicate).is_some_and(|predicate| predicate.origin == Origin::Derived);
            let message = match variants.of(atom.predicate).is_empty() && is_derived {
                true => format!("`{}` can never hold: no rule gives it a fact", name(atom)),
                false => format!("no fact of `{}` has these types", name(atom)),
            };
            let help = "Change the value that no rule or declaration allows there, or add a rule that does.";
            return error("no-instance", atom.span, message).help(help);
        }
        let Some(together) = atoms.get(..=idx) else {
            break;
        };
        if fit(together) {
            continue;
        }
        let before: Vec<&Atom> = together.iter().take(idx).copied().collect();
        let rival = before.iter().rev().find(|earlier| !fit(&[earlier, atom]));
        if &*name(atom) == "on" {
            let message = "no permission of this statement is ever on the types of its objects";
            let help = "Name the type in `permission … on …`, or give the statement another object.";
            return error("no-instance", atom.span, message).help(help);
        }
        let problem = match rival {
            Some(rival) => error(
                "no-instance",
                atom.span,
                format!("the types of `{}` and `{}` don't go together", name(rival), name(atom)),
            )
            .related(rival.span, format!("`{}` stands here", name(rival))),
            None => error(
                "no-instance",
                atom.span,
                format!("the types of `{}` don't go together with the literals before it", name(atom)),
            ),
        };
        return problem.help("One variable has one type in each case: use another variable, or another relation.");
    }
    let help = "Compare values of one type, and values that can be equal.";
    let Some(impossible) = impossible(&atoms, statement.body, statement.variables.len(), variants) else {
        let message = "the comparisons of this statement can never hold together";
        return error("no-instance", statement.span, message).help(help);
    };
    let Impossible { sides: [(left, of_left), (right, of_right)], span } = impossible;
    if of_left.iter().any(|kind| of_right.contains(kind)) {
        return error("no-instance", span, "this comparison can never hold").help(help);
    }
    let side = |term: &Term, kinds: &[ColumnType]| format!("`{}` is {}", named(term, statement.variables), list(kinds));
    let message = format!("{} and {}: they can't be compared", side(left, &of_left), side(right, &of_right));
    error("not-comparable", span, message).help("Compare values of one type.")
}

pub(super) fn not_comparable(refused: &Incomparable) -> Problem {
    let Incomparable { span, left, right } = refused;
    if left == right {
        let message = format!("{} has no order", list(std::slice::from_ref(left)));
        return error("not-comparable", *span, message)
            .help("`<` and its kin compare integers, times and texts; use `=` or `!=`.");
    }
    let message =
        format!("{} and {} can't be compared", list(std::slice::from_ref(left)), list(std::slice::from_ref(right)));
    error("not-comparable", *span, message)
        .help("Write the time with date, time and offset, like `\"2026-07-01T00:00:00Z\"`.")
}
