//! Adornments: which columns of a goal come bound, and which of the others are wanted.

/// How one column of a goal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Binding {
    /// Its value comes with the question.
    Bound,
    /// Its values are asked for.
    Free,
    /// Any value will do.
    Ignored,
}

/// One [`Binding`] for each column.
pub type Adornment = Box<[Binding]>;

/// `bfi`: the usual short form, for display.
pub(super) fn short(adornment: &[Binding]) -> String {
    adornment
        .iter()
        .map(|binding| match binding {
            Binding::Bound => 'b',
            Binding::Free => 'f',
            Binding::Ignored => 'i',
        })
        .collect()
}
