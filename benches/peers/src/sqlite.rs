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
    CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL, reach INTEGER NOT NULL);
    CREATE TABLE sequences(id INTEGER PRIMARY KEY, name TEXT NOT NULL, owner INTEGER NOT NULL, shared INTEGER NOT NULL);
    CREATE TABLE members(user INTEGER NOT NULL, team INTEGER NOT NULL, PRIMARY KEY(user, team)) WITHOUT ROWID;
";
/// No statistics: with them the statements would be planned anew for each id that is bound.
const INDEXES: &str = "
    CREATE UNIQUE INDEX user_names ON users(name);
    CREATE UNIQUE INDEX sequence_names ON sequences(name);
    CREATE UNIQUE INDEX by_team ON members(team, user);
    CREATE INDEX by_reach ON users(reach, name);
    CREATE INDEX by_owner_id ON sequences(owner, shared, id);
    CREATE INDEX by_owner_name ON sequences(owner, shared, name);
    CREATE INDEX shared_id ON sequences(id) WHERE shared;
    CREATE INDEX shared_name ON sequences(name) WHERE shared;
";
const ALL: u8 = 0;
const TEAMMATES: u8 = 1;
const OWN: u8 = 2;

/// `user` and `sequence` are the question's ids, `column` is what the answer has.
const CHECK: &str = "
    SELECT s.shared OR s.owner = u.id OR u.reach = 0 OR (u.reach = 1 AND EXISTS (
        SELECT 1 FROM members m CROSS JOIN members n ON n.team = m.team AND n.user = s.owner WHERE m.user = u.id))
    FROM users u, sequences s WHERE u.id = {user} AND s.id = {sequence}";
/// Those whose sequences a user sees whose role reaches their teammates, as all are who are asked about.
const OWNERS: &str = "
    SELECT n.user FROM members m CROSS JOIN members n ON n.team = m.team WHERE m.user = {user} UNION SELECT {user}";
/// In no order, which spares sorting them; each once, since those by an owner leave out the shared ones.
const OBJECTS: &str = "
    SELECT {column} FROM sequences INDEXED BY shared_{column} WHERE shared
    UNION ALL
    SELECT {column} FROM sequences INDEXED BY by_owner_{column} WHERE owner IN ({owners}) AND shared = 0";
const COUNT: &str = "
    SELECT (SELECT count(*) FROM sequences INDEXED BY shared_id WHERE shared)
         + (SELECT count(*) FROM sequences INDEXED BY by_owner_id WHERE owner IN ({owners}) AND shared = 0)";
/// Of a sequence that isn't shared; a shared one is everybody's. In no order.
const SUBJECTS: &str = "
    SELECT {column} FROM users WHERE reach = 0
    UNION ALL
    SELECT {column} FROM users WHERE reach <> 0 AND id IN (
        SELECT n.user FROM members m CROSS JOIN members n ON n.team = m.team CROSS JOIN users u ON u.id = n.user
            WHERE m.user = {owner} AND u.reach = 1
        UNION SELECT {owner})";

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
        let column = match keys {
            Keys::Integers => "id",
            Keys::Texts => "name",
        };
        let id = |table: &str, names: &str, place: usize| match keys {
            Keys::Integers => format!("?{place}"),
            Keys::Texts => format!("(SELECT id FROM {table} INDEXED BY {names} WHERE name = ?{place})"),
        };
        let [user, sequence, only] =
            [id("users", "user_names", 1), id("sequences", "sequence_names", 2), id("sequences", "sequence_names", 1)];
        let owner = format!("(SELECT owner FROM sequences WHERE id = {only})");
        let prepare = |text: &str| {
            let text = text.replace("{owners}", OWNERS).replace("{owner}", &owner).replace("{only}", &only);
            let text = text.replace("{user}", &user).replace("{sequence}", &sequence).replace("{column}", column);
            self.connection.prepare(&text).unwrap()
        };
        Questions {
            keys,
            check: prepare(CHECK),
            objects: prepare(OBJECTS),
            count: prepare(COUNT),
            subjects: prepare(SUBJECTS),
            everybody: prepare("SELECT {column} FROM users"),
            is_shared: prepare("SELECT shared FROM sequences WHERE id = {only}"),
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
