//! The catalogue is data of the pack, and a query lists it.

use super::world::World;

/// Category, permission, label, description, and whether it is on by default, as the product's document lists them.
const PLATFORM: [(&str, &str, &str, &str, bool); 18] = [
    (
        "Account administration",
        "users.manage",
        "Manage users, teams, and roles",
        "Invite and remove users, change roles, and create and assign teams.",
        false,
    ),
    (
        "Account administration",
        "billing.manage",
        "Manage billing and invoices",
        "Update billing details and payment methods, and access invoices.",
        false,
    ),
    (
        "Account administration",
        "credits.manage",
        "Manage credits",
        "View account credits and per-user usage, and set credit limits.",
        false,
    ),
    (
        "Platform configuration",
        "integrations.manage",
        "Manage integrations & API keys",
        "Connect CRM and third-party integrations, and manage API keys.",
        false,
    ),
    (
        "Platform configuration",
        "safety.manage",
        "Manage safety settings & compliance",
        "Set account-wide safety and compliance rules, including recently-contacted thresholds, sending limits, LinkedIn sending windows, unsubscribe enforcement, and open tracking.",
        false,
    ),
    (
        "Platform configuration",
        "contacts.manage",
        "Manage contacts & accounts",
        "Configure how contacts and accounts are created and tracked (including off-platform tracking), and delete contacts and accounts.",
        false,
    ),
    (
        "Platform configuration",
        "dialer.manage",
        "Manage dialer & phone numbers",
        "View, import, port, purchase, and assign phone numbers, and manage custom call dispositions.",
        false,
    ),
    (
        "Platform configuration",
        "trust_hub.manage",
        "Manage dialer Trust Hub",
        "Submit and manage the Trust Hub for SHAKEN/STIR caller verification.",
        false,
    ),
    ("Platform configuration", "mailbox.manage", "Manage mailboxes", "Set daily email limits for mailboxes.", true),
    (
        "Platform configuration",
        "prospecting.export",
        "Export prospecting data",
        "Export data from Tasks, Contacts, Leads, and Lists.",
        true,
    ),
    (
        "Go-to-market configuration",
        "personas.manage",
        "Manage personas",
        "Create and edit buyer personas account-wide.",
        false,
    ),
    (
        "Go-to-market configuration",
        "territories.manage",
        "Manage territories",
        "Create and edit territories and assign them to users or teams.",
        false,
    ),
    (
        "Go-to-market configuration",
        "battlecards.manage",
        "Manage competitor battlecards",
        "Create, edit, and remove competitor battlecards.",
        false,
    ),
    (
        "Signals & AI Messaging",
        "ai_messaging.manage",
        "Manage AI messaging settings",
        "Propagate and enforce value propositions, tone of voice, and sequence instructions.",
        false,
    ),
    (
        "Signals & AI Messaging",
        "duo_signals.manage",
        "Manage Duo Copilot Signals",
        "View, create, and edit Duo Copilot signals and their distribution rules.",
        false,
    ),
    (
        "Signals & AI Messaging",
        "duo_signals.refine",
        "Refine Duo Copilot signals via feed feedback",
        "Give feedback when dismissing leads so Duo refines future recommendations.",
        false,
    ),
    (
        "Signals & AI Messaging",
        "duo_feed.access",
        "Access other users' Duo Copilot feed",
        "View and act on any user's Duo Copilot feed on their behalf.",
        false,
    ),
    (
        "Signals & AI Messaging",
        "job_changes.manage",
        "Manage Job Change Alerts",
        "Configure tracking of prospects, customers, and champions through Job Change Alerts.",
        false,
    ),
];

/// The document's "Engagement and object permissions": what has a scope, and of which records.
pub(crate) const SCOPED: [(&str, &str); 7] = [
    ("unibox.inbox", "incoming"),
    ("unibox.outbox", "outgoing"),
    ("task.access", "task"),
    ("sequence.view", "sequence"),
    ("sequence.add_leads", "sequence"),
    ("sequence.edit", "sequence"),
    ("list.edit", "list"),
];

#[test]
fn a10_the_eighteen_platform_permissions_in_four_categories_are_facts_that_a_query_lists() {
    let world = World::on("sales.dl");
    let labels = world.query("label(P, L)");
    let descriptions = world.query("description(P, D)");
    let defaults = world.values("default(P)");
    let of = |facts: &[Vec<String>], permission: &str| -> Vec<String> {
        facts.iter().filter(|fact| fact[0] == permission).map(|fact| fact[1].clone()).collect()
    };
    let mut listed = Vec::new();
    for fact in world.query("category(P, C)") {
        let [permission, category] = &fact[..] else { panic!("two columns") };
        if ["Engagement", "Shareable objects"].contains(&category.as_str()) {
            continue;
        }
        let is_default = defaults.contains(permission);
        let (label, description) = (of(&labels, permission), of(&descriptions, permission));
        listed.push((category.clone(), permission.clone(), label, description, is_default));
    }
    let expected = PLATFORM.map(|(category, permission, label, description, is_default)| {
        (
            category.to_string(),
            permission.to_string(),
            vec![label.to_string()],
            vec![description.to_string()],
            is_default,
        )
    });
    listed.sort();
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(listed, expected);
}

#[test]
fn a10_a_category_is_listed_by_its_title_and_an_unknown_title_lists_nothing() {
    let world = World::on("sales.dl");
    let expected = ["billing.manage", "credits.manage", "users.manage"];
    assert_eq!(world.values("category(P, \"Account administration\")"), expected);
    assert_eq!(world.values("category(P, \"Account Administration\")"), [""; 0]);
}

#[test]
fn a10_every_platform_permission_is_a_switch_on_the_account_and_has_no_scope() {
    let world = World::sales();
    let toggles = world.values("toggle(P)");
    let scoped = world.values("scoped(P)");
    let on_account = world.values("on(P, account:acme)");
    for (_, permission, ..) in PLATFORM {
        assert!(toggles.iter().any(|toggle| toggle == permission), "{permission}");
        assert!(on_account.iter().any(|other| other == permission), "{permission}");
        assert!(!scoped.iter().any(|other| other == permission), "{permission}");
    }
}
