//! The codes of the engine, each with what it means and what to do: the source of their documentation.

/// Every code that the engine's verbs yield besides those of the rules and the store, sorted.
pub const CODES: &[(&str, &str)] = &[
    ("built-in", "The transaction would change a fact that the policy states; change the policy instead."),
    ("deleted-object", "The transaction deletes an object and inserts a fact that mentions it."),
    ("fact-in-both", "The transaction both inserts and deletes the same fact; leave out one of the two."),
    ("facts-do-not-fit", "Stored facts don't fit the policy that is to be activated; nothing was changed."),
    ("foreign-cursor", "The cursor belongs to another question, policy or tenant; begin the listing anew."),
    ("foreign-token", "The token belongs to another store or tenant."),
    ("index-full", "A tenant has more objects of a type, or more texts, than an index can number."),
    ("internal", "A state that can't be: a fault of the program, and never a decision."),
    ("limit-exceeded", "The question looks at more rows, or takes longer, than it may; no answer was given."),
    ("malformed-cursor", "What came as a cursor was never one."),
    ("malformed-goal", "A query's goal can't be read; the details draw what is wrong."),
    ("malformed-tenant", "A tenant's name has 1 to 128 bytes of letters, digits, `-`, `_` and `.`."),
    ("malformed-token", "What came as a token was never one."),
    (
        "missing-context",
        "The question needs a context relation that didn't come; an empty list says that there are none.",
    ),
    ("not-supported-yet", "This is described, but not built yet."),
    ("policy-invalid", "The policy has errors, which the details draw; nothing was changed."),
    ("revision-mismatch", "The data has changed since the revision that the write expects."),
    ("revision-not-here", "The answer was to be as fresh as a revision that isn't here yet."),
    ("rules-too-deep", "Predicates call one another through too many literals; shorten the chains."),
    ("store-failed", "The disk refused a write: the store takes no more until it is opened again."),
    ("text-too-large", "The goal of a query is longer than it may be."),
    ("too-many-constants", "The rules name more values than a plan can hold; state them as facts of a relation."),
    ("two-values", "The transaction gives one key of a `->` relation two values."),
    ("unknown-object", "The transaction mentions an object that doesn't exist, of a type that isn't `open`."),
    ("unknown-tenant", "There is no tenant of this name; activating a policy makes one."),
    ("wrong-type", "A type, a set or everyone stands where something else is meant."),
];
