//! Checks over HTTP, beside an axum handler that only reads and writes the same JSON: `cargo bench --bench http`.
//!
//! Both servers listen on 127.0.0.1 in this process, each on a runtime of its own; the entail one is what `entail serve`
//! runs. The clients are threads of this process, one for each connection, which it keeps. They take turns on the servers,
//! so that a busy machine is busy for both. All of it shares the machine's cores: what the clients cost is in every rate.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench fails by panicking"
)]

mod workload;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use axum::routing::post;
use axum::{Json, Router};
use entail::api::server::serve;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use workload::stored::Stored;
use workload::timing::{in_words, median};
use workload::{Size, TENANT, World};

const SEED: u64 = 1;
const CONNECTIONS: usize = 4;
/// The checks of a batch.
const BATCH: usize = 100;
/// The turns of each server, and how long one takes.
const TURNS: usize = 11;
const TURN: Duration = Duration::from_millis(400);
/// At least so many of the bare handler's requests.
const TARGET: f64 = 0.7;

/// A request as it goes over the wire, and the body of its answer.
struct Asked {
    request: Vec<u8>,
    answer: Value,
}

fn main() {
    println!("| what | size | entail | bare axum | ratio | target | met | entail, a request | bare, a request |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for size in Size::wanted() {
        let world = World::new(size, SEED);
        let checks = world.checks(8_192, SEED + 1);
        let stored = Stored::new(&world, SEED);
        let revision = stored.engine.check(TENANT, &checks[0].0).unwrap().revision.to_string();
        let single = |(check, allowed): &(entail::engine::request::Check, bool)| {
            let question = json!({"subject": check.subject, "permission": check.permission, "object": check.object});
            (question, *allowed)
        };
        let singles: Vec<(Value, bool)> = checks.iter().map(single).collect();
        let of_check: Vec<Asked> = singles
            .iter()
            .map(|(question, allowed)| asked("check", question, json!({"allowed": allowed, "revision": revision})))
            .collect();
        let of_batch: Vec<Asked> = singles
            .chunks_exact(BATCH)
            .map(|batch| {
                let questions: Vec<&Value> = batch.iter().map(|(question, _)| question).collect();
                let results: Vec<Value> = batch.iter().map(|(_, allowed)| json!({"allowed": allowed})).collect();
                asked("check/batch", &json!({"checks": questions}), json!({"results": results, "revision": revision}))
            })
            .collect();
        let (listener, entail) = listen();
        let Stored { engine, temporary: _kept, .. } = stored;
        let (end, ended) = oneshot::channel::<()>();
        let end_of_service = async {
            ended.await.unwrap();
        };
        let service = thread::spawn(move || serve(engine, listener, None, end_of_service));
        let bare = bare(revision);
        compare("check", size, &of_check, entail, bare);
        compare(&format!("batch of {BATCH}"), size, &of_batch, entail, bare);
        end.send(()).unwrap();
        service.join().unwrap().unwrap();
    }
}

/// The request of one question, and what is answered to it.
fn asked(route: &str, question: &Value, answer: Value) -> Asked {
    let body = question.to_string();
    let head = format!(
        "POST /v1/tenants/{TENANT}/{route} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    Asked { request: [head, body].concat().into_bytes(), answer }
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// One row of the table.
fn compare(what: &str, size: Size, asked: &[Asked], entail: SocketAddr, bare: SocketAddr) {
    let mut servers = [entail, bare].map(|address| {
        let connections: Vec<Connection> = (0..CONNECTIONS).map(|_| Connection::new(address)).collect();
        connections
    });
    // Every answer of the engine is looked at once. The bare handler's say nothing.
    for asked in asked {
        assert_eq!(servers[0][0].ask(&asked.request), asked.answer.to_string());
    }
    assert_eq!(servers[1][0].ask(&asked[0].request).len() / 10, asked[0].answer.to_string().len() / 10);
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        for (connections, rates) in servers.iter_mut().zip(&mut rates) {
            rates.push(rate(connections, asked));
        }
    }
    let [entail, bare] = rates.map(median);
    let ratio = entail / bare;
    let met = if ratio >= TARGET { "yes" } else { "no" };
    let [of_entail, of_bare] = [entail, bare].map(|rate| in_words(1e9 / rate));
    println!(
        "| {what} | {} | {entail:.0} /s | {bare:.0} /s | {ratio:.2} × | ≥ {TARGET} × | {met} | {of_entail} | {of_bare} |",
        size.name
    );
}

/// Answers a second, over all connections at once.
fn rate(connections: &mut [Connection], asked: &[Asked]) -> f64 {
    let start = Instant::now();
    let n_answers: usize = thread::scope(|scope| {
        let clients: Vec<_> = connections
            .iter_mut()
            .enumerate()
            .map(|(number, connection)| {
                scope.spawn(move || {
                    let mut next = asked.iter().cycle().skip(number * asked.len() / CONNECTIONS);
                    let mut n_answers = 0;
                    while start.elapsed() < TURN {
                        connection.send_and_wait(&next.next().unwrap().request);
                        n_answers += 1;
                    }
                    n_answers
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    n_answers as f64 / start.elapsed().as_secs_f64()
}

/// A connection that is kept, one request at a time.
struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), line: String::new(), body: Vec::new() }
    }

    /// The body of the answer as text.
    fn ask(&mut self, request: &[u8]) -> String {
        self.send_and_wait(request);
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// Leaves the body of the answer, which must be a good one, in `body`.
    fn send_and_wait(&mut self, request: &[u8]) {
        self.stream.get_mut().write_all(request).unwrap();
        let mut length = None;
        let mut is_good = false;
        loop {
            self.line.clear();
            self.stream.read_line(&mut self.line).unwrap();
            match self.line.trim_end() {
                "" => break,
                "HTTP/1.1 200 OK" => is_good = true,
                header => {
                    if let Some(("content-length", value)) = header.split_once(": ") {
                        length = Some(value.parse().unwrap());
                    }
                }
            }
        }
        assert!(is_good, "not answered");
        self.body.resize(length.expect("the length of the body is known"), 0);
        self.stream.read_exact(&mut self.body).unwrap();
    }
}

#[derive(Deserialize)]
struct Question {
    subject: String,
    permission: String,
    object: String,
}

#[derive(Deserialize)]
struct Questions {
    checks: Vec<Question>,
}

#[derive(Serialize)]
struct Answer {
    allowed: bool,
    revision: String,
}

#[derive(Serialize)]
struct Item {
    allowed: bool,
}

#[derive(Serialize)]
struct Answers {
    results: Vec<Item>,
    revision: String,
}

impl Question {
    /// Something that depends on all of it.
    fn answer(&self) -> bool {
        (self.subject.len() + self.permission.len() + self.object.len()).is_multiple_of(2)
    }
}

/// The address of a server that reads and writes the same JSON.
fn bare(revision: String) -> SocketAddr {
    let (listener, address) = listen();
    listener.set_nonblocking(true).unwrap();
    let for_batch = revision.clone();
    let check = move |Json(question): Json<Question>| {
        let revision = revision.clone();
        async move { Json(Answer { allowed: question.answer(), revision }) }
    };
    let check_batch = move |Json(questions): Json<Questions>| {
        let revision = for_batch.clone();
        let results = questions.checks.iter().map(|question| Item { allowed: question.answer() }).collect();
        async move { Json(Answers { results, revision }) }
    };
    let router = Router::new()
        .route("/v1/tenants/{tenant}/check", post(check))
        .route("/v1/tenants/{tenant}/check/batch", post(check_batch));
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().thread_name("bare").enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    address
}
