//! What rules mean on types: variants, instances, and what is decided when they are made.

use std::collections::BTreeMap;

use super::{instances, policy, policy_of};
use crate::language::syntax::Sign;
use crate::model::value::{ColumnType, Value};
use crate::policy::checked::{Column, InstanceLiteral, InstanceTerm, Literal, Origin, Policy, Term, VariantId};

#[test]
fn sets_and_everyone_are_values_and_a_set_of_a_variable_opens_one() {
    let policy = policy(
        "open type user, group, document.
         relation member(group, user | group#member), viewer(document, user:* | group#member).
         in(G, S) :- member(G, S).
         in(G, S) :- member(G, H#member), in(H, S).
         in(G, G#member) :- group(G).
         can(U, document.view, D) :- viewer(D, user:*), user(U).
         can(S, document.view, D) :- viewer(D, G#member), in(G, S).
         permission document.view on document \"View\".",
    );
    assert_eq!(
        instances(&policy),
        [
            "in<group,user>(G,S) :- member<group,user>(G,S)",
            "in<group,group#member>(G,S) :- member<group,group#member>(G,S)",
            "in<group,user>(G,S) :- member<group,group#member>(G,H), in<group,user>(H,S)",
            "in<group,group#member>(G,S) :- member<group,group#member>(G,H), in<group,group#member>(H,S)",
            "in<group,group#member>(G,G) :- group<group>(G)",
            "can<user,=document.view,document>(U,document.view,D) :- viewer<document,user:*>(D,user:*), user<user>(U)",
            "can<user,=document.view,document>(S,document.view,D) :- viewer<document,group#member>(D,G), in<group,user>(G,S)",
            "can<group#member,=document.view,document>(S,document.view,D) :- viewer<document,group#member>(D,G), in<group,group#member>(G,S)",
            "on<=document.view,document>(document.view,X) :- document<document>(X)",
        ]
    );
}

#[test]
fn an_object_that_only_the_question_names_must_be_alive() {
    let policy = policy(
        "open type user, doc.
         relation owner(doc, user). context opened(doc).
         open(D) :- opened(D).
         can(U, doc.view, D) :- user(U), open(D).
         can(U, doc.edit, D) :- owner(D, U), open(D).
         permission doc.view on doc \"View\". permission doc.edit on doc \"Edit\".",
    );
    let rules = instances(&policy);
    assert_eq!(rules[1], "can<user,=doc.view,doc>(U,doc.view,D) :- user<user>(U), open<doc>(D), doc<doc>(D)");
    assert_eq!(rules[2], "can<user,=doc.edit,doc>(U,doc.edit,D) :- owner<doc,user>(D,U), open<doc>(D)");
}

#[test]
fn not_narrows_nothing_and_holds_where_no_variant_fits() {
    let policy = policy(
        "open type user, team, doc. type record. open type note, list is record.
         relation owner(record, user | team), hidden(note), blocked(record).
         can(U, record.view, X) :- owner(X, U), not hidden(X), not blocked(X), not owner(_, U).
         permission record.view on record \"View\".",
    );
    let rules = instances(&policy);
    assert_eq!(
        rules[1],
        "can<user,=record.view,list>(U,record.view,X) :- owner<list,user>(X,U), not blocked<list>(X), \
         not owner<list,user>/owner<note,user>(_,U)"
    );
    assert_eq!(
        rules[2],
        "can<team,=record.view,note>(U,record.view,X) :- owner<note,team>(X,U), not hidden<note>(X), not blocked<note>(X), \
         not owner<list,team>/owner<note,team>(_,U)"
    );
    assert_eq!(rules.len(), 4 + 2);
}

#[test]
fn comparisons_across_types_are_decided_and_others_stay() {
    let policy = policy(
        "open type user, team, doc. type level { low, high }.
         relation owner(doc, user | team), rank(doc) -> integer, graded(doc) -> level, since(doc) -> time.
         relation editor(doc, user).
         can(U, doc.view, D) :- editor(D, U), owner(D, V), U != V.
         can(U, doc.edit, D) :- editor(D, U), owner(D, V), U = V.
         can(U, doc.rank, D) :- editor(D, U), rank(D, N), N >= 3, 2 < 3, graded(D, L), L != low.
         can(U, doc.past, D) :- editor(D, U), since(D, T), T < \"2026-07-01T02:00:00+02:00\", now(N), T <= N.
         permission doc.view on doc \"a\". permission doc.edit on doc \"b\". permission doc.rank on doc \"c\".
         permission doc.past on doc \"d\".",
    );
    let rules: Vec<String> = instances(&policy).into_iter().filter(|line| line.starts_with("can")).collect();
    assert_eq!(
        rules,
        [
            "can<user,=doc.view,doc>(U,doc.view,D) :- editor<doc,user>(D,U), owner<doc,team>(D,V)",
            "can<user,=doc.view,doc>(U,doc.view,D) :- editor<doc,user>(D,U), owner<doc,user>(D,V), U NotEqual V",
            "can<user,=doc.edit,doc>(U,doc.edit,D) :- editor<doc,user>(D,U), owner<doc,user>(D,V), U Equal V",
            "can<user,=doc.rank,doc>(U,doc.rank,D) :- editor<doc,user>(D,U), rank<doc,integer>(D,N), N GreaterOrEqual 3, \
             graded<doc,level>(D,L), L NotEqual low",
            "can<user,=doc.past,doc>(U,doc.past,D) :- editor<doc,user>(D,U), since<doc,time>(D,T), \
             T Less \"2026-07-01T00:00:00Z\", now<time>(N), T LessOrEqual N",
        ]
    );
}

#[test]
fn comparisons_with_a_permission_choose_among_variants() {
    let policy = policy(
        "open type user, doc. relation given(user, permission), usual(permission), shut(permission).
         can(U, P, D) :- given(U, P), on(P, D), P != doc.edit, not shut(P).
         can(U, P, D) :- given(U, Q), usual(Q), P = Q, permission(P), on(P, D).
         permission doc.view on doc \"a\". permission doc.edit on doc \"b\".",
    );
    let rules: Vec<String> = instances(&policy).into_iter().filter(|line| line.starts_with("can")).collect();
    assert_eq!(
        rules,
        [
            "can<user,other,doc>(U,P,D) :- given<user,permission>(U,P), on<other,doc>(P,D), not shut<permission>(P), \
             other(P)",
            "can<user,=doc.edit,doc>(U,doc.edit,D) :- given<user,permission>(U,Q), usual<permission>(Q), doc.edit Equal Q, \
             doc<doc>(D)",
            "can<user,other,doc>(U,P,D) :- given<user,permission>(U,Q), usual<permission>(Q), P Equal Q, \
             permission<permission>(P), on<other,doc>(P,D), other(P)",
        ]
    );
}

#[test]
fn a_permission_that_is_on_nothing_of_a_type_has_no_instance_there() {
    let policy = policy(
        "type record. open type note, list is record. open type user. relation owner(record, user).
         can(U, P, X) :- owner(X, U), on(P, X).
         can(U, note.pin, X) :- owner(X, U), owner(X, U).
         permission note.pin on note \"Pin\". permission list.sort on list \"Sort\".",
    );
    let heads: Vec<String> =
        instances(&policy).into_iter().map(|line| line.split(" :-").next().unwrap().to_owned()).collect();
    assert_eq!(
        heads,
        [
            "can<user,other,list>(U,P,X)",
            "can<user,=note.pin,note>(U,note.pin,X)",
            "can<user,=note.pin,note>(U,note.pin,X)",
            "on<other,list>(P,X)",
            "on<=note.pin,note>(note.pin,X)",
        ]
    );
}

#[test]
fn a_text_among_times_is_a_time_in_rules_too() {
    let policy = policy(
        "open type user, doc. relation until(doc, time), owner(doc, user).
         due(D, T) :- until(D, T).
         can(U, doc.view, D) :- owner(D, U), due(D, \"2026-07-01T00:00:00Z\").
         can(U, doc.edit, D) :- owner(D, U), due(D, T), \"2026-07-01T00:00:00Z\" < T.
         deny \"late\" :- due(_, T), T > \"2030-01-01T00:00:00Z\", not due(_, \"2031-01-01T00:00:00Z\").
         permission doc.view on doc \"a\". permission doc.edit on doc \"b\".",
    );
    let times = |body: &[Literal]| {
        let is_time = |term: &Term| matches!(term, Term::Value(Value::Time(_)));
        body.iter()
            .filter(|literal| match literal {
                Literal::Atom { atom, .. } => atom.terms.iter().any(is_time),
                Literal::Comparison { left, right, .. } => is_time(left) || is_time(right),
            })
            .count()
    };
    assert_eq!(policy.rules[1..3].iter().map(|rule| times(&rule.body)).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(times(&policy.denies[0].body), 2);
    assert!(instances(&policy)[1].contains("due<doc,time>(D,\"2026-07-01T00:00:00Z\")"));
}

#[test]
fn can_is_within_on_and_says_so_once() {
    let policy = policy(
        "open type user, doc. relation owner(doc, user).
         can(U, P, D) :- owner(D, U), permission(P).
         can(U, P, D) :- on(P, D), owner(D, U).
         permission doc.view on doc \"View\".",
    );
    let on = policy.schema.predicate_named("on").unwrap();
    let count = |body: &[Literal]| {
        body.iter().filter(|literal| matches!(literal, Literal::Atom { atom, .. } if atom.predicate == on)).count()
    };
    assert_eq!(policy.rules[..2].iter().map(|rule| count(&rule.body)).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn lengths_are_read_from_a_text_that_is_bound() {
    let policy = policy(
        "open type user, doc. relation owner(doc, user), name(doc, text).
         can(U, doc.view, D) :- owner(D, U), name(D, N), length(N, K), K > 3.
         permission doc.view on doc \"View\".",
    );
    assert_eq!(
        instances(&policy)[0],
        "can<user,=doc.view,doc>(U,doc.view,D) :- owner<doc,user>(D,U), name<doc,text>(D,N), length<text,integer>(N,K), K Greater 3"
    );
}

#[test]
fn in_guards_and_effects_the_change_narrows_and_signs_stay() {
    let policy = policy(
        "type account. open type user, doc. relation owner(doc, user | account).
         can(U, doc.view, D) :- owner(D, U), user(U).
         +owner(D, U) :- +doc(D), user(U).
         guard +doc(D) | owner(D, _) by A :- can(A, doc.view, D).
         permission doc.view on doc \"View\".",
    );
    assert!(matches!(policy.effects[0].body[0], Literal::Atom { sign: Some(Sign::Plus), negated: false, .. }));
    let signs: Vec<Option<Sign>> = policy.guards[0].changes.iter().map(|(sign, _)| *sign).collect();
    assert_eq!(signs, [Some(Sign::Plus), None]);
    assert_eq!(&*policy.guards[0].variables[usize::from(policy.guards[0].actor.0)], "A");
}

/// What planner and oracle rely on, of any policy.
fn hold_together(policy: &Policy) {
    let variant = |id: VariantId| &policy.variants[id.0 as usize];
    let plain = |column: &Column| match column {
        Column::Type(kind) => kind.clone(),
        _ => ColumnType::Object("permission".into()),
    };
    for instance in &policy.instances {
        let rule = &policy.rules[instance.rule as usize];
        assert_eq!(variant(instance.head).predicate, rule.head.predicate);
        assert_eq!(variant(instance.head).origin, Origin::Derived);
        let check = |terms: &[InstanceTerm], columns: &[Column], written: Option<&[Term]>| {
            assert_eq!(terms.len(), columns.len());
            for (idx, (term, column)) in terms.iter().zip(columns).enumerate() {
                match term {
                    InstanceTerm::Any => {}
                    InstanceTerm::Value(value) => assert_eq!(value.column_type(), plain(column)),
                    InstanceTerm::Variable(variable) => {
                        let own = &instance.variables[usize::from(variable.0)];
                        assert!(!matches!(own, Column::Permission(_)), "a known permission is written out");
                        match (column, written.map(|written| &written[idx])) {
                            // A set is named by its object.
                            (Column::Type(ColumnType::Set(kind, _)), _) if *own != *column => {
                                assert_eq!(*own, Column::Type(ColumnType::Object(kind.clone())));
                            }
                            _ => assert_eq!(plain(own), plain(column)),
                        }
                    }
                }
            }
        };
        check(&instance.terms, &variant(instance.head).columns, Some(&rule.head.terms));
        assert!(!instance.terms.contains(&InstanceTerm::Any));
        for literal in &instance.body {
            let (read, terms): (&[VariantId], _) = match literal {
                InstanceLiteral::Positive { variant, terms, .. } => (std::slice::from_ref(variant), terms),
                InstanceLiteral::Negated { variants, terms, .. } => (variants, terms),
                _ => continue,
            };
            assert!(!read.is_empty());
            for id in read {
                check(terms, &variant(*id).columns, None);
                let (below, above) = (variant(*id).component, variant(instance.head).component);
                let is_negated = matches!(literal, InstanceLiteral::Negated { .. });
                assert!(if is_negated { below < above } else { below <= above });
                assert!(below < above || variant(instance.head).recursive);
            }
        }
    }
    let mut seen = BTreeMap::new();
    for (idx, entry) in policy.variants.iter().enumerate() {
        assert_eq!(seen.insert((entry.predicate, &entry.columns), idx), None, "each variant stands once");
        let any_permission = Column::Type(ColumnType::Object("permission".into()));
        let splits = entry.columns.iter().any(|column| !matches!(column, Column::Type(_)));
        assert!(if entry.origin == Origin::Derived { !entry.columns.contains(&any_permission) } else { !splits });
    }
    assert!(policy.built_in.is_sorted());
    assert!(policy.built_in.windows(2).all(|pair| pair[0] != pair[1]));
    for fact in &policy.built_in {
        let columns: Vec<Column> = fact.values.iter().map(|value| Column::Type(value.column_type())).collect();
        let predicate = policy.schema.predicate_named(&fact.relation).unwrap();
        assert!(seen.contains_key(&(predicate, &columns.into_boxed_slice())), "{fact:?}");
        for object in fact.values.iter().filter_map(Value::object) {
            assert!(
                policy
                    .built_in
                    .iter()
                    .any(|alive| alive.relation == object.kind && alive.values[0].object() == Some(object))
            );
        }
    }
}

#[test]
fn the_parts_of_every_pack_hold_together() {
    for (name, _) in crate::policy::pack::SHIPPED {
        hold_together(&policy_of(name, &|_| None));
    }
    if let Ok(shared) = std::env::var("ENTAIL_SHARED") {
        for name in super::DRAFTS {
            hold_together(&policy_of(name, &|file| {
                std::fs::read_to_string(format!("{shared}/reference/packs/{file}")).ok()
            }));
        }
    }
}
