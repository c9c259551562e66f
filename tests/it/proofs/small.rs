//! Small worlds that show one thing each.

use entail::Options;
use entail::engine::explain::denial::Denial;
use entail::engine::explain::explanation::Verdict;
use entail::engine::explain::proof::{Proof, Reason};
use entail::engine::limits::Limits;

use super::world::{World, openings};
use crate::requirements::world::{check, read_facts};

const DOCS: &str = r#"
open type user, team, doc.
type duty { log }.
relation member(team, user), owner(doc) -> user, shared(doc, user | team), locked(doc), banned(user).
deny "the banned own nothing" :- owner(_, U), banned(U).
permission doc.view on doc "View".
permission doc.edit on doc "Edit".
can(U, doc.edit, D) :- owner(D, U), not locked(D).
can(U, doc.view, D) :- can(U, doc.edit, D).
can(U, doc.view, D) :- shared(D, U), user(U).
can(U, doc.view, D) :- shared(D, T), member(T, U).
oblige(U, doc.view, D, log) :- can(U, doc.view, D), locked(D).
"#;

#[test]
fn the_shorter_of_two_proofs_is_told_step_by_step_with_the_revisions_that_wrote_its_facts() {
    let world = World::new(DOCS, "owner(doc:1, user:ana). shared(doc:2, team:eu).");
    let revision = world.write(read_facts("member(team:eu, user:ana). shared(doc:1, user:ana)."));
    world.write(read_facts("shared(doc:3, user:bo)."));
    // By the share there are 4 nodes, as an owner 6.
    let proof = world.proof("user:ana", "doc.view", "doc:1");
    let says: Vec<String> = proof.steps.iter().map(|step| step.says.to_string()).collect();
    let expected =
        ["shared(doc:1, user:ana)", "user(user:ana)", "on(doc.view, doc:1)", "can(user:ana, doc.view, doc:1)"];
    assert_eq!((says.as_slice(), proof.size), (expected.map(str::to_owned).as_slice(), 4));
    assert!(matches!(&proof.steps[0].because, Reason::Written(token) if token.to_string() == revision));
    assert_eq!(proof.steps[1].because, Reason::Alive);
    assert_eq!(proof.steps[2].because, Reason::Catalogue("p.dl:6".to_owned()));
    let Reason::Rule(derivation) = &proof.steps[3].because else { panic!("{proof:#?}") };
    assert_eq!((derivation.place.as_str(), derivation.premises.as_slice()), ("p.dl:10", [0, 1, 2].as_slice()));
    assert_eq!(derivation.rule, "can(U, doc.view, D) :- shared(D, U), user(U), on(doc.view, D)");
    assert_eq!(
        derivation.instance,
        "can(user:ana, doc.view, doc:1) :- shared(doc:1, user:ana), user(user:ana), on(doc.view, doc:1)"
    );
    let variables: Vec<String> = derivation.variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(variables, ["U=user:ana", "D=doc:1"]);
}

#[test]
fn a_deny_tells_how_far_each_way_goes_and_the_fewest_facts_that_open_it() {
    let world = World::new(DOCS, "owner(doc:1, user:ana). locked(doc:1). shared(doc:1, team:eu). user(user:bo).");
    let ana = world.denial("user:ana", "doc.view", "doc:1");
    assert_eq!((ana.n_ways, ana.ways.len()), (3, 3));
    let parts = |denial: &Denial, way: usize| -> Vec<String> {
        let part = |part: &entail::engine::explain::denial::Part| {
            format!("{}{}", if part.holds { "" } else { "lacks " }, part.says)
        };
        denial.ways[way].parts.iter().map(part).collect()
    };
    assert_eq!(ana.ways[0].rules, ["p.dl:9", "p.dl:8"]);
    assert_eq!(parts(&ana, 0), ["owner(doc:1, user:ana)", "lacks not locked(doc:1)"]);
    assert_eq!(parts(&ana, 2), ["shared(doc:1, team:eu)", "lacks member(team:eu, user:ana)"]);
    assert_eq!(openings(&ana), ["-locked(doc:1)", "+shared(doc:1, user:ana)", "+member(team:eu, user:ana)"]);
    // For Bo, the way of an owner takes two facts.
    let bo = world.denial("user:bo", "doc.edit", "doc:1");
    assert_eq!(openings(&bo), ["+owner(doc:1, user:bo) -locked(doc:1)"]);
    assert_eq!(bo.ways[0].openings[0].replaces[0].to_string(), "owner(doc:1, user:ana)");
}

#[test]
fn what_a_deny_of_the_policy_refuses_is_not_told() {
    let world = World::new(DOCS, "owner(doc:1, user:ana). banned(user:bo). user(user:cy).");
    assert_eq!(openings(&world.denial("user:cy", "doc.edit", "doc:1")), ["+owner(doc:1, user:cy)"]);
    assert!(openings(&world.denial("user:bo", "doc.edit", "doc:1")).is_empty());
}

#[test]
fn an_explanation_writes_nothing() {
    let world = World::new(DOCS, "owner(doc:1, user:ana).");
    let before = world.engine.policy("t").expect("a policy").revision;
    let told = world.engine.explain("t", &check("user:bo", "doc.view", "doc:1")).expect("an explanation");
    assert_eq!(told.revision, before);
    assert!(matches!(&told.verdict, Verdict::Denied(denial) if !openings(denial).is_empty()));
    assert_eq!(world.engine.policy("t").expect("a policy").revision, before);
    assert!(!world.engine.check("t", &check("user:bo", "doc.view", "doc:1")).expect("a decision").allowed);
    assert_eq!(world.engine.verify("t").expect("a verdict").n_faults, 0);
}

#[test]
fn an_obligation_has_its_own_proof() {
    let world = World::new(DOCS, "shared(doc:1, user:ana). locked(doc:1).");
    let told = world.engine.explain("t", &check("user:ana", "doc.view", "doc:1")).expect("an explanation");
    let Verdict::Allowed { obligations, .. } = told.verdict else { panic!("allowed") };
    let says: Vec<String> =
        obligations.iter().filter_map(Proof::conclusion).map(|(_, step)| step.says.to_string()).collect();
    assert_eq!(says, ["oblige(user:ana, doc.view, doc:1, log)"]);
}

#[test]
fn a_type_between_which_no_rule_leads_has_no_ways() {
    let world = World::new(DOCS, "member(team:eu, user:ana). owner(doc:1, user:ana).");
    assert_eq!(world.denial("team:eu", "doc.edit", "doc:1"), Denial::default());
}

#[test]
fn what_would_take_too_long_to_explain_is_an_error() {
    let chain: String = (0..60).map(|n| format!("edge(node:{n}, node:{}). ", n + 1)).collect();
    let policy = "open type user, node.\nrelation edge(node, node).\npermission node.reach on node \"Reach\".\n\
                  path(X, Y) :- edge(X, Y).\npath(X, Z) :- path(X, Y), path(Y, Z).\n\
                  can(U, node.reach, X) :- user(U), path(node:0, X).\n";
    let limits = Limits { query_rows: 500, ..Limits::default() };
    let world = World::with(Options { limits, ..Options::default() }, policy, &format!("user(user:ana). {chain}"));
    assert_eq!(world.proof("user:ana", "node.reach", "node:3").size, 3 + 2 * 3 + 2);
    let error = world.engine.explain("t", &check("user:ana", "node.reach", "node:60")).expect_err("a limit");
    assert_eq!(error.code, "limit-exceeded");
}

#[test]
fn groups_in_groups_are_opened_by_a_member_wherever_the_fewest_facts_say() {
    let policy = "open type user, group, doc.\nrelation member(group, user | group#member).\n\
                  relation viewer(doc, group#member).\npermission doc.view on doc \"View\".\n\
                  in(G, U) :- member(G, U), user(U).\nin(G, U) :- member(G, H#member), in(H, U).\n\
                  can(U, doc.view, D) :- viewer(D, G#member), in(G, U).\n";
    let facts = "viewer(doc:1, group:all#member). member(group:all, group:eu#member). member(group:eu, user:ana). \
                 user(user:bo).";
    let world = World::new(policy, facts);
    let proof = world.proof("user:ana", "doc.view", "doc:1");
    let says: Vec<String> = proof.steps.iter().map(|step| step.says.to_string()).collect();
    assert!(says.contains(&"in(group:eu, user:ana)".to_owned()), "{says:#?}");
    let told = openings(&world.denial("user:bo", "doc.view", "doc:1"));
    assert!(told.contains(&"+member(group:all, user:bo)".to_owned()), "{told:#?}");
    assert!(told.contains(&"+member(group:eu, user:bo)".to_owned()), "{told:#?}");
}
