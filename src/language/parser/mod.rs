//! Text → syntax. All errors of a text come at once; after one, reading goes on at the next statement.
//!
//! A statement or a step with an error is left out of the tree, unless what its author meant is plain (a missing full
//! stop, `<-` for `:-`). So a tree that came with errors is fit for messages, not for use.

mod catalogue;
mod cursor;
mod declaration;
mod expected;
mod keyword;
mod literal;
mod rule;
mod statement;
mod term;
mod test_file;
#[cfg(test)]
mod tests;

use crate::language::diagnostic::Diagnostic;
use crate::language::lexer::lex;
use crate::language::lexer::report::Report;
use crate::language::lexer::token::TokenKind;
use crate::language::parser::cursor::{Cursor, Parsed};
use crate::language::parser::expected::{BODY_OR_END, END, Expected, MORE_OR_END};
use crate::language::span::SourceId;
use crate::language::syntax::{Atom, File, WriteChange};

/// The largest text of one file, in bytes: 1 MiB.
pub const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// Reads a file. The diagnostics come in the order of the text, at most about a hundred.
#[must_use]
pub fn parse(source: SourceId, text: &str) -> (File, Vec<Diagnostic>) {
    let (file, diagnostics) = run(source, text, |cursor| Ok(cursor.file()));
    (file.unwrap_or_default(), diagnostics)
}

/// Reads one atom, as in `entail query 'teammate(user:ana, X)'`; a full stop after it may be left out. There is an atom
/// just when there is no diagnostic.
#[must_use]
pub fn parse_atom(source: SourceId, text: &str) -> (Option<Atom>, Vec<Diagnostic>) {
    whole(run(source, text, |cursor| {
        let atom = cursor.atom()?;
        cursor.end_of_argument(END)?;
        Ok(atom)
    }))
}

/// Reads one change, as in `entail write '+owner(sequence:1, user:ana)'`, perhaps with a body; a full stop after it may
/// be left out. There is a change just when there is no diagnostic.
#[must_use]
pub fn parse_change(source: SourceId, text: &str) -> (Option<WriteChange>, Vec<Diagnostic>) {
    whole(run(source, text, |cursor| {
        let sign = cursor.sign()?;
        let atom = cursor.atom()?;
        let body = cursor.optional_body()?;
        cursor.end_of_argument(if body.is_empty() { BODY_OR_END } else { MORE_OR_END })?;
        Ok(WriteChange { sign, atom, body })
    }))
}

/// Reads several changes, as in the `rules` of a write: each with a full stop, perhaps with a body. There are changes just when
/// there is no diagnostic.
#[must_use]
pub fn parse_changes(source: SourceId, text: &str) -> (Option<Vec<WriteChange>>, Vec<Diagnostic>) {
    whole(run(source, text, |cursor| {
        let mut changes = Vec::new();
        while cursor.peek().kind != TokenKind::End {
            let sign = cursor.sign()?;
            let atom = cursor.atom()?;
            let body = cursor.optional_body()?;
            cursor.stop(if body.is_empty() { BODY_OR_END } else { MORE_OR_END })?;
            changes.push(WriteChange { sign, atom, body });
        }
        Ok(changes)
    }))
}

fn run<T>(
    source: SourceId,
    text: &str,
    read: impl FnOnce(&mut Cursor<'_>) -> Parsed<T>,
) -> (Option<T>, Vec<Diagnostic>) {
    let mut lexing = Report::new(source);
    if text.len() > MAX_TEXT_BYTES {
        let message = format!("this text has {} bytes", text.len());
        let help =
            "A file has at most 1 MiB; divide it, and put `include` in front. Facts in bulk belong into `entail load`.";
        let span = lexing.span(0, 0);
        lexing.error("text-too-large", message, span, help);
        return (None, lexing.finish(Report::new(source)));
    }
    let lexed = lex(text, &mut lexing);
    let mut cursor = Cursor::new(text, lexed, Report::new(source));
    let result = read(&mut cursor).ok();
    (result, lexing.finish(cursor.report))
}

fn whole<T>((node, diagnostics): (Option<T>, Vec<Diagnostic>)) -> (Option<T>, Vec<Diagnostic>) {
    (node.filter(|_| diagnostics.is_empty()), diagnostics)
}

impl Cursor<'_> {
    /// An optional full stop, then the end.
    fn end_of_argument(&mut self, expected: Expected) -> Parsed<()> {
        self.take(&TokenKind::Stop);
        if self.peek().kind == TokenKind::End { Ok(()) } else { Err(self.unexpected(expected)) }
    }
}
