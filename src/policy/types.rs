//! The variants of each predicate, as a least fixpoint over the rules.
//!
//! A stored predicate has a variant for each combination of its declared column types. A derived one has those that its
//! rules give it: a rule has an instance for each way in which the variants of its positive literals agree, and each
//! instance's head is a variant.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::value::{ColumnType, Name, Value};
use crate::policy::checked::{Atom, Column, Literal, Origin, Policy, PredicateId, Rule, Term, Variant, VariantId};
use crate::policy::columns::is_mixed;
use crate::policy::context;
use crate::policy::instance::{self, Refused};
use crate::policy::report::{Problem, Report, error};
use crate::policy::schema::{PERMISSION, Permission, Schema};

/// The most variants of a policy.
const MAX_VARIANTS: usize = 65_536;

/// Variants, found by predicate and by columns.
#[derive(Debug, Default)]
pub(super) struct Variants {
    pub(super) list: Vec<Variant>,
    /// By predicate. A type that others are is a name for their variants.
    of: Vec<Vec<VariantId>>,
    by_columns: HashMap<(PredicateId, Box<[Column]>), VariantId>,
    /// The permissions that some rule names: each is a column of its own in derived variants.
    pub(super) named: BTreeSet<Name>,
    /// The types that each permission is on.
    on: HashMap<Name, BTreeSet<Name>>,
    /// The types that some permission is on which no rule names.
    pub(super) with_others: BTreeSet<Name>,
    /// The predicates that may hold objects that aren't alive, because the question brings them.
    pub(super) tainted: BTreeSet<PredicateId>,
    /// How much searching was done so far; see [`search::MAX_WORK`](crate::policy::search::MAX_WORK).
    pub(super) work: Cell<u64>,
}

impl Variants {
    /// Those of a checked policy, to type one more statement.
    pub(super) fn of_policy(policy: &Policy) -> Self {
        let schema = &policy.schema;
        let columns = policy.variants.iter().flat_map(|variant| &variant.columns);
        let named: BTreeSet<Name> = columns
            .filter_map(|column| match column {
                Column::Permission(name) => Some(name.clone()),
                Column::Type(_) | Column::OtherPermission => None,
            })
            .collect();
        let mut variants = Self::named(schema, named, &policy.rules);
        for variant in &policy.variants {
            variants.add(variant.predicate, variant.columns.clone(), variant.origin);
        }
        variants.name_abstract(schema);
        variants
    }

    /// No variants yet; `named` are the permissions that some rule names.
    fn named(schema: &Schema, named: BTreeSet<Name>, rules: &[Rule]) -> Self {
        let others = schema.permissions.iter().filter(|permission| !named.contains(&permission.name));
        let on_of = |entry: &Permission| (entry.name.clone(), entry.on.iter().cloned().collect());
        Self {
            of: vec![Vec::new(); schema.predicates.len()],
            with_others: others.flat_map(|permission| &permission.on).cloned().collect(),
            named,
            on: schema.permissions.iter().map(on_of).collect(),
            tainted: context::dependent(schema, rules, &|literal| {
                matches!(literal, Literal::Atom { negated: false, .. })
            }),
            ..Self::default()
        }
    }

    /// A variant. `None` only for an id of another policy.
    pub(super) fn get(&self, id: VariantId) -> Option<&Variant> {
        self.list.get(id.0 as usize)
    }

    /// The variants that a literal over this predicate can mean.
    pub(super) fn of(&self, predicate: PredicateId) -> &[VariantId] {
        self.of.get(predicate.0 as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// The variant of a predicate with these columns.
    pub(super) fn find(&self, predicate: PredicateId, columns: &[Column]) -> Option<VariantId> {
        self.by_columns.get(&(predicate, columns.into())).copied()
    }

    /// Whether a permission is named by some rule.
    pub(super) fn is_named(&self, permission: &Name) -> bool {
        self.named.contains(permission)
    }

    /// Whether a permission is on a type.
    pub(super) fn is_on(&self, permission: &str, kind: &str) -> bool {
        self.on.get(permission).is_some_and(|kinds| kinds.contains(kind))
    }

    /// Adds a variant; whether it is new.
    fn add(&mut self, predicate: PredicateId, columns: Box<[Column]>, origin: Origin) -> bool {
        let id = VariantId(self.list.len() as u32);
        if self.by_columns.contains_key(&(predicate, columns.clone())) {
            return false;
        }
        self.by_columns.insert((predicate, columns.clone()), id);
        self.list.push(Variant { predicate, columns, origin, component: 0, recursive: false });
        if let Some(of) = self.of.get_mut(predicate.0 as usize) {
            of.push(id);
        }
        true
    }

    /// Sorts the derived variants behind the others, by name and columns.
    fn sort(&mut self) {
        let mut list = std::mem::take(&mut self.list);
        list.sort_by(|a, b| {
            let is_derived = |variant: &Variant| variant.origin == Origin::Derived;
            (is_derived(a), a.predicate, &a.columns).cmp(&(is_derived(b), b.predicate, &b.columns))
        });
        self.by_columns.clear();
        self.of.iter_mut().for_each(Vec::clear);
        for variant in list {
            self.add(variant.predicate, variant.columns, variant.origin);
        }
    }

    /// Lets a literal over a type that others are mean the variants of those.
    fn name_abstract(&mut self, schema: &Schema) {
        for entry in schema.types.iter().filter(|entry| entry.is_abstract()) {
            let Some(predicate) = schema.predicate_named(&entry.name) else {
                continue;
            };
            let concrete = entry.concrete.iter().filter_map(|name| schema.predicate_named(name));
            let variants = concrete.flat_map(|concrete| self.of(concrete).to_vec()).collect();
            if let Some(of) = self.of.get_mut(predicate.0 as usize) {
                *of = variants;
            }
        }
    }
}

/// Finds every variant.
///
/// Rules without an instance add nothing and are not reported here.
pub(super) fn infer(schema: &Schema, rules: &[Rule], report: &mut Report) -> Variants {
    let mut variants = Variants::named(schema, named_permissions(rules), rules);
    for (id, predicate) in schema.predicates.iter().enumerate() {
        let is_abstract = schema.type_named(&predicate.name).is_some_and(|entry| entry.is_abstract());
        if predicate.origin == Origin::Derived || is_abstract {
            continue;
        }
        for declared in &predicate.declared {
            for columns in product(declared) {
                variants.add(PredicateId(id as u32), columns.into_iter().map(Column::Type).collect(), predicate.origin);
                if variants.list.len() > MAX_VARIANTS {
                    report.add(too_many(predicate.span));
                    return variants;
                }
            }
        }
    }
    variants.name_abstract(schema);

    // Each rule once, and again when a predicate that its body holds has grown.
    let mut readers: HashMap<PredicateId, Vec<usize>> = HashMap::new();
    for (idx, rule) in rules.iter().enumerate() {
        positive(&rule.body).for_each(|atom| readers.entry(atom.predicate).or_default().push(idx));
    }
    let mut waiting: BTreeSet<usize> = (0..rules.len()).collect();
    let mut capped: BTreeSet<usize> = BTreeSet::new();
    while let Some(idx) = waiting.pop_first() {
        let Some(rule) = rules.get(idx).filter(|_| !capped.contains(&idx)) else {
            continue;
        };
        let mut has_grown = false;
        match instance::head_columns(rule, schema, &variants) {
            Ok(heads) => {
                for columns in heads {
                    has_grown |= variants.add(rule.head.predicate, columns, Origin::Derived);
                }
            }
            Err(Refused::TooMany) => {
                capped.insert(idx);
                report.add(instance::too_many(rule.span));
            }
        }
        if variants.list.len() > MAX_VARIANTS {
            report.add(too_many(rule.span));
            return variants;
        }
        if has_grown {
            waiting.extend(readers.get(&rule.head.predicate).into_iter().flatten());
        }
    }
    variants.sort();
    variants.name_abstract(schema);
    variants
}

/// Refuses derived columns in which a text or a time stands beside something else that is written as a string.
pub(super) fn refuse_mixed(schema: &Schema, rules: &[Rule], variants: &Variants, report: &mut Report) {
    let mut mixed: BTreeMap<PredicateId, Problem> = BTreeMap::new();
    for rule in rules {
        let id = rule.head.predicate;
        let Some(predicate) = schema.predicate(id).filter(|_| !mixed.contains_key(&id)) else {
            continue;
        };
        for column in 0..predicate.arity {
            let columns = variants.of(id).iter().filter_map(|id| variants.get(*id)?.columns.get(column));
            let kinds: BTreeSet<ColumnType> = columns.map(plain).filter(|kind| *kind != ColumnType::Integer).collect();
            let kinds: Vec<ColumnType> = kinds.into_iter().collect();
            if is_mixed(&kinds) {
                let listed: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
                let (name, listed) = (&predicate.name, listed.join(" and "));
                let message = format!(
                    "the rules of `{name}` put {listed} into column {}: written, they look the same",
                    column + 1
                );
                let problem = error("mixed-column", rule.head.span, message).help("Make two predicates of it.");
                mixed.insert(id, problem);
                break;
            }
        }
    }
    // What takes its values from a mixed predicate is mixed on its account.
    let takes = |id: PredicateId| {
        let bodies = rules.iter().filter(|rule| rule.head.predicate == id);
        bodies
            .flat_map(|rule| positive(&rule.body))
            .any(|atom| atom.predicate != id && mixed.contains_key(&atom.predicate))
    };
    let roots: BTreeSet<PredicateId> = mixed.keys().copied().filter(|id| !takes(*id)).collect();
    for (id, problem) in mixed {
        if roots.is_empty() || roots.contains(&id) {
            report.add(problem);
        }
    }
}

/// The type of a column, all permissions together.
pub(super) fn plain(column: &Column) -> ColumnType {
    match column {
        Column::Type(kind) => kind.clone(),
        Column::Permission(_) | Column::OtherPermission => ColumnType::Object(PERMISSION.into()),
    }
}

fn too_many(span: crate::language::span::Span) -> Problem {
    error("too-many-variants", span, format!("this policy has more than {MAX_VARIANTS} combinations of column types"))
        .help("Let fewer types stand in one column, or give relations fewer columns.")
}

/// The positive atoms of a body.
pub(super) fn positive(body: &[Literal]) -> impl Iterator<Item = &Atom> {
    body.iter().filter_map(|literal| match literal {
        Literal::Atom { negated: false, atom, .. } => Some(atom),
        _ => None,
    })
}

/// All combinations of one alternative a column.
fn product(declared: &[Vec<ColumnType>]) -> Vec<Vec<ColumnType>> {
    let mut rows: Vec<Vec<ColumnType>> = vec![Vec::new()];
    for kinds in declared {
        if rows.len() * kinds.len() > MAX_VARIANTS + 1 {
            rows.truncate(MAX_VARIANTS / kinds.len().max(1) + 1);
        }
        rows = rows
            .iter()
            .flat_map(|row| kinds.iter().map(|kind| [row.as_slice(), std::slice::from_ref(kind)].concat()))
            .collect();
    }
    rows
}

/// The permissions that stand as constants in the rules.
fn named_permissions(rules: &[Rule]) -> BTreeSet<Name> {
    let mut named = BTreeSet::new();
    let mut note = |term: &Term| {
        if let Term::Value(Value::Constant(constant)) = term
            && *constant.kind == *PERMISSION
        {
            named.insert(constant.id.clone());
        }
    };
    for rule in rules {
        rule.head.terms.iter().for_each(&mut note);
        for literal in &rule.body {
            match literal {
                Literal::Atom { atom, .. } => atom.terms.iter().for_each(&mut note),
                Literal::Comparison { left, right, .. } => [left, right].into_iter().for_each(&mut note),
            }
        }
    }
    named
}
