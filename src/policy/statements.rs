//! The statements of a pack, all files together, sorted by what they say.

use crate::language::span::Span;
use crate::language::syntax::{Atom, Ident, Kind, Literal, Signature, Spanned, Statement, StatementKind};
use crate::language::syntax::{File, GuardedChange};
use crate::model::value::Name;
use crate::policy::checked::Origin;

/// Everything that the files of a pack say, in the order of the texts.
#[derive(Debug, Default)]
pub(super) struct Statements<'a> {
    pub(super) types: Vec<TypeStatement<'a>>,
    pub(super) enumerations: Vec<(&'a Ident, &'a [Ident])>,
    pub(super) relations: Vec<(&'a Signature, Origin)>,
    pub(super) permissions: Vec<PermissionStatement<'a>>,
    pub(super) rules: Vec<RuleStatement<'a>>,
    pub(super) effects: Vec<RuleStatement<'a>>,
    pub(super) denies: Vec<DenyStatement<'a>>,
    pub(super) guards: Vec<GuardStatement<'a>>,
}

/// One name of a `type` statement.
#[derive(Debug)]
pub(super) struct TypeStatement<'a> {
    pub(super) name: &'a Ident,
    pub(super) open: bool,
    pub(super) supertypes: &'a [Ident],
}

/// A permission and the categories around it.
#[derive(Debug)]
pub(super) struct PermissionStatement<'a> {
    pub(super) name: &'a Ident,
    pub(super) kinds: &'a [Kind],
    pub(super) words: &'a [Ident],
    pub(super) label: &'a Spanned<String>,
    pub(super) description: Option<&'a Spanned<String>>,
    /// Outermost first.
    pub(super) categories: Vec<Name>,
}

/// A rule, a fact or an effect.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleStatement<'a> {
    pub(super) head: &'a Atom,
    pub(super) body: &'a [Literal],
    pub(super) span: Span,
}

/// A `deny`.
#[derive(Clone, Copy, Debug)]
pub(super) struct DenyStatement<'a> {
    pub(super) message: &'a str,
    pub(super) body: &'a [Literal],
    pub(super) span: Span,
}

/// A `guard`.
#[derive(Clone, Copy, Debug)]
pub(super) struct GuardStatement<'a> {
    pub(super) changes: &'a [GuardedChange],
    pub(super) actor: &'a Ident,
    pub(super) body: &'a [Literal],
    pub(super) span: Span,
}

impl<'a> Statements<'a> {
    /// Sorts the statements of all files. Tests and writes are left out: they don't belong to a policy.
    pub(super) fn collect(files: impl IntoIterator<Item = &'a File>) -> Self {
        let mut statements = Self::default();
        for file in files {
            statements.collect_from(&file.statements, &mut Vec::new());
        }
        statements
    }

    /// The nesting of categories is capped by the parser.
    fn collect_from(&mut self, statements: &'a [Statement], categories: &mut Vec<Name>) {
        for statement in statements {
            let span = statement.span;
            match &statement.kind {
                StatementKind::Include(_) | StatementKind::Test { .. } | StatementKind::Write(_) => {}
                StatementKind::Types { open, names, supertypes } => {
                    self.types.extend(names.iter().map(|name| TypeStatement { name, open: *open, supertypes }));
                }
                StatementKind::Enumeration { name, constants } => self.enumerations.push((name, constants)),
                StatementKind::Relations(signatures) => {
                    self.relations.extend(signatures.iter().map(|signature| (signature, Origin::Stored)));
                }
                StatementKind::Contexts(signatures) => {
                    self.relations.extend(signatures.iter().map(|signature| (signature, Origin::Context)));
                }
                StatementKind::Category { title, statements, .. } => {
                    categories.push(title.node.as_str().into());
                    self.collect_from(statements, categories);
                    categories.pop();
                }
                StatementKind::Permission { name, kinds, words, label, description } => {
                    self.permissions.push(PermissionStatement {
                        name,
                        kinds,
                        words,
                        label,
                        description: description.as_ref(),
                        categories: categories.clone(),
                    });
                }
                StatementKind::Rule { head, body } => self.rules.push(RuleStatement { head, body, span }),
                StatementKind::Effect { head, body } => self.effects.push(RuleStatement { head, body, span }),
                StatementKind::Deny { message, body } => {
                    self.denies.push(DenyStatement { message: &message.node, body, span });
                }
                StatementKind::Guard { changes, actor, body } => {
                    self.guards.push(GuardStatement { changes, actor, body, span });
                }
            }
        }
    }
}
