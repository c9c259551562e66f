//! A child process: this test binary once more, playing a part that its environment names.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{JoinHandle, ScopedJoinHandle};
use std::time::Duration;

use entail::{Engine, Options};

use super::event::Event;
use super::work::{TENANTS, WRITERS, Work};
use crate::oracle::random::Random;

const PART: &str = "ENTAIL_FAULTS_CHILD";
/// A child that says nothing for so long hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a child does.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) data: PathBuf,
    /// Writes of each writer; more than it will come to, if it is to be killed.
    pub(crate) writes: usize,
    pub(crate) loads: usize,
    pub(crate) readers: usize,
    /// Whether tenants must make room for each other.
    pub(crate) is_tight: bool,
}

impl Part {
    /// The command that plays it; run by another program, if one is named with its arguments.
    pub(crate) fn command(&self, through: &[&str]) -> Command {
        let binary = std::env::current_exe().unwrap();
        let mut words = through.iter().map(std::ffi::OsStr::new).chain([binary.as_os_str()]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).args(["--exact", "faults::child::a_child_plays_its_part", "--nocapture"]);
        let Self { data, writes, loads, readers, is_tight } = self;
        command.env(PART, format!("{writes} {loads} {readers} {is_tight} {}", data.display()));
        command
    }

    fn read(text: &str) -> Option<Self> {
        let mut words = text.splitn(5, ' ');
        let mut word = || words.next();
        let (writes, loads, readers) = (word()?.parse().ok()?, word()?.parse().ok()?, word()?.parse().ok()?);
        let is_tight = word()?.parse().ok()?;
        Some(Self { data: word()?.into(), writes, loads, readers, is_tight })
    }
}

/// A child that runs, and what it has said so far.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<Event>,
    reading: JoinHandle<()>,
    events: Vec<Event>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (said, lines) = channel();
        let reading = std::thread::spawn(move || {
            for event in out.lines().map_while(Result::ok).filter_map(|line| Event::read(&line)) {
                if said.send(event).is_err() {
                    return;
                }
            }
        });
        Self { child, lines, reading, events: Vec::new() }
    }

    /// Listens until so many events of a sort were told. False if the child ended before.
    pub(crate) fn listen(&mut self, n: usize, is_one: impl Fn(&Event) -> bool) -> bool {
        let mut n_told = 0;
        while n_told < n {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(event) => {
                    n_told += usize::from(is_one(&event));
                    self.events.push(event);
                }
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => panic!("the child hangs"),
            }
        }
        true
    }

    /// Kills it, and gives all that it said.
    pub(crate) fn kill(mut self) -> Vec<Event> {
        self.child.kill().unwrap();
        self.end().1
    }

    /// Waits for its end, and gives all that it said.
    pub(crate) fn end(mut self) -> (ExitStatus, Vec<Event>) {
        self.listen(usize::MAX, |_| true);
        let status = self.child.wait().unwrap();
        self.reading.join().unwrap();
        (status, self.events)
    }
}

/// Nothing to play, unless another test started this process for it.
#[test]
fn a_child_plays_its_part() {
    let Some(part) =
        std::env::var(PART).ok().map(|text| Part::read(&text).expect("a part is named as `Part::command` does"))
    else {
        return;
    };
    // The test harness may have begun a line.
    std::io::stdout().write_all(b"\n").unwrap();
    let memory = part.is_tight.then_some(1);
    let engine = match Engine::open(&part.data, Options { memory, ..Options::default() }) {
        Ok(engine) => engine,
        Err(error) => return say(&Event::Refused { writer: WRITERS, n: 0, code: error.code.to_owned() }),
    };
    let record = |event: Event| say(&event);
    play(&engine, &part, &record);
}

/// Plays a part on an engine: as many threads as it has writers and readers, and one that loads.
pub(crate) fn play(engine: &Engine, part: &Part, record: &(dyn Fn(Event) + Sync)) {
    let work = Work::resume(engine, record);
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (work, is_done) = (&work, &is_done);
        let mut writing = Vec::new();
        for writer in 0..WRITERS {
            // After a refusal it goes on: either the store recovers, or it must go on refusing.
            writing.push(scope.spawn(move || (0..part.writes).for_each(|_| work.write(writer))));
        }
        writing.push(scope.spawn(move || (0..part.loads).for_each(|_| work.load())));
        for reader in 0..part.readers {
            scope.spawn(move || {
                let random = Random::new(reader as u64);
                let mut last = [0; TENANTS];
                while !is_done.load(Ordering::Relaxed) {
                    let answer = work.read(reader, &random);
                    // Most answers come between two writes, and some of those are enough.
                    let before = std::mem::replace(&mut last[answer.tenant], answer.revision);
                    if before != answer.revision || random.percent(2) {
                        record(Event::Answered(answer));
                    }
                }
            });
        }
        let ended: Vec<_> = writing.into_iter().map(ScopedJoinHandle::join).collect();
        // Before a panic goes on: the readers wait for it.
        is_done.store(true, Ordering::Relaxed);
        ended.into_iter().for_each(Result::unwrap);
    });
}

/// Says an event: one write to the pipe, which is there whatever happens to this process afterwards.
fn say(event: &Event) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{event}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Where a part is played, for tests that have nothing else to say of it.
pub(crate) fn part(data: &Path) -> Part {
    Part { data: data.to_owned(), writes: 1_000_000, loads: 0, readers: 1, is_tight: false }
}
