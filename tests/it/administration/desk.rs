//! A server with an account of a product, and its front desk.

use serde_json::{Value, json};

use crate::api::server::{Answer, TestServer};

/// The tenant of the account.
pub(crate) const TENANT: &str = "customer";

/// A server with one account, `account:acme`, and its first user, `user:ana`.
pub(crate) struct Desk {
    pub(crate) server: TestServer,
}

impl Desk {
    /// An account on a shipped pack.
    pub(crate) fn of(pack: &str) -> Self {
        let desk = Self { server: TestServer::start() };
        desk.ask("accounts/create", &json!({"account": "account:acme", "user": "user:ana", "pack": pack}));
        desk
    }

    /// An account on the sales pack, with Bob and Cy, who are sales reps.
    pub(crate) fn sales() -> Self {
        let desk = Self::of("sales.dl");
        desk.ask("users/invite", &json!({"user": "user:bob", "actor": "user:ana"}));
        desk.ask("users/invite", &json!({"user": "user:cy", "actor": "user:ana"}));
        desk
    }

    /// The answer to what succeeds.
    #[track_caller]
    pub(crate) fn ask(&self, route: &str, body: &Value) -> Value {
        let answer = self.server.post_to(TENANT, route, body);
        assert_eq!(answer.status, 200, "{route} {body}\n{answer:?}");
        answer.json()
    }

    /// Asserts that it is refused with this code, in words that hold these, and that nothing is different afterwards.
    #[track_caller]
    pub(crate) fn assert_refused(&self, route: &str, body: &Value, code: &str, words: &str) {
        let before = self.facts();
        let answer = self.server.post_to(TENANT, route, body);
        assert_ne!(answer.status, 200, "{route} {body}\n{answer:?}");
        assert_eq!(answer.code(), code, "{route} {body}\n{answer:?}");
        assert!(said(&answer).contains(words), "{route} {body}\n{answer:?}\nexpected: {words}");
        assert_eq!(self.facts(), before, "{route} {body}");
    }

    /// Whether the subject may.
    pub(crate) fn may(&self, subject: &str, permission: &str, object: &str) -> bool {
        let check = json!({"subject": subject, "permission": permission, "object": object});
        self.ask("check", &check)["allowed"].as_bool().expect("an answer")
    }

    /// Facts of the product itself, which nobody's guard judges.
    pub(crate) fn write(&self, facts: &[&[&str]]) {
        self.ask("write", &json!({"insert": facts}));
    }

    /// A role's settings by permission.
    pub(crate) fn settings(&self, role: &str) -> Value {
        let shown = self.ask("roles/show", &json!({"role": role}));
        let mut settings = json!({});
        for category in shown["categories"].as_array().expect("categories") {
            for setting in category["settings"].as_array().expect("settings") {
                settings[setting["permission"].as_str().expect("a name")] = setting["value"].clone();
            }
        }
        settings
    }

    fn facts(&self) -> String {
        self.server.get(&format!("/v1/tenants/{TENANT}/facts")).text
    }
}

fn said(answer: &Answer) -> String {
    let problem = answer.json();
    let details: Vec<&str> = problem["details"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    format!("{}\n{}", problem["detail"].as_str().unwrap_or_default(), details.join("\n"))
}
