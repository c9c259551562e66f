//! What may stand somewhere, in the words of an error, and how it is written.

/// Something that is expected: what the message calls it, and a help that shows how it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) what: &'static str,
    pub(super) help: &'static str,
}

const fn expected(what: &'static str, help: &'static str) -> Expected {
    Expected { what, help }
}

const STOP_HELP: &str = "A full stop ends the statement.";
const LIST_HELP: &str = "The parts are joined by `,`; a full stop ends the statement.";
const NAME_HELP: &str =
    "A name is lower-case letters `a-z`, digits and `_`, begins with a letter, and may have parts joined by dots.";
const SIGNATURE_HELP: &str =
    "A relation names its columns' types: `relation shared(record, user | team), owner(record) -> user.`";

pub(super) const STATEMENT: Expected = expected(
    "a statement",
    "A statement is a fact or rule, such as `member(team:eu, user:ana).`, or begins with a word such as `type`, `relation` or `permission`.",
);
pub(super) const STOP: Expected = expected("a full stop", STOP_HELP);
pub(super) const BODY_OR_STOP: Expected =
    expected("`:-` or a full stop", "A fact ends here with a full stop; `:-` begins the conditions of a rule.");
pub(super) const MORE_OR_STOP: Expected = expected("`,` or a full stop", LIST_HELP);
pub(super) const CHANGE_OR_STOP: Expected = expected(
    "`,`, `:-` or a full stop",
    "Changes are joined by `,`; a full stop ends the statement. `:-` begins the conditions of an effect.",
);
pub(super) const TYPES_OR_STOP: Expected =
    expected("`,`, `is` or a full stop", "Types are joined by `,`: `open type sequence, list is record.`");
pub(super) const SIGNATURE_OR_STOP: Expected = expected("`,`, `->` or a full stop", SIGNATURE_HELP);
pub(super) const DESCRIPTION_OR_STOP: Expected = expected(
    "a description in quotes or a full stop",
    "Words stand before the label, a description behind it; a full stop ends the statement.",
);
pub(super) const STEP_END: Expected = expected(
    "`,`, `given` or a full stop",
    "A step is a write, `by` an actor and `refused` if it shall be, or a question; a full stop ends it.",
);
pub(super) const ANSWERS_END: Expected = expected(
    "`given` or a full stop",
    "A question whose answers are told is a step of its own; ask the next one behind a full stop.",
);
pub(super) const END: Expected = expected("the end", "One atom is wanted, and nothing behind it.");
pub(super) const BODY_OR_END: Expected =
    expected("`:-` or the end", "One change is wanted, perhaps with conditions behind `:-`.");
pub(super) const MORE_OR_END: Expected =
    expected("`,` or the end", "The conditions are joined by `,`; nothing stands behind them.");
pub(super) const FILE_NAME: Expected = expected("the name of a file in quotes", "Write `include \"roles.dl\".`");
pub(super) const TYPE_AFTER_OPEN: Expected = expected("`type` after `open`", "Write `open type sequence.`");
pub(super) const TYPE_NAME: Expected = expected("the name of a type", NAME_HELP);
pub(super) const CONSTANT: Expected = expected("a constant", NAME_HELP);
pub(super) const MORE_CONSTANTS: Expected =
    expected("`,` or `}`", "Constants are joined by `,`: `type extent { own, teammates, all }.`");
pub(super) const ONE_ENUMERATION: Expected =
    expected("`,`, `is` or a full stop", "Give each type with constants a statement of its own.");
pub(super) const RELATION_NAME: Expected = expected("the name of a relation", SIGNATURE_HELP);
pub(super) const COLUMNS: Expected = expected("`(`", SIGNATURE_HELP);
pub(super) const MORE_COLUMNS: Expected = expected("`,`, `|` or `)`", SIGNATURE_HELP);
pub(super) const KIND: Expected = expected(
    "a type",
    "A column holds objects of a type `user`, sets `team#member`, everyone `user:*`, `text`, `integer` or `time`; alternatives are joined by `|`.",
);
pub(super) const SET_RELATION: Expected =
    expected("the relation of a set", "A set is a group's relation: `team#member`, `team:eu#member`.");
pub(super) const CATEGORY_TITLE: Expected =
    expected("the title of the category in quotes", "Write `category \"Lists\" { … }`.");
pub(super) const CATEGORY_BRACE: Expected =
    expected("`{`", "The permissions of a category stand in braces: `category \"Lists\" { … }`.");
pub(super) const PERMISSION_NAME: Expected = expected("the name of a permission", NAME_HELP);
pub(super) const PERMISSION_ON: Expected =
    expected("`on`", "Say which types it is for: `permission sequence.edit on sequence \"Edit sequences\".`");
pub(super) const WORD: Expected = expected("a word", NAME_HELP);
pub(super) const LABEL: Expected = expected(
    "a word or the label in quotes",
    "Types are joined by `|`; words and the label follow: `permission record.edit on list | task \"Edit\".`",
);
pub(super) const DENY_MESSAGE: Expected = expected(
    "what the refused writer is told, in quotes",
    "Write `deny \"every user has a role\" :- user(U), not role_of(U, _, _).`",
);
pub(super) const DENY_BODY: Expected = expected(
    "`:-`",
    "Say behind `:-` what must not be: `deny \"every user has a role\" :- user(U), not role_of(U, _, _).`",
);
pub(super) const GUARD_BY: Expected =
    expected("`|` or `by`", "Say who writes: `guard name(T, _) by A :- home(T, X), can(A, teams.manage, X).`");
pub(super) const ACTOR_VARIABLE: Expected =
    expected("a variable for the actor", "A variable begins with a capital letter: `by A`.");
pub(super) const TEST_TITLE: Expected =
    expected("the title of the test in quotes", "Write `test \"a lead sees the team's\" { … }`.");
pub(super) const TEST_BRACE: Expected =
    expected("`{`", "The steps of a test stand in braces: `test \"a lead sees the team's\" { … }`.");
pub(super) const ACTOR: Expected =
    expected("the object that writes", "The actor of a write is one object: `by user:ana`.");
pub(super) const ANSWER_COUNT: Expected = expected("a number of answers", "A number of answers is 0 or more.");
pub(super) const ANSWERS: Expected = expected(
    "answers in braces or their number",
    "Write `can(user:ana, list.view, L) = { list:1, list:2 }.` or `… = 2.`",
);
pub(super) const ANSWER: Expected =
    expected("an answer", "Answers are values: `user:ana`, `own`, `\"EU\"`, `139`; no answer is `{}`.");
pub(super) const MORE_ANSWERS: Expected = expected("`,` or `}`", "Answers are joined by `,`.");
pub(super) const PREDICATE: Expected =
    expected("a predicate", "A predicate is a name with its terms in parentheses: `owner(S, U)`.");
pub(super) const PREDICATE_NOT_NOT: Expected =
    expected("a predicate", "`not` stands before a predicate in a body, so it can't be the name of one.");
pub(super) const PREDICATE_AFTER_NOT: Expected = expected(
    "a predicate after `not`",
    "Write `not owner(S, _)`: `not` stands before one predicate and takes no parentheses.",
);
pub(super) const TERM: Expected = expected(
    "a term",
    "A term is a variable `U`, `_`, a name `own`, an object `user:ana`, a set `team:eu#member`, everyone `user:*`, a text `\"EU\"` or a number.",
);
pub(super) const MORE_TERMS: Expected = expected("`,` or `)`", "Terms are joined by `,`, and `)` closes them.");
pub(super) const NO_NESTING: Expected =
    expected("`,` or `)`", "Terms don't nest: give the inner predicate a literal of its own.");
pub(super) const LITERAL: Expected = expected(
    "a predicate or a comparison",
    "A condition is a predicate `owner(S, U)`, perhaps with `not` before it, or a comparison `N > 3`.",
);
pub(super) const COMPARED: Expected =
    expected("a term to compare with", "A comparison has a term on either side: `N > 3`.");
pub(super) const COMPARISON: Expected =
    expected("a comparison", "The comparisons are `=`, `!=`, `<`, `<=`, `>` and `>=`.");
pub(super) const SIGN: Expected =
    expected("`+` or `-`", "`+` inserts a fact, `-` deletes it: `+member(team:eu, user:ana)`.");
