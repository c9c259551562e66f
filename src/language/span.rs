//! Where in which file something stands.

/// The position of a file among the sources of a pack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// A range of bytes of one source, `start` included, `end` not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The smallest span that covers both; they lie in one source.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// One file: its name as the user knows it, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// For messages: a path, or the name of a shipped pack.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// The line on which a span of it begins, from 1.
    pub fn line(&self, span: Span) -> usize {
        self.text.get(..span.start as usize).unwrap_or_default().matches('\n').count() + 1
    }
}
