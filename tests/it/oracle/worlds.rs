//! Random policies, as text: the schema of one. Its rules are drawn in `rules.rs`.

use std::fmt;

use super::random::Random;
use super::rules;
use super::writing;

/// A policy, in parts that a shrinker can drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    /// In the order of the text.
    pub(crate) statements: Vec<Statement>,
}

/// A statement of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Statement {
    /// A declaration or a fact, its full stop included.
    Plain(String),
    /// A rule, an effect, a deny or a guard: what stands before `:-`, and its literals.
    Rule { head: String, body: Vec<String> },
}

/// What a column may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Objects of a type.
    Object(&'static str),
    /// The members of a group of this type.
    Set(&'static str),
    /// Everyone of a type.
    Everyone(&'static str),
    /// A constant of the enumeration `level`.
    Level,
    /// A permission.
    Permission,
    /// Text.
    Text,
    /// Whole numbers.
    Integer,
    /// Instants.
    Time,
}

/// A predicate of a random policy.
#[derive(Clone, Debug)]
pub(crate) struct Predicate {
    /// Its name.
    pub(crate) name: String,
    /// The sorts of each column.
    pub(crate) columns: Vec<Vec<Sort>>,
    /// Whether rules derive it.
    pub(crate) derived: bool,
}

/// What the rules of a random policy may speak of.
#[derive(Default)]
pub(crate) struct Vocabulary {
    /// Stored and context predicates first, then derived ones; a later one may negate an earlier one.
    pub(crate) predicates: Vec<Predicate>,
    /// Concrete types of objects.
    pub(crate) types: Vec<&'static str>,
    /// Each permission with the sorts it is on.
    pub(crate) permissions: Vec<(String, Vec<Sort>)>,
}

/// The names of `level`.
pub(crate) const LEVELS: [&str; 3] = ["low", "middle", "high"];
/// The types of groups: `member` of them makes sets.
const GROUPS: [&str; 2] = ["team", "group"];

/// Draws a policy. The checker may refuse it: a negation may lie in a cycle, a variable may be unbound.
pub(crate) fn draw(random: &Random) -> Draft {
    let mut statements = Vec::new();
    let mut vocabulary = Vocabulary::default();
    declare_types(random, &mut statements, &mut vocabulary);
    declare_relations(random, &mut statements, &mut vocabulary);
    declare_contexts(random, &mut statements, &mut vocabulary);
    declare_permissions(random, &mut statements, &mut vocabulary);
    rules::draw(random, &mut statements, &mut vocabulary);
    Draft { statements }
}

/// Draws a policy that speaks of writes too, with what its rules may speak of. Nothing in it depends on what comes with a
/// question, for nothing comes with a write.
pub(crate) fn draw_writing(random: &Random) -> (Draft, Vocabulary) {
    let mut statements = Vec::new();
    let mut vocabulary = Vocabulary::default();
    declare_types(random, &mut statements, &mut vocabulary);
    declare_relations(random, &mut statements, &mut vocabulary);
    declare_permissions(random, &mut statements, &mut vocabulary);
    rules::draw(random, &mut statements, &mut vocabulary);
    writing::draw(random, &mut statements, &vocabulary);
    (Draft { statements }, vocabulary)
}

fn declare_types(random: &Random, statements: &mut Vec<Statement>, vocabulary: &mut Vocabulary) {
    let mut types = vec!["user", "team", "folder", "doc"];
    if random.percent(30) {
        types.push("group");
    }
    if random.percent(30) {
        types.push("note");
    }
    let record = random.percent(50);
    let thing = record && random.percent(50);
    if thing {
        statements.push(plain("type thing"));
        vocabulary.predicates.push(stored("thing", vec![kind_sorts("thing", &types)]));
    }
    if record {
        statements.push(plain(if thing { "type record is thing" } else { "type record" }));
        vocabulary.predicates.push(stored("record", vec![kind_sorts("record", &types)]));
    }
    for &name in &types {
        let open = if random.percent(70) { "open " } else { "" };
        let is = match name {
            "folder" | "doc" | "note" if record => " is record",
            "team" if thing => " is thing",
            _ => "",
        };
        statements.push(plain(&format!("{open}type {name}{is}")));
        vocabulary.predicates.push(stored(name, vec![vec![Sort::Object(name)]]));
    }
    statements.push(plain("type level { low, middle, high }"));
    vocabulary.predicates.push(stored("level", vec![vec![Sort::Level]]));
    vocabulary.types = types;
}

fn declare_relations(random: &Random, statements: &mut Vec<Statement>, vocabulary: &mut Vocabulary) {
    let groups: Vec<&str> = vocabulary.types.iter().copied().filter(|name| GROUPS.contains(name)).collect();
    let sets: Vec<String> = groups.iter().map(|group| format!("{group}#member")).collect();
    relation(statements, vocabulary, "member", &[groups.join(" | "), format!("user | {}", sets.join(" | "))], false);
    relation(statements, vocabulary, "parent", &["folder | doc".to_owned(), "folder".to_owned()], random.percent(30));
    if random.percent(60) {
        let columns = ["user | team#member".to_owned(), "permission".to_owned(), "folder | doc".to_owned()];
        relation(statements, vocabulary, "granted", &columns, false);
    }
    relation(statements, vocabulary, "marked", &["permission".to_owned()], false);
    // What goals are specialised by: constants and permissions, and one object at most.
    for number in 0..*random.pick(&[0, 0, 1, 1, 2]) {
        let mut columns: Vec<String> =
            (0..random.between(1, 3)).map(|_| (*random.pick(&["level", "permission"])).to_owned()).collect();
        if random.percent(60) {
            columns.insert(random.below(columns.len() + 1), (*random.pick(&vocabulary.types)).to_owned());
        }
        let arrow = columns.len() > 1 && random.percent(25);
        relation(statements, vocabulary, &format!("p{number}"), &columns, arrow);
    }
    for number in 0..random.between(2, 5) {
        let arity = *random.pick(&[1, 2, 2, 2, 3]);
        let columns: Vec<String> = (0..arity).map(|_| draw_kinds(random, vocabulary)).collect();
        let arrow = arity > 1 && random.percent(25);
        relation(statements, vocabulary, &format!("r{number}"), &columns, arrow);
    }
}

fn relation(statements: &mut Vec<Statement>, vocabulary: &mut Vocabulary, name: &str, columns: &[String], arrow: bool) {
    let signature = match columns.split_last() {
        Some((last, rest)) if arrow => format!("{name}({}) -> {last}", rest.join(", ")),
        _ => format!("{name}({})", columns.join(", ")),
    };
    statements.push(plain(&format!("relation {signature}")));
    let columns = columns.iter().map(|kinds| sorts_of(kinds, &vocabulary.types)).collect();
    vocabulary.predicates.push(stored(name, columns));
}

fn declare_contexts(random: &Random, statements: &mut Vec<Statement>, vocabulary: &mut Vocabulary) {
    vocabulary.predicates.push(stored("now", vec![vec![Sort::Time]]));
    for (name, columns) in [("ip", "text"), ("acting", "user, team"), ("ceiling", "integer")] {
        if random.percent(30) {
            statements.push(plain(&format!("context {name}({columns})")));
            let columns = columns.split(", ").map(|kinds| sorts_of(kinds, &vocabulary.types)).collect();
            vocabulary.predicates.push(stored(name, columns));
        }
    }
}

fn declare_permissions(random: &Random, statements: &mut Vec<Statement>, vocabulary: &mut Vocabulary) {
    for name in ["doc.view", "doc.edit", "misc.use", "misc.see", "misc.do"].iter().take(random.between(2, 5)) {
        let kinds = random.pick(&["doc", "folder | doc", "folder", "team | doc", "user | folder"]);
        let word = if random.percent(40) { " marked" } else { "" };
        let statement = format!("permission {name} on {kinds}{word} \"Label of {name}\"");
        statements.push(if random.percent(25) {
            Statement::Plain(format!("category \"Things\" {{ {statement}. }}"))
        } else {
            plain(&statement)
        });
        vocabulary.permissions.push(((*name).to_owned(), sorts_of(kinds, &vocabulary.types)));
    }
}

/// The alternatives of a column, as text.
fn draw_kinds(random: &Random, vocabulary: &Vocabulary) -> String {
    let a = *random.pick(&vocabulary.types);
    let b = *random.pick(&vocabulary.types);
    let declared = |name: &str| vocabulary.predicates.iter().any(|predicate| predicate.name == name);
    match random.below(100) {
        0..45 => a.to_owned(),
        45..58 if a != b => format!("{a} | {b}"),
        58..66 if declared("record") => "record".to_owned(),
        66..70 if declared("thing") => "thing".to_owned(),
        70..77 => "user | team#member".to_owned(),
        77..82 => "user | user:*".to_owned(),
        82..86 => "text".to_owned(),
        86..91 => "integer".to_owned(),
        91..94 => "time".to_owned(),
        94..97 => "level".to_owned(),
        97..98 => "text | integer".to_owned(),
        98..100 => "permission".to_owned(),
        _ => "doc".to_owned(),
    }
}

fn sorts_of(kinds: &str, types: &[&'static str]) -> Vec<Sort> {
    kinds.split(" | ").flat_map(|kind| kind_sorts(kind, types)).collect()
}

fn kind_sorts(kind: &str, types: &[&'static str]) -> Vec<Sort> {
    let only = |names: &[&str]| types.iter().copied().filter(|name| names.contains(name)).collect::<Vec<_>>();
    let objects = |names: &[&str]| only(names).into_iter().map(Sort::Object).collect();
    match kind {
        "text" => vec![Sort::Text],
        "integer" => vec![Sort::Integer],
        "time" => vec![Sort::Time],
        "level" => vec![Sort::Level],
        "permission" => vec![Sort::Permission],
        "record" => objects(&["folder", "doc", "note"]),
        "thing" => objects(&["folder", "doc", "note", "team"]),
        _ => match kind.split_once(['#', ':']) {
            Some((name, "member")) => only(&[name]).into_iter().map(Sort::Set).collect(),
            Some((name, _)) => only(&[name]).into_iter().map(Sort::Everyone).collect(),
            None => objects(&[kind]),
        },
    }
}

fn stored(name: &str, columns: Vec<Vec<Sort>>) -> Predicate {
    Predicate { name: name.to_owned(), columns, derived: false }
}

fn plain(statement: &str) -> Statement {
    Statement::Plain(format!("{statement}."))
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => f.write_str(text),
            Self::Rule { head, body } if body.is_empty() => write!(f, "{head}."),
            Self::Rule { head, body } => write!(f, "{head} :- {}.", body.join(", ")),
        }
    }
}

impl fmt::Display for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.statements.iter().try_for_each(|statement| writeln!(f, "{statement}"))
    }
}
