//! Text → tokens and comments. Every error is told where it stands, and a token that says what was probably meant
//! takes its place, so that the parser doesn't stumble over it again.

pub(in crate::language) mod report;
mod stray;
mod text;
pub(in crate::language) mod token;
mod word;

use crate::language::lexer::report::{Report, quote};
use crate::language::lexer::token::{LexedComment, Token, TokenKind};
use crate::model::comparison::Comparison;

/// What the lexer made of a text.
pub(in crate::language) struct Lexed<'t> {
    /// In the order of the text; the last is [`TokenKind::End`].
    pub(in crate::language) tokens: Vec<Token<'t>>,
    /// In the order of the text.
    pub(in crate::language) comments: Vec<LexedComment<'t>>,
}

/// Reads a whole text, up to its hundredth error.
pub(in crate::language) fn lex<'t>(text: &'t str, report: &mut Report) -> Lexed<'t> {
    let mut lexer = Lexer::new(text, report);
    while !lexer.report.is_full() && lexer.next() {}
    lexer.finish()
}

struct Lexer<'t, 'r> {
    text: &'t str,
    position: usize,
    report: &'r mut Report,
    tokens: Vec<Token<'t>>,
    comments: Vec<LexedComment<'t>>,
    line_start: usize,
    /// Line ends since the last token or comment.
    newlines: u32,
    /// Whether a token stands on this line already.
    line_has_token: bool,
    /// Whether the token to come is a text that has swallowed the rest of its line.
    broken_line: bool,
}

impl<'t, 'r> Lexer<'t, 'r> {
    fn new(text: &'t str, report: &'r mut Report) -> Self {
        // A byte order mark says nothing here.
        let position = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self {
            text,
            position,
            report,
            tokens: Vec::new(),
            comments: Vec::new(),
            line_start: position,
            newlines: 0,
            line_has_token: false,
            broken_line: false,
        }
    }

    fn finish(mut self) -> Lexed<'t> {
        let end = self.position;
        if self.report.is_full() {
            // INVARIANT: what follows wasn't read; the parser must not complain that it is missing.
            self.push(end, TokenKind::Bad);
        }
        self.push(end, TokenKind::End);
        Lexed { tokens: self.tokens, comments: self.comments }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn second(&self) -> Option<char> {
        self.rest().chars().nth(1)
    }

    fn skip_while(&mut self, mut wanted: impl FnMut(char) -> bool) {
        let rest = self.rest();
        self.position += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    }

    /// Adds a token that ends here.
    fn push(&mut self, start: usize, kind: TokenKind<'t>) {
        self.tokens.push(Token {
            kind,
            start: offset(start),
            end: offset(self.position),
            column: offset(start.saturating_sub(self.line_start)),
            first_on_line: !self.line_has_token,
            blank_before: self.newlines > 1,
        });
        self.newlines = 0;
        self.line_has_token = true;
        if std::mem::take(&mut self.broken_line) {
            // INVARIANT: what an unclosed text swallowed isn't missed: the parser passes over this token in silence.
            self.push(self.position, TokenKind::Bad);
        }
    }

    fn error(&mut self, code: &'static str, message: String, start: usize, end: usize, help: &str) {
        let span = self.report.span(offset(start), offset(end));
        self.report.error(code, message, span, help);
    }

    /// Reads one token, comment or run of white space; false at the end.
    fn next(&mut self) -> bool {
        let start = self.position;
        let Some(c) = self.peek() else { return false };
        match c {
            '\n' => {
                self.position += 1;
                self.line_start = self.position;
                self.newlines += 1;
                self.line_has_token = false;
            }
            ' ' | '\t' | '\r' => self.skip_while(|c| matches!(c, ' ' | '\t' | '\r')),
            '/' if self.second() == Some('/') => self.comment(),
            'a'..='z' => self.name(),
            'A'..='Z' => self.variable(),
            '_' => self.underscore(),
            '0'..='9' => self.integer(),
            '"' => {
                let text = self.quoted();
                self.push(start, TokenKind::Text(text));
            }
            '.' => self.dot(),
            '-' if self.second().is_some_and(|c| c.is_ascii_digit()) => self.integer(),
            _ => self.symbol(c),
        }
        true
    }

    fn comment(&mut self) {
        let start = self.position;
        self.skip_while(|c| c != '\n');
        let body = self.slice(start + 2, self.position).trim_end();
        let control = body.char_indices().find(|&(_, c)| c.is_control() && c != '\t');
        if let Some((at, c)) = control {
            self.control_character(start + 2 + at, c);
        }
        self.comments.push(LexedComment {
            text: body.strip_prefix(' ').unwrap_or(body),
            token: self.tokens.len(),
            own_line: !self.line_has_token,
            blank_before: self.newlines > 1,
        });
        self.newlines = 0;
    }

    fn control_character(&mut self, start: usize, c: char) {
        let message = format!("the control character U+{:04X} stands in the text", u32::from(c));
        self.error("control-character", message, start, start + c.len_utf8(), "Remove it; in a text write `\\u{…}`.");
    }

    /// A full stop, or a dot where none can stand.
    fn dot(&mut self) {
        let start = self.position;
        self.position += 1;
        let rest = self.rest();
        if rest.starts_with("//") || rest.chars().next().is_none_or(char::is_whitespace) {
            self.push(start, TokenKind::Stop);
            return;
        }
        let behind_variable = matches!(self.tokens.last(), Some(Token { kind: TokenKind::Variable(_), end, .. }) if *end == offset(start));
        if behind_variable && rest.starts_with(|c: char| c.is_alphabetic()) {
            self.skip_while(|c| c.is_alphanumeric() || c == '_' || c == '.');
            let trimmed = self.slice(start, self.position).trim_end_matches('.');
            self.position = start + trimmed.len();
            let message = format!("a variable has no parts such as {}", quote(trimmed));
            let help = "Ask a relation for it: `name(U, N)` gives the name `N` of `U`.";
            self.error("stray-dot", message, start, self.position, help);
            return;
        }
        let help = "The full stop that ends a statement has a blank or the line's end behind it; other dots stand only inside names, ids and texts.";
        self.error(
            "stray-dot",
            "this dot neither ends a statement nor joins a name".to_owned(),
            start,
            self.position,
            help,
        );
        self.push(start, TokenKind::Stop);
    }

    fn symbol(&mut self, c: char) {
        let start = self.position;
        let rest = self.rest();
        let two = |pair: &str| rest.starts_with(pair);
        let (kind, length) = match c {
            ',' => (TokenKind::Comma, 1),
            '(' => (TokenKind::LeftParenthesis, 1),
            ')' => (TokenKind::RightParenthesis, 1),
            '{' => (TokenKind::LeftBrace, 1),
            '}' => (TokenKind::RightBrace, 1),
            '+' => (TokenKind::Plus, 1),
            '-' if two("->") => (TokenKind::Arrow, 2),
            '-' => (TokenKind::Minus, 1),
            ':' if two(":-") => (TokenKind::If, 2),
            ':' if two(":=") => (TokenKind::ForeignIf, 2),
            '=' if two("=>") => (TokenKind::ForeignIf, 2),
            '<' if two("<-") && !rest.get(2..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) => {
                (TokenKind::ForeignIf, 2)
            }
            '←' => (TokenKind::ForeignIf, '←'.len_utf8()),
            '=' if !two("==") && !two("=<") => (TokenKind::Compare(Comparison::Equal), 1),
            '!' if two("!=") && !two("!==") => (TokenKind::Compare(Comparison::NotEqual), 2),
            '<' if two("<=") => (TokenKind::Compare(Comparison::LessOrEqual), 2),
            '<' if !two("<>") => (TokenKind::Compare(Comparison::Less), 1),
            '>' if two(">=") => (TokenKind::Compare(Comparison::GreaterOrEqual), 2),
            '>' => (TokenKind::Compare(Comparison::Greater), 1),
            '|' if !two("||") => (TokenKind::Bar, 1),
            '#' if self.line_has_token => (TokenKind::Hash, 1),
            _ => return self.stray(c),
        };
        self.position += length;
        self.push(start, kind);
    }
}

/// A byte offset; texts are far shorter than 4 GiB.
fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
