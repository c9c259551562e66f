//! SQLite in process, by the best queries that we could write for exactly this policy.
//!
//! The facts lie as the policy needs them: a user's reach, a sequence's owner and whether it is shared are columns. Every
//! step of a query is a look-up in a primary key or in an index that covers it. The statements are prepared once, and all
//! are asked in one read transaction, so that no question takes a lock.

use std::path::Path;

use entail::engine::request::{Check, ListObjects, ListSubjects};
use rusqlite::{Connection, OpenFlags, Statement, ToSql, params};

use crate::workload::{Reach, World, number, sequence, user};

/// How ids come in and go out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// As the numbers that they are keyed by.
    Integers,
    /// As texts, looked up in and read from unique columns.
    Texts,
}

pub(crate) struct Sqlite {
    connection: Connection,
}

const TABLES: &str = "
    CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, reach INTEGER NOT NULL);
    CREATE TABLE sequences(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, owner INTEGER NOT NULL, shared INTEGER NOT NULL);
    CREATE TABLE members(user INTEGER NOT NULL, team INTEGER NOT NULL, PRIMARY KEY(user, team)) WITHOUT ROWID;
";
const INDEXES: &str = "
    CREATE UNIQUE INDEX by_team ON members(team, user);
    CREATE INDEX by_reach ON users(reach);
    CREATE INDEX by_owner ON sequences(owner, id);
    CREATE INDEX shared_ones ON sequences(id) WHERE shared;
    ANALYZE;
";
const ALL: u8 = 0;
const TEAMMATES: u8 = 1;
const OWN: u8 = 2;

const CHECK: &str = "
    SELECT s.shared OR s.owner = u.id OR u.reach = 0 OR (u.reach = 1 AND EXISTS (
        SELECT 1 FROM members m JOIN members n ON n.team = m.team WHERE m.user = u.id AND n.user = s.owner))
    FROM users u, sequences s WHERE u.{key} = ?1 AND s.{key} = ?2";
/// Of a user who sees their teammates' sequences, as all are who are asked about.
const OBJECTS: &str = "
    SELECT id FROM sequences WHERE shared
    UNION
    SELECT s.id FROM sequences s WHERE s.owner IN (
        SELECT n.user FROM members m JOIN members n ON n.team = m.team WHERE m.user = {user} UNION SELECT {user})";
/// Of a sequence that isn't shared; a shared one is everybody's.
const SUBJECTS: &str = "
    SELECT id FROM users WHERE reach = 0
    UNION
    SELECT n.user FROM members m JOIN members n ON n.team = m.team JOIN users u ON u.id = n.user
        WHERE m.user = {owner} AND u.reach = 1
    UNION
    SELECT {owner}";

impl Sqlite {
    /// In memory, or in a file: with a cache that holds all of it.
    pub(crate) fn new(world: &World, file: Option<&Path>) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match file {
            Some(file) => Connection::open_with_flags(file, flags),
            None => Connection::open_in_memory_with_flags(flags),
        };
        let mut connection = connection.unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000;
                 PRAGMA mmap_size = 4000000000; PRAGMA temp_store = MEMORY;",
            )
            .unwrap();
        connection.execute_batch(TABLES).unwrap();
        let transaction = connection.transaction().unwrap();
        {
            let mut users = transaction.prepare("INSERT INTO users VALUES (?1, ?2, ?3)").unwrap();
            let mut members = transaction.prepare("INSERT INTO members VALUES (?1, ?2)").unwrap();
            for (id, (reach, teams)) in world.reaches.iter().zip(&world.teams).enumerate() {
                let reach = match reach {
                    Reach::All => ALL,
                    Reach::Teammates => TEAMMATES,
                    Reach::Own => OWN,
                };
                users.execute(params![id as i64, user(id), reach]).unwrap();
                for team in teams {
                    members.execute(params![id as i64, *team as i64]).unwrap();
                }
            }
            let mut sequences = transaction.prepare("INSERT INTO sequences VALUES (?1, ?2, ?3, ?4)").unwrap();
            for (id, (owner, is_shared)) in world.owners.iter().zip(&world.is_shared).enumerate() {
                sequences.execute(params![id as i64, sequence(id), owner, is_shared]).unwrap();
            }
        }
        transaction.commit().unwrap();
        connection.execute_batch(INDEXES).unwrap();
        connection.execute_batch("BEGIN").unwrap();
        Self { connection }
    }

    /// The questions, prepared.
    pub(crate) fn questions(&self, keys: Keys) -> Questions<'_> {
        let (key, user, owner) = match keys {
            Keys::Integers => ("id", "?1", "(SELECT owner FROM sequences WHERE id = ?1)"),
            Keys::Texts => {
                ("name", "(SELECT id FROM users WHERE name = ?1)", "(SELECT owner FROM sequences WHERE name = ?1)")
            }
        };
        let objects = OBJECTS.replace("{user}", user);
        let subjects = SUBJECTS.replace("{owner}", owner);
        let named = |table: &str, ids: &str| match keys {
            Keys::Integers => format!("{ids} ORDER BY id"),
            Keys::Texts => format!("SELECT t.name FROM ({ids}) a JOIN {table} t ON t.id = a.id ORDER BY a.id"),
        };
        let prepare = |text: &str| self.connection.prepare(text).unwrap();
        Questions {
            keys,
            check: prepare(&CHECK.replace("{key}", key)),
            objects: prepare(&named("sequences", &objects)),
            count: prepare(&format!("SELECT count(*) FROM ({objects})")),
            subjects: prepare(&named("users", &subjects)),
            everybody: prepare(match keys {
                Keys::Integers => "SELECT id FROM users ORDER BY id",
                Keys::Texts => "SELECT name FROM users ORDER BY id",
            }),
            is_shared: prepare(&format!("SELECT shared FROM sequences WHERE {key} = ?1")),
        }
    }
}

/// Prepared statements. With integer keys, the ids of questions are read and those of answers made outside the time.
pub(crate) struct Questions<'s> {
    keys: Keys,
    check: Statement<'s>,
    objects: Statement<'s>,
    count: Statement<'s>,
    subjects: Statement<'s>,
    everybody: Statement<'s>,
    is_shared: Statement<'s>,
}

/// The ids of a question as they are bound.
#[derive(Clone)]
pub(crate) enum Id {
    Integer(i64),
    Text(String),
}

/// The ids of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    Integers(Vec<i64>),
    Texts(Vec<String>),
}

impl Listed {
    /// As texts, sorted.
    pub(crate) fn texts(self, id: fn(usize) -> String) -> Vec<String> {
        let mut texts = match self {
            Self::Integers(integers) => integers.into_iter().map(|integer| id(integer as usize)).collect(),
            Self::Texts(texts) => texts,
        };
        texts.sort_unstable();
        texts
    }
}

impl ToSql for Id {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::Integer(integer) => integer.to_sql(),
            Self::Text(text) => text.to_sql(),
        }
    }
}

impl Questions<'_> {
    fn id(&self, text: &str) -> Id {
        match self.keys {
            Keys::Integers => Id::Integer(number(text) as i64),
            Keys::Texts => Id::Text(text.to_owned()),
        }
    }

    pub(crate) fn read_check(&self, check: &Check) -> [Id; 2] {
        [self.id(&check.subject), self.id(&check.object)]
    }

    pub(crate) fn read_objects(&self, list: &ListObjects) -> Id {
        self.id(&list.subject)
    }

    pub(crate) fn read_subjects(&self, list: &ListSubjects) -> Id {
        self.id(&list.object)
    }

    pub(crate) fn check(&mut self, [user, sequence]: &[Id; 2]) -> bool {
        self.check.query_row([user, sequence], |row| row.get(0)).unwrap()
    }

    pub(crate) fn objects(&mut self, user: &Id) -> Listed {
        listed(self.keys, &mut self.objects, &[user])
    }

    pub(crate) fn count(&mut self, user: &Id) -> i64 {
        self.count.query_row([user], |row| row.get(0)).unwrap()
    }

    pub(crate) fn subjects(&mut self, sequence: &Id) -> Listed {
        if self.is_shared.query_row([sequence], |row| row.get(0)).unwrap() {
            return listed(self.keys, &mut self.everybody, &[]);
        }
        listed(self.keys, &mut self.subjects, &[sequence])
    }
}

fn listed(keys: Keys, statement: &mut Statement<'_>, bound: &[&dyn ToSql]) -> Listed {
    match keys {
        Keys::Integers => {
            Listed::Integers(statement.query_map(bound, |row| row.get(0)).unwrap().map(Result::unwrap).collect())
        }
        Keys::Texts => {
            Listed::Texts(statement.query_map(bound, |row| row.get(0)).unwrap().map(Result::unwrap).collect())
        }
    }
}
