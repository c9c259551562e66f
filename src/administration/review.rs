//! Access as CSV (RFC 4180), for reviews in a spreadsheet.
//!
//! A cell that a spreadsheet would take for a formula begins with an apostrophe, as OWASP advises against CSV injection.

use crate::administration::access::{AccessReply, RoleAccessReply};
use crate::engine::error::Error;

/// The first line of who holds what.
const ACCESS: [&str; 13] = [
    "user",
    "name",
    "permission",
    "label",
    "type",
    "source",
    "role",
    "scope",
    "shared_with",
    "team",
    "objects",
    "object",
    "rule",
];

/// The first line of what a role gives.
const ROLE: [&str; 9] = ["role", "name", "category", "permission", "label", "value", "shared_record", "user", "place"];

impl AccessReply {
    /// One line for each user, permission, type and source.
    ///
    /// # Errors
    /// `internal` if a line can't be made.
    pub fn csv(&self) -> Result<String, Error> {
        let mut table = Table::new(&ACCESS)?;
        for held in &self.held {
            for source in &held.sources {
                let kind = match (source.own_grant, &source.shared_with, &source.role, &source.team) {
                    (true, ..) => "own grant",
                    (_, Some(_), ..) => "share",
                    (_, _, Some(_), _) => "role",
                    (_, _, _, Some(_)) => "team",
                    _ => "rule",
                };
                let objects = source.objects.map(|objects| objects.to_string());
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                table.line([
                    held.user.clone(),
                    text(&held.name),
                    held.permission.clone(),
                    held.label.clone(),
                    held.kind.clone(),
                    kind.to_owned(),
                    text(&source.role),
                    text(&source.scope),
                    text(&source.shared_with),
                    text(&source.team),
                    text(&objects),
                    text(&source.object),
                    source.rule.clone(),
                ])?;
            }
        }
        table.finish()
    }
}

impl RoleAccessReply {
    /// One line for each switch and scope, one for each record that is shared with it, one for each user.
    ///
    /// # Errors
    /// `internal` if a line can't be made.
    pub fn csv(&self) -> Result<String, Error> {
        let mut table = Table::new(&ROLE)?;
        let line = |[category, permission, label, value, record, user, place]: [&str; 7]| {
            [&self.role.id, &self.role.name, category, permission, label, value, record, user, place].map(str::to_owned)
        };
        for category in &self.categories {
            for setting in &category.settings {
                let title = category.category.join(" / ");
                table.line(line([&title, &setting.permission, &setting.label, &setting.value, "", "", ""]))?;
            }
        }
        for shared in &self.shared {
            table.line(line(["", &shared.permission, "", "", &shared.record, "", ""]))?;
        }
        for user in &self.users {
            table.line(line(["", "", "", "", "", &user.user, &user.place]))?;
        }
        table.finish()
    }
}

/// A table on its way.
struct Table(csv::Writer<Vec<u8>>);

impl Table {
    fn new(titles: &[&str]) -> Result<Self, Error> {
        let mut table = Self(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new()));
        table.0.write_record(titles).map_err(|_| not_made())?;
        Ok(table)
    }

    fn line<const N: usize>(&mut self, cells: [String; N]) -> Result<(), Error> {
        self.0.write_record(cells.map(harmless)).map_err(|_| not_made())
    }

    fn finish(self) -> Result<String, Error> {
        let bytes = self.0.into_inner().map_err(|_| not_made())?;
        String::from_utf8(bytes).map_err(|_| not_made())
    }
}

/// A cell that no spreadsheet runs.
fn harmless(cell: String) -> String {
    // The wide forms are read as the others by spreadsheets in some languages.
    const BEGINNINGS: [char; 11] =
        ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    if cell.starts_with(BEGINNINGS) { format!("'{cell}") } else { cell }
}

fn not_made() -> Error {
    Error::internal("the table can't be made")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::administration::access::{Held, Source};

    #[test]
    fn a_name_that_is_a_formula_is_only_text_and_one_with_commas_is_quoted() {
        let held = Held {
            user: "user:eve".to_owned(),
            name: Some("=HYPERLINK(\"x\", \"y\")".to_owned()),
            permission: "billing.manage".to_owned(),
            label: "Manage billing".to_owned(),
            kind: "account".to_owned(),
            objects: None,
            sources: vec![Source {
                role: Some("role:admin".to_owned()),
                rule: "sales.dl:1".to_owned(),
                ..Source::default()
            }],
        };
        let csv = AccessReply { held: vec![held], revision: String::new() }.csv().unwrap();
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines[0], ACCESS.join(","));
        let name = "\"'=HYPERLINK(\"\"x\"\", \"\"y\"\")\"";
        assert_eq!(
            lines[1],
            format!("user:eve,{name},billing.manage,Manage billing,account,role,role:admin,,,,,,sales.dl:1")
        );
    }
}
