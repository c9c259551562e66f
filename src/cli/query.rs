//! `entail query`.

use std::process::ExitCode;

use crate::api::query::{AnswersReply, QueryReply, QueryRequest};
use crate::api::wire::WireValue;
use crate::cli::args::{Common, Query};
use crate::cli::check::context;
use crate::cli::failure::Failure;
use crate::cli::list::tell_more;
use crate::cli::output::Output;
use crate::cli::run::{DENY, SUCCESS};
use crate::cli::source::Source;
use crate::model::value::Raw;

/// Prints the answers, one a line, the values in the order of the goal's variables with tabs between them. A goal
/// without variables is answered `true` or `false`, with the exit code of allow or deny.
pub(super) fn run(common: &Common, query: &Query) -> Result<ExitCode, Failure> {
    let context = context(&query.asking)?;
    let source = Source::for_question(common, query.asking.rules.as_ref())?;
    let reply = source.ask(QueryRequest {
        goal: query.goal.clone(),
        context,
        at: query.asking.at.clone(),
        limit: query.paging.limit,
        cursor: query.paging.after.clone(),
        count: query.paging.count,
    })?;
    let fails = matches!(&reply, QueryReply::Page(page) if page.variables.is_empty() && page.rows.is_empty());
    let mut output = Output::new();
    match reply {
        reply if common.json => output.json(&reply)?,
        QueryReply::Count(count) => output.line(&count.count.to_string())?,
        QueryReply::Page(page) => print(&mut output, &page)?,
    }
    output.flush()?;
    Ok(if fails { ExitCode::from(DENY) } else { SUCCESS })
}

fn print(output: &mut Output, page: &AnswersReply) -> Result<(), Failure> {
    if page.variables.is_empty() {
        return output.line(if page.rows.is_empty() { "false" } else { "true" });
    }
    for row in &page.rows {
        let values: Vec<String> = row.iter().map(shown).collect();
        output.line(&values.join("\t"))?;
    }
    output.flush()?;
    tell_more(page.cursor.as_deref(), page.moved);
    Ok(())
}

/// A value on a line of its own making: text with a control character in it is quoted, with escapes.
fn shown(value: &WireValue) -> String {
    match &value.0 {
        Raw::Text(text) if text.contains(char::is_control) => format!("{text:?}"),
        Raw::Text(text) => text.clone(),
        Raw::Integer(number) => number.to_string(),
    }
}
