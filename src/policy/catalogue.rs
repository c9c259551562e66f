//! `permission` statements → the catalogue.

use std::collections::BTreeSet;

use crate::language::syntax::Kind;
use crate::model::value::{ColumnType, Name};
use crate::policy::checked::Origin;
use crate::policy::columns::known_type;
use crate::policy::report::{Report, error};
use crate::policy::schema::{PERMISSION, Permission, Predicate, Schema, TypeKind};
use crate::policy::statements::Statements;
use crate::policy::suggest::did_you_mean;

/// Enters every permission, each name once: that a name is taken is reported with the constants.
pub(super) fn declare(statements: &Statements<'_>, schema: &mut Schema, report: &mut Report) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut permissions = Vec::new();
    for statement in &statements.permissions {
        let mut on: Vec<Name> = Vec::new();
        for kind in statement.kinds {
            on.extend(types_of(kind, schema, report));
        }
        on.sort();
        on.dedup();
        if !seen.insert(&statement.name.node) {
            continue;
        }
        permissions.push(Permission {
            name: statement.name.node.as_str().into(),
            on,
            words: statement.words.iter().map(|word| word.node.as_str().into()).collect(),
            label: statement.label.node.as_str().into(),
            description: statement.description.map(|description| description.node.as_str().into()),
            categories: statement.categories.clone(),
            span: statement.name.span,
        });
    }
    schema.permissions = permissions;
}

/// The words of permissions must be one-place relations of permissions.
pub(super) fn check_words(statements: &Statements<'_>, schema: &Schema, report: &mut Report) {
    let permissions = vec![vec![ColumnType::Object(PERMISSION.into())]];
    let is_word = |predicate: &&Predicate| {
        predicate.origin == Origin::Stored
            && predicate.declared.contains(&permissions)
            && !predicate.name.contains(' ')
            && *predicate.name != *PERMISSION
    };
    for word in statements.permissions.iter().flat_map(|statement| statement.words) {
        if schema.predicate_named(&word.node).and_then(|id| schema.predicate(id)).filter(is_word).is_none() {
            let known = schema.predicates.iter().filter(is_word).map(|predicate| &*predicate.name);
            let problem = error("unknown-word", word.span, format!("`{}` is no word of permissions", word.node))
                .help(format!("Declare it: `relation {}(permission).`", word.node))
                .maybe_help(did_you_mean(&word.node, known));
            report.add(problem);
        }
    }
}

fn types_of(kind: &Kind, schema: &Schema, report: &mut Report) -> Vec<Name> {
    let (name, is_plain) = match kind {
        Kind::Name(name) => (name, true),
        Kind::Set(name, _) | Kind::Everyone(name) => (name, false),
    };
    let Some(found) = known_type(name, schema, report) else {
        return Vec::new();
    };
    if !is_plain || matches!(found.kind, TypeKind::Enumeration(_)) {
        let message = "a permission is on objects, so on types whose objects are data";
        report.add(error("wrong-kind", name.span, message).help("Name a type whose objects are data."));
        return Vec::new();
    }
    found.concrete.clone()
}
