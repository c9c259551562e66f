//! Disks that fail below the store: files that may not grow, and syncs that fail. Linux only.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::child::{Part, Running, part};
use super::event::Event;
use super::history::Audit;
use super::work::{WRITERS, prepare};
use super::{amount, seed};
use crate::oracle::random::Random;

/// Runs the rest of its arguments with files of so many blocks of 512 bytes; a write beyond fails, and kills nobody.
const LIMITED: &str = "trap '' XFSZ; ulimit -f \"$1\" || exit 9; shift; exec \"$@\"";

#[test]
fn a_full_disk_refuses_writes_and_loses_none() {
    let directory = tempfile::tempdir().unwrap();
    prepare(directory.path());
    let random = Random::new(seed());
    let mut audit = Audit::new();
    let (mut n_refused, n_rounds) = (0, amount(12, 100));
    for round in 0..n_rounds {
        // Now and then it is full before it begins.
        let room = if round % 6 == 5 { 0 } else { journals(directory.path()) / 512 + random.between(1, 60) as u64 };
        let part = Part { writes: 12, loads: usize::from(round % 4 == 3), ..part(directory.path()) };
        let events = play(&mut part.command(&["sh", "-c", LIMITED, "sh", &room.to_string()]));
        n_refused += usize::from(check_refusals(&events));
        audit.take(events);
        audit.check(directory.path());
    }
    let (n_writes, n_loads, n_answers) = audit.totals();
    println!("{n_refused} of {n_rounds} rounds refused; {n_writes} writes, {n_loads} loads, {n_answers} answers");
    assert!(n_refused > n_rounds / 4 && n_writes > 40);
}

/// The bytes of the journals.
fn journals(directory: &Path) -> u64 {
    let files = std::fs::read_dir(directory.join("data")).unwrap().map(|file| file.unwrap());
    let journals = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "jnl"));
    journals.map(|file| file.metadata().unwrap().len()).max().unwrap()
}

#[test]
fn a_sync_that_fails_is_no_acknowledgement_and_the_last_one() {
    let workshop = tempfile::tempdir().unwrap();
    let Some(library) = failing_syncs(workshop.path()) else { return };
    let directory = tempfile::tempdir().unwrap();
    prepare(directory.path());
    let mut audit = Audit::new();
    let (mut n_refused, mut n_failed) = (0, 0);
    let failed = workshop.path().join("failed");
    for round in 0..amount(24, 100) {
        let part = Part { writes: 8, loads: usize::from(round % 4 == 3), ..part(directory.path()) };
        let mut command = part.command(&[]);
        command.env("LD_PRELOAD", &library).env("ENTAIL_FAULTS_SYNC", (round + 1).to_string());
        let events = play(command.env("ENTAIL_FAULTS_FAILED", &failed));
        if std::fs::remove_file(&failed).is_ok() {
            n_failed += 1;
            n_refused += usize::from(check_refusals(&events));
        } else {
            assert!(!check_refusals(&events), "a refusal, and no sync failed");
        }
        audit.take(events);
        audit.check(directory.path());
    }
    let (n_writes, n_loads, n_answers) = audit.totals();
    println!("{n_refused} of {n_failed} rounds refused; {n_writes} writes, {n_loads} loads, {n_answers} answers");
    // After the last write a sync may fail and do no harm: that of the checkpoint.
    assert!(n_failed >= 10 && n_refused * 5 >= n_failed * 4, "{n_failed} syncs failed, {n_refused} were refused");
}

/// Compiles what makes syncs fail; none where there is no C compiler.
fn failing_syncs(directory: &Path) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/faults/fail_sync.c");
    let library = directory.join("fail_sync.so");
    let mut compiler = Command::new("cc");
    match compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-ldl").status() {
        Ok(status) if status.success() => Some(library),
        outcome => {
            println!("skipped: `cc` can't compile the library that makes syncs fail ({outcome:?})");
            None
        }
    }
}

fn play(command: &mut Command) -> Vec<Event> {
    let (status, events) = Running::start(command).end();
    assert!(status.success(), "{status}");
    events
}

/// Whether anything was refused. A writer that was refused once is refused from then on, with the code that says so.
fn check_refusals(events: &[Event]) -> bool {
    let mut refused = BTreeSet::new();
    for event in events {
        match event {
            Event::Refused { writer, code, .. } => {
                let is_first = refused.insert(*writer);
                let is_told = if is_first {
                    ["store-io", "store-failed"].contains(&code.as_str())
                } else {
                    code == "store-failed"
                };
                assert!(is_told, "{event:?}");
            }
            Event::Acknowledged { writer, .. } => assert!(!refused.contains(writer), "{event:?} after a refusal"),
            Event::Loaded { .. } => assert!(!refused.contains(&WRITERS), "{event:?} after a refusal"),
            Event::Begun { .. } | Event::Held { .. } | Event::Answered(_) => {}
        }
    }
    !refused.is_empty()
}
