//! The sales pack a second time, by hand, as a crepe program: it knows neither the parser nor the resolver.

use std::collections::BTreeSet;

/// One fact: its relation and its columns as whole strings (`user:ana`, `own`, `sequence.view`).
pub(crate) type Row<'a> = (&'a str, &'a [String]);

/// What is on which type, and the words it has. It repeats the catalogue of documents 000 and 001.
const CATALOGUE: [(&str, &[&str], &[&str]); 33] = [
    ("users.manage", &["account"], &["toggle"]),
    ("billing.manage", &["account"], &["toggle"]),
    ("credits.manage", &["account"], &["toggle"]),
    ("integrations.manage", &["account"], &["toggle"]),
    ("safety.manage", &["account"], &["toggle"]),
    ("contacts.manage", &["account"], &["toggle"]),
    ("dialer.manage", &["account"], &["toggle"]),
    ("trust_hub.manage", &["account"], &["toggle"]),
    ("mailbox.manage", &["account"], &["toggle", "default"]),
    ("prospecting.export", &["account"], &["toggle", "default"]),
    ("personas.manage", &["account"], &["toggle"]),
    ("territories.manage", &["account"], &["toggle"]),
    ("battlecards.manage", &["account"], &["toggle"]),
    ("ai_messaging.manage", &["account"], &["toggle"]),
    ("duo_signals.manage", &["account"], &["toggle"]),
    ("duo_signals.refine", &["account"], &["toggle"]),
    ("duo_feed.access", &["account"], &["toggle"]),
    ("job_changes.manage", &["account"], &["toggle"]),
    ("unibox.inbox", &["incoming"], &["scoped"]),
    ("unibox.outbox", &["outgoing"], &["scoped"]),
    ("task.access", &["task"], &["scoped"]),
    ("sequence.view", &["sequence"], &["scoped"]),
    ("sequence.add_leads", &["sequence"], &["scoped"]),
    ("sequence.edit", &["sequence"], &["scoped"]),
    ("sequence.create", &["account"], &["toggle", "default"]),
    ("list.edit", &["list"], &["scoped"]),
    ("list.create", &["account"], &["toggle", "default"]),
    ("list.view", &["list"], &[]),
    ("contact.edit", &["contact"], &["owners"]),
    ("mailbox.use", &["mailbox"], &["owners"]),
    ("mailbox.limit", &["account", "user"], &[]),
    ("analytics.view", &["account", "user"], &[]),
    ("domain_health.view", &["account"], &[]),
];

/// The types whose facts say that an object is alive.
const TYPES: [&str; 12] = [
    "account", "user", "team", "role", "sequence", "list", "task", "lead", "contact", "mailbox", "incoming", "outgoing",
];

crepe::crepe! {
    @input
    struct Alive<'a>(&'a str, &'a str);
    @input
    struct Member<'a>(&'a str, &'a str);
    @input
    struct RoleOf<'a>(&'a str, &'a str, &'a str);
    @input
    struct Enabled<'a>(&'a str, &'a str);
    @input
    struct Scope<'a>(&'a str, &'a str, &'a str);
    @input
    struct Owner<'a>(&'a str, &'a str);
    @input
    struct Follows<'a>(&'a str, &'a str);
    @input
    struct Shared<'a>(&'a str, &'a str, &'a str);
    @input
    struct OnType<'a>(&'a str, &'a str);
    @input
    struct Full<'a>(&'a str);
    @input
    struct Word<'a>(&'a str, &'a str);

    struct Permission<'a>(&'a str);
    struct On<'a>(&'a str, &'a str);
    struct Grants<'a>(&'a str, &'a str);
    struct Reaches<'a>(&'a str, &'a str, &'a str);
    struct OwnedBy<'a>(&'a str, &'a str);
    struct ByRole<'a>(&'a str, &'a str, &'a str);
    struct ByScope<'a>(&'a str, &'a str, &'a str);
    struct ByShare<'a>(&'a str, &'a str, &'a str);
    struct Says<'a>(&'a str, &'a str, &'a str);
    @output
    struct Teammate<'a>(&'a str, &'a str);
    @output
    struct Can<'a>(&'a str, &'a str, &'a str);

    Permission(p) <- OnType(p, _);
    On(p, x) <- OnType(p, t), Alive(t, x);

    Grants(r, p) <- Enabled(r, p);
    Grants(r, p) <- Full(r), Permission(p);
    Grants("role:sales_rep", p) <- Word("default", p);
    Reaches(r, p, e) <- Scope(r, p, e);
    Reaches(r, p, "all") <- Full(r), Permission(p);
    Reaches("role:sales_rep", p, "own") <- Word("scoped", p);
    Reaches(r, p, "own") <- Alive("role", r), Word("owners", p);
    OwnedBy(x, u) <- Owner(x, u);
    OwnedBy(m, u) <- Follows(m, x), Owner(x, u);
    Teammate(u, v) <- Member(t, u), Member(t, v);
    Teammate(u, u) <- Alive("user", u);

    ByRole(u, p, x) <- RoleOf(u, x, r), Grants(r, p), On(p, x);
    ByScope(u, p, x) <- RoleOf(u, _, r), Reaches(r, p, "own"), OwnedBy(x, u), On(p, x);
    ByScope(u, p, x) <- RoleOf(u, _, r), Reaches(r, p, "teammates"), Teammate(u, v), OwnedBy(x, v), On(p, x);
    ByScope(u, p, x) <- RoleOf(u, _, r), Reaches(r, p, "all"), On(p, x);
    ByShare(u, p, x) <- Shared(x, u, p), Alive("user", u);
    ByShare(u, p, x) <- Shared(x, t, p), Member(t, u);
    ByShare(u, p, x) <- Shared(x, r, p), RoleOf(u, _, r);
    ByShare(u, p, x) <- Shared(x, a, p), RoleOf(u, a, _);

    Says(u, p, x) <- ByRole(u, p, x);
    Says(u, p, x) <- ByScope(u, p, x);
    Says(u, p, x) <- ByShare(u, p, x);
    Says(u, "list.view", l) <- Can(u, "list.edit", l);
    Says(u, "analytics.view", u) <- Alive("user", u);
    Says(u, "mailbox.limit", x) <- Can(u, "safety.manage", _), On("mailbox.limit", x);
    Says(u, "mailbox.limit", u) <- Can(u, "mailbox.manage", _);
    Can(u, p, x) <- Says(u, p, x), On(p, x);
}

/// Every decision and every pair of teammates that follow from the stored facts.
pub(crate) struct Decisions {
    /// User, permission, object.
    pub(crate) can: BTreeSet<[String; 3]>,
    /// Who works with whom.
    pub(crate) teammate: BTreeSet<[String; 2]>,
}

/// Runs the twin over stored facts.
pub(crate) fn decide<'a>(facts: impl Iterator<Item = Row<'a>>) -> Decisions {
    let mut twin = Crepe::new();
    twin.extend([Alive("role", "role:admin"), Alive("role", "role:sales_rep")]);
    twin.extend([Full("role:admin")]);
    for (permission, types, words) in CATALOGUE {
        twin.extend(types.iter().map(|kind| OnType(permission, kind)));
        twin.extend(words.iter().map(|word| Word(word, permission)));
    }
    for (relation, values) in facts {
        match (relation, values) {
            (kind, [x]) if TYPES.contains(&kind) => twin.extend([Alive(kind, x)]),
            ("member", [t, u]) => twin.extend([Member(t, u)]),
            ("role_of", [u, x, r]) => twin.extend([RoleOf(u, x, r)]),
            ("enabled", [r, p]) => twin.extend([Enabled(r, p)]),
            ("scope", [r, p, e]) => twin.extend([Scope(r, p, e)]),
            ("owner", [x, u]) => twin.extend([Owner(x, u)]),
            ("follows", [m, x]) => twin.extend([Follows(m, x)]),
            ("shared", [x, s, p]) => twin.extend([Shared(x, s, p)]),
            ("full", [r]) => twin.extend([Full(r)]),
            ("default" | "scoped" | "owners", [p]) => twin.extend([Word(relation, p)]),
            // Names, limits, places of roles and the like decide nothing.
            _ => {}
        }
    }
    let (teammate, can) = twin.run();
    Decisions {
        can: can.into_iter().map(|Can(u, p, x)| [u, p, x].map(str::to_owned)).collect(),
        teammate: teammate.into_iter().map(|Teammate(u, v)| [u, v].map(str::to_owned)).collect(),
    }
}
