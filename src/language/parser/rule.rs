//! Rules, facts, effects, denies and guards.

use crate::language::lexer::token::TokenKind;
use crate::language::parser::cursor::{Cursor, Parsed};
use crate::language::parser::expected::{
    ACTOR_VARIABLE, BODY_OR_STOP, CHANGE_OR_STOP, DENY_BODY, DENY_MESSAGE, GUARD_BY, MORE_OR_STOP, STOP,
};
use crate::language::syntax::{GuardedChange, Ident, Sign, Spanned, StatementKind, Write, WriteChange};

impl Cursor<'_> {
    /// `teammate(U, V) :- member(T, U), member(T, V).` or a fact.
    pub(super) fn rule(&mut self) -> Parsed<StatementKind> {
        let head = self.atom()?;
        let body = self.optional_body()?;
        self.stop(if body.is_empty() { BODY_OR_STOP } else { MORE_OR_STOP })?;
        Ok(StatementKind::Rule { head, body })
    }

    /// `+home(T, A) :- +team(T), account(A).`, or a write.
    pub(super) fn write_or_effect(&mut self) -> Parsed<StatementKind> {
        let start = self.here();
        if self.peek().kind == TokenKind::LeftBrace {
            let write = self.write()?;
            self.stop(STOP)?;
            return Ok(StatementKind::Write(write));
        }
        let sign = self.sign()?;
        let head = self.atom()?;
        if !self.take_if() {
            let first = WriteChange { sign, atom: head, body: Vec::new() };
            let write = self.more_changes(first)?;
            self.stop(CHANGE_OR_STOP)?;
            return Ok(StatementKind::Write(write));
        }
        let body = self.body()?;
        if sign == Sign::Minus {
            let help = "An effect only adds facts: `+head :- body`. Rules that delete stand in a request, in braces: `{ -head :- body. }`";
            self.error("effect-deletes", "an effect can't delete".to_owned(), start, help);
        }
        self.stop(MORE_OR_STOP)?;
        Ok(StatementKind::Effect { head, body })
    }

    /// A transaction: changes with commas between, or statements in braces.
    pub(super) fn write(&mut self) -> Parsed<Write> {
        if !self.take(&TokenKind::LeftBrace) {
            let first = self.change()?;
            return self.more_changes(first);
        }
        let outer_column = self.column;
        let mut changes = Vec::new();
        while !self.take(&TokenKind::RightBrace) {
            // What begins no further in than this change follows a forgotten full stop.
            self.column = self.peek().column;
            let mut change = self.change()?;
            change.body = self.optional_body()?;
            self.stop(if change.body.is_empty() { BODY_OR_STOP } else { MORE_OR_STOP })?;
            changes.push(change);
        }
        self.column = outer_column;
        Ok(Write { changes, braces: true })
    }

    fn more_changes(&mut self, first: WriteChange) -> Parsed<Write> {
        let mut changes = vec![first];
        while self.take(&TokenKind::Comma) {
            changes.push(self.change()?);
        }
        Ok(Write { changes, braces: false })
    }

    fn change(&mut self) -> Parsed<WriteChange> {
        Ok(WriteChange { sign: self.sign()?, atom: self.atom()?, body: Vec::new() })
    }

    /// `deny "every user has a role" :- user(U), not role_of(U, _, _).`
    pub(super) fn deny(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let message = self.text(DENY_MESSAGE)?;
        if !self.take_if() {
            return Err(self.unexpected(DENY_BODY));
        }
        let body = self.body()?;
        self.stop(MORE_OR_STOP)?;
        Ok(StatementKind::Deny { message, body })
    }

    /// `guard -team(T) | name(T, _) by A :- home(T, X), can(A, teams.manage, X).`
    pub(super) fn guard(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let mut changes = vec![self.guarded_change()?];
        while self.take(&TokenKind::Bar) {
            changes.push(self.guarded_change()?);
        }
        if !self.take_name("by") {
            return Err(self.unexpected(GUARD_BY));
        }
        let actor = self.actor_variable()?;
        let body = self.optional_body()?;
        self.stop(if body.is_empty() { BODY_OR_STOP } else { MORE_OR_STOP })?;
        Ok(StatementKind::Guard { changes, actor, body })
    }

    fn guarded_change(&mut self) -> Parsed<GuardedChange> {
        Ok(GuardedChange { sign: self.optional_sign(), atom: self.atom()? })
    }

    fn actor_variable(&mut self) -> Parsed<Ident> {
        let token = self.peek().clone();
        let span = self.span_of(&token);
        match token.kind {
            TokenKind::Variable(name) => {
                self.advance();
                Ok(Spanned { node: name.to_owned(), span })
            }
            TokenKind::Name(name) => {
                let help = "The actor is a variable, and variables begin with a capital letter: `by A`.";
                let message = format!("{} is not a variable", self.found());
                self.error("lower-case-variable", message, span, help);
                self.advance();
                Ok(Spanned { node: name.to_owned(), span })
            }
            _ => Err(self.unexpected(ACTOR_VARIABLE)),
        }
    }
}
