//! Types, relations and context.

use crate::language::lexer::token::TokenKind;
use crate::language::parser::cursor::{Cursor, Parsed};
use crate::language::parser::expected::{
    COLUMNS, CONSTANT, MORE_COLUMNS, MORE_CONSTANTS, ONE_ENUMERATION, RELATION_NAME, SIGNATURE_OR_STOP, STOP,
    TYPE_AFTER_OPEN, TYPE_NAME, TYPES_OR_STOP,
};
use crate::language::syntax::{Ident, Signature, StatementKind};

impl Cursor<'_> {
    /// `open type sequence, list is record.` and `type extent { own, teammates, all }.`
    pub(super) fn types(&mut self) -> Parsed<StatementKind> {
        let open_span = self.here();
        let open = self.take_name("open");
        if !self.take_name("type") {
            return Err(self.unexpected(TYPE_AFTER_OPEN));
        }
        let names = self.names(TYPE_NAME)?;
        if self.peek().kind == TokenKind::LeftBrace {
            if open {
                let help = "The constants in braces are all there are: leave `open` out.";
                self.error("open-enumeration", "a type with constants can't be open".to_owned(), open_span, help);
            }
            return self.enumeration(names);
        }
        let supertypes = if self.take_name("is") { self.names(TYPE_NAME)? } else { Vec::new() };
        self.stop(TYPES_OR_STOP)?;
        Ok(StatementKind::Types { open, names, supertypes })
    }

    fn enumeration(&mut self, mut names: Vec<Ident>) -> Parsed<StatementKind> {
        let Some(name) = names.pop().filter(|_| names.is_empty()) else {
            return Err(self.unexpected(ONE_ENUMERATION));
        };
        self.advance();
        let constants = self.names(CONSTANT)?;
        self.expect(&TokenKind::RightBrace, MORE_CONSTANTS)?;
        self.stop(STOP)?;
        Ok(StatementKind::Enumeration { name, constants })
    }

    /// `relation owner(record) -> user, member(team, user).`
    pub(super) fn signatures(&mut self) -> Parsed<Vec<Signature>> {
        self.advance();
        let mut signatures = vec![self.signature()?];
        while self.take(&TokenKind::Comma) {
            signatures.push(self.signature()?);
        }
        self.stop(SIGNATURE_OR_STOP)?;
        Ok(signatures)
    }

    fn signature(&mut self) -> Parsed<Signature> {
        let start = self.peek().start;
        let name = self.name(RELATION_NAME)?;
        self.expect(&TokenKind::LeftParenthesis, COLUMNS)?;
        let mut columns = vec![self.kinds()?];
        while self.take(&TokenKind::Comma) {
            columns.push(self.kinds()?);
        }
        self.expect(&TokenKind::RightParenthesis, MORE_COLUMNS)?;
        let value = if self.take(&TokenKind::Arrow) { Some(self.kinds()?) } else { None };
        Ok(Signature { name, columns, value, span: self.since(start) })
    }
}
