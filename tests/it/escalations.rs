//! Escalations: what is found on small policies, that each path can be walked, and that what isn't named can't be come to.

mod brute;
mod found;
mod policies;
mod walked;

use std::collections::BTreeMap;

use entail::escalations::analyse::escalations;
use entail::escalations::report::{Escalation, Escalations};
use entail::policy::check::check;
use entail::policy::checked::Policy;
use entail::policy::pack::Pack;

/// A policy of one file, and of the shipped packs that it includes.
pub(crate) fn policy(text: &str) -> Policy {
    let files = BTreeMap::from([("main.dl".to_owned(), text.to_owned())]);
    let pack = Pack::from_files("main.dl", &files);
    let (policy, diagnostics) = check(&pack);
    policy.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

/// What is found in a policy.
pub(crate) fn found(text: &str) -> Escalations {
    escalations(&policy(text)).expect("a policy that is small enough")
}

/// What a permission leads to, as lines: `permission -> gains`, each `gain (writes)`.
pub(crate) fn lines(found: &Escalations) -> Vec<String> {
    let line = |escalation: &Escalation| {
        let of_gain =
            |gain: &entail::escalations::report::Gain| format!("{} ({})", gain.permission, gain.path.steps.len());
        let gains: Vec<String> = escalation.gains.iter().map(of_gain).collect();
        format!("{} -> {}", escalation.permission.as_deref().unwrap_or("nothing"), gains.join(", "))
    };
    found.anyone.iter().chain(&found.permissions).map(line).collect()
}
