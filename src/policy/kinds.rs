//! `type` statements → the types, and which of them are which.

use std::collections::{BTreeMap, BTreeSet};

use crate::language::span::Span;
use crate::language::syntax::Ident;
use crate::model::value::Name;
use crate::policy::declare::is_reserved;
use crate::policy::report::{Report, error};
use crate::policy::schema::{PERMISSION, Type, TypeKind};
use crate::policy::statements::Statements;
use crate::policy::suggest::did_you_mean;

/// Every type, `permission` among them, in the order of their names.
pub(super) fn types(statements: &Statements<'_>, report: &mut Report) -> Vec<Type> {
    let mut found: BTreeMap<Name, (Type, &[Ident])> = BTreeMap::new();
    let mut constants: Vec<Name> = Vec::new();
    let plain = statements.types.iter().map(|statement| {
        let kind = if statement.open { TypeKind::Open } else { TypeKind::Closed };
        (statement.name, kind, statement.supertypes)
    });
    let fixed = statements.enumerations.iter().map(|(name, constants)| {
        let constants = constants.iter().map(|constant| constant.node.as_str().into()).collect();
        (*name, TypeKind::Enumeration(constants), &[] as &[Ident])
    });
    for (name, kind, supertypes) in plain.chain(fixed) {
        if matches!(name.node.as_str(), "text" | "integer" | "time" | PERMISSION) {
            report.add(is_reserved(&name.node, name.span));
        } else if let Some((earlier, _)) = found.get(name.node.as_str()) {
            let message = format!("the type `{}` is declared twice", name.node);
            let problem =
                error("conflicting-declaration", name.span, message).related(earlier.span, "declared here first");
            report.add(problem.help("Take one declaration away; one statement names all that a type is."));
        } else {
            let name_of: Name = name.node.as_str().into();
            let entry =
                Type { name: name_of.clone(), kind, supertypes: Vec::new(), concrete: Vec::new(), span: name.span };
            found.insert(name_of, (entry, supertypes));
        }
    }
    constants.extend(statements.permissions.iter().map(|statement| Name::from(statement.name.node.as_str())));
    let permission: Name = PERMISSION.into();
    let entry = Type {
        name: permission.clone(),
        kind: TypeKind::Enumeration(constants),
        supertypes: Vec::new(),
        concrete: Vec::new(),
        span: Span::default(),
    };
    found.insert(permission, (entry, &[]));

    let directly: BTreeMap<Name, Vec<Name>> =
        found.iter().map(|(name, (_, supertypes))| (name.clone(), supertypes_of(supertypes, &found, report))).collect();
    let above = supertypes_above(&directly, &found, report);
    let mut below: BTreeMap<&Name, Vec<Name>> = BTreeMap::new();
    for (name, supertypes) in &above {
        for supertype in supertypes {
            below.entry(supertype).or_default().push(name.clone());
        }
    }
    found
        .iter()
        .map(|(name, (entry, _))| {
            let is_concrete = |name: &Name| !below.contains_key(name);
            let mut concrete: Vec<Name> = below.get(name).cloned().unwrap_or_default();
            concrete.retain(is_concrete);
            if is_concrete(name) {
                concrete.push(name.clone());
            }
            concrete.sort();
            let supertypes = directly.get(name).cloned().unwrap_or_default();
            Type { supertypes, concrete, ..entry.clone() }
        })
        .collect()
}

/// The supertypes that one type names, those that exist.
fn supertypes_of(names: &[Ident], found: &BTreeMap<Name, (Type, &[Ident])>, report: &mut Report) -> Vec<Name> {
    let mut supertypes = Vec::new();
    for name in names {
        match found.get_key_value(name.node.as_str()) {
            Some((supertype, (entry, _))) if !matches!(entry.kind, TypeKind::Enumeration(_)) => {
                supertypes.push(supertype.clone());
            }
            Some(_) => {
                let message = format!("nothing can be `{}`: its constants are fixed", name.node);
                report.add(error("wrong-kind", name.span, message).help("Name a type whose objects are data."));
            }
            None if matches!(name.node.as_str(), "text" | "integer" | "time") => {
                let message = format!("nothing can be `{}`: it has no objects", name.node);
                report.add(error("wrong-kind", name.span, message).help("Name a type whose objects are data."));
            }
            None => {
                let problem = error("unknown-type", name.span, format!("there is no type `{}`", name.node))
                    .help(format!("Declare it: `type {}.`", name.node))
                    .maybe_help(did_you_mean(&name.node, found.keys().map(|known| &**known)));
                report.add(problem);
            }
        }
    }
    supertypes.sort();
    supertypes.dedup();
    supertypes
}

/// For each type all that it is, directly or through others. A type that would be itself is reported and is not.
fn supertypes_above(
    directly: &BTreeMap<Name, Vec<Name>>,
    found: &BTreeMap<Name, (Type, &[Ident])>,
    report: &mut Report,
) -> BTreeMap<Name, BTreeSet<Name>> {
    let mut told: BTreeSet<Name> = BTreeSet::new();
    let mut above = BTreeMap::new();
    for start in directly.keys() {
        let mut reached: BTreeSet<Name> = BTreeSet::new();
        let mut waiting = vec![start];
        while let Some(name) = waiting.pop() {
            for supertype in directly.get(name).into_iter().flatten() {
                if reached.insert(supertype.clone()) {
                    waiting.push(supertype);
                }
            }
        }
        if reached.remove(start) && told.is_disjoint(&reached) && told.insert(start.clone()) {
            let span = found.get(start).map(|(entry, _)| entry.span).unwrap_or_default();
            let message = format!("`{start}` would be itself: what it is leads back to it");
            report.add(error("type-cycle", span, message).help("Take one `is` of the circle away."));
        }
        above.insert(start.clone(), reached);
    }
    above
}
