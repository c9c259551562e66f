//! What a child process or a thread reports of its work: a line of text on its way through a pipe.

use std::fmt;
use std::str::FromStr;

/// Something that was seen or done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// At the beginning, so many writes of a writer are there.
    Begun { writer: usize, n: u64 },
    /// At the beginning, so many loads are there.
    Held { n: u64 },
    /// A writer's write, by number, was acknowledged with this revision.
    Acknowledged { writer: usize, n: u64, revision: u64 },
    /// A load, by number, was acknowledged with this revision.
    Loaded { n: u64, revision: u64 },
    /// A question was answered.
    Answered(Answer),
    /// A write was refused, with this code.
    Refused { writer: usize, n: u64, code: String },
}

/// A question and what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Who asked.
    pub(crate) reader: usize,
    /// Of which tenant.
    pub(crate) tenant: usize,
    /// A revision that was acknowledged before the question was asked.
    pub(crate) floor: u64,
    /// The revision that the answer names.
    pub(crate) revision: u64,
    pub(crate) question: Question,
    /// Sorted.
    pub(crate) rows: Vec<String>,
}

/// What readers ask; writers and documents by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// May a writer view a document of its own? One row if so.
    View(usize, u64),
    /// Which documents a writer may view.
    Viewed(usize),
    /// How many documents a writer may view: one row.
    Count(usize),
    /// Which documents a writer may edit.
    Edited(usize),
    /// Who may view a document.
    Viewers(usize, u64),
    /// Documents of which one half is there and the other isn't: never any.
    Halves,
}

/// What each line begins with: a child's output has other lines too.
const BEGIN: &str = "event ";

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(BEGIN)?;
        match self {
            Self::Begun { writer, n } => write!(f, "begun {writer} {n}"),
            Self::Held { n } => write!(f, "held {n}"),
            Self::Acknowledged { writer, n, revision } => write!(f, "acknowledged {writer} {n} {revision}"),
            Self::Loaded { n, revision } => write!(f, "loaded {n} {revision}"),
            Self::Refused { writer, n, code } => write!(f, "refused {writer} {n} {code}"),
            Self::Answered(Answer { reader, tenant, floor, revision, question, rows }) => {
                write!(f, "answered {reader} {tenant} {floor} {revision} {question} {}", rows.join(" "))
            }
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::View(writer, n) => write!(f, "view {writer} {n}"),
            Self::Viewed(writer) => write!(f, "viewed {writer} 0"),
            Self::Count(writer) => write!(f, "count {writer} 0"),
            Self::Edited(writer) => write!(f, "edited {writer} 0"),
            Self::Viewers(writer, n) => write!(f, "viewers {writer} {n}"),
            Self::Halves => write!(f, "halves 0 0"),
        }
    }
}

impl Event {
    /// The event of a line; none if the line is another's.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let line = line.trim_end().strip_prefix(BEGIN)?;
        Some(Words(line.split(' ')).event().unwrap_or_else(|| panic!("`{line}` is no event")))
    }
}

struct Words<'a>(std::str::Split<'a, char>);

impl Words<'_> {
    fn number<T: FromStr>(&mut self) -> Option<T> {
        self.0.next()?.parse().ok()
    }

    fn event(mut self) -> Option<Event> {
        Some(match self.0.next()? {
            "begun" => Event::Begun { writer: self.number()?, n: self.number()? },
            "held" => Event::Held { n: self.number()? },
            "acknowledged" => {
                Event::Acknowledged { writer: self.number()?, n: self.number()?, revision: self.number()? }
            }
            "loaded" => Event::Loaded { n: self.number()?, revision: self.number()? },
            "refused" => Event::Refused { writer: self.number()?, n: self.number()?, code: self.number()? },
            "answered" => Event::Answered(Answer {
                reader: self.number()?,
                tenant: self.number()?,
                floor: self.number()?,
                revision: self.number()?,
                question: self.question()?,
                rows: self.0.filter(|row| !row.is_empty()).map(str::to_owned).collect(),
            }),
            _ => return None,
        })
    }

    fn question(&mut self) -> Option<Question> {
        let (name, writer, n) = (self.0.next()?, self.number()?, self.number()?);
        Some(match name {
            "view" => Question::View(writer, n),
            "viewed" => Question::Viewed(writer),
            "count" => Question::Count(writer),
            "edited" => Question::Edited(writer),
            "viewers" => Question::Viewers(writer, n),
            "halves" => Question::Halves,
            _ => return None,
        })
    }
}

#[test]
fn an_event_comes_back_from_its_line() {
    let answer = |question, rows: &[&str]| {
        let rows = rows.iter().map(|row| (*row).to_owned()).collect();
        Event::Answered(Answer { reader: 1, tenant: 0, floor: 3, revision: 4, question, rows })
    };
    for event in [
        Event::Begun { writer: 1, n: 2 },
        Event::Held { n: 7 },
        Event::Acknowledged { writer: 1, n: 2, revision: 3 },
        Event::Loaded { n: 2, revision: 3 },
        Event::Refused { writer: 1, n: 2, code: "store-failed".to_owned() },
        answer(Question::View(1, 2), &[]),
        answer(Question::Viewed(3), &["doc:3-1", "doc:3-2"]),
        answer(Question::Halves, &[]),
    ] {
        assert_eq!(Event::read(&format!("{event}\n")), Some(event));
    }
    assert_eq!(Event::read("running 1 test"), None);
}
