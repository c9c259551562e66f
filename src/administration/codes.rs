//! The codes of the front desk, each with what it means and what to do: the source of their documentation.

/// Every code that administration yields besides those of the engine, sorted, with a sentence or two on it.
pub const CODES: &[(&str, &str)] = &[
    ("already-there", "What was to be made is there; choose another id, or leave it out."),
    ("ambiguous-name", "Several have the name that was given; name one by its whole id."),
    ("conflicting-filters", "Users are listed by team, or by place and role, not by both."),
    ("conflicting-wishes", "A removed user's records go to somebody, or they are deleted, not both."),
    ("no-adjustments", "The tenant's policy has no grants or removals of a user's own."),
    ("no-such-setting", "A permission can't be set to that; the help names what it takes."),
    (
        "not-administered",
        "The tenant's policy lacks words of `roles.dl`, by which roles, users and teams are administered.",
    ),
    ("not-found", "There is no role, user, team, place or record of that id or name."),
    ("nothing-asked", "The request names nothing that shall change; say the permissions, the records or the settings."),
    ("place-needed", "There are several places, or none: say which one is meant."),
    ("role-needed", "A place was named where no single role is the default; say which role the user gets there."),
    ("system-role", "A system role can't be edited; make a role that begins as its copy."),
    ("wrong-kind-of-object", "A role, a user, a team or a record was to be named, and something else was."),
];
