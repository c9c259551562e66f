//! Texts in quotes and their escapes.

use std::borrow::Cow;

use crate::language::lexer::Lexer;
use crate::language::lexer::report::quote;

impl<'t> Lexer<'t, '_> {
    /// Reads a text in quotes, which ends with its line at the latest.
    pub(super) fn quoted(&mut self) -> Cow<'t, str> {
        let start = self.position;
        self.position += 1;
        let mut resolved: Option<String> = None;
        loop {
            let piece = self.position;
            self.skip_while(|c| c != '"' && c != '\\' && (c == '\t' || !c.is_control()));
            let plain = self.slice(piece, self.position);
            match &mut resolved {
                Some(resolved) => resolved.push_str(plain),
                None if self.peek() == Some('"') => {
                    self.position += 1;
                    return Cow::Borrowed(plain);
                }
                None => resolved = Some(plain.to_owned()),
            }
            let resolved = resolved.get_or_insert_default();
            match self.peek() {
                Some('"') => {
                    self.position += 1;
                    return Cow::Owned(std::mem::take(resolved));
                }
                Some('\\') => match self.escape() {
                    Some(c) => resolved.push(c),
                    None => resolved.push('\u{fffd}'),
                },
                Some('\n') | None => {
                    self.unterminated(start);
                    return Cow::Owned(std::mem::take(resolved));
                }
                Some(c) => {
                    // A carriage return before the line's end is part of that end.
                    if c != '\r' || self.second() != Some('\n') {
                        self.control_character(self.position, c);
                    }
                    self.position += c.len_utf8();
                }
            }
        }
    }

    /// Tells of a text without its second quote. It has swallowed the rest of its line; if that ends with a full stop,
    /// the statement ends there.
    fn unterminated(&mut self, start: usize) {
        let swallowed = self.slice(start, self.position).trim_end();
        let end = start + swallowed.len();
        let help = "Close it with `\"` on the same line; a line end inside a text is written `\\n`.";
        self.error("unterminated-text", "this text is not closed".to_owned(), start, end, help);
        self.broken_line = true;
        if swallowed.ends_with('.') {
            self.position = end - 1;
        }
    }

    /// Reads an escape; nothing if there is no such.
    fn escape(&mut self) -> Option<char> {
        let start = self.position;
        self.position += 1;
        let escaped = self.peek();
        let found = match escaped {
            Some('"') => Some('"'),
            Some('\\') => Some('\\'),
            Some('n') => Some('\n'),
            Some('u') => {
                let rest = self.rest();
                let digits = rest.strip_prefix("u{").and_then(|rest| rest.split_once('}')).map(|(digits, _)| digits);
                let digits = digits.filter(|digits| (1..=6).contains(&digits.len()));
                let c = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
                if let (Some(digits), Some(_)) = (digits, c) {
                    // `u{`, and below one more for `}`.
                    self.position += 2 + digits.len();
                }
                c
            }
            _ => None,
        };
        if let Some(c) = escaped.filter(|c| !c.is_control()) {
            self.position += if found.is_some() { 1 } else { c.len_utf8() };
        }
        if found.is_none() {
            let message = format!("there is no escape {}", quote(self.slice(start, self.position)));
            let help =
                "Escapes are `\\\"`, `\\\\`, `\\n` and `\\u{…}` with the number of a character, as in `\\u{e9}`.";
            self.error("unknown-escape", message, start, self.position, help);
        }
        found
    }
}
