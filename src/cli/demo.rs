//! The tenant `demo`: a sample account on the sales pack, and three questions worth asking.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Serialize;

use crate::api::check::CheckRequest;
use crate::api::list::{ListObjectsRequest, ListReply};
use crate::api::problem::Problem;
use crate::api::request::Request;
use crate::cli::diagnostics::refused;
use crate::engine::engine::Engine;
use crate::engine::request::PolicyText;
use crate::language::parser::parse;
use crate::language::raw::raw_fact;
use crate::language::span::{Source, SourceId};
use crate::language::syntax::StatementKind;

/// The tenant's name.
const TENANT: &str = "demo";
/// The shipped pack that it uses.
const PACK: &str = "sales.dl";
/// Its facts: about twenty users, their teams, roles and records.
const FACTS: &str = include_str!("../../rules/samples/acme.dl");

/// A question worth asking.
#[derive(Debug, Serialize)]
pub(super) struct Try {
    /// What it asks, in words.
    pub(super) says: &'static str,
    /// How to ask it.
    pub(super) curl: String,
    /// What the engine answers now, and why.
    pub(super) answer: String,
}

/// Makes the tenant, unless it is there.
pub(super) fn make(engine: &Engine) -> Result<(), Problem> {
    if engine.tenants().iter().any(|tenant| tenant == TENANT) {
        return Ok(());
    }
    let (file, diagnostics) = parse(SourceId(0), FACTS);
    let mut facts = Vec::with_capacity(file.statements.len());
    let mut wrong = diagnostics;
    for statement in &file.statements {
        if let StatementKind::Rule { head, .. } = &statement.kind {
            match raw_fact(head) {
                Ok(fact) => facts.push(fact),
                Err(diagnostic) => wrong.push(diagnostic),
            }
        }
    }
    if !wrong.is_empty() {
        return Err(refused(&[Source { name: "acme.dl".to_owned(), text: FACTS.to_owned() }], &wrong));
    }
    engine.activate(TENANT, &PolicyText { main: PACK.to_owned(), files: BTreeMap::new() })?;
    engine.load(TENANT, &facts)?;
    Ok(())
}

/// Three questions with their answers of this moment.
pub(super) fn tries(engine: &Engine, address: SocketAddr, has_keys: bool) -> Result<Vec<Try>, Problem> {
    let check = |permission: &str| CheckRequest {
        subject: "user:quinn".to_owned(),
        permission: permission.to_owned(),
        object: "sequence:q3-fintech-outbound".to_owned(),
        ..CheckRequest::default()
    };
    let list = ListObjectsRequest {
        subject: "user:quinn".to_owned(),
        permission: "sequence.view".to_owned(),
        kind: "sequence".to_owned(),
        ..ListObjectsRequest::default()
    };
    let curl = |route: &str, body: serde_json::Result<String>| {
        let body = body.unwrap_or_default();
        let key = if has_keys { " -H \"authorization: Bearer $ENTAIL_KEY\"" } else { "" };
        let url = format!("http://{address}/v1/tenants/{TENANT}/{route}");
        format!("curl -s {url} -H 'content-type: application/json'{key} -d '{body}'")
    };
    let decided = |request: CheckRequest| -> Result<&'static str, Problem> {
        Ok(if request.answer(engine, TENANT)?.allowed { "allowed" } else { "denied" })
    };
    let view = decided(check("sequence.view"))?;
    let edit = decided(check("sequence.edit"))?;
    let seen = match list.clone().answer(engine, TENANT)? {
        ListReply::Page(page) => page.items.len() as u64,
        ListReply::Count(count) => count.count,
    };
    Ok(vec![
        Try {
            says: "May Quinn, a Junior BDR, view the Fintech sequence? It is shared with the role.",
            curl: curl(CheckRequest::ROUTE, serde_json::to_string(&check("sequence.view"))),
            answer: view.to_owned(),
        },
        Try {
            says: "May Quinn edit it? It is shared to be viewed and to have leads added, no more.",
            curl: curl(CheckRequest::ROUTE, serde_json::to_string(&check("sequence.edit"))),
            answer: edit.to_owned(),
        },
        Try {
            says: "Which sequences can Quinn view? One's own, and those shared with the person, a team, the role or all.",
            curl: curl(ListObjectsRequest::ROUTE, serde_json::to_string(&list)),
            answer: format!("{seen} sequences"),
        },
    ])
}
