//! A pack: a main file and all that it includes, read and parsed, each file once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::language::diagnostic::Diagnostic;
use crate::language::parser;
use crate::language::span::{Source, SourceId, Span};
use crate::language::syntax::{File, StatementKind};
use crate::policy::report::{Report, error};
use crate::policy::suggest::did_you_mean;

/// The packs that are compiled into the program, by the name that an `include` gives them.
pub const SHIPPED: &[(&str, &str)] = &[
    ("adjustments.dl", include_str!("../../rules/adjustments.dl")),
    ("fax_esign.dl", include_str!("../../rules/fax_esign.dl")),
    ("marketing.dl", include_str!("../../rules/marketing.dl")),
    ("roles.dl", include_str!("../../rules/roles.dl")),
    ("sales.dl", include_str!("../../rules/sales.dl")),
    ("shared_inbox.dl", include_str!("../../rules/shared_inbox.dl")),
];

/// The most files of one pack.
const MAX_FILES: usize = 256;

/// The files of a pack, parsed.
#[derive(Debug, Default)]
pub struct Pack {
    /// The main file first, then its includes in the order of first mention.
    pub sources: Vec<Source>,
    /// What each source says.
    pub files: Vec<File>,
    /// Which files each one includes, directly, and where it says so.
    pub(super) includes: Vec<Vec<(SourceId, Span)>>,
    /// What was wrong with the texts.
    pub(super) report: Report,
}

impl Pack {
    /// Reads the file called `main` and all that it includes. An include is looked up beside the file that includes it
    /// (`dir/a.dl` that includes `b.dl` asks `lookup` for `dir/b.dl`), then among the shipped packs.
    ///
    /// Never fails: what is wrong, unreadable files included, stands in [`Pack::diagnostics`].
    pub fn read(main: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut reading = Reading::default();
        match lookup(main).or_else(|| shipped(main)) {
            Some(text) => {
                reading.enter(main.to_owned(), text);
            }
            None => {
                let message = format!("there is no file `{main}`");
                reading
                    .pack
                    .report
                    .add(error("unknown-file", Span::default(), message).help("Name a file of the pack."));
            }
        }
        while let Some(source) = reading.waiting.pop_front() {
            reading.follow_includes(source, lookup);
        }
        let mut pack = reading.pack;
        pack.refuse_cycles();
        pack
    }

    /// Reads a pack from texts in memory.
    pub fn from_files(main: &str, files: &BTreeMap<String, String>) -> Self {
        Self::read(main, &|name| files.get(name).cloned())
    }

    /// What was wrong with the texts.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.report.diagnostics
    }

    /// The content hash of the texts, 64 hexadecimal digits. Names of files don't count.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for source in &self.sources {
            hasher.update(&(source.text.len() as u64).to_le_bytes());
            hasher.update(source.text.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// For each file the files that it includes, directly or through others; not itself.
    pub(super) fn reach(&self) -> Vec<BTreeSet<u32>> {
        (0..self.includes.len())
            .map(|start| {
                let mut reached = BTreeSet::new();
                let mut waiting = vec![start];
                while let Some(file) = waiting.pop() {
                    for (included, _) in self.includes.get(file).into_iter().flatten() {
                        if reached.insert(included.0) {
                            waiting.push(included.0 as usize);
                        }
                    }
                }
                reached
            })
            .collect()
    }

    /// Reports each include that leads back to its own file, once a cycle.
    fn refuse_cycles(&mut self) {
        let reach = self.reach();
        let leads = |from: u32, to: u32| reach.get(from as usize).is_some_and(|reached| reached.contains(&to));
        let name = |id: u32| self.sources.get(id as usize).map(|source| source.name.as_str()).unwrap_or_default();
        let mut told: BTreeSet<u32> = BTreeSet::new();
        for start in 0..self.includes.len() as u32 {
            if !leads(start, start) || told.contains(&start) {
                continue;
            }
            // The way around: always an include that leads back to the start.
            let mut way: Vec<(Span, u32, u32)> = Vec::new();
            let mut at = start;
            loop {
                told.insert(at);
                let includes = self.includes.get(at as usize).into_iter().flatten();
                let step = includes
                    .filter(|(next, _)| next.0 == start || leads(next.0, start))
                    .min_by_key(|(next, _)| (next.0 != start, told.contains(&next.0)));
                let Some((next, span)) = step else { break };
                way.push((*span, at, next.0));
                if next.0 == start || way.len() > self.includes.len() {
                    break;
                }
                at = next.0;
            }
            let Some(((span, from, to), rest)) = way.split_first() else {
                continue;
            };
            let message = format!("`{}` includes `{}`, which leads back to it", name(*from), name(*to));
            let mut problem = error("include-cycle", *span, message)
                .help("Take one include of the cycle away; move what both files need to a third one.");
            for (span, from, to) in rest {
                problem = problem.related(*span, format!("`{}` includes `{}`", name(*from), name(*to)));
            }
            self.report.add(problem);
        }
    }
}

/// A pack while its files are found.
#[derive(Default)]
struct Reading {
    pack: Pack,
    by_name: BTreeMap<String, SourceId>,
    waiting: VecDeque<SourceId>,
}

impl Reading {
    /// Parses a file that was not there yet.
    fn enter(&mut self, name: String, text: String) -> SourceId {
        let id = SourceId(self.pack.sources.len() as u32);
        let (file, diagnostics) = parser::parse(id, &text);
        self.pack.report.diagnostics.extend(diagnostics);
        self.by_name.insert(name.clone(), id);
        self.pack.sources.push(Source { name, text });
        self.pack.files.push(file);
        self.pack.includes.push(Vec::new());
        self.waiting.push_back(id);
        id
    }

    /// Finds the files that one file includes.
    fn follow_includes(&mut self, from: SourceId, lookup: &dyn Fn(&str) -> Option<String>) {
        let Some(file) = self.pack.files.get(from.0 as usize) else {
            return;
        };
        let wanted: Vec<(String, Span)> = file
            .statements
            .iter()
            .filter_map(|statement| match &statement.kind {
                StatementKind::Include(path) => Some((path.node.clone(), path.span)),
                _ => None,
            })
            .collect();
        for (path, span) in wanted {
            let including =
                self.pack.sources.get(from.0 as usize).map(|source| source.name.as_str()).unwrap_or_default();
            let beside = beside(including, &path);
            let known = self.by_name.get(&beside).copied();
            let found = match known {
                Some(id) => Some(id),
                None if self.pack.sources.len() >= MAX_FILES => {
                    let message = format!("this pack has more than {MAX_FILES} files");
                    self.pack.report.add(error("too-many-files", span, message).help("Put several files together."));
                    return;
                }
                None => match lookup(&beside) {
                    Some(text) => Some(self.enter(beside, text)),
                    None => match self.by_name.get(&path).copied() {
                        Some(id) => Some(id),
                        None => shipped(&path).map(|text| self.enter(path.clone(), text)),
                    },
                },
            };
            match found {
                Some(id) => {
                    if let Some(includes) = self.pack.includes.get_mut(from.0 as usize) {
                        includes.push((id, span));
                    }
                }
                None => {
                    let message =
                        format!("there is no file `{path}` beside this one, and no shipped pack of that name");
                    let names = SHIPPED.iter().map(|(name, _)| *name);
                    let shipped: Vec<String> = names.clone().map(|name| format!("`{name}`")).collect();
                    let problem = error("unknown-include", span, message)
                        .help(format!("The shipped packs are {}.", shipped.join(", ")))
                        .maybe_help(did_you_mean(&path, names));
                    self.pack.report.add(problem);
                }
            }
        }
    }
}

/// The text of a shipped pack.
fn shipped(name: &str) -> Option<String> {
    SHIPPED.iter().find(|(shipped, _)| *shipped == name).map(|(_, text)| (*text).to_owned())
}

/// The name of a file, given relative to another: `../a.dl` beside `packs/x/b.dl` is `packs/a.dl`.
fn beside(including: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = including.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, ".." | "." | "")) => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn an_include_is_looked_up_beside_its_file() {
        assert_eq!(beside("main.dl", "a.dl"), "a.dl");
        assert_eq!(beside("packs/x/b.dl", "a.dl"), "packs/x/a.dl");
        assert_eq!(beside("packs/x/b.dl", "../a.dl"), "packs/a.dl");
        assert_eq!(beside("/srv/b.dl", "./a.dl"), "/srv/a.dl");
        assert_eq!(beside("b.dl", "../a.dl"), "../a.dl");
    }
}
