//! Statements → rules, facts, denies, guards and effects with their names resolved and their variables safe.

use std::collections::BTreeSet;

use crate::language::span::Span;
use crate::language::syntax;
use crate::model::value::Name;
use crate::policy::checked::{Atom, Deny, Guard, Literal, Origin, PredicateId, Rule, Term};
use crate::policy::report::{Report, error};
use crate::policy::resolve::{self, Place, Scope};
use crate::policy::safety;
use crate::policy::schema::{PERMISSION, Schema};
use crate::policy::statements::{DenyStatement, GuardStatement, RuleStatement, Statements};

/// The most literals of a body: a search over them is as deep.
const MAX_LITERALS: usize = 128;

/// What could be understood of the statements of a pack.
#[derive(Debug, Default)]
pub(super) struct Lowered {
    pub(super) rules: Vec<Rule>,
    /// Facts on stored predicates; their terms are all values.
    pub(super) facts: Vec<Atom>,
    pub(super) effects: Vec<Rule>,
    pub(super) denies: Vec<Deny>,
    pub(super) guards: Vec<Guard>,
    /// The predicates that a refused rule would have given facts.
    pub(super) broken: BTreeSet<PredicateId>,
}

/// Resolves every statement; what is wrong is reported and left out.
pub(super) fn lower(statements: &Statements<'_>, schema: &Schema, report: &mut Report) -> Lowered {
    let mut lowered = Lowered::default();
    for statement in &statements.rules {
        if lowered.rule(statement, schema, report).is_none() {
            lowered.broken.extend(schema.predicate_named(&statement.head.name.node));
        }
    }
    let effects = statements.effects.iter();
    let effects = effects.filter_map(|statement| change(statement, Place::Change, "an effect", schema, report));
    lowered.effects = effects.collect();
    let denies = statements.denies.iter().filter_map(|statement| deny(statement, schema, report));
    lowered.denies = denies.collect();
    let guards = statements.guards.iter().filter_map(|statement| guard(statement, schema, report));
    lowered.guards = guards.collect();
    lowered
}

impl Lowered {
    /// Enters a rule, or a fact. `None` if it is refused.
    fn rule(&mut self, statement: &RuleStatement<'_>, schema: &Schema, report: &mut Report) -> Option<()> {
        let name = &statement.head.name;
        if matches!(name.node.as_str(), "on" | "length" | "now" | PERMISSION) {
            let message = format!("`{}` belongs to the language: nothing can be stated of it", name.node);
            let help = "Declare permissions with `permission … on …`; give a rule another name.";
            report.add(error("reserved-name", name.span, message).help(help));
            return None;
        }
        let mut scope = Scope::default();
        let head = head(statement, schema, &mut scope, report);
        let body = body(statement.body, statement.span, Place::Rule, schema, &mut scope, report);
        let (head, mut body) = (head?, body?);
        let predicate = schema.predicate(head.predicate)?;
        let is_bodiless = statement.body.is_empty();
        match predicate.origin {
            Origin::Stored if is_bodiless => {
                let written = [statement.head];
                let given = BTreeSet::new();
                let variables = &scope.variables;
                let statement =
                    safety::Statement { body: &body, variables, outside: written.to_vec(), written: &[], given };
                if safety::check(&statement, schema, report) {
                    self.facts.push(head);
                }
                return Some(());
            }
            Origin::Stored => {
                let message = format!("`{}` is stored, and its facts are written: it has no rules", name.node);
                let problem =
                    error("rule-on-stored", name.span, message).related(predicate.span, "it is declared here");
                report.add(problem.help("Give the rule another name; let that one read the relation too."));
                return None;
            }
            Origin::Context | Origin::Length => {
                let message = format!("`{}` comes with the question: it has no rules and no facts", name.node);
                let problem =
                    error("rule-on-context", name.span, message).related(predicate.span, "it is declared here");
                report.add(problem.help("Give the rule another name; let that one read the context."));
                return None;
            }
            Origin::Derived => {}
        }
        let safe = safety::Statement {
            body: &body,
            variables: &scope.variables,
            outside: vec![statement.head],
            written: statement.body,
            given: BTreeSet::new(),
        };
        if !safety::check(&safe, schema, report) {
            return None;
        }
        if &*predicate.name == "can" {
            within_on(&head, &mut body, schema);
        }
        self.rules.push(Rule { head, body, variables: scope.variables, span: statement.span });
        Some(())
    }
}

/// `can(U, P, X)` holds only where P is on X's type.
fn within_on(head: &Atom, body: &mut Vec<Literal>, schema: &Schema) {
    let (Some(on), [_, permission, object]) = (schema.predicate_named("on"), head.terms.as_slice()) else {
        return;
    };
    let terms = vec![permission.clone(), object.clone()];
    let says_so = |literal: &Literal| matches!(literal, Literal::Atom { negated: false, atom, .. } if atom.predicate == on && atom.terms == terms);
    if !body.iter().any(says_so) {
        let atom = Atom { predicate: on, terms, span: head.span };
        body.push(Literal::Atom { negated: false, sign: None, atom });
    }
}

/// Resolves a head, which names every value: no `_`.
fn head(statement: &RuleStatement<'_>, schema: &Schema, scope: &mut Scope, report: &mut Report) -> Option<Atom> {
    let atom = resolve::atom(statement.head, schema, scope, report);
    let any = statement.head.terms.iter().find(|term| term.kind == syntax::TermKind::Any);
    if let Some(any) = any {
        let message =
            format!("`_` can't stand in what `{}` states: every value must be known", statement.head.name.node);
        report.add(error("any-not-allowed", any.span, message).help("Name a variable that the body binds."));
        return None;
    }
    atom
}

/// Resolves a body that isn't too long.
fn body(
    literals: &[syntax::Literal],
    span: Span,
    place: Place,
    schema: &Schema,
    scope: &mut Scope,
    report: &mut Report,
) -> Option<Vec<Literal>> {
    if literals.len() > MAX_LITERALS {
        let message = format!("this statement has {} literals; at most {MAX_LITERALS} are possible", literals.len());
        report.add(error("too-many-literals", span, message).help("Give a part of it a name: a rule of its own."));
        return None;
    }
    resolve::body(literals, place, schema, scope, report)
}

/// Resolves what writes its head: an effect, or a rule of a request, which reads no change.
pub(super) fn change(
    statement: &RuleStatement<'_>,
    place: Place,
    what: &str,
    schema: &Schema,
    report: &mut Report,
) -> Option<Rule> {
    let mut scope = Scope::default();
    let head = head(statement, schema, &mut scope, report);
    let body = body(statement.body, statement.span, place, schema, &mut scope, report);
    let is_written = stored(head.as_ref()?, statement.head, what, schema, report);
    let body = body?;
    let safe = safety::Statement {
        body: &body,
        variables: &scope.variables,
        outside: vec![statement.head],
        written: statement.body,
        given: BTreeSet::new(),
    };
    let is_safe = safety::check(&safe, schema, report);
    (is_safe && is_written).then_some(Rule { head: head?, body, variables: scope.variables, span: statement.span })
}

/// Resolves literals that are asked together, and names their variables.
pub(super) fn question(
    literals: &[syntax::Literal],
    schema: &Schema,
    report: &mut Report,
) -> Option<(Vec<Literal>, Vec<Name>)> {
    let mut scope = Scope::default();
    let span = literals.first().map_or_else(Span::default, |first| first.span);
    let body = body(literals, span, Place::Rule, schema, &mut scope, report)?;
    let safe = safety::Statement {
        body: &body,
        variables: &scope.variables,
        outside: Vec::new(),
        written: literals,
        given: BTreeSet::new(),
    };
    safety::check(&safe, schema, report).then_some((body, scope.variables))
}

fn deny(statement: &DenyStatement<'_>, schema: &Schema, report: &mut Report) -> Option<Deny> {
    let mut scope = Scope::default();
    let body = body(statement.body, statement.span, Place::Deny, schema, &mut scope, report)?;
    let safe = safety::Statement {
        body: &body,
        variables: &scope.variables,
        outside: Vec::new(),
        written: statement.body,
        given: BTreeSet::new(),
    };
    let is_safe = safety::check(&safe, schema, report);
    is_safe.then(|| Deny { message: statement.message.into(), body, variables: scope.variables, span: statement.span })
}

fn guard(statement: &GuardStatement<'_>, schema: &Schema, report: &mut Report) -> Option<Guard> {
    let mut scope = Scope::default();
    let actor = scope.variable(&statement.actor.node);
    let mut changes = Vec::new();
    let mut is_written = true;
    for change in statement.changes {
        let Some(atom) = resolve::atom(&change.atom, schema, &mut scope, report) else {
            is_written = false;
            continue;
        };
        is_written &= stored(&atom, &change.atom, "a guard", schema, report);
        changes.push((change.sign, atom));
    }
    let body = body(statement.body, statement.span, Place::Change, schema, &mut scope, report)?;
    let mut is_safe = true;
    // Each alternative binds its own variables alone.
    for ((_, atom), change) in changes.iter().zip(statement.changes) {
        let of_change = atom.terms.iter().filter_map(|term| match term {
            Term::Variable(variable) | Term::SetOf(variable, _) => Some(*variable),
            Term::Any | Term::Value(_) => None,
        });
        let of_others = changes.iter().flat_map(|(_, other)| &other.terms).filter_map(|term| match term {
            Term::Variable(variable) | Term::SetOf(variable, _) => Some(*variable),
            Term::Any | Term::Value(_) => None,
        });
        let needed = used(&body);
        // A variable that only other alternatives mention is nothing to this one.
        let idle = of_others.filter(|variable| !needed.contains(variable));
        let given: BTreeSet<_> = of_change.chain(idle).chain([actor]).collect();
        let safe = safety::Statement {
            body: &body,
            variables: &scope.variables,
            outside: vec![&change.atom],
            written: statement.body,
            given,
        };
        is_safe = safety::check(&safe, schema, report) && is_safe;
        if !is_safe {
            break;
        }
    }
    let variables = scope.variables;
    (is_safe && is_written).then_some(Guard { changes, actor, body, variables, span: statement.span })
}

/// The variables of a body.
fn used(body: &[Literal]) -> BTreeSet<crate::policy::checked::VariableId> {
    let terms = body.iter().flat_map(|literal| match literal {
        Literal::Atom { atom, .. } => atom.terms.iter().collect(),
        Literal::Comparison { left, right, .. } => vec![left, right],
    });
    let variable = |term: &Term| match term {
        Term::Variable(variable) | Term::SetOf(variable, _) => Some(*variable),
        Term::Any | Term::Value(_) => None,
    };
    terms.filter_map(variable).collect()
}

/// Whether a change of this predicate can be written at all; reports it if not.
fn stored(atom: &Atom, written: &syntax::Atom, what: &str, schema: &Schema, report: &mut Report) -> bool {
    let Some(predicate) = schema.predicate(atom.predicate) else {
        return false;
    };
    let is_stored = predicate.origin == Origin::Stored && &*predicate.name != PERMISSION;
    if !is_stored {
        let message = format!("{what} speaks of facts that are written, and `{}` is not stored", predicate.name);
        report.add(error("not-stored", written.name.span, message).help("Name a relation or a type."));
    }
    is_stored
}
