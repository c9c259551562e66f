//! Where a way to a permission leads through: a role, a share, a team, a grant of the user's own.
//!
//! The words are those of `roles.dl`, so that it is told for every pack, and for rules that a pack adds of its own.

use crate::engine::permission_ways::{PermissionWay, WayAtom, WayTerm};

/// What a way says about where a permission comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct Via {
    /// The subject's role.
    pub(super) role: Option<WayTerm>,
    /// How far the role's scope reaches.
    pub(super) extent: Option<WayTerm>,
    /// With whom the object is shared.
    pub(super) share: Option<WayTerm>,
    /// The subject's team.
    pub(super) team: Option<WayTerm>,
    /// Whether it is a grant of the user's own.
    pub(super) own_grant: bool,
}

impl Via {
    /// Reads it off a way.
    pub(super) fn of(way: &PermissionWay<'_>) -> Self {
        let (subject, _) = way.ends();
        let atoms = way.atoms();
        let named = |relation: &str, n_terms: usize| {
            let wanted = relation.to_owned();
            atoms.iter().filter(move |atom| atom.relation == wanted && atom.terms.len() == n_terms)
        };
        let term =
            |atom: &WayAtom, column: usize| atom.terms.get(column).filter(|term| **term != WayTerm::Any).cloned();
        let is_at = |atom: &WayAtom, column: usize, wanted: &WayTerm| atom.terms.get(column) == Some(wanted);
        let share = named("shared", 3).find_map(|atom| term(atom, 1));
        let extent = named("scope", 3).find_map(|atom| term(atom, 2));
        // Of several roles, the one whose configuration the way reads.
        let configured: Vec<WayTerm> =
            named("enabled", 2).chain(named("scope", 3)).filter_map(|atom| term(atom, 0)).collect();
        let roles = || named("role_of", 3).filter(|atom| is_at(atom, 0, &subject)).filter_map(|atom| term(atom, 2));
        // Without a configuration, one that the rule names, or asks something else of: any role at all gives nothing by itself.
        let is_asked = |role: &WayTerm| {
            let asks = |atom: &WayAtom| atom.relation != "role_of" && atom.terms.contains(role);
            matches!(role, WayTerm::Value(_)) || atoms.iter().any(asks)
        };
        let role = roles().find(|role| configured.contains(role)).or_else(|| roles().find(is_asked));
        let team = named("member", 2).filter(|atom| is_at(atom, 1, &subject)).find_map(|atom| term(atom, 0));
        let granted = WayTerm::Value("granted".to_owned());
        Self {
            // Whom a share names is told once.
            role: role.filter(|role| share.as_ref() != Some(role)),
            team: team.filter(|team| share.as_ref() != Some(team)),
            own_grant: named("adjusted", 3).any(|atom| is_at(atom, 0, &subject) && is_at(atom, 2, &granted)),
            share,
            extent,
        }
    }

    /// Whether anything but the rule tells it.
    pub(super) fn is_told(&self) -> bool {
        self.own_grant || [&self.role, &self.share, &self.team].into_iter().any(Option::is_some)
    }

    /// The variables whose values tell it.
    pub(super) fn variables(&self) -> Vec<u16> {
        let terms = [&self.role, &self.extent, &self.share, &self.team];
        let mut variables: Vec<u16> = terms.into_iter().flatten().filter_map(variable).collect();
        variables.sort_unstable();
        variables.dedup();
        variables
    }
}

/// The number of a term that is a variable.
pub(super) fn variable(term: &WayTerm) -> Option<u16> {
    match term {
        WayTerm::Variable(variable) => Some(*variable),
        WayTerm::Value(_) | WayTerm::Any => None,
    }
}
