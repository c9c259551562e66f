//! Names, variables, objects and numbers.

use std::borrow::Cow;

use crate::language::lexer::report::quote;
use crate::language::lexer::token::TokenKind;
use crate::language::lexer::{Lexer, offset};
use crate::model::value::{MAX_ID_BYTES, check_id, is_id_character};

const NAME_HELP: &str = "A name is lower-case letters `a-z`, digits and `_`, begins with a letter, and may have parts joined by dots: `sequence.add_leads`.";
const VARIABLE_HELP: &str = "A variable begins with a capital letter `A-Z`; letters, digits and `_` may follow. `_` alone stands for any value.";

impl<'t> Lexer<'t, '_> {
    fn skip_word(&mut self) {
        self.skip_while(|c| c.is_alphanumeric() || c == '_');
    }

    /// Reads a name, and the id if a colon follows: `user`, `sequence.view`, `user:ana`, `user:*`.
    pub(super) fn name(&mut self) {
        let start = self.position;
        self.skip_word();
        // A dot before a word character joins, whatever comes of it.
        while self.peek() == Some('.') && self.second().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.position += 1;
            self.skip_word();
        }
        let name = self.slice(start, self.position);
        let is_part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        if !name.split('.').all(is_part) {
            self.error("malformed-name", format!("{} is not a name", quote(name)), start, self.position, NAME_HELP);
        } else if name.len() > MAX_ID_BYTES {
            self.too_long("name", start, name.len());
        }
        let after = self.rest();
        if !after.starts_with(':') || after.starts_with(":-") || after.starts_with(":=") {
            self.push(start, TokenKind::Name(name));
            return;
        }
        self.position += 1;
        self.object(start, name);
    }

    /// Reads what stands behind the colon of an object.
    pub(super) fn object(&mut self, start: usize, kind: &'t str) {
        if self.peek() == Some('*') {
            self.position += 1;
            self.push(start, TokenKind::Everyone(kind));
            return;
        }
        let gap = self.position;
        self.skip_while(|c| c == ' ' || c == '\t');
        let spaced = self.position > gap;
        let id_start = self.position;
        let id = match self.peek() {
            Some('"') => self.quoted(),
            Some(c) if c.is_alphanumeric() || c == '_' => Cow::Borrowed(self.plain_id()),
            _ => {
                self.position = gap;
                let help = format!(
                    "An id stands right behind the colon, as in `{}:1`; in quotes it may hold nearly anything.",
                    shown_kind(kind)
                );
                self.error("malformed-id", format!("{} has no id", quote(self.slice(start, gap))), start, gap, &help);
                self.push(start, TokenKind::Bad);
                return;
            }
        };
        if spaced {
            self.space_in_object(start);
        }
        self.check(&id, id_start);
        self.push(start, TokenKind::Object(kind, id));
    }

    pub(super) fn space_in_object(&mut self, start: usize) {
        let help = "Write type, colon and id without a blank between them: `user:ana`.";
        let message = "a blank stands beside the colon of an object".to_owned();
        self.error("space-in-object", message, start, self.position, help);
    }

    /// Reads an id without quotes; dots at its end don't belong to it, nor does one before `//`.
    fn plain_id(&mut self) -> &'t str {
        let start = self.position;
        self.skip_while(is_id_character);
        let id = self.slice(start, self.position);
        let id = id.find(".//").and_then(|end| id.get(..end)).unwrap_or(id).trim_end_matches('.');
        self.position = start + id.len();
        id
    }

    fn check(&mut self, id: &str, start: usize) {
        if let Err(problem) = check_id(id) {
            let help = "An id has 1 to 512 bytes, no control character and no `#`, and is not `*`.";
            self.error("malformed-id", problem.to_string(), start, self.position, help);
        }
    }

    fn too_long(&mut self, what: &str, start: usize, length: usize) {
        let message = format!("this {what} has {length} bytes");
        let help = format!("At most {MAX_ID_BYTES} bytes are allowed.");
        self.error("name-too-long", message, start, self.position, &help);
    }

    /// Reads a variable.
    pub(super) fn variable(&mut self) {
        let start = self.position;
        self.skip_word();
        let name = self.slice(start, self.position);
        if !name.is_ascii() {
            self.error(
                "malformed-name",
                format!("{} is not a variable", quote(name)),
                start,
                self.position,
                VARIABLE_HELP,
            );
        } else if name.len() > MAX_ID_BYTES {
            self.too_long("variable", start, name.len());
        }
        let after = self.rest();
        if after.starts_with(':') && !after.starts_with(":-") && !after.starts_with(":=") {
            self.position += 1;
            self.skip_while(is_id_character);
            let trimmed = self.slice(start, self.position).trim_end_matches('.');
            self.position = start + trimmed.len();
            let help = "The type of an object is a name in lower case: `user:ana`. To say that `X` is a user, write `user(X)`.";
            self.error("malformed-name", format!("{} is not an object", quote(trimmed)), start, self.position, help);
        }
        self.push(start, TokenKind::Variable(name));
    }

    /// Reads `_`.
    pub(super) fn underscore(&mut self) {
        let start = self.position;
        self.skip_word();
        let name = self.slice(start, self.position);
        if name == "_" {
            self.push(start, TokenKind::Underscore);
        } else {
            self.error(
                "malformed-name",
                format!("{} is not a variable", quote(name)),
                start,
                self.position,
                VARIABLE_HELP,
            );
            self.push(start, TokenKind::Variable(name));
        }
    }

    /// Reads a whole number; a minus sign stands right before it.
    pub(super) fn integer(&mut self) {
        let start = self.position;
        if self.peek() == Some('-') {
            self.position += 1;
        }
        self.skip_word();
        let decimal = self.peek() == Some('.') && self.second().is_some_and(|c| c.is_ascii_digit());
        if decimal {
            self.position += 1;
            self.skip_word();
        }
        let digits = self.slice(start, self.position);
        let value = if !digits.bytes().skip(1).all(|b| b.is_ascii_digit()) {
            let help = "Numbers are whole and in digits: `139`, `-1`. Anything else is a text in quotes; an id needs its type: `account:12a`.";
            self.error(
                "malformed-integer",
                format!("{} is not a whole number", quote(digits)),
                start,
                self.position,
                help,
            );
            0
        } else {
            digits.parse().unwrap_or_else(|_| {
                let message = format!("{} is too large a number", quote(digits));
                let help = "Numbers lie between -9223372036854775808 and 9223372036854775807.";
                self.error("integer-too-large", message, start, self.position, help);
                0
            })
        };
        self.push(start, TokenKind::Integer(value));
    }

    /// Joins a colon that stands alone to the name before it, if there is one: `user : ana`.
    pub(super) fn join_colon(&mut self) -> bool {
        let Some(TokenKind::Name(kind)) = self.tokens.last().map(|token| token.kind.clone()) else {
            return false;
        };
        let Some(name) = self.tokens.pop() else {
            return false;
        };
        let first_on_line = name.first_on_line;
        let start = name.start as usize;
        self.position += 1;
        self.skip_while(|c| c == ' ' || c == '\t');
        let before = self.tokens.len();
        self.object(start, kind);
        if let Some(token) = self.tokens.get_mut(before) {
            token.first_on_line = first_on_line;
            token.blank_before = name.blank_before;
            if token.kind != TokenKind::Bad {
                self.space_in_object(start);
            }
        }
        debug_assert!(offset(start) == name.start, "offsets fit into 32 bits");
        true
    }
}

/// The type in a help, unless it is absurdly long.
fn shown_kind(kind: &str) -> &str {
    if kind.len() > 40 { "user" } else { kind }
}
