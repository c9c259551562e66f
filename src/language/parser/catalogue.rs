//! Categories and permissions.

use crate::language::lexer::token::TokenKind;
use crate::language::parser::cursor::{Cursor, Parsed};
use crate::language::parser::expected::{
    CATEGORY_BRACE, CATEGORY_TITLE, DESCRIPTION_OR_STOP, LABEL, PERMISSION_NAME, PERMISSION_ON, STOP, WORD,
};
use crate::language::parser::statement::Place;
use crate::language::span::Span;
use crate::language::syntax::{Comment, StatementKind};

/// How deep categories may stand in one another.
const MAX_DEPTH: usize = 64;

impl Cursor<'_> {
    /// `category "Tags" { … }`
    pub(super) fn category(&mut self) -> Parsed<StatementKind> {
        let start = self.here();
        self.advance();
        let title = self.text(CATEGORY_TITLE)?;
        if self.braces >= MAX_DEPTH {
            let message = format!("categories stand more than {MAX_DEPTH} deep in one another");
            return Err(self.error("nested-too-deep", message, start, "Use fewer levels."));
        }
        let open = self.here();
        self.take_inner_comments();
        self.expect(&TokenKind::LeftBrace, CATEGORY_BRACE)?;
        let statements = self.statements(Place::Category);
        let trailing_comments = self.block_end(open, statements.is_empty())?;
        Ok(StatementKind::Category { title, statements, trailing_comments })
    }

    /// The comments before a closing brace, and the brace.
    pub(super) fn block_end(&mut self, open: Span, empty: bool) -> Parsed<Vec<Comment>> {
        let mut comments = self.take_comments();
        if let Some(first) = comments.first_mut().filter(|_| empty) {
            first.blank_before = false;
        }
        if !self.take(&TokenKind::RightBrace) {
            if self.peek().kind != TokenKind::Bad {
                let help = "Write `}` where its last statement ends.";
                self.error("unclosed-brace", "this brace is never closed".to_owned(), open, help);
            }
            self.braces = self.braces.saturating_sub(1);
        }
        Ok(comments)
    }

    /// `permission sequence.edit on sequence scoped shares "Edit sequences".`
    pub(super) fn permission(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let name = self.name(PERMISSION_NAME)?;
        if !self.take_name("on") {
            return Err(self.unexpected(PERMISSION_ON));
        }
        let kinds = self.kinds()?;
        let mut words = Vec::new();
        while matches!(self.peek().kind, TokenKind::Name(_)) && !self.at_new_statement() {
            words.push(self.name(WORD)?);
        }
        let label = self.text(LABEL)?;
        let description = self.optional_text();
        self.stop(if description.is_none() { DESCRIPTION_OR_STOP } else { STOP })?;
        Ok(StatementKind::Permission { name, kinds, words, label, description })
    }
}
