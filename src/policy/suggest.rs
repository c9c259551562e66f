//! "Did you mean": the known name that a misspelt one is closest to.

/// The closest of `known`, if it is close enough to be what was meant: at most a third of the letters differ.
///
/// Of equally close names the first in the order of the alphabet.
pub(super) fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    // Long names are cut short by the length check alone; nobody misspells sixty letters.
    if length > 64 {
        return None;
    }
    known
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= 3 && !candidate.contains(' '))
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance * 3 <= length.max(candidate.chars().count()).max(3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// The help that goes with it.
pub(super) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest(name, known).map(|candidate| format!("Did you mean `{candidate}`?"))
}

/// How many letters must be added, dropped, replaced or swapped with their neighbour to get from one to the other.
///
/// # Source
/// Optimal string alignment: Damerau's four slips, each substring edited once.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    let mut previous: Option<char> = None;
    for (row, letter) in from.chars().enumerate() {
        let mut current = Vec::with_capacity(to.len() + 1);
        current.push(row + 1);
        for (column, other) in to.iter().enumerate() {
            let at = |list: &[usize], idx: usize| list.get(idx).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&above, column) + usize::from(letter != *other);
            let mut best = replaced.min(at(&above, column + 1) + 1).min(at(&current, column) + 1);
            let swapped = column.checked_sub(1).and_then(|left| to.get(left));
            if swapped == Some(&letter) && previous == Some(*other) {
                best = best.min(at(&before, column - 1) + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
        previous = Some(letter);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn a_slip_is_recognised() {
        let known = ["owner", "member", "role_of", "on user"];
        assert_eq!(closest("onwer", known), Some("owner"));
        assert_eq!(closest("membr", known), Some("member"));
        assert_eq!(closest("role_off", known), Some("role_of"));
    }

    #[test]
    fn another_word_is_not() {
        assert_eq!(closest("submenu", ["owner", "member"]), None);
        assert_eq!(closest("x", ["owner"]), None);
    }
}
