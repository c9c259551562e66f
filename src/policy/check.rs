//! A pack → a policy: every check in its order, all diagnostics at once.

use crate::language::diagnostic::Diagnostic;
use crate::policy::checked::Policy;
use crate::policy::context;
use crate::policy::declare::declare;
use crate::policy::duplicates;
use crate::policy::facts;
use crate::policy::fitting;
use crate::policy::lint;
use crate::policy::lower::lower;
use crate::policy::ownership;
use crate::policy::pack::Pack;
use crate::policy::report::Report;
use crate::policy::statements::Statements;
use crate::policy::steps;
use crate::policy::stratify::stratify;
use crate::policy::times;
use crate::policy::types;

/// Checks a pack.
///
/// There is a policy just when no diagnostic is an error. Diagnostics come in the order of the texts, file by file; what
/// only follows from something that is refused already is not reported.
pub fn check(pack: &Pack) -> (Option<Policy>, Vec<Diagnostic>) {
    let mut report = Report { diagnostics: pack.report.diagnostics.clone() };
    let statements = Statements::collect(&pack.files);
    ownership::check(pack, &statements, &mut report);
    let declared = declare(&statements, &mut report);
    let schema = declared.schema;
    duplicates::check(&statements, &schema, &mut report);
    let mut lowered = lower(&statements, &schema, &mut report);
    lowered.broken.extend(declared.broken);

    let (built_in, stated_at) =
        facts::built_in(&schema, &lowered.facts, &lowered.rules, &mut report).into_iter().unzip();
    lowered.rules.extend(facts::on_rules(&schema));
    let variants = types::infer(&schema, &lowered.rules, &mut report);
    types::refuse_mixed(&schema, &lowered.rules, &variants, &mut report);
    let fitted = fitting::check(&lowered, &schema, &variants, &mut report);
    context::refuse_in_denies(&lowered, &schema, &mut report);
    times::settle(&mut lowered, &fitted.bindings, &variants);

    let mut policy = Policy {
        sources: pack.sources.clone(),
        hash: pack.hash(),
        schema,
        built_in,
        stated_at,
        rules: lowered.rules,
        variants: variants.list,
        instances: fitted.instances,
        denies: lowered.denies,
        guards: lowered.guards,
        effects: lowered.effects,
        cases: fitted.cases,
    };
    let analysis = stratify(&mut policy, &mut report);
    if !report.has_errors() {
        lint::check(&policy, &analysis, &mut report);
        // The tests of files that it includes are theirs to run.
        pack.files.iter().take(1).for_each(|main| steps::check(main, &policy, &mut report));
    }
    let is_complete = pack.report.diagnostics.is_empty();
    report.diagnostics.retain(|diagnostic| {
        let needs_types = matches!(diagnostic.code, "no-instance" | "wrong-type");
        let needs_all = needs_types || diagnostic.code.starts_with("unknown-");
        (declared.types_fit || !needs_types)
            && (is_complete || !needs_all || pack.report.diagnostics.contains(diagnostic))
    });
    report.diagnostics.sort_by_key(|diagnostic| (diagnostic.span.source, diagnostic.span.start, diagnostic.span.end));
    let is_usable = !report.has_errors();
    (is_usable.then_some(policy), report.diagnostics)
}
