//! Bits that flip and files that are cut off, at random places of every file of a store: an error, or the right answer.
//!
//! `ENTAIL_FAULTS=full` spoils more, `ENTAIL_SEED=7` elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

use super::crash::journal;
use super::load::World;
use super::world::{
    Contents, Image, all_contents, image, insert, lay_out, life, new_tenant, owner, store, transaction,
};
use crate::store::Store;
use crate::store::entry::{PolicyTexts, Sign, TenantId};
use crate::store::error::StoreError;
use crate::store::log::Log;

const ACME: TenantId = TenantId(0);
/// The name of the journal that is written to.
const LAST_JOURNAL: &str = "1000.jnl";
/// Whoever takes so long hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// All that a store says of itself.
type Everything = BTreeMap<String, (Contents, Option<PolicyTexts>)>;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|text| text.parse().ok())
}

/// A store with sorted files of every keyspace, some of them loads, and two journals behind them.
fn made() -> &'static (Image, Everything) {
    static MADE: OnceLock<(Image, Everything)> = OnceLock::new();
    MADE.get_or_init(|| {
        let (directory, mut store) = store();
        store.append(&[new_tenant("eu")]).unwrap();
        let mut revisions = BTreeMap::from([(ACME, 1), (TenantId(1), 1)]);
        for round in 0..3_u64 {
            for n in 0..8_u64 {
                for (tenant, revision) in &mut revisions {
                    let fact = |n: u64| owner(&format!("{round}-{n}"), "ana");
                    let mut changes =
                        vec![(Sign::Insert, fact(n)), (Sign::Insert, life("user", &format!("{round}-{n}")))];
                    changes.extend(n.checked_sub(3).map(|old| (Sign::Delete, fact(old))));
                    let commit = transaction(*tenant, *revision, changes);
                    let ordinal = u32::try_from(round * 100 + n).unwrap();
                    store.append(&[commit.bearing("user", &format!("{round}-{n}"), ordinal)]).unwrap();
                    *revision += 1;
                }
            }
            match round {
                0 => store.reader().disk().flush(),
                1 => {
                    let owners = (0..300).map(|n| owner(&format!("loaded {n}"), "ben"));
                    let facts: Vec<_> = (0..20).map(|n| life("team", &format!("{n}"))).chain(owners).collect();
                    let world = World::new(&facts, &[owner("1-7", "ana")]);
                    let head = store.load(&world.load(revisions[&ACME])).unwrap();
                    revisions.insert(ACME, head.revision.0);
                    store.reader().disk().flush();
                }
                _ => {}
            }
        }
        let (journal, length) = journal(directory.path());
        store.append(&[insert(ACME, revisions[&ACME], &[owner("last", "ana")])]).unwrap();
        store.append(&[insert(ACME, revisions[&ACME] + 1, &[owner("very last", "ana")])]).unwrap();
        let everything = everything(&store).unwrap();
        let mut image = image(directory.path());
        // fjall begins another journal after 64 MB. It may do so between any two batches.
        let first = journal.strip_prefix(directory.path()).unwrap();
        let rest = image.get_mut(first).unwrap().split_off(length);
        image.insert(first.with_file_name(LAST_JOURNAL), rest);
        (image, everything)
    })
}

fn everything(store: &Store) -> Result<Everything, StoreError> {
    let all = all_contents(store)?.into_iter();
    all.map(|(name, contents)| {
        let policy = store.reader().policy(contents.head.policy)?;
        Ok((name, (contents, policy)))
    })
    .collect()
}

fn read_everything(directory: &Path) -> Result<Everything, StoreError> {
    everything(&Store::open(directory)?)
}

/// Which sort of file it is: its name, without its numbers.
fn sort_of(path: &Path) -> String {
    let kept = |c: &char| !c.is_ascii_digit();
    path.to_string_lossy().chars().filter(kept).collect()
}

fn random() -> TestRng {
    let seed = number("ENTAIL_SEED").unwrap_or(1);
    println!("ENTAIL_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// Opens a store and reads everything; opens it again, writes, and reads everything.
fn read_and_write(directory: &Path) -> Result<[Everything; 2], StoreError> {
    let before = read_everything(directory)?;
    // What opening leaves behind must be as good as what it found.
    let mut store = Store::open(directory)?;
    let revision = before["acme"].0.head.revision.0;
    store.append(&[insert(ACME, revision, &[owner("another", "ana")])])?;
    Ok([before, everything(&store)?])
}

/// Spoils one file of a copy, and uses the store.
fn spoilt(image: &Image, path: &Path, spoil: &dyn Fn(&mut Vec<u8>)) -> Result<[Everything; 2], StoreError> {
    let directory = tempfile::tempdir().unwrap();
    let mut image = image.clone();
    spoil(image.get_mut(path).unwrap());
    lay_out(&image, directory.path());
    let (told, telling) = channel();
    let reading = std::thread::spawn(move || told.send(read_and_write(directory.path())));
    match telling.recv_timeout(PATIENCE) {
        Ok(found) => found,
        Err(RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(RecvTimeoutError::Disconnected) => std::panic::resume_unwind(reading.join().unwrap_err()),
    }
}

#[test]
fn a_flipped_bit_or_a_lost_end_of_any_file_is_an_error_or_harmless() {
    let (image, _) = made();
    let directory = tempfile::tempdir().unwrap();
    lay_out(image, directory.path());
    let whole = read_and_write(directory.path()).unwrap();
    let mut sorts: BTreeMap<String, Vec<&PathBuf>> = BTreeMap::new();
    for (path, bytes) in image {
        if !bytes.is_empty() {
            sorts.entry(sort_of(path)).or_default().push(path);
        }
    }
    let is_full = std::env::var("ENTAIL_FAULTS").is_ok_and(|asked| asked == "full");
    let mut random = random();
    let mut below = |n: usize| (random.next_u64() % n as u64) as usize;
    let mut tally: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for round in 0..if is_full { 1_000 } else { 100 } {
        let (sort, paths) = sorts.iter().nth(round % sorts.len()).unwrap();
        let path = paths[below(paths.len())];
        let length = image[path].len();
        let (at, bit, cuts) = (below(length), below(8), below(4) == 0);
        let what = format!("{}, {} {at} of {length}, bit {bit}", path.display(), if cuts { "cut at" } else { "byte" });
        let spoil = |bytes: &mut Vec<u8>| if cuts { bytes.truncate(at) } else { bytes[at] ^= 1 << bit };
        let found =
            std::panic::catch_unwind(|| spoilt(image, path, &spoil)).unwrap_or_else(|_| panic!("panic: {what}"));
        let is_harmless = match &found {
            Ok(found) => {
                assert!(*found == whole, "a wrong answer: {what}");
                true
            }
            Err(error) => {
                assert!(["store-damaged", "store-io", "store-newer"].contains(&error.code()), "{error}: {what}");
                false
            }
        };
        tally.entry(sort).or_default()[usize::from(is_harmless)] += 1;
    }
    for (sort, [n_seen, n_harmless]) in tally {
        println!("{sort}: {n_seen} seen, {n_harmless} harmless");
    }
}

#[test]
fn a_damaged_list_of_files_is_told_before_anything_relies_on_it() {
    let (image, whole) = made();
    let directory = tempfile::tempdir().unwrap();
    lay_out(image, directory.path());
    let manifests = image.iter().filter(|(path, bytes)| {
        let tree = path.with_file_name("current");
        let number = image.get(&tree).map(|current| u64::from_le_bytes(*current.first_chunk().unwrap()));
        number.is_some_and(|number| path.ends_with(format!("v{number}"))) && !bytes.is_empty()
    });
    let mut n_manifests = 0;
    for (path, bytes) in manifests {
        n_manifests += 1;
        let path = directory.path().join(path);
        for at in (0..bytes.len()).step_by(5) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            for spoilt in [flipped, bytes[..at].to_vec()] {
                fs::write(&path, spoilt).unwrap();
                let error = Store::open(directory.path()).err().unwrap();
                assert_eq!(error.message(), "the data is damaged: a list of files doesn't have its checksum");
            }
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(Store::open(directory.path()).err().unwrap().code(), "store-damaged");
        fs::write(&path, bytes).unwrap();
    }
    // One for each keyspace, and fjall's own.
    assert_eq!(n_manifests, 6);
    assert!(read_everything(directory.path()).unwrap() == *whole);
}

#[test]
fn a_batch_with_an_impossible_number_is_told() {
    let (image, _) = made();
    let path = Path::new("data").join(LAST_JOURNAL);
    // A batch begins with 1, the number of its rows as u32, and its own as u64, little-endian.
    assert_eq!(image[&path][0], 1);
    for byte in [11, 12] {
        for bit in 0..8 {
            let found = spoilt(image, &path, &|bytes| bytes[byte] ^= 1 << bit);
            assert_eq!(found.err().map(|error| error.code()), Some("store-damaged"), "byte {byte}, bit {bit}");
        }
    }
}
