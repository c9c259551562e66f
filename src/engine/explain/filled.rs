//! Values for what nothing says: a fact that is missing may leave a column open.

use crate::engine::active::plain;
use crate::engine::error::Error;
use crate::engine::explain::components::{Known, MAX_ROWS};
use crate::engine::explain::openings::{Seeker, known};
use crate::engine::explain::question::Question;
use crate::engine::explain::ways::{Way, in_column};
use crate::model::value::{ColumnType, Name, Object, Value};
use crate::policy::checked::{Column, InstanceLiteral, InstanceTerm, VariableId, Variant, VariantId};
use crate::policy::schema::TypeKind;

/// How many values are tried for what nothing says.
const MAX_FILLED: usize = 3;

impl Seeker<'_> {
    /// The facts of a variant with these terms.
    pub(super) fn rows_of(
        &self,
        variant: VariantId,
        terms: &[InstanceTerm],
        values: &Known,
    ) -> Result<Vec<Vec<Value>>, Error> {
        let columns = self.columns(variant);
        let mut wanted = Vec::new();
        let mut asked = Vec::with_capacity(terms.len());
        for (term, column) in terms.iter().zip(&columns) {
            asked.push(match known(term, values) {
                Some(value) => InstanceTerm::Value(in_column(&value, column)),
                None => {
                    let variable = VariableId(wanted.len() as u16);
                    wanted.push((variable, plain(column)));
                    InstanceTerm::Variable(variable)
                }
            });
        }
        let n_variables = wanted.len();
        let literal = InstanceLiteral::Positive { variant, terms: asked.clone(), sign: None, span: Default::default() };
        let question = Question::new(self.state, &[literal], n_variables, &[], &wanted)?;
        let rows = question.rows(self.state, &[], self.surroundings)?;
        let whole = |row: Vec<Value>| {
            let mut row = row.into_iter();
            let values = asked.iter().filter_map(|term| match term {
                InstanceTerm::Value(value) => Some(value.clone()),
                _ => row.next(),
            });
            values.collect()
        };
        Ok(rows.into_iter().map(whole).collect())
    }

    /// The values of a literal's terms, once for each choice of what nothing says: that of a key is taken from the facts there
    /// are, since its value is to be replaced; others are the first objects of their type.
    pub(super) fn filled(
        &self,
        way: &Way,
        variant: VariantId,
        terms: &[InstanceTerm],
        values: &Known,
    ) -> Result<Vec<(Vec<Value>, Known)>, Error> {
        let columns = self.columns(variant);
        let is_open = |term: &InstanceTerm| known(term, values).is_none();
        let key = self.key(variant);
        let open: Vec<usize> = (0..terms.len()).filter(|column| terms.get(*column).is_some_and(is_open)).collect();
        let replaced = match key {
            Some(key) if !open.is_empty() && open.iter().all(|column| *column < key) => {
                let (of_key, of_value) = terms.split_at_checked(key).unwrap_or((terms, &[]));
                let asked: Vec<InstanceTerm> =
                    of_key.iter().cloned().chain(of_value.iter().map(|_| InstanceTerm::Any)).collect();
                self.surroundings.unless_costly(self.rows_of(variant, &asked, values))?.unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let mut rows: Vec<(Vec<Option<Value>>, Known)> =
            vec![(terms.iter().map(|term| known(term, values)).collect(), values.clone())];
        for column in open {
            let (Some(term), Some(kind)) = (terms.get(column), columns.get(column)) else { continue };
            let mut options: Vec<Value> =
                replaced.iter().filter_map(|row| row.get(column).cloned()).take(MAX_FILLED).collect();
            if options.is_empty() {
                options = self.first_of(kind)?;
            }
            let mut longer = Vec::new();
            for (row, values) in &rows {
                // A variable that stands there twice was given its value the first time.
                let options = known(term, values).map_or_else(|| options.clone(), |value| vec![value]);
                for option in options {
                    let (mut row, mut values) = (row.clone(), values.clone());
                    if let InstanceTerm::Variable(variable) = term {
                        let of_variable =
                            way.column(*variable).map(|kind| in_column(&option, &Column::Type(kind.clone())));
                        values.push((*variable, of_variable.unwrap_or_else(|| option.clone())));
                    }
                    if let Some(slot) = row.get_mut(column) {
                        *slot = Some(option);
                    }
                    longer.push((row, values));
                }
            }
            longer.truncate(MAX_ROWS);
            rows = longer;
        }
        let whole =
            |(row, values): (Vec<Option<Value>>, Known)| Some((row.into_iter().collect::<Option<_>>()?, values));
        Ok(rows.into_iter().filter_map(whole).collect())
    }

    /// The first objects of a type, or its constants.
    fn first_of(&self, column: &Column) -> Result<Vec<Value>, Error> {
        let policy = &self.state.active.policy;
        let Column::Type(ColumnType::Object(kind)) = column else { return Ok(Vec::new()) };
        if let Some(TypeKind::Enumeration(names)) = policy.schema.type_named(kind).map(|entry| &entry.kind) {
            let constant = |name: &Name| Value::Constant(Object::new(kind.clone(), name.clone()));
            return Ok(names.iter().take(MAX_ROWS).map(constant).collect());
        }
        let lives = policy.schema.predicate_named(kind);
        let is_it = |variant: &Variant| {
            Some(variant.predicate) == lives && variant.columns.as_ref() == std::slice::from_ref(column)
        };
        let found = (0..).map(VariantId).zip(&policy.variants).find(|(_, variant)| is_it(variant));
        let Some((variant, _)) = found else { return Ok(Vec::new()) };
        let variable = VariableId(0);
        let terms = vec![InstanceTerm::Variable(variable)];
        let literal = InstanceLiteral::Positive { variant, terms, sign: None, span: Default::default() };
        let wanted = [(variable, ColumnType::Object(kind.clone()))];
        let question = Question::new(self.state, &[literal], 1, &[], &wanted)?;
        question.first(self.state, &[], MAX_FILLED, self.surroundings)
    }

    fn columns(&self, variant: VariantId) -> Vec<Column> {
        let found = self.state.active.policy.variants.get(variant.0 as usize);
        found.map(|found| found.columns.to_vec()).unwrap_or_default()
    }

    /// How many columns are the key of a variant's relation.
    fn key(&self, variant: VariantId) -> Option<usize> {
        let policy = &self.state.active.policy;
        let found = policy.variants.get(variant.0 as usize)?;
        policy.schema.predicate(found.predicate)?.key.map(usize::from)
    }
}
