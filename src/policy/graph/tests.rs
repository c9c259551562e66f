use crate::language::span::{Source, SourceId, Span};
use crate::model::value::{ColumnType, Name};
use crate::policy::checked::{
    Atom, Cases, Column, Deny, Instance, InstanceLiteral, Literal, Origin, Policy, PredicateId, Rule, Variant,
    VariantId,
};
use crate::policy::schema::{Permission, Predicate, Schema, Type, TypeKind};

use super::*;

const TEXT: &str = "\
relation owner(doc, user), parent(doc, doc), blocked(user), spare(user).
category \"Documents\" {
  permission doc.view on doc \"View\".
  permission doc.edit on doc \"Edit\".
  permission doc.share on doc \"Share\".
}
sees(X, U) :- owner(X, U).
sees(X, U) :- parent(X, Y), sees(Y, U).
banned(U)  :- blocked(U), ghost(U).
can(U, doc.view, X) :- sees(X, U).
can(U, P, X)        :- owner(X, U),
                       not banned(U).
ghost(U)   :- ghost(U).
lonely(U)  :- spare(U).
";

/// The line of the text, from 1, and what follows it up to a full stop.
fn line(number: usize) -> Span {
    let start: usize = TEXT.split_inclusive('\n').take(number - 1).map(str::len).sum();
    let length = TEXT[start..].find(".\n").unwrap() + 1;
    let position = |at: usize| u32::try_from(at).unwrap();
    Span { source: SourceId(0), start: position(start), end: position(start + length) }
}

/// A rule's line, its head, and what it reads, with whether by `not`.
type Written = (usize, u32, &'static [(u32, bool)]);

/// The policy of the text, as the checker would hand it on; terms, which the graph doesn't look at, are left out.
fn policy() -> Policy {
    let predicates = [
        ("banned", 1, Origin::Derived, 9),
        ("blocked", 1, Origin::Stored, 1),
        ("can", 3, Origin::Derived, 10),
        ("ghost", 1, Origin::Derived, 13),
        ("lonely", 1, Origin::Derived, 14),
        ("owner", 2, Origin::Stored, 1),
        ("parent", 2, Origin::Stored, 1),
        ("sees", 2, Origin::Derived, 7),
        ("spare", 1, Origin::Stored, 1),
    ];
    let object = |kind: &str| Column::Type(ColumnType::Object(Name::from(kind)));
    let can = |permission| vec![object("user"), permission, object("doc")];
    // Variants 0 to 8 are those of the predicates of the same number; 9 is `can` for the permissions without a rule.
    let mut columns = vec![vec![object("user")]; 9];
    columns[2] = can(Column::Permission(Name::from("doc.view")));
    columns.push(can(Column::OtherPermission));
    let variants = (0..).zip(columns).map(|(number, columns)| {
        let predicate = if number == 9 { 2 } else { number };
        Variant {
            predicate: PredicateId(predicate),
            columns: columns.into(),
            origin: predicates[predicate as usize].2,
            component: 0,
            recursive: false,
        }
    });
    let rules: [(usize, u32, &[u32], &[u32]); 8] = [
        (7, 7, &[5], &[]),
        (8, 7, &[6, 7], &[]),
        (9, 0, &[1, 3], &[]),
        (10, 2, &[7], &[]),
        (11, 2, &[5], &[0]),
        (11, 9, &[5], &[0]),
        (13, 3, &[3], &[]),
        (14, 4, &[8], &[]),
    ];
    let instances = rules.iter().zip([0, 1, 2, 3, 4, 4, 5, 6]).map(|((at, head, reads, negates), rule)| {
        let positive = |variant: &u32| InstanceLiteral::Positive {
            variant: VariantId(*variant),
            terms: Vec::new(),
            sign: None,
            span: line(*at),
        };
        let negated = |variant: &u32| InstanceLiteral::Negated {
            variants: vec![VariantId(*variant)],
            terms: Vec::new(),
            sign: None,
            span: line(*at),
        };
        Instance {
            rule,
            head: VariantId(*head),
            terms: Vec::new(),
            body: reads.iter().map(positive).chain(negates.iter().map(negated)).collect(),
            variables: Vec::new(),
        }
    });
    let atom = |at, predicate| Atom { predicate: PredicateId(predicate), terms: Vec::new(), span: line(at) };
    let written: [Written; 7] = [
        (7, 7, &[(5, false)]),
        (8, 7, &[(6, false), (7, false)]),
        (9, 0, &[(1, false), (3, false)]),
        (10, 2, &[(7, false)]),
        (11, 2, &[(5, false), (0, true)]),
        (13, 3, &[(3, false)]),
        (14, 4, &[(8, false)]),
    ];
    let rule = |(at, head, body): &Written| Rule {
        head: atom(*at, *head),
        body: body
            .iter()
            .map(|(read, negated)| Literal::Atom { negated: *negated, sign: None, atom: atom(*at, *read) })
            .collect(),
        variables: Vec::new(),
        span: line(*at),
    };
    let permission = |(at, name): (usize, &str)| Permission {
        name: Name::from(name),
        on: vec![Name::from("doc")],
        words: Vec::new(),
        label: Name::from("a label"),
        description: None,
        categories: vec![Name::from("Documents")],
        span: line(at),
    };
    Policy {
        sources: vec![Source { name: String::from("docs.dl"), text: String::from(TEXT) }],
        hash: String::new(),
        schema: Schema {
            types: Vec::new(),
            predicates: predicates
                .map(|(name, arity, origin, at)| Predicate {
                    name: Name::from(name),
                    arity,
                    origin,
                    key: None,
                    declared: Vec::new(),
                    span: line(at),
                })
                .into(),
            permissions: [(3, "doc.view"), (4, "doc.edit"), (5, "doc.share")].map(permission).into(),
            ..Schema::default()
        },
        built_in: Vec::new(),
        stated_at: Vec::new(),
        rules: written.iter().map(rule).collect(),
        variants: variants.collect(),
        instances: instances.collect(),
        denies: Vec::new(),
        guards: Vec::new(),
        effects: Vec::new(),
        cases: Cases::default(),
    }
}

#[test]
fn the_words_name_what_permissions_depend_on_what_predicates_read_and_what_is_never_used() {
    assert_eq!(
        text(&policy()),
        "\
Permissions, and the relations that they depend on

  doc.view
      reads blocked, owner, parent
  doc.edit, doc.share
      reads blocked, owner

Derived predicates, and what they read

  banned/1: stratum 1
      reads blocked, ghost
      rules docs.dl:9
  can/3: stratum 2
      reads not banned, owner, sees
      rules docs.dl:10, 11
  ghost/1: stratum 1, recursive
      reads ghost
      rules docs.dl:13
  lonely/1: stratum 1
      reads spare
      rules docs.dl:14
  sees/2: stratum 1, recursive
      reads owner, parent, sees
      rules docs.dl:7, 8

Relations that no question, deny, guard or effect depends on

  docs.dl:1: spare

Rules that can never derive anything

  docs.dl:9: banned(U) :- blocked(U), ghost(U).
  docs.dl:13: ghost(U) :- ghost(U).

Rules that no question, deny, guard or effect depends on

  docs.dl:14: lonely(U) :- spare(U).
"
    );
}

#[test]
fn the_drawing_frames_permissions_by_category_boxes_what_is_stored_and_dashes_what_is_negated() {
    assert_eq!(
        dot(&policy()),
        r#"digraph policy {
  rankdir=LR;
  node [fontname="sans-serif", fontsize=11];
  "predicate banned" [label="banned", shape=ellipse];
  "predicate blocked" [label="blocked", shape=box];
  "predicate ghost" [label="ghost", shape=ellipse, peripheries=2];
  "predicate lonely" [label="lonely", shape=ellipse];
  "predicate owner" [label="owner", shape=box];
  "predicate parent" [label="parent", shape=box];
  "predicate sees" [label="sees", shape=ellipse, peripheries=2];
  "predicate spare" [label="spare", shape=box, color=gray, fontcolor=gray];
  subgraph cluster_0 {
    label="Documents";
    "permission doc.view" [shape=note, label="doc.view"];
    "permission doc.edit" [shape=note, label="doc.edit\ndoc.share"];
  }
  "permission doc.view" -> "predicate banned" [style=dashed];
  "permission doc.view" -> "predicate owner";
  "permission doc.view" -> "predicate sees";
  "permission doc.edit" -> "predicate banned" [style=dashed];
  "permission doc.edit" -> "predicate owner";
  "predicate banned" -> "predicate blocked";
  "predicate banned" -> "predicate ghost";
  "predicate ghost" -> "predicate ghost";
  "predicate lonely" -> "predicate spare";
  "predicate sees" -> "predicate owner";
  "predicate sees" -> "predicate parent";
  "predicate sees" -> "predicate sees";
}
"#
    );
}

#[test]
fn in_a_policy_without_can_everything_counts_as_asked() {
    let mut policy = policy();
    policy.rules[3].head.predicate = PredicateId(7);
    policy.rules[4].head.predicate = PredicateId(7);
    let text = text(&policy);
    assert!(!text.contains("no question"), "{text}");
}

#[test]
fn what_a_deny_reads_is_used_and_a_type_that_others_are_stands_for_them() {
    let mut policy = policy();
    // `lonely` plays a type that `spare` is.
    policy.schema.types.push(Type {
        name: Name::from("lonely"),
        kind: TypeKind::Closed,
        supertypes: Vec::new(),
        concrete: vec![Name::from("spare")],
        span: line(1),
    });
    policy.rules.pop();
    policy.instances.pop();
    assert!(text(&policy).contains("docs.dl:1: spare"));

    let atom = Atom { predicate: PredicateId(4), terms: Vec::new(), span: line(14) };
    policy.denies.push(Deny {
        message: "nobody is lonely".into(),
        body: vec![Literal::Atom { negated: false, sign: None, atom }],
        variables: Vec::new(),
        span: line(14),
    });
    assert!(!text(&policy).contains("docs.dl:1: spare"));
}

#[test]
fn types_stand_apart_from_relations_and_what_the_catalogue_says_is_left_out() {
    let mut policy = policy();
    let of_type = |name: &str, concrete: &str| Type {
        name: Name::from(name),
        kind: TypeKind::Closed,
        supertypes: Vec::new(),
        concrete: vec![Name::from(concrete)],
        span: line(1),
    };
    policy.schema.types.extend([of_type("blocked", "blocked"), of_type("spare", "spare")]);
    policy.schema.predicates[6].name = Name::from("on doc");
    policy.schema.predicates[3].name = Name::from("on");
    let text = text(&policy);
    assert!(text.contains("doc.view, doc.edit, doc.share\n      reads owner\n      tests blocked\n"), "{text}");
    assert!(!text.contains("ghost(U) :- ghost(U)") && !text.contains("on/1"), "{text}");
    assert!(!text.contains("docs.dl:1: spare"), "{text}");
}

#[test]
fn a_permission_outside_all_categories_stands_in_no_frame() {
    let mut policy = policy();
    policy.schema.permissions.truncate(1);
    policy.schema.permissions[0].categories.clear();
    let dot = dot(&policy);
    assert!(!dot.contains("subgraph"), "{dot}");
    assert!(dot.contains("\n  \"permission doc.view\" [shape=note, label=\"doc.view\"];\n"), "{dot}");
}
