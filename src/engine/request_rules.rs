//! The rules of a request: planned for it alone, by the compiler of all plans, and asked of the state before.

use std::collections::BTreeSet;

use crate::engine::active::QueryPlan;
use crate::engine::ask::Asking;
use crate::engine::error::Error;
use crate::engine::facts::Constants;
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::engine::transact::relation_of;
use crate::language::diagnostic::Diagnostic;
use crate::language::parser::parse_changes;
use crate::language::render::render;
use crate::language::span::{Source, SourceId};
use crate::language::syntax::Sign;
use crate::model::fact::Fact;
use crate::model::value::ColumnType;
use crate::plan::adornment::Binding;
use crate::plan::bodies::Purpose;
use crate::plan::planner::column_types;
use crate::policy::checked::Case;
use crate::policy::request::RequestRule;

/// How many rules a request may have: each is planned while other writes wait.
const MAX_RULES: usize = 100;

/// The facts that the rules of a request ask for, by what shall happen to them: what comes, and what goes.
///
/// # Errors
/// `rules-invalid` with every diagnostic; `missing-context`; `limit-exceeded`.
pub(super) fn asked(state: &State, text: &str, surroundings: &Surroundings<'_>) -> Result<[BTreeSet<Fact>; 2], Error> {
    let mut facts = [BTreeSet::new(), BTreeSet::new()];
    for RequestRule { sign, rule, cases } in read(state, text)? {
        let [inserts, deletes] = &mut facts;
        let facts = if sign == Sign::Plus { inserts } else { deletes };
        for case in &cases {
            surroundings.refuse_late()?;
            ask(state, rule.head.predicate, case, surroundings, facts)?;
        }
    }
    Ok(facts)
}

fn read(state: &State, text: &str) -> Result<Vec<RequestRule>, Error> {
    let sources = [Source { name: "rules".to_owned(), text: text.to_owned() }];
    let refused = |diagnostics: &[Diagnostic]| {
        let rendered = |diagnostic: &Diagnostic| {
            // What the policy says elsewhere can't be shown beside the request.
            let own = Diagnostic { related: Vec::new(), ..diagnostic.clone() };
            render(&own, &sources)
        };
        Error::invalid("rules-invalid", "the rules of the request can't be taken")
            .with_help("Mend them; nothing was written.")
            .with_details(diagnostics.iter().map(rendered).collect())
    };
    let (changes, diagnostics) = parse_changes(SourceId(0), text);
    let changes = changes.ok_or_else(|| refused(&diagnostics))?;
    if changes.len() > MAX_RULES {
        let message = format!("the request has {} rules; {MAX_RULES} are possible", changes.len());
        return Err(Error::invalid("rules-invalid", message).with_help("Send facts as facts, or several requests."));
    }
    state.active.policy.request(&changes).map_err(|diagnostics| refused(&diagnostics))
}

fn ask(
    state: &State,
    predicate: crate::policy::checked::PredicateId,
    case: &Case,
    surroundings: &Surroundings<'_>,
    facts: &mut BTreeSet<Fact>,
) -> Result<(), Error> {
    let active = &state.active;
    let Some((change, variant)) =
        case.change.as_ref().and_then(|change| Some((change, active.policy.variants.get(change.variant.0 as usize)?)))
    else {
        return Ok(());
    };
    let columns: Box<[ColumnType]> = column_types(variant);
    let head: Vec<_> = change.terms.iter().map(|term| (term.clone(), Binding::Free)).collect();
    let QueryPlan { plans, goal } = active.body_plan(Purpose::Question, &head, &case.body, case.variables.len())?;
    let constants = Constants::resolve(&plans, active, &state.snapshot);
    let asking = Asking::new(state, &plans, &constants, [&goal], surroundings)?.for_query();
    let cells = asking.answers(&goal, &[])?;
    for row in cells.chunks_exact(columns.len().max(1)) {
        let values = asking.values(columns.iter(), row)?;
        facts.insert(Fact { relation: relation_of(state, predicate, &values)?, values });
    }
    Ok(())
}
