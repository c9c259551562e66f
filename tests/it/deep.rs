//! Depth of data: chains and cycles of 100,000 objects are answered whole, on an ordinary stack.

use std::collections::BTreeMap;

use entail::engine::explain::explanation::Verdict;
use entail::engine::request::{Check, ListObjects, ListSubjects, Page, PolicyText, Query};
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};

/// How deep.
const DEPTH: usize = 100_000;

const FOLDERS: &str = r#"
open type user, folder, document.
relation parent(folder | document, folder).
relation viewer(folder | document, user).
relation blocked(document, user).
sees(X, U) :- viewer(X, U).
sees(X, U) :- parent(X, F), sees(F, U).
can(U, document.view, D) :- sees(D, U), document(D), not blocked(D, U).
can(U, folder.view, F) :- sees(F, U), folder(F).
permission document.view on document "View".
permission folder.view on folder "View".
"#;

const GROUPS: &str = r#"
open type user, group, document.
relation member(group, user | group#member).
relation viewer(document, group#member).
in(G, S) :- member(G, S).
in(G, S) :- member(G, H#member), in(H, S).
can(S, document.view, D) :- viewer(D, G#member), in(G, S).
permission document.view on document "View".
"#;

const NOT_LINEAR: &str = r#"
open type user, node.
relation edge(node, node).
path(X, Y) :- edge(X, Y).
path(X, Z) :- path(X, Y), path(Y, Z).
can(U, node.reach, X) :- user(U), path(node:n0, X).
node(node:n0).
permission node.reach on node "Reach".
"#;

struct Bench {
    engine: Engine,
    _directory: tempfile::TempDir,
}

impl Bench {
    fn new(policy: &str, facts: Vec<[String; 3]>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let engine = Engine::open(directory.path(), Options::default()).expect("an engine");
        let files = BTreeMap::from([("deep.dl".to_owned(), policy.to_owned())]);
        engine.activate("deep", &PolicyText { main: "deep.dl".to_owned(), files }).expect("a policy");
        let facts: Vec<RawFact> = facts
            .into_iter()
            .map(|[relation, a, b]| RawFact { relation, values: vec![Raw::Text(a), Raw::Text(b)] })
            .collect();
        engine.load("deep", &facts).expect("facts");
        Self { engine, _directory: directory }
    }

    fn check(&self, subject: &str, permission: &str, object: &str) -> bool {
        let [subject, permission, object] = [subject, permission, object].map(str::to_owned);
        let check = Check { subject, permission, object, ..Check::default() };
        self.engine.check("deep", &check).expect("a decision").allowed
    }

    /// The size of the smallest proof, and its steps.
    fn proof(&self, subject: &str, permission: &str, object: &str) -> (u64, usize) {
        let [subject, permission, object] = [subject, permission, object].map(str::to_owned);
        let check = Check { subject, permission, object, ..Check::default() };
        match self.engine.explain("deep", &check).expect("an explanation").verdict {
            Verdict::Allowed { proof, .. } => (proof.size, proof.steps.len()),
            Verdict::Denied(denial) => panic!("{denial:?}"),
        }
    }

    fn objects(&self, subject: &str, permission: &str, kind: &str) -> Vec<String> {
        let [subject, permission, kind] = [subject, permission, kind].map(str::to_owned);
        let list = ListObjects { subject, permission, kind, ..ListObjects::default() };
        self.engine.list_objects("deep", &list, &Page::default()).expect("a listing").items
    }

    fn subjects(&self, kind: &str, permission: &str, object: &str) -> Vec<String> {
        let [kind, permission, object] = [kind, permission, object].map(str::to_owned);
        let list = ListSubjects { kind, permission, object, ..ListSubjects::default() };
        self.engine.list_subjects("deep", &list, &Page::default()).expect("a listing").items
    }
}

fn fact(relation: &str, a: String, b: String) -> [String; 3] {
    [relation.to_owned(), a, b]
}

/// Folder 0 lies in 1, 1 in 2, …; a document lies in folder 0; Ana views the outermost.
fn nested_folders() -> Vec<[String; 3]> {
    let folder = |number: usize| format!("folder:f{number}");
    let mut facts: Vec<_> = (1..DEPTH).map(|n| fact("parent", folder(n - 1), folder(n))).collect();
    facts.push(fact("parent", "document:d".to_owned(), folder(0)));
    facts.push(fact("viewer", folder(DEPTH - 1), "user:ana".to_owned()));
    facts.push(fact("viewer", folder(DEPTH / 2), "user:ben".to_owned()));
    facts
}

#[test]
fn a_document_under_100_000_folders_is_seen_from_the_outermost() {
    let bench = Bench::new(FOLDERS, nested_folders());
    assert!(bench.check("user:ana", "document.view", "document:d"));
    assert!(!bench.check("user:zoe", "document.view", "document:d"));
    assert!(!bench.check("user:ben", "folder.view", &format!("folder:f{}", DEPTH - 1)));
    assert_eq!(bench.objects("user:ana", "document.view", "document"), ["document:d"]);
    assert_eq!(bench.objects("user:ana", "folder.view", "folder").len(), DEPTH);
    assert_eq!(bench.objects("user:ben", "folder.view", "folder").len(), DEPTH / 2 + 1);
    let mut subjects = bench.subjects("user", "document.view", "document:d");
    subjects.sort();
    assert_eq!(subjects, ["user:ana", "user:ben"]);
    // Two nodes for each folder, itself and where it lies; the view; the document, that it isn't blocked, and the catalogue.
    let n_nodes = 2 * DEPTH + 2 + 4;
    assert_eq!(bench.proof("user:ana", "document.view", "document:d"), (n_nodes as u64, n_nodes));
}

#[test]
fn a_ring_of_100_000_folders_ends() {
    let mut facts = nested_folders();
    facts.push(fact("parent", format!("folder:f{}", DEPTH - 1), "folder:f0".to_owned()));
    let bench = Bench::new(FOLDERS, facts);
    assert!(bench.check("user:ben", "folder.view", &format!("folder:f{}", DEPTH - 1)));
    assert!(!bench.check("user:zoe", "folder.view", "folder:f0"));
    assert_eq!(bench.objects("user:ben", "folder.view", "folder").len(), DEPTH);
    assert_eq!(bench.subjects("user", "folder.view", "folder:f7").len(), 2);
    assert_eq!(bench.proof("user:ben", "folder.view", &format!("folder:f{}", DEPTH - 1)).1, DEPTH + 7);
}

#[test]
fn groups_in_100_000_groups_are_opened() {
    let group = |number: usize| format!("group:g{number}");
    let mut facts: Vec<_> = (1..DEPTH).map(|n| fact("member", group(n - 1), format!("{}#member", group(n)))).collect();
    facts.push(fact("member", group(DEPTH - 1), "user:ana".to_owned()));
    facts.push(fact("viewer", "document:d".to_owned(), format!("{}#member", group(0))));
    let bench = Bench::new(GROUPS, facts);
    assert!(bench.check("user:ana", "document.view", "document:d"));
    assert!(!bench.check("user:zoe", "document.view", "document:d"));
    assert!(bench.check(&format!("{}#member", group(DEPTH - 1)), "document.view", "document:d"));
    assert_eq!(bench.objects("user:ana", "document.view", "document"), ["document:d"]);
    assert_eq!(bench.subjects("user", "document.view", "document:d"), ["user:ana"]);
    assert_eq!(bench.subjects("group#member", "document.view", "document:d").len(), DEPTH - 1);
}

#[test]
fn a_closure_that_joins_itself_follows_a_long_chain() {
    // One row for each pair: a chain of 100,000 would be five thousand million facts in any evaluation that asks for all.
    let depth = 300;
    let node = |number: usize| format!("node:n{number}");
    let mut facts: Vec<_> = (1..depth).map(|n| fact("edge", node(n - 1), node(n))).collect();
    facts.push(fact("edge", node(depth - 1), node(depth / 2)));
    let bench = Bench::new(NOT_LINEAR, facts);
    let query = Query { goal: "path(node:n0, X)".to_owned(), ..Query::default() };
    assert_eq!(bench.engine.count_query("deep", &query).expect("a count").count, depth as u64 - 1);
    let query = Query { goal: "path(X, X)".to_owned(), ..Query::default() };
    assert_eq!(bench.engine.count_query("deep", &query).expect("a count").count, depth.div_ceil(2) as u64);
}
