//! The codes of the language's own errors, each with what it means and what to do: the source of their documentation.

/// Every code that reading a text can yield, sorted, with one or two sentences on it.
pub const CODES: &[(&str, &str)] = &[
    (
        "control-character",
        "A character that can't be seen, such as NUL, stands in the text; remove it, or write it as `\\u{…}` in a text in quotes.",
    ),
    ("effect-deletes", "An effect (`+head :- body`) only adds facts; rules that delete stand in a request, in braces."),
    (
        "fact-with-variable",
        "A fact speaks about objects and values, so it can't hold a variable or `_`; name the object itself.",
    ),
    ("foreign-arrow", "The conditions of a rule begin with `:-`, not with the arrow of another language."),
    (
        "foreign-comparison",
        "The comparisons are `=`, `!=`, `<`, `<=`, `>` and `>=`; another language's operator stands there.",
    ),
    ("integer-too-large", "A number lies outside of what 64 bits hold, sign included; use a smaller one or a text."),
    (
        "lower-case-variable",
        "A variable is wanted, and variables begin with a capital letter: write `by A`, not `by a`.",
    ),
    (
        "malformed-id",
        "The id of an object is missing or not allowed: it has 1 to 512 bytes, no control character and no `#`, and is not `*`.",
    ),
    ("malformed-integer", "Numbers are whole and written in digits: `139`, `-1`; anything else is a text in quotes."),
    (
        "malformed-name",
        "Names are lower-case words (`sequence.view`), variables begin with a capital letter (`U`), objects are a name, a colon and an id (`user:ana`); this is none of them.",
    ),
    (
        "malformed-set",
        "A set is a group and its relation, `team:eng#member` or `T#member`; here another thing stands before the `#`, or a set where one object is wanted.",
    ),
    ("missing-full-stop", "A statement has no full stop at its end; write `.` there."),
    ("name-too-long", "A name or a variable has more than 512 bytes; use a shorter one."),
    ("negated-comparison", "`not` stands before a predicate only; turn the comparison round instead: `!=` for `=`."),
    ("nested-too-deep", "Categories stand more than 64 deep in one another; use fewer levels."),
    ("no-terms", "A predicate has at least one term in its parentheses: what it speaks about."),
    (
        "not-in-category",
        "Only permissions and categories stand in a category; close it with `}` before other statements.",
    ),
    ("open-enumeration", "A type with constants in braces has just these, so it can't be `open`; leave that word out."),
    ("space-in-object", "An object is written without blanks around its colon: `user:ana`."),
    ("stray-character", "A character has no meaning where it stands; the help says what was probably meant."),
    (
        "stray-dot",
        "A dot stands where it neither ends a statement (a blank or the line's end follows then) nor joins the parts of a name.",
    ),
    (
        "text-too-large",
        "A file has at most 1 MiB; divide it with `include`, and load facts in bulk with `entail load`.",
    ),
    ("too-many-errors", "After 100 errors the rest of a text isn't read; mend the first ones and look again."),
    ("unclosed-brace", "A `{` has no `}`; write it where the last statement inside ends."),
    (
        "unexpected-token",
        "Something else is expected at this place; the message says what, and the help shows how it is written.",
    ),
    (
        "unknown-escape",
        "In a text in quotes a backslash begins `\\\"`, `\\\\`, `\\n` or `\\u{…}`; write `\\\\` for a backslash.",
    ),
    (
        "unknown-statement",
        "A statement begins with a word that begins none; a fact or rule has its terms in parentheses.",
    ),
    (
        "unterminated-text",
        "A text in quotes isn't closed on its line; write `\"` at its end, and `\\n` for a line end inside.",
    ),
    ("upper-case-predicate", "Names of predicates are in lower case; words with a capital letter are variables."),
];
