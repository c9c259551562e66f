//! The program, run and looked at.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use crate::api::server::{FACTS, RULES};

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// Asserts success, and gives what was printed.
    pub(crate) fn success(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// Asserts an error, and gives its code; nothing was printed as an answer.
    pub(crate) fn error(&self) -> &str {
        assert_eq!((self.code, self.out.as_str()), (2, ""), "{}", self.err);
        let code = self.err.strip_prefix("error[").and_then(|rest| rest.split_once("]: ")).map(|(code, _)| code);
        code.unwrap_or_else(|| panic!("{}", self.err))
    }
}

/// Runs the program with an empty standard input.
pub(crate) fn entail<A: AsRef<OsStr>>(arguments: &[A]) -> Run {
    entail_reading(arguments, "")
}

/// Runs the program with a key for a server.
pub(crate) fn entail_with_key<A: AsRef<OsStr>>(arguments: &[A], key: &str) -> Run {
    let mut command = command();
    command.env("ENTAIL_KEY", key);
    run(command, arguments, "")
}

/// Runs the program with a text as its standard input.
pub(crate) fn entail_reading<A: AsRef<OsStr>>(arguments: &[A], input: &str) -> Run {
    run(command(), arguments, input)
}

fn run<A: AsRef<OsStr>>(mut command: Command, arguments: &[A], input: &str) -> Run {
    let mut child =
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that doesn't read closes its input early.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entail"));
    command.env_remove("ENTAIL_SERVER").env_remove("ENTAIL_KEY");
    command
}

/// A directory with the small world's rules and a store.
pub(crate) struct World {
    directory: TempDir,
}

impl World {
    /// The small world, active and loaded in the tenant `default`.
    pub(crate) fn new() -> Self {
        let world = Self::empty();
        world.run(&["rules", "activate", &world.path("small.dl")]).success();
        let lines: Vec<String> = FACTS.iter().map(|fact| serde_json::to_string(fact).unwrap()).collect();
        world.file("facts.jsonl", &(lines.join("\n") + "\n"));
        world.run(&["load", &world.path("facts.jsonl")]).success();
        world
    }

    /// The rules alone; no store.
    pub(crate) fn empty() -> Self {
        let world = Self { directory: TempDir::new().unwrap() };
        world.file("small.dl", RULES);
        world
    }

    /// A file of the directory.
    pub(crate) fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    /// Writes a file of the directory.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.directory.path().join(name), text).unwrap();
        self.path(name)
    }

    /// Whether the store is there.
    pub(crate) fn has_store(&self) -> bool {
        Path::new(&self.path("data")).exists()
    }

    /// Runs a verb on the store.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_reading(arguments, "")
    }

    /// Runs a verb on the store, with standard input.
    pub(crate) fn run_reading(&self, arguments: &[&str], input: &str) -> Run {
        let data = self.path("data");
        let mut all = vec!["--data", &data];
        all.extend(arguments);
        entail_reading(&all, input)
    }

    /// Serves the store on a port of its own.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Served {
        let mut child = command()
            .arg("--data")
            .arg(PathBuf::from(self.path("data")))
            .args(["serve", "--listen", "127.0.0.1:0", "--json"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let start: serde_json::Value = serde_json::from_str(&line).unwrap();
        Served { child, _out: out, url: start["listening"].as_str().unwrap().to_owned(), start }
    }
}

/// A server that runs; killed when dropped.
pub(crate) struct Served {
    child: Child,
    _out: BufReader<ChildStdout>,
    pub(crate) url: String,
    pub(crate) start: serde_json::Value,
}

impl Served {
    /// Asks it to end as an operator's tools do, and gives its exit code.
    #[cfg(unix)]
    pub(crate) fn end(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
