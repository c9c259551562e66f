//! Whole packs through the whole check.

mod corpus;
mod doors;
mod packs;
mod slips;
mod typing;

use crate::language::diagnostic::Diagnostic;
use crate::policy::check::check;
use crate::policy::checked::{Column, InstanceLiteral, InstanceTerm, Origin, Policy, VariantId};
use crate::policy::pack::Pack;

/// Packs that are checked too where `ENTAIL_SHARED` says where they are.
const DRAFTS: [&str; 7] = [
    "marketing.dl",
    "helpdesk.dl",
    "fax_esign.dl",
    "shared_inbox.dl",
    "fga_folders.dl",
    "fga_github.dl",
    "fga_groups.dl",
];

/// The policy of a text, which has no errors.
fn policy(text: &str) -> Policy {
    policy_of("main.dl", &|name| (name == "main.dl").then(|| text.to_owned()))
}

fn policy_of(main: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Policy {
    let (policy, diagnostics) = check(&Pack::read(main, lookup));
    policy.unwrap_or_else(|| panic!("{diagnostics:#?}"))
}

fn codes(diagnostics: &[Diagnostic]) -> Vec<&'static str> {
    diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

fn variant(policy: &Policy, id: VariantId) -> String {
    let variant = &policy.variants[id.0 as usize];
    let columns: Vec<String> = variant
        .columns
        .iter()
        .map(|column| match column {
            Column::Type(kind) => kind.to_string(),
            Column::Permission(name) => format!("={name}"),
            Column::OtherPermission => "other".to_owned(),
        })
        .collect();
    format!("{}<{}>", policy.schema.predicates[variant.predicate.0 as usize].name, columns.join(","))
}

/// Each instance on one line: `can<user,=doc.view,doc>(U,doc.view,D) :- owner<doc,user>(D,U)`.
fn instances(policy: &Policy) -> Vec<String> {
    let line = |instance: &crate::policy::checked::Instance| {
        let names = &policy.rules[instance.rule as usize].variables;
        let term = |term: &InstanceTerm| match term {
            InstanceTerm::Variable(variable) => names[usize::from(variable.0)].to_string(),
            InstanceTerm::Any => "_".to_owned(),
            InstanceTerm::Value(value) => value.to_string(),
        };
        let terms = |terms: &[InstanceTerm]| terms.iter().map(term).collect::<Vec<_>>().join(",");
        let literal = |literal: &InstanceLiteral| match literal {
            InstanceLiteral::Positive { variant: id, terms: of, .. } => {
                format!("{}({})", variant(policy, *id), terms(of))
            }
            InstanceLiteral::Negated { variants, terms: of, .. } => {
                let listed: Vec<String> = variants.iter().map(|id| variant(policy, *id)).collect();
                format!("not {}({})", listed.join("/"), terms(of))
            }
            InstanceLiteral::Comparison { operator, left, right, .. } => {
                format!("{} {operator:?} {}", term(left), term(right))
            }
            InstanceLiteral::OtherPermission(variable) => {
                format!("other({})", names[usize::from(variable.0)])
            }
        };
        let body: Vec<String> = instance.body.iter().map(literal).collect();
        format!("{}({}) :- {}", variant(policy, instance.head), terms(&instance.terms), body.join(", "))
    };
    policy.instances.iter().map(line).collect()
}

#[test]
fn every_pack_is_a_policy_without_a_warning() {
    let shared = std::env::var("ENTAIL_SHARED").map(|shared| shared + "/reference/packs/");
    let drafts = shared.iter().flat_map(|dir| DRAFTS.map(|name| (name, Some(dir))));
    for (main, dir) in [("roles.dl", None), ("sales.dl", None)].into_iter().chain(drafts) {
        let pack = Pack::read(main, &|name| std::fs::read_to_string(format!("{}{name}", dir?)).ok());
        let start = std::time::Instant::now();
        let (policy, diagnostics) = check(&pack);
        let took = start.elapsed();
        assert_eq!(diagnostics, [], "{main}");
        let policy = policy.unwrap();
        let n_derived = policy.variants.iter().filter(|variant| variant.origin == Origin::Derived).count();
        println!(
            "{main}: {} rules, {} variants ({n_derived} derived), {} instances, {} built-in facts, {took:?}",
            policy.rules.len(),
            policy.variants.len(),
            policy.instances.len(),
            policy.built_in.len(),
        );
    }
}

#[test]
fn a_permission_that_a_rule_names_is_a_variant_of_its_own() {
    let policy = policy(
        "open type user, doc. relation owner(doc, user), shared(doc, user, permission).
         can(U, P, D) :- shared(D, U, P).
         can(U, doc.view, D) :- owner(D, U).
         permission doc.view on doc \"View\". permission doc.edit on doc \"Edit\".",
    );
    assert_eq!(
        instances(&policy),
        [
            "can<user,=doc.view,doc>(U,doc.view,D) :- shared<doc,user,permission>(D,U,doc.view)",
            "can<user,other,doc>(U,P,D) :- shared<doc,user,permission>(D,U,P), on<other,doc>(P,D), other(P)",
            "can<user,=doc.view,doc>(U,doc.view,D) :- owner<doc,user>(D,U)",
            "on<=doc.view,doc>(doc.view,X) :- doc<doc>(X)",
            "on<other,doc>(P,X) :- on doc<permission>(P), doc<doc>(X), other(P)",
        ]
    );
}
