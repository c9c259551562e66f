//! Tests and their steps.

use crate::language::lexer::token::TokenKind;
use crate::language::parser::cursor::{Cursor, Parsed};
use crate::language::parser::expected::{
    ACTOR, ANSWER, ANSWER_COUNT, ANSWERS, ANSWERS_END, MORE_ANSWERS, STEP_END, TEST_BRACE, TEST_TITLE,
};
use crate::language::syntax::{Atom, Expected, StatementKind, Step, StepKind, Term, TermKind};
use crate::model::comparison::Comparison;

impl Cursor<'_> {
    /// `test "…" { … }`
    pub(super) fn test(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let title = self.text(TEST_TITLE)?;
        let open = self.here();
        self.take_inner_comments();
        self.expect(&TokenKind::LeftBrace, TEST_BRACE)?;
        let mut steps = Vec::new();
        let mut first = true;
        while !matches!(self.peek().kind, TokenKind::End | TokenKind::RightBrace) && !self.report.is_full() {
            if self.skip_stray_stop() {
                continue;
            }
            if self.at_name("test") && matches!(self.peek_at(1).kind, TokenKind::Text(_)) {
                // Tests don't nest: the one before lacks its brace.
                break;
            }
            steps.extend(self.step(first));
            first = false;
        }
        let trailing_comments = self.block_end(open, steps.is_empty())?;
        Ok(StatementKind::Test { title, steps, trailing_comments })
    }

    fn step(&mut self, first: bool) -> Option<Step> {
        let start = self.peek().start;
        let read = self.surrounded(first, |cursor| {
            let kind = match cursor.peek().kind {
                TokenKind::Plus | TokenKind::Minus | TokenKind::LeftBrace => cursor.write_step()?,
                _ => cursor.expectation()?,
            };
            let given = cursor.given()?;
            let has_answers =
                !matches!(kind, StepKind::Expect { expected: Expected::Holds, .. } | StepKind::Write { .. });
            cursor.stop(if has_answers && given.is_empty() { ANSWERS_END } else { STEP_END })?;
            Ok((kind, given))
        })?;
        let (kind, given) = read.inside;
        Some(Step {
            blank_before: read.blank_before,
            comments: read.comments,
            blank_after_comments: read.blank_after_comments,
            end_comment: read.end_comment,
            kind,
            given,
            span: self.since(start),
        })
    }

    /// `+owner(sequence:9, user:cy) by user:cy refused "…"`
    fn write_step(&mut self) -> Parsed<StepKind> {
        let write = self.write()?;
        let actor = if self.take_name("by") { Some(self.actor()?) } else { None };
        let refused = if self.take_name("refused") { Some(self.optional_text()) } else { None };
        Ok(StepKind::Write { write, actor, refused })
    }

    fn actor(&mut self) -> Parsed<Term> {
        if !matches!(self.peek().kind, TokenKind::Object(..)) {
            return Err(self.unexpected(ACTOR));
        }
        let term = self.term(ACTOR)?;
        if matches!(term.kind, TermKind::Object(..)) {
            return Ok(term);
        }
        let help = "The actor of a write is one object: `by user:ana`.";
        Err(self.error("malformed-set", "a set can't write".to_owned(), term.span, help))
    }

    /// `can(user:ana, sequence.view, S) = { sequence:1 }`, `… = 17`, or a body that holds.
    fn expectation(&mut self) -> Parsed<StepKind> {
        let body = self.body()?;
        if !self.take(&TokenKind::Compare(Comparison::Equal)) {
            return Ok(StepKind::Expect { body, expected: Expected::Holds });
        }
        let expected = match self.peek().kind {
            TokenKind::Integer(count) => match u64::try_from(count) {
                Ok(count) => {
                    self.advance();
                    Expected::Count(count)
                }
                Err(_) => return Err(self.unexpected(ANSWER_COUNT)),
            },
            TokenKind::LeftBrace => Expected::Answers(self.answers()?),
            _ => return Err(self.unexpected(ANSWERS)),
        };
        Ok(StepKind::Expect { body, expected })
    }

    fn answers(&mut self) -> Parsed<Vec<Term>> {
        self.advance();
        let mut answers = Vec::new();
        if self.take(&TokenKind::RightBrace) {
            return Ok(answers);
        }
        loop {
            answers.push(self.term(ANSWER)?);
            if !self.take(&TokenKind::Comma) {
                break;
            }
        }
        self.expect(&TokenKind::RightBrace, MORE_ANSWERS)?;
        Ok(answers)
    }

    /// `given now("2026-07-01T00:00:00Z")`
    fn given(&mut self) -> Parsed<Vec<Atom>> {
        let mut given = Vec::new();
        if self.take_name("given") {
            given.push(self.atom()?);
            while self.take(&TokenKind::Comma) {
                given.push(self.atom()?);
            }
        }
        Ok(given)
    }
}
