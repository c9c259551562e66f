//! Bodies: literals and comparisons.

use crate::language::lexer::token::TokenKind;
use crate::language::parser::cursor::{Cursor, Failed, Parsed};
use crate::language::parser::expected::{COMPARED, COMPARISON, LITERAL, PREDICATE_AFTER_NOT};
use crate::language::parser::term::shorten;
use crate::language::syntax::{Literal, LiteralKind, Term, TermKind};
use crate::model::comparison::Comparison;

impl Cursor<'_> {
    /// One literal or more, with commas between.
    pub(super) fn body(&mut self) -> Parsed<Vec<Literal>> {
        let mut body = vec![self.literal()?];
        self.no_expression()?;
        while self.take(&TokenKind::Comma) {
            body.push(self.literal()?);
            self.no_expression()?;
        }
        Ok(body)
    }

    /// Tells who compares or calculates with what a literal would yield elsewhere.
    fn no_expression(&mut self) -> Parsed<()> {
        let help = match self.peek().kind {
            // What a test expects of a question.
            TokenKind::Compare(Comparison::Equal) => return Ok(()),
            TokenKind::Compare(_) => "A predicate has no value: let it bind a variable, as in `length(T, N), N > 10`.",
            TokenKind::Plus | TokenKind::Minus if !self.at_new_statement() => {
                "There is no arithmetic: compare with a fact or a number."
            }
            _ => return Ok(()),
        };
        Err(self.unexpected_with("`,` or a full stop", help))
    }

    fn literal(&mut self) -> Parsed<Literal> {
        let start = self.peek().start;
        let negated = self.at_name("not");
        if negated {
            self.advance();
            if self.peek().kind == TokenKind::LeftParenthesis {
                return Err(self.unexpected(PREDICATE_AFTER_NOT));
            }
        }
        let sign = self.optional_sign();
        let called = self.peek_at(1).kind == TokenKind::LeftParenthesis;
        let at_atom = called && matches!(self.peek().kind, TokenKind::Name(_) | TokenKind::Variable(_));
        if sign.is_some() || at_atom {
            let atom = self.atom()?;
            return Ok(Literal { kind: LiteralKind::Atom { negated, sign, atom }, span: self.since(start) });
        }
        let kind = self.comparison()?;
        let span = self.since(start);
        if negated {
            let help = "`not` stands before a predicate; turn the comparison round: `!=` for `=`, `<=` for `>`.";
            self.error("negated-comparison", "a comparison can't be negated".to_owned(), span, help);
        }
        Ok(Literal { kind, span })
    }

    fn comparison(&mut self) -> Parsed<LiteralKind> {
        let left = self.term(LITERAL)?;
        let TokenKind::Compare(operator) = self.peek().kind else {
            return Err(self.no_comparison(&left));
        };
        self.advance();
        let right = self.term(COMPARED)?;
        Ok(LiteralKind::Comparison { operator, left, right })
    }

    /// Tells what may follow a term that stands where a literal should.
    fn no_comparison(&mut self, left: &Term) -> Failed {
        match &left.kind {
            TermKind::Name(name) => {
                let help = format!("A predicate has its terms in parentheses: `{}(…)`.", shorten(name));
                self.unexpected_with("`(`", &help)
            }
            _ => self.unexpected(COMPARISON),
        }
    }

    /// Whether an operator between head and body follows, or what another language writes for it: that is told.
    pub(super) fn take_if(&mut self) -> bool {
        match self.peek().kind {
            TokenKind::If => {
                self.advance();
                true
            }
            TokenKind::ForeignIf | TokenKind::Compare(Comparison::LessOrEqual) => {
                let message = format!("{} doesn't begin a body", self.found());
                self.error("foreign-arrow", message, self.here(), "Write `:-` between head and body.");
                self.advance();
                true
            }
            _ => false,
        }
    }

    /// `:-` and a body, or nothing.
    pub(super) fn optional_body(&mut self) -> Parsed<Vec<Literal>> {
        if self.take_if() { self.body() } else { Ok(Vec::new()) }
    }
}
