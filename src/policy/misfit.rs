//! What doesn't fit the policy of all that comes through the doors.

/// Why something doesn't fit the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The stable code: `wrong-type`.
    pub code: &'static str,
    /// What is wrong: lower case, no full stop, input in backticks.
    pub message: String,
    /// What to do, a sentence.
    pub help: Option<String>,
}

impl Misfit {
    /// A misfit with its help.
    pub(super) fn new(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: Some(help.into()) }
    }

    /// Help that is better, if there is some.
    pub(super) fn or_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Says first where the misfit stands.
    pub(super) fn at(mut self, place: impl FnOnce() -> String) -> Self {
        self.message = format!("{}: {}", place(), self.message);
        self
    }
}

/// The beginning of a text that may be long.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 80;
    let mut shown: String = text.chars().take(MOST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}
