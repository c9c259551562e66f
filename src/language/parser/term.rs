//! Names, texts, terms, atoms and the kinds of columns.

use crate::language::lexer::report::quote;
use crate::language::lexer::token::{Token, TokenKind};
use crate::language::parser::cursor::{Cursor, Parsed};
use crate::language::parser::expected::{
    Expected, KIND, MORE_TERMS, NO_NESTING, PREDICATE, PREDICATE_NOT_NOT, SET_RELATION, SIGN, TERM,
};
use crate::language::syntax::{Atom, Ident, Kind, Sign, Spanned, Term, TermKind};

impl<'t> Cursor<'t> {
    /// A name.
    pub(super) fn name(&mut self, expected: Expected) -> Parsed<Ident> {
        match self.peek().kind {
            TokenKind::Name(name) => {
                let token = self.advance();
                Ok(Spanned { node: name.to_owned(), span: self.span_of(&token) })
            }
            TokenKind::Variable(name) => {
                let help = format!(
                    "Names of types, relations and permissions are in lower case: {}.",
                    quote(&name.to_lowercase())
                );
                Err(self.unexpected_with(expected.what, &help))
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    /// One name or more, with commas between.
    pub(super) fn names(&mut self, expected: Expected) -> Parsed<Vec<Ident>> {
        let mut names = vec![self.name(expected)?];
        while self.take(&TokenKind::Comma) {
            names.push(self.name(expected)?);
        }
        Ok(names)
    }

    /// A text in quotes.
    pub(super) fn text(&mut self, expected: Expected) -> Parsed<Spanned<String>> {
        let text = self.optional_text();
        text.ok_or_else(|| self.unexpected(expected))
    }

    pub(super) fn optional_text(&mut self) -> Option<Spanned<String>> {
        if !matches!(self.peek().kind, TokenKind::Text(_)) {
            return None;
        }
        let token = self.advance();
        let span = self.span_of(&token);
        let TokenKind::Text(text) = token.kind else {
            return None;
        };
        Some(Spanned { node: text.into_owned(), span })
    }

    /// One kind or more, with bars between: `user | team#member | user:*`.
    pub(super) fn kinds(&mut self) -> Parsed<Vec<Kind>> {
        let mut kinds = vec![self.kind()?];
        while self.take(&TokenKind::Bar) {
            kinds.push(self.kind()?);
        }
        Ok(kinds)
    }

    fn kind(&mut self) -> Parsed<Kind> {
        if let TokenKind::Everyone(kind) = self.peek().kind {
            let token = self.advance();
            return Ok(Kind::Everyone(Spanned { node: kind.to_owned(), span: self.span_of(&token) }));
        }
        let name = self.name(KIND)?;
        if self.at_set() { Ok(Kind::Set(name, self.set_relation()?)) } else { Ok(Kind::Name(name)) }
    }

    /// Whether the `#` of a set follows.
    fn at_set(&self) -> bool {
        self.peek().kind == TokenKind::Hash
    }

    /// `#member`.
    fn set_relation(&mut self) -> Parsed<Ident> {
        self.advance();
        self.name(SET_RELATION)
    }

    /// A term.
    pub(super) fn term(&mut self, expected: Expected) -> Parsed<Term> {
        let token = self.peek().clone();
        let kind = match token.kind {
            TokenKind::Variable(name) => TermKind::Variable(name.to_owned()),
            TokenKind::Underscore => TermKind::Any,
            TokenKind::Name(name) => TermKind::Name(name.to_owned()),
            TokenKind::Object(kind, id) => TermKind::Object(kind.to_owned(), id.into_owned()),
            TokenKind::Everyone(kind) => TermKind::Everyone(kind.to_owned()),
            TokenKind::Text(text) => TermKind::Text(text.into_owned()),
            TokenKind::Integer(integer) => TermKind::Integer(integer),
            _ => return Err(self.unexpected(expected)),
        };
        self.advance();
        let kind = if self.at_set() { self.set(kind)? } else { kind };
        Ok(Term { kind, span: self.since(token.start) })
    }

    fn set(&mut self, group: TermKind) -> Parsed<TermKind> {
        match group {
            TermKind::Variable(name) => Ok(TermKind::VariableSet(name, self.set_relation()?.node)),
            TermKind::Object(kind, id) => Ok(TermKind::ObjectSet(kind, id, self.set_relation()?.node)),
            _ => {
                let help = "The group of a set is an object or a variable, which begins with a capital letter: `team:eng#member`, `T#member`.";
                let message = "this `#` stands behind neither an object nor a variable".to_owned();
                Err(self.error("malformed-set", message, self.here(), help))
            }
        }
    }

    /// `owner(S, U)`.
    pub(super) fn atom(&mut self) -> Parsed<Atom> {
        let start = self.peek().start;
        let name = self.predicate()?;
        let help = format!("A predicate has its terms in parentheses: `{}(…)`.", shorten(&name.node));
        if self.peek().kind != TokenKind::LeftParenthesis {
            return Err(self.unexpected_with("`(`", &help));
        }
        self.advance();
        if self.peek().kind == TokenKind::RightParenthesis {
            let message = format!("{} has no terms", quote(&name.node));
            let span = self.here();
            return Err(self.error(
                "no-terms",
                message,
                span,
                "A predicate has at least one term: what it speaks about.",
            ));
        }
        let mut terms = vec![self.term(TERM)?];
        while self.take(&TokenKind::Comma) {
            terms.push(self.term(TERM)?);
        }
        if self.peek().kind == TokenKind::LeftParenthesis {
            return Err(self.unexpected(NO_NESTING));
        }
        self.expect(&TokenKind::RightParenthesis, MORE_TERMS)?;
        Ok(Atom { name, terms, span: self.since(start) })
    }

    /// The name of a predicate. One that begins with a capital letter is told and taken.
    fn predicate(&mut self) -> Parsed<Ident> {
        if self.at_name("not") {
            return Err(self.unexpected(PREDICATE_NOT_NOT));
        }
        let Token { kind: TokenKind::Variable(name), .. } = *self.peek() else {
            return self.name(PREDICATE);
        };
        if self.peek_at(1).kind != TokenKind::LeftParenthesis {
            return self.name(PREDICATE);
        }
        let token = self.advance();
        let span = self.span_of(&token);
        let lower = name.to_lowercase();
        let help = format!(
            "Names of predicates are in lower case: {}. Words with a capital letter are variables.",
            quote(&lower)
        );
        self.error("upper-case-predicate", format!("{} can't name a predicate", quote(name)), span, &help);
        Ok(Spanned { node: lower, span })
    }

    /// A sign.
    pub(super) fn sign(&mut self) -> Parsed<Sign> {
        self.optional_sign().ok_or_else(|| self.unexpected(SIGN))
    }

    pub(super) fn optional_sign(&mut self) -> Option<Sign> {
        if self.take(&TokenKind::Plus) {
            Some(Sign::Plus)
        } else if self.take(&TokenKind::Minus) {
            Some(Sign::Minus)
        } else {
            None
        }
    }
}

/// A name in a help, unless it is absurdly long.
pub(super) fn shorten(name: &str) -> &str {
    if name.len() > 40 { "name" } else { name }
}
