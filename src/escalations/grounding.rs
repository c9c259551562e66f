//! Grounding: every way in which a rule, a guard or an effect may be used with symbols, found bottom up.

use std::collections::{BTreeSet, HashMap, HashSet};

use foldhash::fast::FixedState;

use crate::escalations::atoms::{Atoms, GroundAtom, Kind};
use crate::escalations::exact::{Binding, Exact, bind, matches, value};
use crate::escalations::ground::{Clause, Ground};
use crate::escalations::program::closure;
use crate::escalations::report::TooLarge;
use crate::escalations::statements::{Statement, relevant, statements};
use crate::escalations::symbols::{Rank, Symbol, Symbols};
use crate::language::syntax::Sign;
use crate::model::value::{Name, Value};
use crate::policy::checked::{Literal, Origin, Policy, PredicateId};
use crate::policy::schema::TypeKind;

/// The most clauses of a policy; about 200 bytes each.
pub(super) const MAX_CLAUSES: usize = 3_000_000;

/// A pattern that no fact may match, of a clause.
pub(super) type Absence = (usize, PredicateId, Vec<Option<Symbol>>);

/// A policy while it is grounded.
pub(super) struct Grounding<'p> {
    pub(super) policy: &'p Policy,
    pub(super) symbols: Symbols,
    pub(super) exact: Exact<'p>,
    pub(super) statements: Vec<Statement<'p>>,
    /// Which statements join with such atoms, and at which join.
    pub(super) readers: HashMap<(Kind, PredicateId), Vec<(usize, usize)>>,
    pub(super) atoms: Atoms,
    pub(super) clauses: Vec<Clause>,
    pub(super) absences: Vec<Absence>,
    pub(super) known: HashSet<(usize, Binding, u32, Vec<u32>), FixedState>,
    pub(super) waiting: Vec<u32>,
    /// Of relations of which effects read what goes.
    pub(super) going: BTreeSet<PredicateId>,
}

/// Grounds a policy, of permissions only the `permissions`.
///
/// # Errors
/// [`TooLarge`] if there are too many ways.
pub(super) fn ground(policy: &Policy, permissions: &BTreeSet<Name>) -> Result<Ground, TooLarge> {
    let symbols = Symbols::of(policy, permissions);
    let exact = Exact::of(policy, &symbols);
    let statements = statements(policy);
    let mut readers: HashMap<_, Vec<_>> = HashMap::new();
    for (position, statement) in statements.iter().enumerate() {
        for (join, (kind, atom)) in statement.joins.iter().enumerate() {
            readers.entry((*kind, atom.predicate)).or_default().push((position, join));
        }
    }
    let effects = policy.effects.iter().flat_map(|effect| &effect.body);
    let going = effects.filter_map(|literal| match literal {
        Literal::Atom { sign: Some(Sign::Minus), atom, .. } => Some(atom.predicate),
        _ => None,
    });
    let going = going.collect();
    let mut grounding = Grounding {
        policy,
        symbols,
        exact,
        statements,
        readers,
        atoms: Atoms::default(),
        clauses: Vec::new(),
        absences: Vec::new(),
        known: HashSet::default(),
        waiting: Vec::new(),
        going,
    };
    let (stated, possible) = grounding.begin()?;
    for position in 0..grounding.statements.len() {
        if grounding.statements.get(position).is_some_and(|statement| statement.joins.is_empty()) {
            grounding.join(position, None, 0)?;
        }
    }
    while let Some(number) = grounding.waiting.pop() {
        grounding.atoms.open(number);
        grounding.complete(number);
        let Some(atom) = grounding.atoms.get(number) else { continue };
        let readers = grounding.readers.get(&(atom.kind, atom.predicate)).cloned().unwrap_or_default();
        for (statement, join) in readers {
            grounding.join(statement, Some(join), number)?;
        }
    }
    Ok(grounding.finish(stated, possible))
}

impl Grounding<'_> {
    /// Enters the facts to begin with: those that hold whatever else does, and those that may.
    fn begin(&mut self) -> Result<(Vec<u32>, Vec<u32>), TooLarge> {
        let (mut stated, mut possible) = (Vec::new(), Vec::new());
        for predicate in relevant(self.policy) {
            let Some(declared) = self.policy.schema.predicate(predicate) else { continue };
            if declared.origin != Origin::Stored {
                continue;
            }
            if self.policy.schema.type_named(&declared.name).is_some() {
                for row in self.rows(predicate) {
                    if row.iter().all(|symbol| self.symbols.rank(*symbol) != Rank::New) {
                        stated.push(self.atom(Kind::Holds, predicate, &row));
                    }
                }
                continue;
            }
            for row in self.exact.stated(predicate).to_vec() {
                stated.push(self.atom(Kind::Holds, predicate, &row));
            }
            if self.exact.is_exact(predicate) {
                continue;
            }
            for row in self.rows(predicate) {
                let has = |rank: Rank| row.iter().any(|symbol| self.symbols.rank(*symbol) == rank);
                let about_others = has(Rank::Me) && has(Rank::Other);
                let may_hold = self.exact.may_hold(predicate, &row, &self.symbols);
                if !has(Rank::New)
                    && !about_others
                    && may_hold
                    && !self.exact.is_impossible(predicate, &row, &self.symbols)
                {
                    possible.push(self.atom(Kind::Holds, predicate, &row));
                }
            }
            if possible.len() > MAX_CLAUSES {
                return Err(TooLarge);
            }
        }
        Ok((stated, possible))
    }

    /// Every row that fits a declaration of a stored predicate.
    fn rows(&self, predicate: PredicateId) -> Vec<Vec<Symbol>> {
        let arity = self.policy.schema.predicate(predicate).map_or(0, |predicate| predicate.arity);
        self.fitting(predicate, &vec![None; arity])
    }

    /// The rows that fit a declaration of a stored or context predicate, with these values where they are known.
    pub(super) fn fitting(&self, predicate: PredicateId, known: &[Option<Symbol>]) -> Vec<Vec<Symbol>> {
        let Some(predicate) = self.policy.schema.predicate(predicate) else { return Vec::new() };
        let mut all = Vec::new();
        for columns in &predicate.declared {
            let mut rows: Vec<Vec<Symbol>> = vec![Vec::new()];
            for (kinds, known) in columns.iter().zip(known) {
                let domain = kinds.iter().flat_map(|kind| self.symbols.domain(kind));
                let fits = |symbol: &&Symbol| known.is_none_or(|known| known == **symbol);
                let values: Vec<Symbol> = domain.filter(fits).copied().collect();
                let extend = |row: &Vec<Symbol>| {
                    values.iter().map(|value| [row.as_slice(), &[*value]].concat()).collect::<Vec<_>>()
                };
                rows = rows.iter().flat_map(extend).collect();
            }
            all.extend(rows);
        }
        all
    }

    /// The number of an atom; a new one waits to be joined.
    pub(super) fn atom(&mut self, kind: Kind, predicate: PredicateId, row: &[Symbol]) -> u32 {
        let (number, is_new) = self.atoms.number(GroundAtom { kind, predicate, row: row.into() });
        if is_new {
            self.waiting.push(number);
        }
        number
    }

    /// Adds what a write brings with it: its fact, the objects of open types that it mentions, what a deletion takes.
    fn complete(&mut self, number: u32) {
        let Some(GroundAtom { kind, predicate, row }) = self.atoms.get(number).cloned() else { return };
        let follow = |grounding: &mut Self, kind, predicate, row: &[Symbol]| {
            let head = grounding.atom(kind, predicate, row);
            if head != number {
                grounding.clauses.push(Clause {
                    head,
                    premises: vec![number],
                    absences: Vec::new(),
                    certain: true,
                    write: None,
                });
            }
        };
        let schema = &self.policy.schema;
        if kind == Kind::Comes {
            follow(self, Kind::Holds, predicate, &row);
            for symbol in
                row.iter().filter(|symbol| self.symbols.rank(**symbol) == Rank::New).copied().collect::<Vec<_>>()
            {
                let object = self.symbols.value(symbol).and_then(Value::object);
                let kind = object.and_then(|object| schema.type_named(&object.kind));
                let Some(of) = kind.filter(|kind| kind.kind == TypeKind::Open) else { continue };
                let object = match self.symbols.value(symbol) {
                    Some(Value::Set(_, relation)) => self.symbols.object_of(symbol, relation),
                    _ => Some(symbol),
                };
                if let Some((predicate, object)) = schema.predicate_named(&of.name).zip(object) {
                    follow(self, Kind::Comes, predicate, &[object]);
                }
            }
        }
        // A type that others are has their objects.
        if let (Some(declared), [symbol]) = (schema.predicate(predicate), &*row)
            && schema.type_named(&declared.name).is_some_and(|kind| !kind.is_abstract())
        {
            let above = schema.types.iter().filter(|kind| kind.is_abstract() && kind.concrete.contains(&declared.name));
            let above: Vec<PredicateId> = above.filter_map(|kind| schema.predicate_named(&kind.name)).collect();
            for predicate in above {
                follow(self, kind, predicate, &[*symbol]);
            }
            if kind == Kind::Goes {
                // The facts that mention it go with it.
                for predicate in self.going.clone() {
                    for row in self.rows(predicate).into_iter().filter(|row| row.contains(symbol)) {
                        follow(self, Kind::Goes, predicate, &row);
                    }
                }
            }
        }
        // A new value of a key takes the old.
        if kind == Kind::Comes
            && self.going.contains(&predicate)
            && let Some(key) = schema.predicate(predicate).and_then(|predicate| predicate.key)
        {
            let known: Vec<Option<Symbol>> = row
                .iter()
                .enumerate()
                .map(|(column, symbol)| (column != usize::from(key)).then_some(*symbol))
                .collect();
            for row in self.fitting(predicate, &known) {
                follow(self, Kind::Goes, predicate, &row);
            }
        }
    }

    /// Adds the clauses of a statement in which one join, if it has some, is this atom.
    fn join(&mut self, position: usize, join: Option<usize>, number: u32) -> Result<(), TooLarge> {
        let Some(statement) = self.statements.get(position) else { return Ok(()) };
        let mut premises = vec![0; statement.joins.len()];
        let mut binding: Binding = vec![None; statement.n_variables];
        let mut waiting: Vec<usize> = (0..statement.joins.len()).filter(|other| Some(*other) != join).collect();
        let mut found = Vec::new();
        if let Some(join) = join {
            let Some((atom, (_, literal))) = self.atoms.get(number).zip(statement.joins.get(join)) else {
                return Ok(());
            };
            if !bind(literal, &atom.row, &mut binding, &self.symbols) || !self.is_actor(statement, &binding) {
                return Ok(());
            }
            if let Some(slot) = premises.get_mut(join) {
                *slot = number;
            }
        }
        self.descend(statement, &mut waiting, &binding, &mut premises, &mut found);
        for (binding, premises) in found {
            self.conclude(position, &binding, &premises)?;
        }
        Ok(())
    }

    /// Joins what waits, the literal of which there are the fewest atoms first. As deep as a body has literals.
    fn descend(
        &self,
        statement: &Statement<'_>,
        waiting: &mut Vec<usize>,
        binding: &Binding,
        premises: &mut Vec<u32>,
        found: &mut Vec<(Binding, Vec<u32>)>,
    ) {
        let candidates = |join: &usize| {
            let (kind, atom) = statement.joins.get(*join)?;
            let known: Vec<Option<Symbol>> =
                atom.terms.iter().map(|term| value(term, binding, &self.symbols)).collect();
            Some((atom, self.atoms.candidates(*kind, atom.predicate, &known)))
        };
        let best = waiting.iter().enumerate().filter_map(|(at, join)| Some((at, *join, candidates(join)?)));
        let Some((at, join, (atom, numbers))) = best.min_by_key(|(_, _, (_, numbers))| numbers.len()) else {
            found.push((binding.clone(), premises.clone()));
            return;
        };
        waiting.remove(at);
        for number in numbers {
            let Some(candidate) = self.atoms.get(*number) else { continue };
            let mut binding = binding.clone();
            if bind(atom, &candidate.row, &mut binding, &self.symbols) && self.is_actor(statement, &binding) {
                if let Some(slot) = premises.get_mut(join) {
                    *slot = *number;
                }
                self.descend(statement, waiting, &binding, premises, found);
            }
        }
        waiting.insert(at, join);
    }

    /// Whether whoever asks is the subject or was created, as far as that is known.
    pub(super) fn is_actor(&self, statement: &Statement<'_>, binding: &Binding) -> bool {
        let actor = statement.guard.and_then(|(actor, _)| binding.get(usize::from(actor.0)).copied().flatten());
        actor.is_none_or(|actor| {
            let object = self.symbols.value(actor).and_then(Value::object);
            matches!(self.symbols.rank(actor), Rank::Me | Rank::New)
                && object.is_some_and(|object| self.symbols.subjects.contains(&object.kind))
        })
    }

    /// What is given, and the clauses without it.
    fn finish(self, stated: Vec<u32>, possible: Vec<u32>) -> Ground {
        let Self { policy, symbols, atoms, mut clauses, absences, .. } = self;
        for (clause, predicate, known) in absences {
            let matching = atoms.candidates(Kind::Holds, predicate, &known);
            let is_it = |number: &&u32| atoms.get(**number).is_some_and(|atom| matches(&known, &atom.row));
            if let Some(clause) = clauses.get_mut(clause) {
                clause.absences.extend(matching.iter().filter(is_it));
            }
        }
        let given = closure(
            clauses.iter().filter(|clause| clause.certain && clause.write.is_none() && clause.absences.is_empty()),
            &stated,
        );
        clauses.retain_mut(|clause| {
            clause.premises.retain(|premise| !given.contains(premise));
            !given.contains(&clause.head) && !clause.absences.iter().any(|absence| given.contains(absence))
        });
        let possible = possible.into_iter().filter(|number| !given.contains(number)).collect();
        let is_stored = |predicate: PredicateId| {
            policy.schema.predicate(predicate).is_some_and(|predicate| predicate.origin == Origin::Stored)
        };
        let stored = (0..)
            .zip(atoms.all())
            .filter(|(_, atom)| atom.kind == Kind::Holds && is_stored(atom.predicate))
            .map(|(number, _)| number)
            .collect();
        Ground { symbols, atoms, clauses, given, possible, stored }
    }
}
