//! Plans as they print.

use crate::plan::adornment::Binding::{Bound, Free};
use crate::plan::planner::Planner;
use crate::policy::check::check;
use crate::policy::checked::{Column, Policy, VariantId};
use crate::policy::pack::Pack;

fn sales() -> Policy {
    check(&Pack::from_files("sales.dl", &std::collections::BTreeMap::new())).0.unwrap()
}

#[test]
fn show() {
    let policy = sales();
    let can = policy.schema.predicate_named("can").unwrap();
    for adornment in [[Bound, Bound, Bound], [Bound, Bound, Free], [Free, Bound, Bound]] {
        let mut planner = Planner::new(&policy);
        for (position, variant) in policy.variants.iter().enumerate() {
            let is_it = variant.predicate == can
                && variant
                    .columns
                    .iter()
                    .map(|column| match column {
                        Column::Type(kind) => kind.to_string(),
                        _ => "other".to_owned(),
                    })
                    .collect::<Vec<_>>()
                    == ["user", "other", "sequence"]
                && variant.columns[1] == Column::OtherPermission;
            if is_it {
                planner.goal(VariantId(position as u32), &adornment).unwrap();
            }
        }
        println!("{adornment:?}\n{}", planner.finish().unwrap());
    }
}
