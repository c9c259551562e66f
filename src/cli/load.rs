//! `entail load`.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use serde::Deserialize;

use crate::api::json::parse;
use crate::api::problem::Problem;
use crate::api::wire::WireFact;
use crate::api::write::{LoadRequest, WriteReply};
use crate::cli::args::{Common, Load};
use crate::cli::diagnostics::refused;
use crate::cli::failure::{Failure, unreadable};
use crate::cli::source::Source;
use crate::cli::write::tell;
use crate::language::diagnostic::{Diagnostic, Severity};
use crate::language::parser;
use crate::language::raw::raw_fact;
use crate::language::span::{Source as Text, SourceId, Span};
use crate::language::syntax::StatementKind;

/// Loads files, one transaction each, or one for each chunk.
pub(super) fn run(common: &Common, load: &Load) -> Result<ExitCode, Failure> {
    let mut loading = Loading {
        source: Source::open(common)?,
        chunk: load.chunk.map_or(usize::MAX, std::num::NonZeroUsize::get),
        waiting: Vec::new(),
        loaded: 0,
        reply: WriteReply::default(),
    };
    for path in &load.files {
        let name = path.display().to_string();
        loading.loaded = 0;
        let read = match path.extension().is_some_and(|extension| extension == "dl") {
            true => notation(&mut loading, path, &name),
            false => json_lines(&mut loading, path, &name),
        };
        read.and_then(|()| loading.send(&name)).map_err(|problem| loading.so_far(problem, &name))?;
    }
    loading.end_progress();
    tell(common, &loading.reply)
}

/// Facts on their way.
struct Loading {
    source: Source,
    chunk: usize,
    waiting: Vec<WireFact>,
    /// Facts of the present file that are loaded.
    loaded: usize,
    reply: WriteReply,
}

impl Loading {
    fn add(&mut self, fact: WireFact, file: &str) -> Result<(), Problem> {
        self.waiting.push(fact);
        if self.waiting.len() >= self.chunk { self.send(file) } else { Ok(()) }
    }

    /// Loads what waits, in one transaction. A file without facts is one too: it tells the revision.
    fn send(&mut self, file: &str) -> Result<(), Problem> {
        if self.waiting.is_empty() && self.loaded > 0 {
            return Ok(());
        }
        let facts = std::mem::take(&mut self.waiting);
        let n_facts = facts.len();
        let reply = self.source.ask(LoadRequest { facts })?;
        self.loaded += n_facts;
        self.reply.inserted += reply.inserted;
        self.reply.deleted += reply.deleted;
        self.reply.revision = reply.revision;
        self.progress(&format!("{file}: {} facts", self.loaded));
        Ok(())
    }

    /// With chunks, a file may be loaded in part when an error comes: that is said.
    fn so_far(&self, mut problem: Problem, file: &str) -> Problem {
        self.end_progress();
        if self.loaded > 0 {
            let mut details = std::mem::take(&mut problem.details).into_vec();
            details.push(format!("the first {} facts of `{file}` are loaded", self.loaded));
            problem.details = details.into();
        }
        problem
    }

    fn progress(&self, text: &str) {
        let mut stderr = std::io::stderr().lock();
        if stderr.is_terminal() {
            let _ = write!(stderr, "\r{text}");
        }
    }

    fn end_progress(&self) {
        if self.reply.inserted + self.reply.deleted > 0 {
            self.progress("\n");
        }
    }
}

/// Reads a file of facts in the language's notation.
fn notation(loading: &mut Loading, path: &Path, name: &str) -> Result<(), Problem> {
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(name, &error))?;
    if text.len() > parser::MAX_TEXT_BYTES {
        let detail = format!("`{name}` is longer than {} bytes", parser::MAX_TEXT_BYTES);
        let help = "Split it, or load JSON Lines, of any length: `[\"owner\", \"sequence:42\", \"user:ana\"]`.";
        return Err(Problem::invalid("text-too-long", detail).help(help));
    }
    let (file, diagnostics) = parser::parse(SourceId(0), &text);
    if !diagnostics.is_empty() {
        return Err(refused(&[Text { name: name.to_owned(), text }], &diagnostics));
    }
    let source = [Text { name: name.to_owned(), text }];
    for statement in &file.statements {
        let fact = match &statement.kind {
            StatementKind::Rule { head, body } if body.is_empty() => raw_fact(head),
            _ => Err(no_fact(statement.span)),
        };
        loading.add(WireFact(fact.map_err(|diagnostic| refused(&source, &[diagnostic]))?), name)?;
    }
    Ok(())
}

fn no_fact(span: Span) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: "not-a-fact",
        message: "this statement states no fact".to_owned(),
        span,
        related: Vec::new(),
        help: Some("A file to load holds facts alone: `owner(sequence:42, user:ana).`".to_owned()),
    }
}

/// The last line of an export from a server.
#[derive(Deserialize)]
#[serde(expecting = "a fact, an array of a relation and its values")]
struct End {
    end: bool,
}

/// Reads a file of facts as JSON Lines.
fn json_lines(loading: &mut Loading, path: &Path, name: &str) -> Result<(), Problem> {
    let mut input: Box<dyn BufRead> = match name {
        "-" => Box::new(std::io::stdin().lock()),
        _ => Box::new(BufReader::new(File::open(path).map_err(|error| unreadable(name, &error))?)),
    };
    let mut line = Vec::new();
    for line_number in 1.. {
        line.clear();
        if input.read_until(b'\n', &mut line).map_err(|error| unreadable(name, &error))? == 0 {
            break;
        }
        let content = line.trim_ascii();
        let is_end = || content.starts_with(b"{") && serde_json::from_slice(content).is_ok_and(|last: End| last.end);
        if content.is_empty() || is_end() {
            continue;
        }
        let fact = parse::<WireFact>(content).map_err(|mut problem| {
            let detail = problem.detail.replace(" at line 1 column ", " at column ");
            problem.detail = format!("line {line_number} of `{name}`: {detail}");
            problem.help("A line is a fact: `[\"owner\", \"sequence:42\", \"user:ana\"]`.")
        })?;
        loading.add(fact, name)?;
    }
    Ok(())
}
