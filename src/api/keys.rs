//! Bearer keys: which caller may do what in which tenants.
//!
//! A keys file has one key a line: its hash, what it allows, its tenants; `#` begins a comment.
//!
//! ```text
//! # backend of the shop
//! b3:5d8f…64 hexadecimal digits…  write    acme,globex
//! b3:90aa…                        operate  *
//! ```
//!
//! The file holds BLAKE3 hashes alone: a key has 256 random bits, so its hash needs neither salt nor stretching, and
//! looking the hash up in a table tells nobody anything about the key.

use std::collections::{BTreeSet, HashMap};
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

use crate::api::problem::Problem;

/// What a key lets its holder do; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Allow {
    /// Questions.
    Read,
    /// Questions and writes.
    Write,
    /// Everything: policies and loading too.
    Operate,
}

/// The keys of a server.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    by_hash: HashMap<blake3::Hash, Grant>,
}

/// What one key may do, where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    allow: Allow,
    tenants: Tenants,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Tenants {
    All,
    These(BTreeSet<String>),
}

impl Grant {
    /// Whether the key's holder may do this.
    pub(crate) fn allows(&self, what: Allow) -> bool {
        self.allow >= what
    }

    /// Whether the key is for every tenant, also those that come.
    pub(crate) fn is_for_all(&self) -> bool {
        self.tenants == Tenants::All
    }

    /// Whether the key is for this tenant.
    pub(crate) fn is_for(&self, tenant: &str) -> bool {
        match &self.tenants {
            Tenants::All => true,
            Tenants::These(names) => names.contains(tenant),
        }
    }
}

impl Keys {
    /// What the holder of this key may do; none if the key is unknown.
    pub(crate) fn grant(&self, key: &str) -> Option<&Grant> {
        self.by_hash.get(&blake3::hash(key.as_bytes()))
    }
}

impl FromStr for Keys {
    type Err = KeysError;

    /// Reads a keys file.
    fn from_str(text: &str) -> Result<Self, KeysError> {
        let mut by_hash = HashMap::new();
        for (line_idx, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or("").trim();
            if line.is_empty() {
                continue;
            }
            let refuse = |reason: &'static str| KeysError { line: line_idx + 1, reason };
            let (hash, grant) = read_line(line).map_err(refuse)?;
            if by_hash.insert(hash, grant).is_some() {
                return Err(refuse("this hash stands in an earlier line too"));
            }
        }
        match by_hash.is_empty() {
            true => Err(KeysError { line: text.lines().count().max(1), reason: "the file holds no key" }),
            false => Ok(Self { by_hash }),
        }
    }
}

fn read_line(line: &str) -> Result<(blake3::Hash, Grant), &'static str> {
    let mut words = line.split_whitespace();
    let (Some(hash), Some(allow), Some(tenants), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err("a line is a hash, one of `read`, `write`, `operate`, and tenants with commas between them");
    };
    let hash = hash.strip_prefix("b3:").and_then(|hex| blake3::Hash::from_hex(hex).ok());
    let hash = hash.ok_or("a hash is `b3:` and 64 hexadecimal digits")?;
    let allow = match allow {
        "read" => Allow::Read,
        "write" => Allow::Write,
        "operate" => Allow::Operate,
        _ => return Err("the second word is one of `read`, `write`, `operate`"),
    };
    let tenants = match tenants {
        "*" => Tenants::All,
        names if names.split(',').any(str::is_empty) => return Err("a tenant's name is empty"),
        names => Tenants::These(names.split(',').map(str::to_owned).collect()),
    };
    Ok((hash, Grant { allow, tenants }))
}

/// A line of a keys file that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the keys file: {reason}")]
pub struct KeysError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl From<KeysError> for Problem {
    fn from(error: KeysError) -> Self {
        Self::invalid("invalid-keys", error.to_string()).help("`entail keys new` makes a key and prints its line.")
    }
}

/// A new key: the secret for its holder, and the line for the keys file.
///
/// The secret is the hash of three random UUIDs: 366 bits of the system's randomness, folded to 256.
pub(crate) fn new_key(allow: Allow, tenants: &[String]) -> (String, String) {
    let mut hasher = blake3::Hasher::new();
    for _ in 0..3 {
        hasher.update(Uuid::new_v4().as_bytes());
    }
    let secret = format!("entail_{}", BASE64URL_NOPAD.encode(hasher.finalize().as_bytes()));
    let word = match allow {
        Allow::Read => "read",
        Allow::Write => "write",
        Allow::Operate => "operate",
    };
    let line = format!("b3:{} {word} {}", blake3::hash(secret.as_bytes()), tenants.join(","));
    (secret, line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_known_to_the_file_that_holds_its_line() {
        let (secret, line) = new_key(Allow::Write, &["acme".to_owned(), "globex".to_owned()]);
        let keys: Keys = format!("# backend\n\n{line} # since spring\n").parse().unwrap();
        let grant = keys.grant(&secret).unwrap();
        assert!(grant.is_for("acme") && grant.is_for("globex") && !grant.is_for("acme2"));
        assert!(grant.allows(Allow::Read) && grant.allows(Allow::Write) && !grant.allows(Allow::Operate));
        assert_eq!(keys.grant("entail_other"), None);
        assert!(!line.contains(&secret));
    }

    #[test]
    fn a_star_is_every_tenant() {
        let (secret, line) = new_key(Allow::Operate, &["*".to_owned()]);
        let keys: Keys = line.parse().unwrap();
        assert!(keys.grant(&secret).is_some_and(|grant| grant.is_for("anything")));
    }

    #[test]
    fn two_keys_are_never_the_same() {
        assert_ne!(new_key(Allow::Read, &[]).0, new_key(Allow::Read, &[]).0);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_refused_with_its_number() {
        let (_, line) = new_key(Allow::Read, &["acme".to_owned()]);
        let hash = line.split(' ').next().unwrap();
        let cases = [
            (format!("{line}\n{line}"), 2),
            ("# nothing\n".to_owned(), 1),
            (format!("{hash} read"), 1),
            (format!("{hash} admin acme"), 1),
            (format!("{hash} read acme,,globex"), 1),
            (format!("\n{} read acme", hash.trim_start_matches("b3:")), 2),
            ("b3:12 read acme".to_owned(), 1),
        ];
        for (text, line) in cases {
            assert_eq!(text.parse::<Keys>().unwrap_err().line, line, "{text}");
        }
    }
}
