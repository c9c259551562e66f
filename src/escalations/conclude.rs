//! What follows from a statement whose joins are done: its clauses.

use std::collections::BTreeSet;

use crate::escalations::atoms::Kind;
use crate::escalations::exact::{Binding, bind, compare, known, matches, value};
use crate::escalations::ground::{Clause, Write};
use crate::escalations::grounding::{Grounding, MAX_CLAUSES};
use crate::escalations::report::TooLarge;
use crate::escalations::statements::Statement;
use crate::escalations::symbols::{Rank, Symbol};
use crate::model::value::{ColumnType, Value};
use crate::policy::checked::{Atom, Origin, PredicateId};
use crate::policy::schema::TypeKind;

impl Grounding<'_> {
    /// Adds the clauses of a statement whose joins are done.
    pub(super) fn conclude(&mut self, position: usize, binding: &Binding, premises: &[u32]) -> Result<(), TooLarge> {
        let Some(statement) = self.statements.get(position) else { return Ok(()) };
        let mut bindings = vec![binding.clone()];
        for atom in &statement.beside {
            bindings = self.spread(atom, bindings, &|row| self.may_come(atom, row));
        }
        for atom in &statement.open {
            bindings = self.spread(atom, bindings, &|_| true);
        }
        if let Some((actor, _)) = statement.guard {
            let kinds = self.symbols.subjects.iter().map(|kind| ColumnType::Object(kind.clone()));
            let all: Vec<Symbol> = kinds.flat_map(|kind| self.symbols.domain(&kind).to_vec()).collect();
            let who = |binding: Binding| {
                let slot = usize::from(actor.0);
                match binding.get(slot).copied().flatten() {
                    Some(_) => vec![binding],
                    None => {
                        let with = |symbol: &Symbol| {
                            let mut binding = binding.clone();
                            *binding.get_mut(slot)? = Some(*symbol);
                            Some(binding)
                        };
                        all.iter().filter_map(with).collect()
                    }
                }
            };
            bindings = bindings.into_iter().flat_map(who).filter(|binding| self.is_actor(statement, binding)).collect();
        }
        let (kind, head) = statement.head;
        let mut heads: Vec<(Binding, Vec<Symbol>)> = Vec::new();
        for binding in bindings {
            let known: Vec<Option<Symbol>> =
                head.terms.iter().map(|term| value(term, &binding, &self.symbols)).collect();
            if let (None, Some(row)) = (statement.guard, known.iter().copied().collect::<Option<Vec<_>>>()) {
                heads.push((binding, row));
                continue;
            }
            for row in self.fitting(head.predicate, &known) {
                let mut binding = binding.clone();
                if bind(head, &row, &mut binding, &self.symbols) && self.is_actor(statement, &binding) {
                    heads.push((binding, row));
                }
            }
        }
        let mut drawn = Vec::new();
        for (binding, row) in heads {
            let Some(certain) = self.tests(statement, &binding) else { continue };
            if let Some(predicate) = self.written(statement, kind, head, &row) {
                drawn.push((binding, row, certain && statement.open.is_empty(), predicate));
            }
        }
        for (binding, row, certain, predicate) in drawn {
            self.draw(position, binding, premises, (kind, predicate, row), certain)?;
        }
        Ok(())
    }

    /// Every way in which an atom may stand for a fact.
    fn spread(&self, atom: &Atom, bindings: Vec<Binding>, may: &dyn Fn(&[Symbol]) -> bool) -> Vec<Binding> {
        let is_length =
            self.policy.schema.predicate(atom.predicate).is_some_and(|predicate| predicate.origin == Origin::Length);
        let mut all = Vec::new();
        for binding in bindings {
            let known: Vec<Option<Symbol>> =
                atom.terms.iter().map(|term| value(term, &binding, &self.symbols)).collect();
            let rows = match (is_length, known.as_slice()) {
                (true, [Some(text), Some(count)]) => vec![vec![*text, *count]],
                (true, [Some(text), None]) => {
                    self.symbols.domain(&ColumnType::Integer).iter().map(|count| vec![*text, *count]).collect()
                }
                _ => self.fitting(atom.predicate, &known),
            };
            for row in rows {
                let mut binding = binding.clone();
                if may(&row) && bind(atom, &row, &mut binding, &self.symbols) {
                    all.push(binding);
                }
            }
        }
        all.sort();
        all.dedup();
        all
    }

    /// Whether a fact may be among what one writes: an object that comes is new.
    fn may_come(&self, atom: &Atom, row: &[Symbol]) -> bool {
        let name = self.policy.schema.predicate(atom.predicate).map(|predicate| &predicate.name);
        match (name.and_then(|name| self.policy.schema.type_named(name)), row) {
            (Some(_), [symbol]) => self.symbols.rank(*symbol) == Rank::New,
            _ => !self.exact.is_impossible(atom.predicate, row, &self.symbols),
        }
    }

    /// Whether all tests hold for certain; none if one doesn't.
    fn tests(&self, statement: &Statement<'_>, binding: &Binding) -> Option<bool> {
        let mut certain = true;
        for (operator, left, right) in &statement.comparisons {
            let terms = value(left, binding, &self.symbols).zip(value(right, binding, &self.symbols));
            match terms.and_then(|(left, right)| compare(*operator, left, right, &self.symbols)) {
                Some(true) => {}
                Some(false) => return None,
                None => certain = false,
            }
        }
        for atom in statement.absences.iter().filter(|atom| self.exact.is_exact(atom.predicate)) {
            let known: Vec<Option<Symbol>> = known(atom, binding, &self.symbols);
            if self.exact.stated(atom.predicate).iter().any(|row| matches(&known, row)) {
                return None;
            }
        }
        Some(certain)
    }

    /// The predicate of the fact that a clause speaks of; none if there can be no such fact, or if nothing new is said.
    fn written(&self, statement: &Statement<'_>, kind: Kind, head: &Atom, row: &[Symbol]) -> Option<PredicateId> {
        let schema = &self.policy.schema;
        let declared = schema.predicate(head.predicate)?;
        let of_type = schema.type_named(&declared.name).is_some();
        let predicate = match (of_type, row) {
            // An object comes and goes as one of its own type.
            (true, [symbol]) => schema.predicate_named(&self.symbols.value(*symbol)?.object()?.kind)?,
            _ => head.predicate,
        };
        let is_new = |symbol: &Symbol| self.symbols.rank(*symbol) == Rank::New;
        let is_birth = of_type && kind == Kind::Comes;
        if is_birth && !row.iter().all(is_new) {
            return None;
        }
        let is_written = kind != Kind::Holds || statement.guard.is_some() || declared.origin == Origin::Stored;
        let impossible = is_written && kind != Kind::Goes && self.exact.is_impossible(predicate, row, &self.symbols);
        (!impossible).then_some(predicate)
    }

    fn draw(
        &mut self,
        position: usize,
        binding: Binding,
        premises: &[u32],
        (kind, predicate, row): (Kind, PredicateId, Vec<Symbol>),
        certain: bool,
    ) -> Result<(), TooLarge> {
        let head = self.atom(kind, predicate, &row);
        if premises.contains(&head) || !self.known.insert((position, binding.clone(), head, premises.to_vec())) {
            return Ok(());
        }
        let mut premises = premises.to_vec();
        let Some(statement) = self.statements.get(position) else { return Ok(()) };
        let mut write = None;
        if let Some((actor, guard)) = statement.guard {
            let Some(actor) = binding.get(usize::from(actor.0)).copied().flatten() else { return Ok(()) };
            let beside = statement.beside.iter().filter_map(|atom| {
                let beside: Option<Box<[Symbol]>> = known(atom, &binding, &self.symbols).into_iter().collect();
                beside
                    .map(|beside| (atom.predicate, beside))
                    .filter(|beside| *beside != (predicate, row.as_slice().into()))
            });
            write = Some(Write { guard, actor, beside: beside.collect() });
            // Who asks is there, and so is what a fact mentions, unless the write itself creates it.
            let mentioned = if kind == Kind::Comes { row.as_slice() } else { &[] };
            for symbol in mentioned.iter().chain([&actor]).copied().collect::<BTreeSet<_>>() {
                premises.extend(self.birth(symbol).filter(|birth| {
                    self.atoms.get(*birth).is_some_and(|atom| (atom.predicate, &*atom.row) != (predicate, &row[..]))
                }));
            }
        }
        premises.sort_unstable();
        premises.dedup();
        let clause = self.clauses.len();
        let Some(statement) = self.statements.get(position) else { return Ok(()) };
        for atom in statement.absences.iter().filter(|atom| !self.exact.is_exact(atom.predicate)) {
            self.absences.push((clause, atom.predicate, known(atom, &binding, &self.symbols)));
        }
        self.clauses.push(Clause { head, premises, absences: Vec::new(), certain, write });
        match self.clauses.len() > MAX_CLAUSES {
            true => Err(TooLarge),
            false => Ok(()),
        }
    }

    /// That an object was created, of one that wasn't there before; open types are created by their mention.
    fn birth(&mut self, symbol: Symbol) -> Option<u32> {
        let object = self.symbols.value(symbol).and_then(Value::object)?;
        let kind = self.policy.schema.type_named(&object.kind)?;
        let is_waited_for = self.symbols.rank(symbol) == Rank::New && kind.kind == TypeKind::Closed;
        let predicate = self.policy.schema.predicate_named(&kind.name)?;
        let object = match self.symbols.value(symbol) {
            Some(Value::Set(_, relation)) => self.symbols.object_of(symbol, relation)?,
            _ => symbol,
        };
        is_waited_for.then(|| self.atom(Kind::Holds, predicate, &[object]))
    }
}
