//! Syntax in the light of a policy: the values, literals and request rules that a text means.

use entail::language::diagnostic::Severity;
use entail::language::parser;
use entail::language::span::{SourceId, Span};
use entail::language::syntax::{
    Atom as SaidAtom, Literal as SaidLiteral, LiteralKind, Sign, StatementKind, Term as Said, TermKind, WriteChange,
};
use entail::model::fact::Fact;
use entail::model::value::{ColumnType, Object, Value};
use entail::policy::checked::{Atom, Literal, Origin, Policy, PredicateId, Rule, Term, VariableId};
use entail::policy::schema::{PERMISSION, TypeKind};

/// A fact that a text states.
pub(crate) fn read_fact(policy: &Policy, atom: &SaidAtom) -> Fact {
    let value = |(column, term)| read_value(policy, &atom.name.node, column, term);
    Fact { relation: atom.name.node.as_str().into(), values: atom.terms.iter().enumerate().map(value).collect() }
}

/// A value as its column takes it: a name is a constant of an enumeration, a text in a column of times a time.
pub(crate) fn read_value(policy: &Policy, predicate: &str, column: usize, term: &Said) -> Value {
    let types: Vec<&ColumnType> = policy
        .schema
        .predicates
        .iter()
        .filter(|known| &*known.name == predicate)
        .flat_map(|known| &known.declared)
        .filter_map(|columns| columns.get(column))
        .flatten()
        .collect();
    match &term.kind {
        TermKind::Object(kind, id) => Value::Object(Object::new(kind.as_str(), id.as_str())),
        TermKind::ObjectSet(kind, id, relation) => {
            Value::Set(Object::new(kind.as_str(), id.as_str()), relation.as_str().into())
        }
        TermKind::Everyone(kind) => Value::Everyone(kind.as_str().into()),
        TermKind::Integer(number) => Value::Integer(*number),
        TermKind::Text(text) => match text.parse() {
            Ok(time) if types.contains(&&ColumnType::Time) || predicate == "now" => Value::Time(time),
            _ => Value::Text(text.as_str().into()),
        },
        TermKind::Name(name) => {
            let holds =
                |kind: &TypeKind| matches!(kind, TypeKind::Enumeration(names) if names.iter().any(|n| **n == **name));
            let enumeration = policy.schema.types.iter().find(|kind| holds(&kind.kind));
            let kind = enumeration.map_or(PERMISSION.into(), |kind| kind.name.clone());
            Value::Constant(Object::new(kind, name.as_str()))
        }
        TermKind::Any | TermKind::Variable(_) | TermKind::VariableSet(..) => {
            panic!("{term:?} is no value")
        }
    }
}

/// A request rule, resolved.
pub(crate) struct RequestRule {
    /// Whether its heads are inserted or deleted.
    pub(crate) sign: Sign,
    /// The rule.
    pub(crate) rule: Rule,
}

/// Reads `+head :- body` or `-head :- body`; nothing if it makes no sense under the policy.
pub(crate) fn read_rule(policy: &Policy, text: &str) -> Option<RequestRule> {
    let (file, diagnostics) = parser::parse(SourceId(0), &format!("{{ {text}. }}."));
    if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return None;
    }
    let [statement] = file.statements.as_slice() else { return None };
    let StatementKind::Write(write) = &statement.kind else { return None };
    let [WriteChange { sign, atom, body }] = write.changes.as_slice() else { return None };
    let mut reader = Reader { policy, variables: Vec::new() };
    let head = reader.atom(atom)?;
    let body: Vec<Literal> = body.iter().map(|literal| reader.literal(literal)).collect::<Option<_>>()?;
    let is_stored = policy.schema.predicates[head.predicate.0 as usize].origin == Origin::Stored;
    let is_known = &*policy.schema.predicates[head.predicate.0 as usize].name != PERMISSION;
    let variables = reader.variables.iter().map(|name| name.as_str().into()).collect();
    let rule = Rule { head, body, variables, span: Span::default() };
    (is_stored && is_known && is_safe(&rule)).then_some(RequestRule { sign: *sign, rule })
}

/// Every variable stands in a positive literal, and the head has a value in each column.
fn is_safe(rule: &Rule) -> bool {
    let positive = rule.body.iter().filter_map(|literal| match literal {
        Literal::Atom { negated: false, atom, .. } => Some(&atom.terms),
        _ => None,
    });
    let bound: Vec<&Term> = positive.flatten().collect();
    let binds =
        |term: &Term, wanted: usize| matches!(term, Term::Variable(v) | Term::SetOf(v, _) if v.0 as usize == wanted);
    !rule.head.terms.contains(&Term::Any)
        && (0..rule.variables.len()).all(|variable| bound.iter().any(|term| binds(term, variable)))
}

struct Reader<'p> {
    policy: &'p Policy,
    variables: Vec<String>,
}

impl Reader<'_> {
    fn literal(&mut self, literal: &SaidLiteral) -> Option<Literal> {
        match &literal.kind {
            LiteralKind::Atom { sign: Some(_), .. } => None,
            LiteralKind::Atom { negated, sign: None, atom } => {
                Some(Literal::Atom { negated: *negated, sign: None, atom: self.atom(atom)? })
            }
            LiteralKind::Comparison { operator, left, right } => Some(Literal::Comparison {
                operator: *operator,
                left: self.term("", 0, left)?,
                right: self.term("", 0, right)?,
                span: Span::default(),
            }),
        }
    }

    fn atom(&mut self, atom: &SaidAtom) -> Option<Atom> {
        let name = &atom.name.node;
        let position = self.policy.schema.predicates.iter().position(|known| *known.name == **name)?;
        if self.policy.schema.predicates[position].arity != atom.terms.len() {
            return None;
        }
        let terms = atom.terms.iter().enumerate();
        let terms = terms.map(|(column, term)| self.term(name, column, term)).collect::<Option<_>>()?;
        Some(Atom { predicate: PredicateId(position as u32), terms, span: Span::default() })
    }

    fn term(&mut self, predicate: &str, column: usize, term: &Said) -> Option<Term> {
        Some(match &term.kind {
            TermKind::Any => Term::Any,
            TermKind::Variable(name) => Term::Variable(self.variable(name)),
            TermKind::VariableSet(name, relation) => Term::SetOf(self.variable(name), relation.as_str().into()),
            TermKind::Name(name) => Term::Value(Value::Constant(self.policy.schema.constants.get(&**name)?.clone())),
            _ => Term::Value(read_value(self.policy, predicate, column, term)),
        })
    }

    fn variable(&mut self, name: &str) -> VariableId {
        let position = self.variables.iter().position(|known| known == name).unwrap_or_else(|| {
            self.variables.push(name.to_owned());
            self.variables.len() - 1
        });
        VariableId(position as u16)
    }
}
