//! The baseline's dictionary: ids of one type as numbers, and back.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// The longest id, in bytes: all of the workload's are shorter.
const LONGEST: usize = 24;

/// The ids of one type, numbered from 0 in the order given.
///
/// An entry of the table (32 bytes and one of control, at most 7/8 of the slots taken) holds the id itself, so that a
/// look-up reads a group of control bytes and an entry, and follows no pointer. The texts lie one behind the other once
/// more, for the way back.
pub(crate) struct Ids {
    /// Where each text begins, and where the one after the last would.
    starts: Vec<u32>,
    texts: String,
    table: HashTable<Entry>,
    hasher: FixedState,
}

struct Entry {
    words: [u64; 3],
    length: u32,
    number: u32,
}

impl Ids {
    /// Whole ids (`user:u1`), all different.
    pub(crate) fn new(ids: &[String]) -> Self {
        let hasher = FixedState::default();
        let mut starts = vec![0];
        let mut texts = String::with_capacity(ids.iter().map(String::len).sum());
        let mut table = HashTable::with_capacity(ids.len());
        for (number, id) in ids.iter().enumerate() {
            texts.push_str(id);
            starts.push(texts.len() as u32);
            let words = words(id.as_bytes()).expect("the workload's ids are short");
            let entry = Entry { words, length: id.len() as u32, number: number as u32 };
            table.insert_unique(hash(&hasher, words), entry, |entry| hash(&hasher, entry.words));
        }
        Self { starts, texts, table, hasher }
    }

    /// The number of an id.
    #[inline]
    pub(crate) fn number(&self, id: &str) -> Option<u32> {
        let words = words(id.as_bytes())?;
        let [first, second, third] = words;
        // Word by word, in registers: as arrays they would go through memory.
        let is_it = |entry: &Entry| {
            let [a, b, c] = entry.words;
            (a ^ first) | (b ^ second) | (c ^ third) | (u64::from(entry.length) ^ id.len() as u64) == 0
        };
        self.table.find(hash(&self.hasher, words), is_it).map(|entry| entry.number)
    }

    /// The id of a number.
    #[inline]
    pub(crate) fn text(&self, number: u32) -> String {
        let number = number as usize;
        self.texts[self.starts[number] as usize..self.starts[number + 1] as usize].to_owned()
    }

    pub(crate) fn len(&self) -> u32 {
        self.starts.len() as u32 - 1
    }
}

/// An id's bytes as words that overlap in the middle: with its length they tell it from any other.
#[inline]
fn words(id: &[u8]) -> Option<[u64; 3]> {
    let word = |at: usize| id[at..at + 8].try_into().map(u64::from_le_bytes).expect("these are eight bytes");
    match id.len() {
        0..8 => {
            let mut bytes = [0; 8];
            bytes.iter_mut().zip(id).for_each(|(byte, from)| *byte = *from);
            Some([u64::from_le_bytes(bytes), 0, 0])
        }
        8..16 => Some([word(0), word(id.len() - 8), 0]),
        16..=LONGEST => Some([word(0), word(8), word(id.len() - 8)]),
        _ => None,
    }
}

#[inline]
fn hash(hasher: &FixedState, words: [u64; 3]) -> u64 {
    let mut hasher = hasher.build_hasher();
    let [first, second, third] = words;
    hasher.write_u128(u128::from(first) << 64 | u128::from(second));
    hasher.write_u64(third);
    hasher.finish()
}
