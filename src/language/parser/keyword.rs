//! The words that begin statements, and which of them a misspelt one was meant to be.

/// Words that begin a statement, unless a parenthesis follows.
const KEYWORDS: [&str; 10] =
    ["include", "open", "type", "relation", "context", "category", "permission", "deny", "guard", "test"];

/// The help for a word that begins no statement.
pub(super) fn unknown_statement_help(word: &str) -> String {
    let meant = KEYWORDS.iter().find(|keyword| is_slip_of(word, keyword));
    match meant {
        Some(keyword) => format!("Did you mean `{keyword}`?"),
        None => {
            let keywords = KEYWORDS.map(|keyword| format!("`{keyword}`")).join(", ");
            format!(
                "A fact or rule has its terms in parentheses: `owner(S, U)`. Other statements begin with one of {keywords}."
            )
        }
    }
}

/// Whether a word is a keyword but for one letter too many, missing, or wrong, or two neighbours in each other's place.
fn is_slip_of(word: &str, keyword: &str) -> bool {
    let common = word.bytes().zip(keyword.bytes()).take_while(|(left, right)| left == right).count();
    let (Some(left), Some(right)) = (word.get(common..), keyword.get(common..)) else {
        return false;
    };
    let without = |text: &'_ str, count: usize| text.get(count..).map(str::to_owned);
    let swapped = || {
        let mut letters = left.chars();
        let (first, second) = (letters.next()?, letters.next()?);
        Some(format!("{second}{first}{}", letters.as_str()))
    };
    without(left, 1).as_deref() == Some(right)
        || without(right, 1).as_deref() == Some(left)
        || (without(left, 1).is_some() && without(left, 1) == without(right, 1))
        || swapped().as_deref() == Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_of_the_pen_is_recognized() {
        for word in ["tset", "permision", "permissions", "realtion", "gaurd", "dent", "ope", "types"] {
            assert!(unknown_statement_help(word).starts_with("Did you mean"), "{word}");
        }
        for word in ["role", "t", "", "testtest", "é", "owner", "allow"] {
            assert!(unknown_statement_help(word).starts_with("A fact"), "{word}");
        }
    }
}
