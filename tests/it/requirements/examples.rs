//! The two example setups of the document on custom roles, step by step.

use super::catalogue::SCOPED;
use super::world::World;

/// What a role has that duplicates the configuration of Sales Rep.
const DUPLICATE: &str = "
    enabled(role:new, mailbox.manage). enabled(role:new, prospecting.export).
    enabled(role:new, sequence.create). enabled(role:new, list.create).
";

/// The switches that are on for a Sales Rep.
const SALES_REP: [&str; 4] = ["list.create", "mailbox.manage", "prospecting.export", "sequence.create"];

/// The role, its name, and its scopes: all of one extent.
fn role(name: &str, extent: &str) -> String {
    let scopes: String =
        SCOPED.iter().map(|(permission, _)| format!("scope(role:new, {permission}, {extent}). ")).collect();
    format!(
        "role(role:new). name(role:new, \"{name}\"). home(role:new, account:acme). copy_of(role:new, role:sales_rep). {scopes}"
    )
}

/// An admin; Lea and Bob on a team, Di on another, all Sales Reps with a record of each kind.
fn account() -> World {
    World::sales()
        .users("sales_rep", &["lea", "bob", "di"])
        .facts("team(team:eu). member(team:eu, user:lea). member(team:eu, user:bob).")
        .facts("team(team:us). member(team:us, user:di).")
        .records(&["lea", "bob", "di"])
}

#[test]
fn a21_sales_lead_step_by_step() {
    // 1. Create a role named Sales Lead and duplicate the configuration from Sales Rep.
    let world = account().facts(&role("Sales Lead", "own")).facts(DUPLICATE);
    assert_eq!(world.values("grants(role:new, P)"), SALES_REP);
    assert_eq!(world.values("role_of(U, account:acme, role:new)"), [""; 0], "a new role starts with no users");

    // 2. Turn on Manage personas, Manage territories, and Manage competitor battlecards.
    world.load("enabled(role:new, personas.manage). enabled(role:new, territories.manage).");
    world.load("enabled(role:new, battlecards.manage).");
    assert_eq!(world.values("grants(role:new, P)").len(), 7);

    // 3. Turn on Manage AI messaging settings, Manage Duo Copilot Signals, and Refine Duo Copilot signals.
    world.load("enabled(role:new, ai_messaging.manage). enabled(role:new, duo_signals.manage).");
    world.load("enabled(role:new, duo_signals.refine).");
    let switches = [
        "ai_messaging.manage",
        "battlecards.manage",
        "duo_signals.manage",
        "duo_signals.refine",
        "list.create",
        "mailbox.manage",
        "personas.manage",
        "prospecting.export",
        "sequence.create",
        "territories.manage",
    ];
    assert_eq!(world.values("grants(role:new, P)"), switches);

    // 4. Set Unibox, Tasks, Sequences, and Lists to their teammates'.
    for (permission, _) in SCOPED {
        world.load(&format!("scope(role:new, {permission}, teammates)."));
    }
    assert_eq!(world.values("scope(role:new, P, own)"), [""; 0]);

    // Nobody has the role yet, so nothing has changed for Lea.
    world.assert_permissions("user:lea", "account:acme", &SALES_REP);
    world.assert_denied("user:lea", "sequence.edit", "sequence:bob");

    // 5. Assign it under Settings, Users.
    world.load("role_of(user:lea, account:acme, role:new).");
    world.assert_permissions("user:lea", "account:acme", &switches);
    for (permission, kind) in SCOPED {
        let team = [format!("{kind}:bob"), format!("{kind}:lea")];
        world.assert_listing("user:lea", permission, kind, &team.each_ref().map(String::as_str));
        world.assert_users(permission, &format!("{kind}:lea"), &["user:ana", "user:lea"]);
    }
    world.assert_permissions("user:bob", "account:acme", &SALES_REP);
}

#[test]
fn a22_junior_bdr_step_by_step() {
    // 1. Create a role named Junior BDR and duplicate the configuration from Sales Rep.
    let world = account().facts(&role("Junior BDR", "own")).facts(DUPLICATE);
    assert_eq!(world.values("grants(role:new, P)"), SALES_REP);

    // 2. Turn off Manage mailboxes and Export prospecting data.
    let world = account().facts(&role("Junior BDR", "own"));
    world.load("enabled(role:new, sequence.create). enabled(role:new, list.create).");
    assert_eq!(world.values("grants(role:new, P)"), ["list.create", "sequence.create"]);

    // 3. Turn off Create new sequences and Create new lists.
    let world = account().facts(&role("Junior BDR", "own"));
    assert_eq!(world.values("grants(role:new, P)"), [""; 0]);

    // 4. Assign it: the user works only within what is shared to them.
    world.assert_permissions("user:lea", "account:acme", &SALES_REP);
    world.load("user(user:jo). role_of(user:jo, account:acme, role:new). member(team:eu, user:jo).");
    world.assert_permissions("user:jo", "account:acme", &[]);
    for (permission, kind) in SCOPED {
        world.assert_listing("user:jo", permission, kind, &[]);
    }
    world.load("shared(sequence:bob, role:new, sequence.view). shared(sequence:bob, role:new, sequence.add_leads).");
    world.load("shared(list:di, user:jo, list.edit). owner(task:jo, user:jo).");
    world.assert_permissions("user:jo", "sequence:bob", &["sequence.add_leads", "sequence.view"]);
    world.assert_listing("user:jo", "sequence.view", "sequence", &["sequence:bob"]);
    world.assert_listing("user:jo", "list.edit", "list", &["list:di"]);
    world.assert_listing("user:jo", "task.access", "task", &["task:jo"]);
}
