//! `entail list objects`, `list subjects`, `list permissions`.

use std::process::ExitCode;

use crate::api::list::{ListObjectsRequest, ListPermissionsRequest, ListReply, ListSubjectsRequest};
use crate::api::problem::Problem;
use crate::cli::args::{Common, List, Paging};
use crate::cli::check::context;
use crate::cli::failure::{Failure, note};
use crate::cli::output::Output;
use crate::cli::run::SUCCESS;
use crate::cli::source::Source;

/// Lists, one id a line.
pub(super) fn run(common: &Common, list: &List) -> Result<ExitCode, Failure> {
    let reply = ask(common, list)?;
    let mut output = Output::new();
    if common.json {
        output.json(&reply)?;
        output.flush()?;
        return Ok(SUCCESS);
    }
    match reply {
        ListReply::Count(count) => output.line(&count.count.to_string())?,
        ListReply::Page(page) => {
            for item in &page.items {
                output.line(item)?;
            }
            output.flush()?;
            tell_more(page.cursor.as_deref(), page.moved);
        }
    }
    output.flush()?;
    Ok(SUCCESS)
}

/// Says on standard error what a page doesn't: where the next one begins, and whether the ground moved.
pub(super) fn tell_more(cursor: Option<&str>, moved: bool) {
    if moved {
        note("the data has changed since the page before");
    }
    if let Some(cursor) = cursor {
        note(&format!("there are more: --after {cursor}"));
    }
}

fn ask(common: &Common, list: &List) -> Result<ListReply, Problem> {
    match list.clone() {
        List::Objects { subject, permission, kind, paging, asking } => {
            let context = context(&asking)?;
            let Paging { limit, after: cursor, count } = paging;
            let source = Source::for_question(common, asking.rules.as_ref())?;
            source.ask(ListObjectsRequest { subject, permission, kind, context, at: asking.at, limit, cursor, count })
        }
        List::Subjects { kind, permission, object, paging, asking } => {
            let context = context(&asking)?;
            let Paging { limit, after: cursor, count } = paging;
            let source = Source::for_question(common, asking.rules.as_ref())?;
            source.ask(ListSubjectsRequest { kind, permission, object, context, at: asking.at, limit, cursor, count })
        }
        List::Permissions { subject, object, paging, asking } => {
            let context = context(&asking)?;
            let Paging { limit, after: cursor, count } = paging;
            let source = Source::for_question(common, asking.rules.as_ref())?;
            source.ask(ListPermissionsRequest { subject, object, context, at: asking.at, limit, cursor, count })
        }
    }
}
