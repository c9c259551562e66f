//! Facts that move to another layout.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::world::{alive, apply, empty, enumerations, fact, layout, numbered, of, stored, variants};
use crate::index::snapshot::Snapshot;
use crate::model::fact::Fact;
use crate::model::layout::Layout;
use crate::model::revision::Revision;

#[test]
fn another_layout_takes_the_facts_that_fit_and_names_the_others() {
    let insert = vec![
        alive("sequence:1"),
        alive("team:eu"),
        alive("user:ana"),
        fact("owner", &["sequence:1", "user:ana"]),
        fact("shared", &["sequence:1", "team:eu#member"]),
    ];
    let first = apply(&empty(), vec![], vec![alive("user:gone")]).snapshot;
    let snapshot = apply(&first, vec![alive("user:gone")], insert).snapshot;
    let facts: BTreeSet<Fact> = snapshot.facts().collect();

    let mut wider = variants();
    wider.retain(|variant| &*variant.relation != "named");
    for variant in wider.iter_mut().filter(|variant| &*variant.relation == "shared") {
        variant.orders.push([1, 0].into());
    }
    wider.push(stored("task", &[of("task")], None, &[&[0]]));
    let next = snapshot.refit(Arc::new(Layout { variants: wider }), &enumerations(), Revision(9)).unwrap();
    assert_eq!(next.facts().collect::<BTreeSet<_>>(), facts);
    assert_eq!(next.revision(), Revision(9));
    assert_eq!(next.dictionary().object_cell("user", "ana"), Some(1));
    let fresh = Snapshot::empty(next.layout().clone(), &enumerations());
    for kind in ["extent", "sequence", "task", "team", "user"] {
        assert!(next.dictionary().kind(kind).is_some());
        assert_eq!(next.dictionary().kind(kind), fresh.dictionary().kind(kind));
    }
    let shared = next.variant_of(&fact("shared", &["sequence:1", "team:eu#member"])).unwrap();
    assert!(next.relation(shared).tails(1, 0).iter().eq([[0]]));
    assert_eq!(apply(&next, vec![], vec![alive("task:1")]).born, [numbered("task:1", 0)]);

    let mut narrower = variants();
    narrower.retain(|variant| &*variant.relation != "shared");
    let misfits = snapshot.refit(Arc::new(Layout { variants: narrower }), &enumerations(), Revision(9)).unwrap_err();
    assert_eq!(misfits.no_variant, [fact("shared", &["sequence:1", "team:eu#member"])]);
    assert!(misfits.second_value.is_empty());
}

#[test]
fn a_type_that_goes_and_comes_back_does_not_give_its_ordinals_again() {
    let first = apply(&empty(), vec![], vec![alive("user:ana")]).snapshot;
    let snapshot = apply(&first, vec![alive("user:ana")], vec![]).snapshot;
    let teams = vec![stored("team", &[of("team")], None, &[&[0]])];
    let without = snapshot.refit(Arc::new(Layout { variants: teams }), &enumerations(), Revision(3)).unwrap();
    let back = without.refit(layout(), &enumerations(), Revision(4)).unwrap();
    assert_eq!(apply(&back, vec![], vec![alive("user:ana")]).born, [numbered("user:ana", 1)]);
}

#[test]
fn another_layout_with_a_key_names_the_facts_that_are_second_to_it() {
    let teams = ["text:0", "text:1", "text:2"].map(|name| fact("named", &["team:eu", name]));
    let mut loose = variants();
    for variant in &mut loose {
        variant.key = None;
    }
    let loose = Snapshot::empty(Arc::new(Layout { variants: loose }), &enumerations());
    let snapshot = apply(&loose, vec![], [&[alive("team:eu")], teams.as_slice()].concat()).snapshot;
    let misfits = snapshot.refit(layout(), &enumerations(), Revision(9)).unwrap_err();
    assert_eq!(misfits.second_value, teams[1..]);
    assert!(misfits.no_variant.is_empty());
}
