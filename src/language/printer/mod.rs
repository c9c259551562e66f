//! Syntax → text in its one canonical form: what `rules format` writes.
//!
//! One statement a line, two blanks of indent in braces, comments and single blank lines where they were. A statement
//! of more than 120 characters puts each condition of its body, or each change of a write, on a line of its own.
//! `parse(print(file)) == file` for every file that a parser yields, so printing twice changes nothing.

pub mod part;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trees;

use crate::language::printer::part::{
    clause, constants, expectation, guarded, kinds, names, print_atom, print_term, signatures, write,
};
use crate::language::syntax::{Comment, File, Statement, StatementKind, Step, StepKind};
use crate::model::value::text_notation;

/// The widest line that isn't divided, in characters.
const MAX_WIDTH: usize = 120;

/// The canonical text of a file; empty for an empty file, else it ends with a line end.
#[must_use]
pub fn print(file: &File) -> String {
    let mut printer = Printer { text: String::new(), indent: 0 };
    printer.statements(&file.statements);
    printer.comments(&file.trailing_comments, file.statements.is_empty());
    printer.text
}

struct Printer {
    text: String,
    indent: usize,
}

/// What is printed around a statement or a step.
struct Surroundings<'s> {
    blank_before: bool,
    comments: &'s [Comment],
    blank_after_comments: bool,
}

impl Printer {
    fn line(&mut self, text: &str) {
        if !text.is_empty() {
            self.text.extend(std::iter::repeat_n(' ', self.indent));
            self.text.push_str(text);
        }
        self.text.push('\n');
    }

    fn blank_line(&mut self) {
        self.text.push('\n');
    }

    /// Comments on lines of their own; the first has no blank line before it when it opens a block or a statement.
    fn comments(&mut self, comments: &[Comment], opens: bool) {
        for (index, comment) in comments.iter().enumerate() {
            if comment.blank_before && !(opens && index == 0) {
                self.blank_line();
            }
            self.line(&comment_text(&comment.text));
        }
    }

    fn before(&mut self, surroundings: &Surroundings<'_>, first: bool) {
        if surroundings.blank_before && !first {
            self.blank_line();
        }
        self.comments(surroundings.comments, true);
        if surroundings.blank_after_comments && !surroundings.comments.is_empty() {
            self.blank_line();
        }
    }

    /// The comment behind what was printed last, on its line.
    fn end_comment(&mut self, comment: Option<&String>) {
        if let Some(comment) = comment {
            self.text.truncate(self.text.trim_end_matches('\n').len());
            self.text.push(' ');
            self.text.push_str(&comment_text(comment));
            self.text.push('\n');
        }
    }

    fn statements(&mut self, statements: &[Statement]) {
        for (index, statement) in statements.iter().enumerate() {
            let surroundings = Surroundings {
                blank_before: statement.blank_before,
                comments: &statement.comments,
                blank_after_comments: statement.blank_after_comments,
            };
            self.before(&surroundings, index == 0);
            self.statement(&statement.kind);
            self.end_comment(statement.end_comment.as_ref());
        }
    }

    fn statement(&mut self, kind: &StatementKind) {
        let indent = self.indent;
        let text = match kind {
            StatementKind::Include(path) => format!("include {}.", text_notation(&path.node)),
            StatementKind::Types { open, names: types, supertypes } => {
                let open = if *open { "open " } else { "" };
                let is = if supertypes.is_empty() { "" } else { " is " };
                format!("{open}type {}{is}{}.", names(types), names(supertypes))
            }
            StatementKind::Enumeration { name, constants: listed } => {
                format!("type {} {}.", name.node, constants(listed))
            }
            StatementKind::Relations(relations) => format!("relation {}.", signatures(relations)),
            StatementKind::Contexts(contexts) => format!("context {}.", signatures(contexts)),
            StatementKind::Category { title, statements, trailing_comments } => {
                self.line(&format!("category {} {{", text_notation(&title.node)));
                return self.block(trailing_comments, statements.is_empty(), |printer| {
                    printer.statements(statements);
                });
            }
            StatementKind::Permission { name, kinds: on, words, label, description } => {
                let mut text = format!("permission {} on {}", name.node, kinds(on));
                for word in words {
                    text.push(' ');
                    text.push_str(&word.node);
                }
                for shown in [Some(label), description.as_ref()].into_iter().flatten() {
                    text.push(' ');
                    text.push_str(&text_notation(&shown.node));
                }
                text + "."
            }
            StatementKind::Rule { head, body } => clause(print_atom(head), body, indent),
            StatementKind::Effect { head, body } => clause(format!("+{}", print_atom(head)), body, indent),
            StatementKind::Deny { message, body } => {
                clause(format!("deny {}", text_notation(&message.node)), body, indent)
            }
            StatementKind::Guard { changes, actor, body } => {
                clause(format!("guard {} by {}", guarded(changes), actor.node), body, indent)
            }
            StatementKind::Test { title, steps, trailing_comments } => {
                self.line(&format!("test {} {{", text_notation(&title.node)));
                return self.block(trailing_comments, steps.is_empty(), |printer| {
                    printer.steps(steps);
                });
            }
            StatementKind::Write(changes) => write(changes, ".", indent),
        };
        self.line(&text);
    }

    /// The inside of braces, and the brace that closes them.
    fn block(&mut self, comments: &[Comment], empty: bool, inside: impl FnOnce(&mut Self)) {
        self.indent += 2;
        inside(self);
        self.comments(comments, empty);
        self.indent -= 2;
        self.line("}");
    }

    fn steps(&mut self, steps: &[Step]) {
        for (index, step) in steps.iter().enumerate() {
            let surroundings = Surroundings {
                blank_before: step.blank_before,
                comments: &step.comments,
                blank_after_comments: step.blank_after_comments,
            };
            self.before(&surroundings, index == 0);
            self.step(step);
            self.end_comment(step.end_comment.as_ref());
        }
    }

    fn step(&mut self, step: &Step) {
        let mut end = String::new();
        if let StepKind::Write { actor, refused, .. } = &step.kind {
            if let Some(actor) = actor {
                end.push_str(&format!(" by {}", print_term(actor)));
            }
            if let Some(words) = refused {
                end.push_str(" refused");
                if let Some(words) = words {
                    end.push_str(&format!(" {}", text_notation(&words.node)));
                }
            }
        }
        if !step.given.is_empty() {
            let given: Vec<String> = step.given.iter().map(print_atom).collect();
            end.push_str(&format!(" given {}", given.join(", ")));
        }
        end.push('.');
        let text = match &step.kind {
            StepKind::Write { write: changes, .. } => write(changes, &end, self.indent),
            StepKind::Expect { body, expected } => expectation(body, expected, &end, self.indent),
        };
        self.line(&text);
    }
}

fn comment_text(text: &str) -> String {
    if text.is_empty() { "//".to_owned() } else { format!("// {text}") }
}
