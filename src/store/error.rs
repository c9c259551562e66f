//! What the store refuses and why: each error has a stable code, a message in the user's words, and what to do.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::model::revision::Revision;
use crate::store::entry::TenantId;

/// Why the store refused, or could not do, what was asked.
#[derive(Debug)]
pub enum StoreError {
    /// Another process, or another part of this one, has the store open.
    Held {
        /// The store's directory.
        directory: PathBuf,
        /// The process that holds it, if its lock file tells.
        process: Option<u32>,
    },
    /// A newer release wrote these bytes.
    Newer {
        /// What was found: `format 3`.
        found: String,
    },
    /// The directory holds something that isn't a store.
    Foreign {
        /// The directory.
        directory: PathBuf,
    },
    /// What is on disk isn't what was acknowledged. Nothing is served from it.
    Damaged {
        /// Whose data, if only one tenant's is concerned.
        tenant: Option<TenantId>,
        /// That tenant's name, if it is known where the damage was found.
        name: Option<String>,
        /// The first revision that can't be trusted, if known.
        revision: Option<Revision>,
        /// What was found: lower case, no full stop.
        found: String,
    },
    /// A file isn't a whole backup. Nothing is restored from it.
    BackupDamaged {
        /// What was found: lower case, no full stop.
        found: String,
    },
    /// The directory that a backup is to be restored into holds something.
    NotEmpty {
        /// The directory.
        directory: PathBuf,
    },
    /// A commit failed before: what it wrote may or may not be on disk, so nothing is written until the store is
    /// opened again (Rebello et al., *Can Applications Recover from fsync Failures?*, USENIX ATC 2020).
    Failed,
    /// The operating system refused.
    Io {
        /// What was being done: `open the lock file`.
        doing: &'static str,
        /// Its answer.
        source: io::Error,
    },
    /// The commit expected another head.
    RevisionMismatch {
        /// The revision that the commit expected.
        expected: Revision,
        /// The revision that the tenant is at.
        head: Revision,
    },
    /// A revision that the tenant hasn't reached.
    RevisionAhead {
        /// The revision asked for.
        asked: Revision,
        /// The revision that the tenant is at.
        head: Revision,
    },
    /// A tenant that the store doesn't have.
    UnknownTenant {
        /// Its name, or its number.
        tenant: String,
    },
    /// A new tenant has the name of another.
    TenantExists {
        /// The name.
        name: String,
    },
    /// Something is longer than it may be.
    TooLong {
        /// What is too long.
        what: Bounded,
        /// Its length in bytes.
        bytes: usize,
        /// The longest that it may be.
        limit: usize,
        /// The beginning of it.
        begins: String,
    },
    /// The commit doesn't fit what is stored: the caller's picture of the data is wrong.
    Mismatch {
        /// What doesn't fit: lower case, no full stop.
        found: String,
    },
}

/// What has a longest length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounded {
    /// The id of an object.
    Id,
    /// The name of a tenant, type or relation.
    Name,
    /// A text value, an actor, an idempotency key.
    Text,
    /// A fact as a whole.
    Fact,
    /// The texts of a policy, together.
    Policy,
}

/// Each code of the store, and what it means.
pub const CODES: &[(&str, &str)] = &[
    ("store-held", "another process has the store open"),
    ("store-newer", "a newer release wrote the store"),
    ("store-foreign", "the directory holds something that isn't a store"),
    ("store-damaged", "what is on disk isn't what was acknowledged; nothing is served from it"),
    ("backup-damaged", "a file isn't a whole backup; nothing was restored from it"),
    ("restore-needs-empty", "a backup is restored into a directory that isn't there or is empty"),
    ("store-failed", "a commit failed before; nothing is written until the store is opened again"),
    ("store-io", "the operating system refused to read or write"),
    ("revision-mismatch", "the tenant isn't at the revision that the commit expected"),
    ("revision-ahead", "the tenant hasn't reached the revision yet"),
    ("unknown-tenant", "the store doesn't have the tenant"),
    ("tenant-exists", "a new tenant has the name of another"),
    ("id-too-long", "the id of an object is too long"),
    ("name-too-long", "the name of a tenant, type or relation is too long"),
    ("text-too-long", "a text value, an actor or an idempotency key is too long"),
    ("fact-too-long", "a fact is too long as a whole"),
    ("policy-too-long", "the texts of a policy are too long together"),
    ("store-mismatch", "a commit doesn't fit what is stored"),
];

impl StoreError {
    /// The stable code: `store-held`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Held { .. } => "store-held",
            Self::Newer { .. } => "store-newer",
            Self::Foreign { .. } => "store-foreign",
            Self::Damaged { .. } => "store-damaged",
            Self::BackupDamaged { .. } => "backup-damaged",
            Self::NotEmpty { .. } => "restore-needs-empty",
            Self::Failed => "store-failed",
            Self::Io { .. } => "store-io",
            Self::RevisionMismatch { .. } => "revision-mismatch",
            Self::RevisionAhead { .. } => "revision-ahead",
            Self::UnknownTenant { .. } => "unknown-tenant",
            Self::TenantExists { .. } => "tenant-exists",
            Self::TooLong { what: Bounded::Id, .. } => "id-too-long",
            Self::TooLong { what: Bounded::Name, .. } => "name-too-long",
            Self::TooLong { what: Bounded::Text, .. } => "text-too-long",
            Self::TooLong { what: Bounded::Fact, .. } => "fact-too-long",
            Self::TooLong { what: Bounded::Policy, .. } => "policy-too-long",
            Self::Mismatch { .. } => "store-mismatch",
        }
    }

    /// What is wrong: lower case, no full stop, input in backticks.
    pub fn message(&self) -> String {
        match self {
            Self::Held { directory, process: Some(process) } => {
                format!("the store in `{}` is held by process {process}", directory.display())
            }
            Self::Held { directory, process: None } => {
                format!("the store in `{}` is held by another process", directory.display())
            }
            Self::Newer { found } => format!("the store was written by a newer release ({found})"),
            Self::Foreign { directory } => {
                format!("`{}` isn't empty and holds no store", directory.display())
            }
            Self::Damaged { tenant, name, revision, found } => {
                let whose = match (tenant, name) {
                    (_, Some(name)) => Some(format!(" of tenant `{name}`")),
                    (Some(tenant), None) => Some(format!(" of tenant number {}", tenant.0)),
                    (None, None) => None,
                };
                let since = revision.map(|revision| format!(" at revision {}", revision.0));
                let (whose, since) = (whose.unwrap_or_default(), since.unwrap_or_default());
                format!("the data{whose} is damaged{since}: {found}")
            }
            Self::BackupDamaged { found } => format!("this isn't a whole backup: {found}"),
            Self::NotEmpty { directory } => format!("the directory `{}` isn't empty", directory.display()),
            Self::Failed => "an earlier write failed, and nothing is written since".to_owned(),
            Self::Io { doing, source } => format!("can't {doing}: {}", lower(&source.to_string())),
            Self::RevisionMismatch { expected, head } => {
                format!("revision {} was expected, but the tenant is at {}", expected.0, head.0)
            }
            Self::RevisionAhead { asked, head } => {
                format!("revision {} was asked for, but the tenant is at {}", asked.0, head.0)
            }
            Self::UnknownTenant { tenant } => format!("there is no tenant `{tenant}`"),
            Self::TenantExists { name } => format!("there is a tenant `{name}` already"),
            Self::TooLong { what, bytes, limit, begins } => {
                let what = match what {
                    Bounded::Id => "id",
                    Bounded::Name => "name",
                    Bounded::Text => "text",
                    Bounded::Fact => "fact",
                    Bounded::Policy => "policy",
                };
                format!("the {what} that begins `{begins}` has {bytes} bytes, and {limit} are allowed")
            }
            Self::Mismatch { found } => found.clone(),
        }
    }

    /// What to do, a sentence.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Held { .. } => "End that process, or ask it: `--server URL`.",
            Self::Newer { .. } => "Open it with the release that wrote it, or a later one.",
            Self::Foreign { .. } => "Name an empty directory, or the directory of a store.",
            Self::Damaged { .. } => "Keep the directory as it is, and restore a backup into another one.",
            Self::BackupDamaged { .. } => "Take another backup, or copy this one again.",
            Self::NotEmpty { .. } => "Name a directory that isn't there yet, with `--data`.",
            Self::Failed => "Find out why (a full disk?), then start the process again.",
            Self::Io { .. } => "Look at the disk's space and the directory's permissions.",
            Self::RevisionMismatch { .. } => "Read again, decide again, and write with the new revision.",
            Self::RevisionAhead { .. } => "Wait for it, or ask without a revision.",
            Self::UnknownTenant { .. } => "Activate a policy for it: that makes the tenant.",
            Self::TenantExists { .. } => {
                "Choose another name; what comes into a tenant that is there is written, accounts too."
            }
            Self::TooLong { .. } => "Shorten it.",
            Self::Mismatch { .. } => "This is a defect of the program: please report it with the message.",
        }
    }

    /// Damage to one tenant's data, from a revision on.
    pub(crate) fn damaged(tenant: TenantId, revision: Revision, found: impl Into<String>) -> Self {
        let (tenant, revision) = (Some(tenant), Some(revision));
        Self::Damaged { tenant, name: None, revision, found: found.into() }
    }

    /// The same error, with the name of the tenant whose data is damaged.
    pub(crate) fn naming(mut self, numbers: &BTreeMap<String, TenantId>) -> Self {
        if let Self::Damaged { tenant: Some(tenant), name, .. } = &mut self {
            let of_tenant = numbers.iter().find(|(_, number)| *number == tenant);
            *name = of_tenant.map(|(name, _)| name.clone());
        }
        self
    }

    /// Damage to the store as a whole.
    pub(crate) fn broken(found: impl Into<String>) -> Self {
        Self::Damaged { tenant: None, name: None, revision: None, found: found.into() }
    }

    /// The operating system's refusal of something.
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The first letter made small: the operating system's sentences begin with a capital.
fn lower(sentence: &str) -> String {
    let mut chars = sentence.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
