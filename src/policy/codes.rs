//! The codes of policies, each with what it means and what to do: the source of their documentation.

/// Every code that checking a policy can yield besides those of the language itself, and every code of what doesn't fit
/// one, sorted, with a sentence or two on it.
pub const CODES: &[(&str, &str)] = &[
    ("abstract-type", "A type that others are has no objects of its own; name the object with its own type."),
    (
        "any-not-allowed",
        "`_` stands where a value must be known: in what a rule states, or in a comparison; name a variable.",
    ),
    (
        "conflicting-declaration",
        "Two declarations of one name don't go together; a relation may be declared again only for other first types.",
    ),
    (
        "constant-as-object",
        "The constants of an enumeration and the permissions are written without their type: `own`.",
    ),
    (
        "context-in-deny",
        "A deny speaks of the facts alone, so it can't depend on `now` or on what comes with a question.",
    ),
    (
        "defined-twice",
        "Two files that don't include one another define the same predicate; rename one, or include the other file.",
    ),
    (
        "duplicate-constant",
        "A constant or permission has the name of another; a constant stands for one thing in the whole policy.",
    ),
    ("duplicate-rule", "Two statements differ at most in the names of their variables; one of them is enough."),
    (
        "idle-negation",
        "A `not` speaks of types that its predicate never holds, so it excludes nothing; ask for what the columns hold.",
    ),
    ("include-cycle", "A file includes itself, directly or through others; take one include away."),
    ("malformed-goal", "A question in the language's notation can't be read; write one predicate with its terms."),
    ("malformed-text", "A text holds a NUL byte; take it out."),
    (
        "malformed-time",
        "A column holds times, and the text is none; write date, time and offset: `2026-07-01T00:00:00Z`.",
    ),
    (
        "mixed-column",
        "A text or a time shares a column with something else that is written as a string; nobody could tell them apart.",
    ),
    (
        "negation-cycle",
        "A predicate depends on its own absence, so no order of the rules gives it a meaning; each rule of the cycle is shown.",
    ),
    (
        "new-object",
        "A plain literal in a guard or effect reads the state before the change, where an object that the change creates isn't alive; write `+`.",
    ),
    ("no-instance", "No types let this statement ever hold; the message names the literals that don't go together."),
    (
        "not-comparable",
        "A comparison makes no sense on the types of its sides: an order of objects, a text that is no time beside a time, or values of two types.",
    ),
    ("not-context", "A relation came with a question that the policy doesn't declare as context."),
    ("not-stored", "A change speaks of a predicate whose facts are not written: one with rules, or context."),
    (
        "object-like-variable",
        "`role:R` is the object with the id \"R\", though a variable `R` stands beside it; write `R` alone.",
    ),
    ("permission-not-on", "A question asks for a permission on an object of a type that the permission is never on."),
    ("reserved-name", "A name belongs to the language; choose another one."),
    ("rule-on-context", "Context comes with the question, so it has no rules and no facts in the text."),
    (
        "rule-on-stored",
        "A relation or type is stored, so its facts are written and not derived; give the rule another name.",
    ),
    ("sign-not-allowed", "`+p` and `-p` read a change, which only guards and effects can, and only of what is stored."),
    ("too-many-columns", "A relation has at most 16 columns."),
    ("too-many-files", "A pack has at most 256 files."),
    (
        "too-many-instances",
        "A statement stands for more than 4096 combinations of types; narrow its variables with type literals.",
    ),
    ("too-many-literals", "A body has at most 128 literals; give a part of it a name."),
    ("too-many-variants", "The columns of all predicates have more than 65,536 combinations of types."),
    ("two-values", "A relation with `->` has one value for each key, and here one key has two."),
    ("type-cycle", "A type would be itself by what it `is`."),
    (
        "unbound-variable",
        "A variable stands in no positive literal, so it could be anything; the help names a literal to add.",
    ),
    ("unknown-constant", "A bare name is neither a constant of an enumeration nor a permission."),
    ("unknown-file", "The main file of a pack isn't there."),
    ("unknown-head-object", "An object in the head of a rule must be alive in every state, so the text must state it."),
    ("unknown-include", "An included file is neither beside the file that includes it nor among the shipped packs."),
    ("unknown-object", "A fact of the text mentions an object of a closed type that the text doesn't state."),
    ("unknown-permission", "There is no such permission in the catalogue."),
    ("unknown-predicate", "There is no relation, type or rule of this name; the help names the closest one."),
    ("unknown-type", "There is no type of this name; the help names the closest one."),
    ("unknown-word", "A word of a permission is no relation of permissions; declare it, or mend its spelling."),
    ("unreachable-rule", "Nothing that is asked depends on a rule; use it or take it away."),
    ("unused-relation", "Nothing reads a relation and no guard speaks of it; use it or take it away."),
    (
        "unwritten-object",
        "A test speaks of an object that no write before it names; it may be misspelt, and a refusal or a no says nothing then.",
    ),
    (
        "variable-like-constant",
        "A variable that stands once is written like a constant but for its capital letter: any value will do there.",
    ),
    (
        "wider-can",
        "A rule for `can` has subjects of a type that no other rule for `can` has of its own: probably a type literal is missing.",
    ),
    ("wrong-arity", "A predicate is given more or fewer terms than it has columns."),
    (
        "wrong-kind",
        "A type stands where one of its kind can't: nothing is an enumeration or text, and permissions are on objects.",
    ),
    ("wrong-type", "A value stands in a column that doesn't hold its type."),
];
