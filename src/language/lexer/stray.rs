//! Characters that mean nothing here, and what their author probably meant.

use crate::language::lexer::Lexer;
use crate::language::lexer::report::quote;
use crate::language::lexer::token::TokenKind;
use crate::model::comparison::Comparison;

impl<'t> Lexer<'t, '_> {
    /// Reads what no token begins with.
    pub(super) fn stray(&mut self, c: char) {
        let start = self.position;
        let rest = self.rest();
        for (written, meant, operator) in [
            ("===", "=", Comparison::Equal),
            ("!==", "!=", Comparison::NotEqual),
            ("==", "=", Comparison::Equal),
            ("=<", "<=", Comparison::LessOrEqual),
            ("<>", "!=", Comparison::NotEqual),
            ("\\=", "!=", Comparison::NotEqual),
            ("≠", "!=", Comparison::NotEqual),
            ("≤", "<=", Comparison::LessOrEqual),
            ("≥", ">=", Comparison::GreaterOrEqual),
        ] {
            if rest.starts_with(written) {
                self.position += written.len();
                let help = format!("Write `{meant}`; the comparisons are `=`, `!=`, `<`, `<=`, `>` and `>=`.");
                self.error(
                    "foreign-comparison",
                    format!("{} is no comparison", quote(written)),
                    start,
                    self.position,
                    &help,
                );
                self.push(start, TokenKind::Compare(operator));
                return;
            }
        }
        match c {
            ':' if self.join_colon() => {}
            '%' | '#' if !self.line_has_token => {
                self.skip_while(|c| c != '\n');
                self.foreign_comment(start, start + 1);
            }
            '/' if rest.starts_with("/*") => {
                self.foreign_comment(start, start + 2);
                let end = rest.find("*/").map_or(rest.len(), |end| end + 2);
                let skipped = rest.get(..end).unwrap_or_default();
                if let Some(last) = skipped.rfind('\n') {
                    self.line_start = start + last + 1;
                    self.line_has_token = false;
                }
                self.position = start + end;
            }
            '\'' => self.single_quoted(),
            _ if c.is_control() => {
                self.position += c.len_utf8();
                self.control_character(start, c);
            }
            _ if c.is_alphabetic() => self.name(),
            _ if c.is_whitespace() => {
                self.skip_while(|next| next == c);
                let message = format!("this white space is the character U+{:04X}", u32::from(c));
                self.error("stray-character", message, start, self.position, "Write a plain blank.");
            }
            _ => self.unknown(start),
        }
    }

    fn foreign_comment(&mut self, start: usize, end: usize) {
        let message = format!("a comment doesn't begin with {}", quote(self.slice(start, end)));
        self.error("stray-character", message, start, end, "A comment begins with `//` and ends with its line.");
    }

    /// `'EU'`: a text all the same, if it closes on its line.
    fn single_quoted(&mut self) {
        let start = self.position;
        let line = self.rest().lines().next().unwrap_or_default();
        let text = line.get(1..).and_then(|line| line.split_once('\'')).map(|(text, _)| text);
        self.position += text.map_or(1, |text| text.len() + 2);
        self.error(
            "stray-character",
            "`'` begins no text".to_owned(),
            start,
            self.position,
            "A text stands in double quotes: `\"EU\"`.",
        );
        self.push(start, text.map_or(TokenKind::Bad, |text| TokenKind::Text(text.into())));
    }

    fn unknown(&mut self, start: usize) {
        let known =
            |c: char| c.is_alphanumeric() || c.is_whitespace() || c.is_control() || ",.(){}+-:=!<>|#\"'_/".contains(c);
        let first = self.peek().map_or(1, char::len_utf8);
        self.position += first;
        self.skip_while(|c| !known(c));
        let run = self.slice(start, self.position);
        let help = match run.chars().next() {
            Some(';') => {
                "There is no `or`: write two rules with the same head. A statement ends with a full stop, a body's parts are joined by `,`."
            }
            Some('|') => "There is no `or`: write two rules with the same head.",
            Some('!' | '\\' | '¬' | '~') => "Write `not` before the predicate: `not owner(S, _)`.",
            Some('&' | '∧') => "The parts of a body are joined by `,`.",
            Some('?' | '$' | '@') => "A variable is a word that begins with a capital letter: `U`.",
            Some('“' | '”' | '„' | '‘' | '’' | '«' | '»') => {
                "A text stands in plain double quotes: `\"EU\"`."
            }
            Some(':') => "A colon stands inside an object, as in `user:ana`, or in `:-`, which begins a body.",
            Some('*') => "A star stands only in `user:*`, everyone of a type; any value is `_`.",
            Some('/') => "A comment begins with `//`.",
            _ => "This character has a meaning only inside a text or an id in quotes.",
        };
        self.error("stray-character", format!("{} means nothing here", quote(run)), start, self.position, help);
        self.push(start, TokenKind::Bad);
    }
}
