//! A server over a small world, on a port of its own, for one test.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;

use entail::api::server::serve;
use entail::engine::request::PolicyText;
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::oneshot;

/// The policy of the small world.
pub(crate) const RULES: &str = r#"
open type user, doc.
type folder.
relation owner(doc) -> user.
relation viewer(doc, user).
relation size(doc, integer).
context ip(text).
can(U, doc.view, D) :- owner(D, U).
can(U, doc.view, D) :- viewer(D, U).
can(U, doc.view, D) :- size(D, 0), user(U).
can(U, doc.edit, D) :- owner(D, U), ip("10.0.0.1").
permission doc.view on doc "View".
permission doc.edit on doc "Edit".
"#;

/// The facts of the small world: Ana owns two documents, and Bo views one of them.
pub(crate) const FACTS: [&[&str]; 3] =
    [&["owner", "doc:1", "user:ana"], &["owner", "doc:2", "user:ana"], &["viewer", "doc:1", "user:bo"]];

/// A running server; it ends when dropped.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    agent: ureq::Agent,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<std::io::Result<()>>>,
    _data: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of a problem, which has all that RFC 9457 and the house ask of one.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.headers.get("content-type").map(String::as_str), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.len() < 1000 && !detail.ends_with('.'), "{detail}");
        problem["code"].as_str().unwrap().to_owned()
    }
}

impl TestServer {
    /// The small world in the tenant `acme`, no keys.
    pub(crate) fn start() -> Self {
        Self::start_with(None)
    }

    /// The small world in the tenants `acme` and `globex`, with keys.
    pub(crate) fn start_with(keys: Option<&str>) -> Self {
        let data = TempDir::new().unwrap();
        let engine = Engine::open(data.path(), Options::default()).unwrap();
        let files = BTreeMap::from([("small.dl".to_owned(), RULES.to_owned())]);
        let policy = PolicyText { main: "small.dl".to_owned(), files };
        let facts: Vec<RawFact> = FACTS.iter().map(|fact| raw(fact)).collect();
        for tenant in ["acme", "globex"] {
            engine.activate(tenant, &policy).unwrap();
            engine.load(tenant, &facts).unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let keys = keys.map(|keys| keys.parse().unwrap());
        let (end, ended) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            serve(engine, listener, keys, async {
                let _ = ended.await;
            })
        });
        let agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().new_agent();
        Self { address, agent, end: Some(end), thread: Some(thread), _data: data }
    }

    /// A request with any headers and body.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request =
            self.agent.configure_request(request.body(body).unwrap()).allow_non_standard_methods(true).build();
        let mut response = self.agent.run(request).unwrap();
        let text_of = |value: &ureq::http::HeaderValue| value.to_str().unwrap().to_owned();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().iter().map(|(name, value)| (name.to_string(), text_of(value))).collect(),
            text: response.body_mut().read_to_string().unwrap(),
        }
    }

    /// The answer to the head of a request whose body never comes.
    pub(crate) fn head_only(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n", self.address).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    /// A request of JSON to a route of the tenant `acme`.
    pub(crate) fn post(&self, route: &str, body: &Value) -> Answer {
        self.post_text(route, &body.to_string())
    }

    /// A request of a text that is said to be JSON.
    pub(crate) fn post_text(&self, route: &str, body: &str) -> Answer {
        self.post_text_to("acme", route, body)
    }

    /// A question or a change of another tenant.
    pub(crate) fn post_to(&self, tenant: &str, route: &str, body: &Value) -> Answer {
        self.post_text_to(tenant, route, &body.to_string())
    }

    /// A text that is said to be JSON, to a tenant.
    pub(crate) fn post_text_to(&self, tenant: &str, route: &str, body: &str) -> Answer {
        let path = format!("/v1/tenants/{tenant}/{route}");
        self.send("POST", &path, &[("content-type", "application/json")], body.as_bytes())
    }

    /// What a path holds.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    /// All facts of `acme`, one a line.
    pub(crate) fn facts(&self) -> String {
        let answer = self.get("/v1/tenants/acme/facts");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.text
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let served = thread.join();
            if !std::thread::panicking() {
                served.unwrap().unwrap();
            }
        }
    }
}

fn raw(fact: &[&str]) -> RawFact {
    let (relation, values) = fact.split_first().unwrap();
    let values = values.iter().map(|value| Raw::Text((*value).to_owned())).collect();
    RawFact { relation: (*relation).to_owned(), values }
}
