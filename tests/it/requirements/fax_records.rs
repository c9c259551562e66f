//! Fax, e-sign, forms and connect: numbers, which faxes are listed, limits, and the catalogue.

use std::collections::BTreeSet;

use super::fax::{clinic, signing_clinic};

/// The document's groups by product, with the labels of their permissions.
const LISTED: [(&str, &str, &[&str]); 20] = [
    ("Common", "Numbers", &["Access Numbers", "Manage Numbers"]),
    ("Common", "Contacts", &["Manage Personal Contacts", "Manage Contact Groups", "Import / Export Contacts"]),
    ("Common", "Labels & Folders", &["Manage Labels", "Manage Folders"]),
    ("Common", "Automations", &["View / Create Automations", "Delete Automations"]),
    ("Common", "Users & Account", &["View Users", "Create / Edit Users", "Manage Account Settings"]),
    ("Common", "Analytics", &["View Reports", "Export Reports"]),
    ("Common", "App & Navigation", &["App Access", "Manage Dashboard Layout", "Access Navigation & Shortcuts"]),
    (
        "iFax",
        "Send Faxes",
        &[
            "Send Faxes",
            "Send From Numbers",
            "Attachment Sources",
            "Change Fax Quality",
            "Use Smart Templates",
            "Use Fax Defaults",
        ],
    ),
    ("iFax", "Delivery Methods", &["Broadcast", "Secure Email / Fax / SMS"]),
    ("iFax", "Approvals", &["Send Faxes for Approval", "Approve Faxes"]),
    (
        "iFax",
        "View Faxes",
        &["View Personal Sent Faxes", "View Faxes by Number", "View Received Faxes", "Auto Assigned to Faxes"],
    ),
    (
        "iFax",
        "Fax Configuration",
        &[
            "Create/Edit Fax Defaults",
            "Delete Fax Defaults",
            "Create/Edit Smart Templates",
            "Delete Smart Templates",
            "Batch & Retry Configs",
            "Share or CC Faxes",
            "Export to EHR",
            "AI & OCR Requests",
        ],
    ),
    (
        "eSign",
        "Documents",
        &["View Documents", "Create/Edit Documents", "Delete Documents", "Request Bulk Signatures", "Share Documents"],
    ),
    ("eSign", "Templates", &["View Templates", "Create/Edit Templates", "Delete Templates"]),
    ("eSign", "AI", &["Use AI Tools"]),
    (
        "Forms",
        "Forms",
        &["View Forms", "Create/Edit Forms", "Delete Forms", "Publish/Unpublish Forms", "View Form Responses"],
    ),
    ("Connect", "Messaging", &["Send Messages", "Send From Numbers", "Receive Messages", "Forward Messages"]),
    ("Connect", "Calls", &["Make Calls", "Use Caller ID", "Use Anonymous Caller ID", "Receive Calls", "Forward Calls"]),
    ("Connect", "Meetings", &["Host Meetings", "Send Meeting Invitations"]),
    ("Connect", "Other", &["Record Calls", "Manage Call & Message History"]),
];

#[test]
fn d04_every_listed_permission_is_in_the_catalogue_under_its_product_and_group() {
    let world = clinic();
    let stands: BTreeSet<Vec<String>> = world.query("category(P, C)").into_iter().collect();
    let labels = world.query("label(P, L)");
    for (product, group, listed) in LISTED {
        let within =
            |permission: &str, category: &str| stands.contains([permission.to_owned(), category.to_owned()].as_slice());
        let mut found: Vec<&str> = labels
            .iter()
            .filter(|row| within(&row[0], product) && within(&row[0], group))
            .map(|row| row[1].as_str())
            .collect();
        found.sort_unstable();
        let mut expected = listed.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{product}, {group}");
    }
    let listed: usize = LISTED.iter().map(|(_, _, labels)| labels.len()).sum();
    let permissions: BTreeSet<&str> = stands.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(permissions.len(), listed);
    assert_eq!(world.values("description(fax.secure, X)"), ["Allow secure delivery channels."]);
}

#[test]
fn d05_send_from_numbers_limits_which_numbers_a_user_may_send_from() {
    let world = clinic();
    world.assert_listing("user:mem", "fax.send_from", "number", &["number:1", "number:2"]);
    world.assert_refused("user:mem", "+limited_to(user:mem, fax.send_from, number:2).", "limited_to");
    world.assert_accepted("user:adm", "+limited_to(user:mem, fax.send_from, number:2).");
    world.assert_listing("user:mem", "fax.send_from", "number", &["number:2"]);
    world.assert_listing("user:sam", "fax.send_from", "number", &["number:1", "number:2"]);
    world.assert_denied("user:mem", "fax.transmit", "fax:1");
    let from_one = "+fax(fax:2). +owner(fax:2, user:mem). +number_of(fax:2, number:1).";
    world.assert_refused("user:mem", from_one, "fax");
    world.assert_accepted("user:mem", "+fax(fax:2). +owner(fax:2, user:mem). +number_of(fax:2, number:2).");
    world.assert_allowed("user:mem", "fax.transmit", "fax:2");
    world.assert_accepted("user:adm", "-enabled(role:member, fax.send).");
    world.assert_listing("user:mem", "fax.send_from", "number", &[]);
}

#[test]
fn d05_the_three_view_permissions_decide_which_faxes_are_listed() {
    let world = clinic()
        .made("+received(fax:2). +number_of(fax:2, number:2).")
        .made("+owner(fax:3, user:man). +number_of(fax:3, number:2).")
        .made("+received(fax:4). +number_of(fax:4, number:1).");
    world.assert_listing("user:mem", "fax.view", "fax", &["fax:1"]);
    world.assert_refused("user:mem", "+assigned(number:2, user:mem).", "assigned");
    world.assert_accepted("user:man", "+assigned(number:2, user:mem).");
    world.assert_listing("user:mem", "fax.view", "fax", &["fax:1", "fax:2"]);
    world.assert_accepted("user:adm", "-enabled(role:member, fax.view_sent).");
    world.assert_listing("user:mem", "fax.view", "fax", &["fax:2"]);
    world.assert_accepted("user:adm", "+adjusted(user:mem, fax.view_by_number, granted).");
    world.assert_listing("user:mem", "fax.view", "fax", &["fax:2", "fax:3"]);
    world.assert_accepted("user:adm", "-enabled(role:member, fax.view_received).");
    world.assert_listing("user:mem", "fax.view", "fax", &["fax:2", "fax:3"]);
    world.assert_accepted("user:adm", "+limited_to(user:mem, fax.view_by_number, number:1).");
    world.assert_listing("user:mem", "fax.view", "fax", &[]);
}

#[test]
fn d06_users_are_limited_by_document_type_template_and_form_type() {
    let world = signing_clinic()
        .made("+document_type(document_type:nda). +document_type(document_type:offer). +form_type(form_type:intake).")
        .made("+kind(document:1, document_type:nda). +kind(document:2, document_type:offer). +kind(document:3, template:t).")
        .made("+kind(form:1, form_type:intake). +owner(form:2, user:man). +owner(template:u, user:man).");
    let all = ["document:1", "document:2", "document:3"];
    world.assert_listing("user:mem", "document.view", "document", &all);
    world.assert_accepted("user:adm", "+limited_to(user:mem, document.view, document_type:nda).");
    world.assert_listing("user:mem", "document.view", "document", &["document:1"]);
    world.assert_listing("user:mem", "document.edit", "document", &["document:1"]);
    world.assert_listing("user:man", "document.edit", "document", &all);
    world.assert_accepted("user:adm", "+limited_to(user:mem, document.view, template:t).");
    world.assert_listing("user:mem", "document.view", "document", &["document:1", "document:3"]);
    world.assert_accepted("user:adm", "+limited_to(user:mem, template.view, template:t).");
    world.assert_listing("user:mem", "template.view", "template", &["template:t"]);
    world.assert_listing("user:man", "form.responses", "form", &["form:1", "form:2"]);
    world.assert_accepted("user:adm", "+limited_to(user:man, form.responses, form_type:intake).");
    world.assert_listing("user:man", "form.responses", "form", &["form:1"]);
    let none = "that permission has no such limit";
    world.assert_refused("user:adm", "+limited_to(user:mem, call.make, number:1).", none);
    world.assert_refused("user:adm", "+limited_to(user:mem, form.view, document_type:nda).", none);
}

#[test]
fn d06_roles_are_limited_too_and_a_users_own_limit_takes_the_place_of_it() {
    let world = clinic();
    world.assert_accepted("user:adm", "+limited_to(role:member, fax.send_from, number:1).");
    world.assert_listing("user:mem", "fax.send_from", "number", &["number:1"]);
    world.assert_listing("user:man", "fax.send_from", "number", &["number:1", "number:2"]);
    world.assert_accepted("user:adm", "+limited_to(user:mem, fax.send_from, number:2).");
    world.assert_listing("user:mem", "fax.send_from", "number", &["number:2"]);
    world.assert_listing("user:sam", "fax.send_from", "number", &["number:1"]);
}

#[test]
fn d06_a_limit_stays_when_what_it_names_is_deleted() {
    let world = clinic();
    world.assert_accepted("user:adm", "+limited_to(user:mem, fax.send_from, number:2).");
    world.assert_accepted("user:man", "-number(number:2).");
    world.assert_listing("user:mem", "fax.send_from", "number", &[]);
    world.assert_accepted("user:adm", "-limited(user:mem, fax.send_from).");
    world.assert_listing("user:mem", "fax.send_from", "number", &["number:1"]);
}

#[test]
fn d08_a_received_fax_is_assigned_to_the_users_set_for_its_number() {
    let world = clinic();
    world.assert_refused("user:mem", "+auto_assigned(number:2, user:mem).", "auto_assigned");
    world.assert_accepted("user:man", "+auto_assigned(number:2, user:mem). +auto_assigned(number:2, user:sam).");
    world.assert_accepted("user:adm", "+adjusted(user:sam, fax.auto_assigned, removed).");
    let world = world.made("+received(fax:2). +number_of(fax:2, number:2).");
    let world = world.made("+received(fax:3). +number_of(fax:3, number:1).");
    assert_eq!(world.values("assigned(fax:2, X)"), ["user:mem"]);
    assert_eq!(world.values("assigned(fax:3, X)"), Vec::<String>::new());
    world.assert_users("fax.view", "fax:2", &["user:mem"]);
    world.assert_users("fax.view", "fax:3", &[]);
}
