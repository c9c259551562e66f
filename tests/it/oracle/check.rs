//! The way from a text to a checked policy, as the engine takes it.

use std::collections::BTreeMap;

use entail::language::diagnostic::{Diagnostic, Severity};
use entail::policy::checked::Policy;
use entail::policy::pack::Pack;

/// Reads and checks a policy of one file; its errors, if it has any.
pub(crate) fn check(text: &str) -> Result<Policy, Vec<Diagnostic>> {
    check_files("world.dl", &BTreeMap::from([("world.dl".to_owned(), text.to_owned())]))
}

/// Reads and checks a policy of several files.
pub(crate) fn check_files(main: &str, files: &BTreeMap<String, String>) -> Result<Policy, Vec<Diagnostic>> {
    let (policy, diagnostics) = entail::policy::check::check(&Pack::from_files(main, files));
    let errors = || diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).cloned().collect();
    policy.ok_or_else(errors)
}
