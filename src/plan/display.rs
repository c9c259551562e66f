//! Plans as text: what `Display` prints of them.

use std::fmt;

use crate::language::syntax::Sign;
use crate::plan::adornment::short;
use crate::plan::procedure::{Branch, Operand, Output, Plans, Source, Step, Suspension};

impl fmt::Display for Plans {
    /// Each procedure with its alternatives, one step a line, what follows it below.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, procedure) in self.procedures.iter() {
            let tabled = if procedure.tabled { ", tabled" } else { "" };
            let adornment = short(&procedure.adornment);
            writeln!(f, "p{} (variant {}, {adornment}{tabled}):", id.0, procedure.variant.0)?;
            self.branches(f, &procedure.branches, 1)?;
        }
        Ok(())
    }
}

impl Plans {
    /// Branches of these plans, or of what is left of one of their procedures, as text.
    pub fn show<'a>(&'a self, branches: &'a [Branch]) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| self.branches(f, branches, 0))
    }

    fn branches(&self, f: &mut fmt::Formatter<'_>, branches: &[Branch], depth: usize) -> fmt::Result {
        for branch in branches {
            writeln!(f, "{:indent$}{}", "", self.step(&branch.step), indent = 2 * depth)?;
            self.branches(f, &branch.next, depth + 1)?;
        }
        Ok(())
    }

    fn step(&self, step: &Step) -> String {
        match step {
            Step::Each { source, outputs, exists, .. } => {
                let verb = if *exists { "some" } else { "each" };
                format!("{verb} {}", self.source(source, outputs))
            }
            Step::All { stored, order, prefix, column, .. } => {
                let source = Source::Stored { stored: *stored, order: *order, prefix: prefix.clone() };
                let outputs = vec![Output::Ignore; *column];
                format!("all {} and answer with the next column", self.source(&source, &outputs))
            }
            Step::Answer { exit, .. } => {
                let exit: Vec<String> = exit.iter().map(|operand| self.operand(operand)).collect();
                format!("answer ({})", exit.join(", "))
            }
            Step::Same(left, right) => format!("{} is {}", self.operand(left), self.operand(right)),
            Step::None(sources) => {
                let sources: Vec<String> =
                    sources.iter().map(|(source, outputs)| self.source(source, outputs)).collect();
                format!("none {}", sources.join(" nor "))
            }
            Step::Compare { operator, left, right, .. } => {
                format!("{} {operator:?} {}", self.operand(left), self.operand(right))
            }
            Step::Length { text, output, negated } => {
                let verb = if *negated { "no length" } else { "length" };
                format!("{verb} {} -> {}", self.operand(text), self.output(output))
            }
            Step::OtherPermission(operand) => {
                format!("{} is named by no rule", self.operand(operand))
            }
            Step::Among(operand, cells) => {
                let n_cells: u32 = cells.iter().map(|word| word.count_ones()).sum();
                format!("{} is one of {n_cells}", self.operand(operand))
            }
            Step::Distinct { slots, .. } => {
                let slots: Vec<String> = slots.iter().map(|slot| format!("s{slot}")).collect();
                format!("distinct ({})", slots.join(", "))
            }
        }
    }

    fn source(&self, source: &Source, outputs: &[Output]) -> String {
        let outputs: Vec<String> = outputs.iter().map(|output| self.output(output)).collect();
        let (name, arguments) = match source {
            Source::Stored { stored, order, prefix } => {
                let relation = self.layout.variants.get(stored.0 as usize).map_or("?", |variant| &variant.relation);
                (format!("{relation}/{order}"), prefix)
            }
            Source::Context(context) => {
                let relation = self.contexts.get(usize::from(*context)).map_or("?", |found| &found.relation);
                let sign = match self.contexts.get(usize::from(*context)).and_then(|found| found.change) {
                    Some((Sign::Plus, _)) => "+",
                    Some((Sign::Minus, _)) => "-",
                    None => "context ",
                };
                return format!("{sign}{relation}() -> ({})", outputs.join(", "));
            }
            Source::Call { procedure, arguments, suspends } => {
                let waits = match suspends {
                    Some(Suspension::Waits { .. }) => "wait for ",
                    Some(Suspension::PassesOn) => "pass on ",
                    None => "",
                };
                (format!("{waits}p{}", procedure.0), arguments)
            }
        };
        let arguments: Vec<String> = arguments.iter().map(|operand| self.operand(operand)).collect();
        format!("{name}({}) -> ({})", arguments.join(", "), outputs.join(", "))
    }

    fn output(&self, output: &Output) -> String {
        match output {
            Output::Bind(slot) => format!("s{slot}"),
            Output::Equal(operand) => format!("={}", self.operand(operand)),
            Output::Ignore => "_".to_owned(),
        }
    }

    fn operand(&self, operand: &Operand) -> String {
        match operand {
            Operand::Slot(slot) => format!("s{slot}"),
            Operand::Cell(cell) => format!("#{cell}"),
            Operand::Constant(constant) => self
                .constants
                .get(usize::from(*constant))
                .map_or_else(|| "?".to_owned(), |(_, value)| value.to_string()),
        }
    }
}
