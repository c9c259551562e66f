//! Procedures: the plans of one policy, ready to run over any snapshot that has their layout.
//!
//! A [`Procedure`] answers one variant under one adornment. Its alternatives are a tree of [`Branch`]es: from the root to
//! an answer lie the steps of one join, over the *slots* of a frame, each holding one cell of a column's dictionary;
//! alternatives that begin with the same steps share them. Constants are named by their position in [`Plans::constants`],
//! because their cells differ from tenant to tenant.

use std::sync::Arc;

use crate::language::syntax::Sign;
use crate::model::comparison::Comparison;
use crate::model::layout::{Layout, StoredId};
use crate::model::value::{ColumnType, Name, Value};
use crate::plan::adornment::Adornment;
use crate::plan::groundwork::{Groundwork, Procedures};
use crate::policy::checked::VariantId;

/// The position of a procedure in [`Plans::procedures`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcedureId(pub u32);

/// A variable's place in a frame.
pub type Slot = u16;

/// The plans of a set of goals.
#[derive(Clone, Debug)]
pub struct Plans {
    /// All procedures that the goals reach, and those of the plans that these build on.
    pub procedures: Procedures,
    /// Every value that a plan names, each once, with the column type that it is looked up in.
    pub constants: Vec<(ColumnType, Value)>,
    /// The context relations, each variant once: name and column types.
    pub contexts: Vec<ContextVariant>,
    /// The stored variants and the directions that the plans use.
    pub layout: Arc<Layout>,
    /// The stored variants that say something of permissions and constants, and of one object at most: a role's scopes, what a
    /// permission is on. What most of them say seldom changes: procedures are specialised by it. None for a single question.
    pub premises: Vec<StoredId>,
    /// How many memories `Distinct` steps have, over all procedures.
    pub memories: u32,
    pub(super) groundwork: Arc<Groundwork>,
}

/// A context relation for one combination of column types, or what a transaction changes of a stored variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextVariant {
    /// The relation.
    pub relation: Name,
    /// The type of each column.
    pub columns: Box<[ColumnType]>,
    /// For `+p` and `-p`: which facts of which stored variant. They come with a transaction, never with a question.
    pub change: Option<(Sign, StoredId)>,
}

/// How one variant is answered under one adornment.
///
/// Its arguments are the cells of the bound columns, its answers those of the free ones, both from left to right. Columns
/// of a single permission are neither: the variant says them.
#[derive(Clone, Debug)]
pub struct Procedure {
    /// What it answers.
    pub variant: VariantId,
    /// What comes bound.
    pub adornment: Adornment,
    /// Its strongly connected component: calls within one component suspend, calls to another finish first.
    pub component: u32,
    /// Whether its answers are kept in a table: because it reads itself, or because many rows would ask it the same.
    pub tabled: bool,
    /// Whether it is the goal of a query or a statement's: its adornment speaks of the variables that were named for it, not
    /// of the variant's columns.
    pub is_query: bool,
    /// How many arguments it takes: the first slots of a frame.
    pub n_arguments: usize,
    /// How many columns an answer has.
    pub n_answers: usize,
    /// How many slots a frame has.
    pub n_slots: usize,
    /// Whether every answer column is bound by steps that can be told a window of cells: a page of such a listing costs the
    /// page. Only for one answer column.
    pub is_windowed: bool,
    /// Its alternatives.
    pub branches: Vec<Branch>,
}

/// A step, and what may follow it: each way on is an alternative.
#[derive(Clone, Debug)]
pub struct Branch {
    /// What is done here.
    pub step: Step,
    /// The ways on; none after an answer.
    pub next: Vec<Branch>,
}

/// A value that a step reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// What the frame holds.
    Slot(Slot),
    /// A position in [`Plans::constants`].
    Constant(u16),
    /// A cell of one snapshot: only in what is left of a procedure in the light of its facts.
    Cell(u32),
}

/// What a step does with a value that comes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// Puts it into the frame.
    Bind(Slot),
    /// Goes on only if it is this.
    Equal(Operand),
    /// Nothing.
    Ignore,
}

/// One step of a join.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Goes on for each row that a source has, or if `exists` once if it has any.
    Each {
        /// Where the rows come from.
        source: Source,
        /// What each of the source's columns does that its arguments don't fix.
        outputs: Vec<Output>,
        /// Whether one row is enough, because nothing of it is kept.
        exists: bool,
        /// Whether the first output is the answer column of all answers below: rows outside of a window needn't be read.
        is_windowed: bool,
    },
    /// All rows of a stored source are answers, by one of their columns: a set, handed on as a whole. Nothing follows.
    All {
        /// The variant.
        stored: StoredId,
        /// The direction.
        order: u8,
        /// Its first columns.
        prefix: Vec<Operand>,
        /// Which of the columns after the prefix is the answer.
        column: usize,
        /// As for [`Step::Answer`].
        rules: Vec<u32>,
    },
    /// The end of a join: an answer.
    Answer {
        /// Where each answer column is read.
        exit: Vec<Operand>,
        /// The rules that made it, by their positions in [`crate::policy::checked::Policy::rules`]: the procedure's own, then
        /// those unfolded into it. None for a goal.
        rules: Vec<u32>,
    },
    /// Goes on if none of the sources has a row.
    None(Vec<(Source, Vec<Output>)>),
    /// Goes on if the two are the same cell.
    Same(Operand, Operand),
    /// Goes on if the comparison holds between two cells of one column type.
    Compare {
        /// How.
        operator: Comparison,
        /// The left value.
        left: Operand,
        /// The right value.
        right: Operand,
        /// Their type.
        column: ColumnType,
    },
    /// The number of characters of a text; negated, goes on if it is not this.
    Length {
        /// The text.
        text: Operand,
        /// What its length does.
        output: Output,
        /// Whether the literal has a `not`.
        negated: bool,
    },
    /// Goes on if the value is a permission that no rule names.
    OtherPermission(Operand),
    /// Goes on if the cell is one of these, bits by cell: only in what is left of a procedure in the light of some facts.
    Among(Operand, Box<[u64]>),
    /// Goes on for the first of the frames that agree in these slots: what led there no longer matters.
    Distinct {
        /// Its memory; no other step has it.
        memory: u32,
        /// What is still needed.
        slots: Vec<Slot>,
    },
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A stored variant, in one of its directions: the rows that begin with a prefix. Its outputs are the columns after
    /// the prefix, in the order of the direction.
    Stored {
        /// The variant.
        stored: StoredId,
        /// The direction.
        order: u8,
        /// Its first columns.
        prefix: Vec<Operand>,
    },
    /// A context relation, by its position in [`Plans::contexts`]; its outputs are all its columns.
    Context(u16),
    /// A procedure; its outputs are its answers.
    Call {
        /// Which.
        procedure: ProcedureId,
        /// The bound columns.
        arguments: Vec<Operand>,
        /// Set within its own component, whose tables are incomplete while it runs.
        suspends: Option<Suspension>,
    },
}

/// How a call within its own component gets its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suspension {
    /// The frame waits, and goes on once for each answer.
    Waits {
        /// Its waiting list, which no other call has.
        list: u32,
        /// The slots that the rest of the rule needs.
        slots: Vec<Slot>,
    },
    /// The call ends the rule, and its answers are the rule's: they are not copied, the one key leads to the other. So a
    /// chain of a hundred thousand groups costs its length, not its square. A call without answer columns passes its yes on.
    ///
    /// # Source
    /// Right-linear recursion: Naughton, Ramakrishnan, Sagiv, Ullman, *Argument Reduction by Factoring*, VLDB 1989.
    PassesOn,
}

impl Step {
    /// The sources that it asks, but for those of [`Step::All`].
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        let (one, several) = match self {
            Self::Each { source, .. } => (Some(source), [].as_slice()),
            Self::None(sources) => (None, sources.as_slice()),
            _ => (None, [].as_slice()),
        };
        one.into_iter().chain(several.iter().map(|(source, _)| source))
    }
}

impl Procedure {
    /// All of its steps, those before others first.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        let mut waiting: Vec<&Branch> = self.branches.iter().rev().collect();
        std::iter::from_fn(move || {
            let branch = waiting.pop()?;
            waiting.extend(branch.next.iter().rev());
            Some(&branch.step)
        })
    }
}
