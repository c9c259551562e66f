//! What the engine refuses and why: each error has a stable code, a message in the user's words, and what to do.

/// How long a message may be.
const MESSAGE_BYTES: usize = 800;
/// How long a detail may be, such as a diagnostic with its lines.
const DETAIL_BYTES: usize = 4_096;

/// What an error means for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request is wrong: it will fail again.
    Invalid,
    /// The tenant isn't there.
    NotFound,
    /// Whoever asks may not do it.
    Forbidden,
    /// The request doesn't fit the present state.
    Conflict,
    /// A limit of rows, time or size was hit: no answer was given.
    Limit,
    /// Not now: the store can't be used, or the revision isn't here yet.
    Unavailable,
    /// A state that can't be.
    Internal,
}

/// An error as it leaves the house: its [`Report`], behind a pointer, so that an answer that is none of it stays small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Report>);

/// What an error says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What it means for the caller.
    pub kind: Kind,
    /// The stable code: `unknown-tenant`.
    pub code: &'static str,
    /// What is wrong: lower case, no full stop, input in backticks.
    pub message: String,
    /// What to do, a sentence.
    pub help: Option<String>,
    /// For policies: each diagnostic, rendered for a terminal without colour. For facts that don't fit: the first ones.
    pub details: Vec<String>,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl std::ops::Deref for Error {
    type Target = Report;

    fn deref(&self) -> &Report {
        &self.0
    }
}

impl Error {
    /// An error without help or details.
    pub(crate) fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        let message = bounded(message.into(), MESSAGE_BYTES);
        Self(Box::new(Report { kind, code, message, help: None, details: Vec::new() }))
    }

    /// The request is wrong.
    pub(crate) fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, code, message)
    }

    /// A state that can't be: it is an error, never a decision.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, "internal", message)
            .with_help("This is a fault of the engine: please report it with what was asked.")
    }

    /// What it says.
    #[must_use]
    pub fn into_report(self) -> Report {
        *self.0
    }

    /// Adds what to do.
    #[must_use]
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Adds the single things that are wrong.
    #[must_use]
    pub(crate) fn with_details(mut self, details: Vec<String>) -> Self {
        self.0.details = details.into_iter().map(|detail| bounded(detail, DETAIL_BYTES)).collect();
        self
    }
}

/// A text of at most so many bytes: what was sent isn't sent back whole.
fn bounded(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
    text
}

impl From<crate::index::error::ApplyError> for Error {
    fn from(error: crate::index::error::ApplyError) -> Self {
        match error {
            crate::index::error::ApplyError::Full { .. } => Self::new(Kind::Limit, error.code(), error.to_string())
                .with_help("Split the data over several tenants."),
            // What else can be wrong was refused before.
            other => Self::internal(other.to_string()),
        }
    }
}
