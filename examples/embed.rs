//! A first decision with the library: `cargo run --example embed`.

use std::error::Error;

use entail::engine::request::{Check, PolicyText, Write};
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};

const RULES: &str = r#"
type user.
open type document.
relation owner(document) -> user, reader(document, user).
can(U, P, D) :- owner(D, U), on(P, D).
can(U, document.read, D) :- reader(D, U).
permission document.read on document "Read a document".
permission document.edit on document "Edit a document".
"#;

fn fact(relation: &str, values: &[&str]) -> RawFact {
    RawFact { relation: relation.into(), values: values.iter().map(|value| Raw::Text(value.to_string())).collect() }
}

fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let engine = Engine::open(directory.path(), Options::default())?;
    let rules = PolicyText { main: "documents.dl".into(), files: [("documents.dl".into(), RULES.into())].into() };
    engine.activate("default", &rules)?;

    let users = [fact("user", &["user:ana"]), fact("user", &["user:bob"])];
    let plan = [fact("owner", &["document:plan", "user:ana"]), fact("reader", &["document:plan", "user:bob"])];
    engine.write("default", &Write { insert: [users, plan].concat(), ..Write::default() })?;

    for subject in ["user:ana", "user:bob"] {
        let [subject, permission, object] = [subject, "document.edit", "document:plan"].map(String::from);
        let check = Check { subject, permission, object, ..Check::default() };
        println!("{}: {}", check.subject, if engine.check("default", &check)?.allowed { "allow" } else { "deny" });
    }
    Ok(())
}
