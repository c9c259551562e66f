//! Listings agree with checks, on the whole sample account.

use std::collections::BTreeSet;

use super::world::{SAMPLE, World, check};

/// Every permission with every object that it is on.
fn questions(world: &World) -> Vec<(String, String)> {
    let pair = |row: Vec<String>| {
        let [permission, object] = <[String; 2]>::try_from(row).expect("two columns");
        (permission, object)
    };
    world.query("on(P, X)").into_iter().map(pair).collect()
}

#[test]
fn a23_every_listing_holds_exactly_what_the_checks_allow() {
    let world = World::on("sales.dl").facts(SAMPLE);
    let users = world.values("user(U)");
    let questions = questions(&world);
    assert_eq!((users.len(), questions.len()), (21, 954));

    let mut allowed: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    for user in &users {
        let checks: Vec<_> = questions.iter().map(|(permission, object)| check(user, permission, object)).collect();
        for ((permission, object), is_allowed) in questions.iter().zip(world.check_batch(&checks)) {
            if is_allowed {
                allowed.insert((user, permission, object));
            }
        }
    }
    assert_eq!(allowed.len(), 3_999, "counted by hand-written rules of the product, in another language");

    let kinds: BTreeSet<(&str, &str)> =
        questions.iter().map(|(permission, object)| (&**permission, kind(object))).collect();
    for user in &users {
        for &(permission, kind_name) in &kinds {
            let listed = world.list_objects(user, permission, kind_name);
            let checked = allowed
                .iter()
                .filter(|(subject, allowed_permission, object)| {
                    subject == user && *allowed_permission == permission && kind(object) == kind_name
                })
                .map(|(.., object)| object.to_string());
            assert_eq!(listed, checked.collect::<Vec<_>>(), "{user} {permission} {kind_name}");
        }
    }
    for (permission, object) in &questions {
        let checked = users.iter().filter(|user| allowed.contains(&(user, permission, object))).cloned();
        assert_eq!(world.list_users(permission, object), checked.collect::<Vec<_>>(), "{permission} {object}");
    }
    let objects: BTreeSet<&str> = questions.iter().map(|(_, object)| &**object).collect();
    for user in &users {
        for &object in &objects {
            let checked = questions
                .iter()
                .filter(|(permission, other)| other == object && allowed.contains(&(user, permission, object)))
                .map(|(permission, _)| permission.clone());
            assert_eq!(world.list_permissions(user, object), checked.collect::<Vec<_>>(), "{user} {object}");
        }
    }
}

#[test]
fn a23_the_sample_accounts_listings_have_the_lengths_that_its_roles_promise() {
    let world = World::on("sales.dl").facts(SAMPLE);
    let expected: [(&str, [usize; 5]); 21] = [
        // sequence.view, sequence.add_leads, sequence.edit, list.edit, unibox.inbox
        ("user:ana", [200, 200, 200, 50, 39]),
        ("user:bruno", [19, 16, 15, 3, 4]),
        ("user:chloe", [19, 15, 15, 3, 3]),
        ("user:dmitri", [17, 14, 13, 3, 2]),
        ("user:elif", [8, 5, 0, 1, 1]),
        ("user:farid", [18, 15, 13, 3, 2]),
        ("user:gina", [17, 13, 13, 4, 5]),
        ("user:hugo", [200, 5, 5, 50, 0]),
        ("user:ivy", [17, 13, 13, 4, 2]),
        ("user:jonas", [17, 13, 12, 3, 0]),
        ("user:kai", [17, 13, 13, 5, 3]),
        ("user:lena", [71, 68, 67, 15, 16]),
        ("user:marcus", [70, 67, 65, 15, 13]),
        ("user:nina", [18, 15, 13, 3, 3]),
        ("user:omar", [18, 15, 13, 3, 2]),
        ("user:paula", [18, 15, 13, 3, 3]),
        ("user:quinn", [9, 6, 0, 1, 1]),
        ("user:rosa", [200, 200, 200, 50, 39]),
        ("user:sofia", [52, 49, 48, 12, 14]),
        ("user:tariq", [9, 5, 1, 2, 2]),
        ("user:zoe", [9, 6, 5, 2, 1]),
    ];
    for (user, counts) in expected {
        let listed = [
            ("sequence.view", "sequence"),
            ("sequence.add_leads", "sequence"),
            ("sequence.edit", "sequence"),
            ("list.edit", "list"),
            ("unibox.inbox", "incoming"),
        ]
        .map(|(permission, kind)| world.list_objects(user, permission, kind).len());
        assert_eq!(listed, counts, "{user}");
    }
}

#[test]
fn a23_the_demos_three_questions_have_their_answers() {
    let world = World::on("sales.dl").facts(SAMPLE);
    world.assert_allowed("user:lena", "sequence.edit", "sequence:q3-fintech-outbound");
    world.assert_denied("user:elif", "sequence.edit", "sequence:q3-fintech-outbound");
    world.assert_listing(
        "user:elif",
        "sequence.view",
        "sequence",
        &[
            "sequence:customer-advisory-announcement",
            "sequence:data-hygiene-reminder",
            "sequence:pricing-change-announcement",
            "sequence:q3-fintech-outbound",
            "sequence:q3-founder-intros-outbound",
            "sequence:q3-restaurants-outbound",
            "sequence:q3-retail-outbound",
            "sequence:q3-saas-outbound",
        ],
    );
}

fn kind(object: &str) -> &str {
    object.split(':').next().unwrap_or(object)
}
