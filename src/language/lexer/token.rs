//! What the parser reads: tokens that borrow from the text, and the comments between them.

use std::borrow::Cow;

use crate::model::comparison::Comparison;

/// One token, and how it lies on its line.
#[derive(Clone, Debug)]
pub(in crate::language) struct Token<'t> {
    pub(in crate::language) kind: TokenKind<'t>,
    /// The first byte.
    pub(in crate::language) start: u32,
    /// The byte after the last.
    pub(in crate::language) end: u32,
    /// Bytes before it on its line.
    pub(in crate::language) column: u32,
    /// Whether no other token stands before it on its line.
    pub(in crate::language) first_on_line: bool,
    /// Whether a blank line lies between it and the token or comment before.
    pub(in crate::language) blank_before: bool,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::language) enum TokenKind<'t> {
    /// `sequence`, `sequence.view`; keywords too.
    Name(&'t str),
    /// `U`
    Variable(&'t str),
    /// `_`
    Underscore,
    /// `user:ana`
    Object(&'t str, Cow<'t, str>),
    /// `user:*`
    Everyone(&'t str),
    /// `"EU"`, its escapes resolved.
    Text(Cow<'t, str>),
    /// `139`, `-1`
    Integer(i64),
    /// A full stop: a dot before white space, a comment or the end.
    Stop,
    /// `,`
    Comma,
    /// `(`
    LeftParenthesis,
    /// `)`
    RightParenthesis,
    /// `{`
    LeftBrace,
    /// `}`
    RightBrace,
    /// `|`
    Bar,
    /// `#`
    Hash,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `:-`
    If,
    /// `->`
    Arrow,
    /// `=`, `<=`, …
    Compare(Comparison),
    /// What other languages write for `:-`: `<-`, `:=`, `=>`. Not told yet: the parser knows where it stands.
    ForeignIf,
    /// Something that the lexer has told its author about.
    Bad,
    /// After the last token.
    End,
}

/// A comment and where it lies among the tokens.
#[derive(Clone, Debug)]
pub(in crate::language) struct LexedComment<'t> {
    /// Its text, without `//`, the blank after it and white space at its end.
    pub(in crate::language) text: &'t str,
    /// How many tokens stand before it.
    pub(in crate::language) token: usize,
    /// Whether no token stands before it on its line.
    pub(in crate::language) own_line: bool,
    /// Whether a blank line lies between it and the token or comment before.
    pub(in crate::language) blank_before: bool,
}
