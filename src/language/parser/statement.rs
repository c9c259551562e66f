//! Files, and which statement begins where.

use crate::language::lexer::report::quote;
use crate::language::lexer::token::TokenKind;
use crate::language::parser::cursor::{Cursor, Parsed};
use crate::language::parser::expected::{FILE_NAME, STATEMENT, STOP};
use crate::language::parser::keyword::unknown_statement_help;
use crate::language::syntax::{Comment, File, Statement, StatementKind};

/// Where statements stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    File,
    Category,
}

/// What lies around a statement or a step.
pub(super) struct Surroundings<T> {
    pub(super) blank_before: bool,
    pub(super) comments: Vec<Comment>,
    pub(super) blank_after_comments: bool,
    pub(super) end_comment: Option<String>,
    pub(super) inside: T,
}

impl<'t> Cursor<'t> {
    /// The whole file.
    pub(super) fn file(&mut self) -> File {
        let statements = self.statements(Place::File);
        let mut trailing_comments = self.take_comments();
        if let Some(first) = trailing_comments.first_mut().filter(|_| statements.is_empty()) {
            first.blank_before = false;
        }
        File { statements, trailing_comments }
    }

    /// Statements up to the end, or to the brace that closes their category.
    pub(super) fn statements(&mut self, place: Place) -> Vec<Statement> {
        let mut statements = Vec::new();
        let mut first = true;
        while self.peek().kind != TokenKind::End && !self.report.is_full() {
            if self.skip_stray_stop() {
                continue;
            }
            if self.peek().kind == TokenKind::RightBrace {
                if place == Place::Category {
                    break;
                }
                self.unexpected_with("a statement", "This brace closes nothing: remove it.");
                self.advance();
                continue;
            }
            statements.extend(self.statement(place, first));
            first = false;
        }
        statements
    }

    /// Tells of a full stop where a statement or a step should begin, and skips it.
    pub(super) fn skip_stray_stop(&mut self) -> bool {
        let span = self.here();
        let found = self.take(&TokenKind::Stop);
        if found {
            let help = "Remove it; behind the `}` of a category or a test stands none.";
            self.error("stray-dot", "this full stop ends nothing".to_owned(), span, help);
        }
        found
    }

    fn statement(&mut self, place: Place, first: bool) -> Option<Statement> {
        let start = self.peek().start;
        let read = self.surrounded(first, |cursor| cursor.statement_kind())?;
        let span = self.since(start);
        let fits = place == Place::File
            || matches!(read.inside, StatementKind::Category { .. } | StatementKind::Permission { .. });
        if !fits {
            let help = "Only permissions and categories stand in a category; close it with `}` before this statement.";
            self.error("not-in-category", "this statement can't stand in a category".to_owned(), span, help);
        }
        Some(Statement {
            blank_before: read.blank_before,
            comments: read.comments,
            blank_after_comments: read.blank_after_comments,
            end_comment: read.end_comment,
            kind: read.inside,
            span,
        })
    }

    /// Reads a statement or a step with the comments around it; after an error goes on behind it.
    pub(super) fn surrounded<T>(
        &mut self,
        first: bool,
        read: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Option<Surroundings<T>> {
        let outer_comments = std::mem::take(&mut self.inner_comments);
        let column = self.peek().column;
        let outer_column = std::mem::replace(&mut self.column, column);
        let start = self.mark();
        let mut comments = self.take_comments();
        let blank_at_token = self.peek().blank_before;
        let mut blank_before = blank_at_token;
        if let Some(comment) = comments.first_mut() {
            blank_before = std::mem::take(&mut comment.blank_before);
        }
        let blank_after_comments = !comments.is_empty() && blank_at_token;
        let result = read(self);
        if result.is_err() {
            self.recover(start);
        }
        let end_comment = self.take_end_comment();
        comments.append(&mut self.inner_comments);
        self.inner_comments = outer_comments;
        self.column = outer_column;
        Some(Surroundings {
            blank_before: blank_before && !first,
            comments,
            blank_after_comments,
            end_comment,
            inside: result.ok()?,
        })
    }

    fn statement_kind(&mut self) -> Parsed<StatementKind> {
        let TokenKind::Name(word) = self.peek().kind else {
            return self.unnamed_statement();
        };
        let after = self.peek_at(1).kind.clone();
        if after == TokenKind::LeftParenthesis {
            return self.rule();
        }
        match word {
            "include" => self.include(),
            "open" | "type" => self.types(),
            "relation" => Ok(StatementKind::Relations(self.signatures()?)),
            "context" => Ok(StatementKind::Contexts(self.signatures()?)),
            "category" => self.category(),
            "permission" => self.permission(),
            "deny" => self.deny(),
            "guard" => self.guard(),
            "test" => self.test(),
            _ => {
                let help = unknown_statement_help(word);
                let message = format!("{} begins no statement", quote(word));
                Err(self.error("unknown-statement", message, self.here(), &help))
            }
        }
    }

    /// A statement that begins with no name: a write, an effect, or nothing known.
    fn unnamed_statement(&mut self) -> Parsed<StatementKind> {
        match self.peek().kind {
            TokenKind::Plus | TokenKind::Minus | TokenKind::LeftBrace => self.write_or_effect(),
            TokenKind::Variable(_) => self.rule(),
            _ => Err(self.unexpected(STATEMENT)),
        }
    }

    /// `include "roles.dl".`
    fn include(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let path = self.text(FILE_NAME)?;
        self.stop(STOP)?;
        Ok(StatementKind::Include(path))
    }
}
