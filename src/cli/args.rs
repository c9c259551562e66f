//! The words of the command line.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::api::keys::Allow;
use crate::cli::administration::args as administration;

/// Relationship-based authorization with policies in Datalog.
///
/// Exit codes: 0 allow or success, 1 deny, 2 error.
#[derive(Debug, Parser)]
#[command(name = "entail", version, disable_help_subcommand = true)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) verb: Verb,
}

/// What every verb takes.
#[derive(Clone, Debug, Args)]
pub(super) struct Common {
    /// The directory of the store [default: ./entail-data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Whose data
    #[arg(long, global = true, value_name = "NAME", default_value = "default")]
    pub(super) tenant: String,
    /// Answers and errors as JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Ask a running server instead of the store; its key, if it needs one, stands in ENTAIL_KEY
    #[arg(long, global = true, value_name = "URL", env = "ENTAIL_SERVER", hide_env_values = true)]
    server: Option<String>,
}

impl Common {
    /// The directory of the store.
    pub(super) fn data(&self) -> &Path {
        self.data.as_deref().unwrap_or(Path::new("./entail-data"))
    }

    /// Whether the directory was named.
    pub(super) fn names_data(&self) -> bool {
        self.data.is_some()
    }

    /// The server that was named; an empty name is none.
    pub(super) fn server(&self) -> Option<&str> {
        self.server.as_deref().filter(|server| !server.is_empty())
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Answer over HTTP
    Serve(Serve),
    /// May the subject do it to the object?
    Check(Check),
    /// Complete listings, one id a line
    #[command(subcommand)]
    List(List),
    /// The answers of any predicate
    Query(Query),
    /// One transaction
    Write(Write),
    /// Facts in bulk, taken as they are
    Load(Load),
    /// Every fact, as JSON Lines that load back
    Export,
    /// What happened: the entries of the log, oldest first
    Changes(Changes),
    /// Hold the tenant's log, disk, memory and decisions against one another
    Verify,
    /// All tenants to one file, while writes go on
    Backup {
        /// Made anew, or replaced when the new one is whole
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// A backup to a store, in a directory that isn't there or is empty
    Restore {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Keep the number of the old store, so that tokens of it are taken: for a store that is moved, not for one that
        /// lost what was written since
        #[arg(long)]
        same_store: bool,
    },
    /// For rule authors
    #[command(subcommand)]
    Rules(Rules),
    /// Keys for a server that listens to others
    #[command(subcommand)]
    Keys(Keys),
    /// New accounts
    #[command(subcommand)]
    Account(administration::Account),
    /// Roles, and what they give
    #[command(subcommand)]
    Role(administration::Role),
    /// Users, and which roles and teams they have
    #[command(subcommand)]
    User(administration::User),
    /// Teams
    #[command(subcommand)]
    Team(administration::Team),
    /// Who owns a record, and with whom it is shared
    #[command(subcommand)]
    Record(administration::Record),
    /// Effective permissions: who holds what, how far, and where it comes from
    #[command(subcommand)]
    Access(administration::Access),
    /// Every permission: its name, label, category, what it is on, its words, and what it allows
    Catalogue {
        /// The answer must be at least as fresh as this revision
        #[arg(long, value_name = "TOKEN")]
        at: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where to listen; any address but loopback needs --keys
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7878")]
    pub(super) listen: String,
    /// The file of the keys that callers need
    #[arg(long, value_name = "FILE")]
    pub(super) keys: Option<PathBuf>,
    /// What the tenants' indexes may take of memory together (2GiB, 500MB); those asked least recently make room, and are
    /// built anew when they are asked again
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) memory: Option<u64>,
    /// Make the tenant `demo`: a sample account on the sales pack
    #[arg(long)]
    pub(super) demo: bool,
}

/// A number of bytes: `2GiB`, `500MB`, `1048576`.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
    let bytes = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err(String::from("a size is a whole number and a unit: 2GiB, 500MB")),
    };
    let number: u64 = number.parse().map_err(|_| String::from("a size begins with a whole number: 2GiB, 500MB"))?;
    number.checked_mul(bytes).ok_or_else(|| String::from("there is no memory of that size"))
}

/// What a question takes besides its words.
#[derive(Clone, Debug, Args)]
pub(super) struct Asking {
    /// Contextual facts: '{"ip": [["10.0.0.1"]]}'
    #[arg(long, value_name = "JSON")]
    pub(super) context: Option<String>,
    /// The answer must be at least as fresh as this revision
    #[arg(long, value_name = "TOKEN")]
    pub(super) at: Option<String>,
    /// Ask these rules alone, with the facts they state, instead of a store
    #[arg(long, value_name = "FILE")]
    pub(super) rules: Option<PathBuf>,
}

/// Which part of a listing.
#[derive(Clone, Debug, Args)]
pub(super) struct Paging {
    /// At most so many; where the next ones begin is said on standard error
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<NonZeroUsize>,
    /// Where the page before ended
    #[arg(long, value_name = "CURSOR")]
    pub(super) after: Option<String>,
    /// The exact total alone
    #[arg(long, conflicts_with_all = ["limit", "after"])]
    pub(super) count: bool,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// user:ana, team:eng#member, user:*
    #[arg(required_unless_present = "file")]
    pub(super) subject: Option<String>,
    /// sequence.view
    #[arg(required_unless_present = "file")]
    pub(super) permission: Option<String>,
    /// sequence:42
    #[arg(required_unless_present = "file")]
    pub(super) object: Option<String>,
    /// One question a line, '{"subject":…,"permission":…,"object":…}', one answer a line; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["subject", "context", "at"])]
    pub(super) file: Option<PathBuf>,
    /// Say why: the smallest proof of an allow, or what is missing on each way to one
    #[arg(long, conflicts_with = "file")]
    pub(super) explain: bool,
    #[command(flatten)]
    pub(super) asking: Asking,
}

#[derive(Clone, Debug, Subcommand)]
pub(super) enum List {
    /// The objects of a type to which the subject may do it
    Objects {
        subject: String,
        permission: String,
        #[arg(value_name = "TYPE")]
        kind: String,
        #[command(flatten)]
        paging: Paging,
        #[command(flatten)]
        asking: Asking,
    },
    /// The subjects of a type (user, team#member, user:*) that may do it to the object
    Subjects {
        #[arg(value_name = "TYPE")]
        kind: String,
        permission: String,
        object: String,
        #[command(flatten)]
        paging: Paging,
        #[command(flatten)]
        asking: Asking,
    },
    /// The permissions that the subject has on the object
    Permissions {
        subject: String,
        object: String,
        #[command(flatten)]
        paging: Paging,
        #[command(flatten)]
        asking: Asking,
    },
}

#[derive(Debug, Args)]
pub(super) struct Query {
    /// 'teammate(user:ana, X)'
    pub(super) goal: String,
    #[command(flatten)]
    pub(super) paging: Paging,
    #[command(flatten)]
    pub(super) asking: Asking,
}

#[derive(Debug, Args)]
pub(super) struct Write {
    /// '+owner(sequence:1, user:ana)' '-team(team:eu)'
    #[arg(required = true, value_name = "CHANGE")]
    pub(super) changes: Vec<String>,
    /// Who writes, user:ana: guards judge it; without it, you are the operator
    #[arg(long = "as", value_name = "SUBJECT")]
    pub(super) actor: Option<String>,
    /// Write only if this fact holds before; may be given several times
    #[arg(long, value_name = "FACT")]
    pub(super) require: Vec<String>,
    /// Write only if this fact doesn't hold before; may be given several times
    #[arg(long, value_name = "FACT")]
    pub(super) forbid: Vec<String>,
    /// Write only if nothing changed since this revision
    #[arg(long, value_name = "TOKEN")]
    pub(super) expect_revision: Option<String>,
    /// A key by which a second try of the same write is known for 24 hours
    #[arg(long, value_name = "KEY")]
    pub(super) idempotency_key: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Load {
    /// Facts in the language's notation (*.dl) or as JSON Lines; - is standard input, JSON Lines
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Several transactions a file, each of so many facts; without it one
    #[arg(long, value_name = "N")]
    pub(super) chunk: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
pub(super) struct Changes {
    /// Only what happened after this revision
    #[arg(long, value_name = "TOKEN")]
    pub(super) after: Option<String>,
    /// At most so many entries
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<NonZeroU64>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Rules {
    /// Errors and lints
    Check {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// The canonical text, on standard output
    Format {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Write it into the files
        #[arg(long)]
        write: bool,
        /// Only say which files aren't canonical
        #[arg(long, conflicts_with = "write")]
        check: bool,
    },
    /// Run the tests of files that hold some (*.test.dl), each with the rules that it includes
    Test {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Tell besides which rules and literals can be left out, and all tests pass as before
        #[arg(long)]
        coverage: bool,
    },
    /// What depends on what
    Graph {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// For Graphviz
        #[arg(long)]
        dot: bool,
    },
    /// What each question costs, and which rules are to blame; with --data, how many rows the tenant's facts are
    Cost {
        /// The policy; without it the tenant's own
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Which permissions let their holder come to hold others, by writes that guards allow
    Escalations {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Make it the policy of the tenant
    Activate {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Make a key for --tenant (several with commas, * is all): the key, and the line of the keys file
    New {
        /// What its holder may do
        #[arg(long)]
        allow: Allow,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn a_size_is_a_number_and_a_unit() {
        let sizes = [("0", 0), ("1048576", 1 << 20), ("2GiB", 2 << 30), ("500MB", 500_000_000), ("3 kib", 3 << 10)];
        for (text, bytes) in sizes {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "GiB", "-1", "1.5GiB", "2 apples", "99999999TiB", "2GiBs"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_command_line_is_well_defined() {
        Arguments::command().debug_assert();
    }
}
