//! Where the parser stands in the tokens: looking, taking, complaining, and going on after an error.

use crate::language::lexer::Lexed;
use crate::language::lexer::report::{Report, quote};
use crate::language::lexer::token::{LexedComment, Token, TokenKind};
use crate::language::parser::expected::Expected;
use crate::language::span::Span;
use crate::language::syntax::Comment;

/// What reading a part yields.
pub(super) type Parsed<T> = Result<T, Failed>;

/// An error that has been told already: leave the statement and go on at the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failed;

/// Where a statement begins, to go on behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    position: usize,
    braces: usize,
}

/// Stands in for a token that isn't there.
const NOTHING: Token<'static> =
    Token { kind: TokenKind::End, start: 0, end: 0, column: 0, first_on_line: false, blank_before: false };

/// The tokens of a text and how far they are read.
pub(super) struct Cursor<'t> {
    text: &'t str,
    tokens: Vec<Token<'t>>,
    position: usize,
    comments: std::iter::Peekable<std::vec::IntoIter<LexedComment<'t>>>,
    /// Comments inside the statement that is being read.
    pub(super) inner_comments: Vec<Comment>,
    /// Where on its line the statement that is being read begins.
    pub(super) column: u32,
    /// Braces that are open.
    pub(super) braces: usize,
    pub(super) report: Report,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str, lexed: Lexed<'t>, report: Report) -> Self {
        Self {
            text,
            tokens: lexed.tokens,
            position: 0,
            comments: lexed.comments.into_iter().peekable(),
            inner_comments: Vec::new(),
            column: 0,
            braces: 0,
            report,
        }
    }

    pub(super) fn peek(&self) -> &Token<'t> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> &Token<'t> {
        self.tokens.get(self.position + ahead).unwrap_or(&NOTHING)
    }

    /// Whether the next token is this name.
    pub(super) fn at_name(&self, name: &str) -> bool {
        self.peek().kind == TokenKind::Name(name)
    }

    /// Takes the next token; the end is never taken.
    pub(super) fn advance(&mut self) -> Token<'t> {
        let token = self.peek().clone();
        match token.kind {
            TokenKind::LeftBrace => self.braces += 1,
            TokenKind::RightBrace => self.braces = self.braces.saturating_sub(1),
            TokenKind::End => return token,
            _ => {}
        }
        self.position += 1;
        token
    }

    /// Takes the next token if it is this one.
    pub(super) fn take(&mut self, kind: &TokenKind<'_>) -> bool {
        let found = self.peek().kind == *kind;
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn take_name(&mut self, name: &str) -> bool {
        self.take(&TokenKind::Name(name))
    }

    pub(super) fn expect(&mut self, kind: &TokenKind<'_>, expected: Expected) -> Parsed<Token<'t>> {
        if self.peek().kind == *kind { Ok(self.advance()) } else { Err(self.unexpected(expected)) }
    }

    pub(super) fn span_of(&self, token: &Token<'_>) -> Span {
        self.report.span(token.start, token.end)
    }

    /// The span of the next token.
    pub(super) fn here(&self) -> Span {
        self.span_of(self.peek())
    }

    /// From a start to the end of the last token taken.
    pub(super) fn since(&self, start: u32) -> Span {
        self.report.span(start, self.end_before().max(start))
    }

    /// Where the last token taken ends.
    fn end_before(&self) -> u32 {
        self.position.checked_sub(1).and_then(|position| self.tokens.get(position)).map_or(0, |token| token.end)
    }

    pub(super) fn error(&mut self, code: &'static str, message: String, span: Span, help: &str) -> Failed {
        self.report.error(code, message, span, help);
        Failed
    }

    /// What the next token is, for a message.
    pub(super) fn found(&self) -> String {
        let token = self.peek();
        match token.kind {
            TokenKind::End => "the end of the text".to_owned(),
            TokenKind::Stop => "a full stop".to_owned(),
            _ => quote(self.text.get(token.start as usize..token.end as usize).unwrap_or_default()),
        }
    }

    /// Tells that the next token is none of those expected, unless the lexer told of it already.
    pub(super) fn unexpected(&mut self, expected: Expected) -> Failed {
        self.unexpected_with(expected.what, expected.help)
    }

    pub(super) fn unexpected_with(&mut self, what: &str, help: &str) -> Failed {
        if self.peek().kind != TokenKind::Bad {
            let message = format!("expected {what}, found {}", self.found());
            self.report.error("unexpected-token", message, self.here(), help);
        }
        Failed
    }

    /// Whether the next token looks like the begin of another statement: it is the first on a line, no further in than
    /// the statement that is being read.
    pub(super) fn at_new_statement(&self) -> bool {
        let token = self.peek();
        let begins = matches!(
            token.kind,
            TokenKind::Name(_) | TokenKind::Variable(_) | TokenKind::Plus | TokenKind::Minus | TokenKind::LeftBrace
        );
        token.first_on_line && token.column <= self.column && begins
    }

    /// Takes the full stop that ends a statement. If another statement or the end follows, it was forgotten.
    pub(super) fn stop(&mut self, expected: Expected) -> Parsed<()> {
        if self.take(&TokenKind::Stop) {
            return Ok(());
        }
        let ended = matches!(self.peek().kind, TokenKind::End | TokenKind::RightBrace) || self.at_new_statement();
        if !ended {
            return Err(self.unexpected(expected));
        }
        let end = self.end_before();
        let span = self.report.span(end, end);
        self.error("missing-full-stop", "this statement has no full stop".to_owned(), span, "End it with `.`.");
        Ok(())
    }

    /// Where a statement begins.
    pub(super) fn mark(&self) -> Mark {
        Mark { position: self.position, braces: self.braces }
    }

    /// Goes on after an error: behind the next full stop that isn't inside deeper braces, or before the brace that
    /// closes the block of the statement.
    pub(super) fn recover(&mut self, statement: Mark) {
        let braces = statement.braces;
        if self.braces == braces && self.position > statement.position && self.at_new_statement() {
            return;
        }
        loop {
            if self.braces == braces && self.peek().kind == TokenKind::RightBrace {
                return;
            }
            let token = self.advance();
            match token.kind {
                TokenKind::End => return,
                TokenKind::Stop if self.braces <= braces => return,
                TokenKind::RightBrace if self.braces <= braces => {
                    // `}` ends a statement, unless it goes on: `} by user:ana refused.`
                    let goes_on = ["by", "refused", "given"].iter().any(|word| self.at_name(word));
                    if !goes_on && !matches!(self.peek().kind, TokenKind::Stop | TokenKind::Bad) {
                        return;
                    }
                }
                _ => {}
            }
        }
    }

    /// Takes the comments before the next token.
    pub(super) fn take_comments(&mut self) -> Vec<Comment> {
        let position = self.position;
        let mut taken = Vec::new();
        while let Some(comment) = self.comments.next_if(|comment| comment.token <= position) {
            taken.push(Comment { text: comment.text.to_owned(), blank_before: comment.blank_before });
        }
        taken
    }

    /// Takes the comments before the next token as ones inside the statement that is being read.
    pub(super) fn take_inner_comments(&mut self) {
        let comments = self.take_comments();
        self.inner_comments.extend(comments.into_iter().map(|comment| Comment { blank_before: false, ..comment }));
    }

    /// At the end of a statement: takes the comments inside it, and the one behind it on its last line.
    pub(super) fn take_end_comment(&mut self) -> Option<String> {
        let position = self.position;
        while let Some(comment) = self.comments.next_if(|comment| comment.token < position) {
            self.inner_comments.push(Comment { text: comment.text.to_owned(), blank_before: false });
        }
        let comment = self.comments.next_if(|comment| comment.token == position && !comment.own_line)?;
        Some(comment.text.to_owned())
    }
}
