//! A running server, asked over HTTP.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body, Error};

use crate::api::problem::Problem;
use crate::api::request::Request;
use crate::api::verify::VerifyRequest;
use crate::engine::backup::{BackedUp, receive_backup};

/// The environment variable of the bearer key: on the command line, every user of the machine could read it.
const KEY_VARIABLE: &str = "ENTAIL_KEY";
/// How long a connection may take to stand.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// How long the server may take to begin its answer; it gives up by itself before.
const ANSWER_TIME: Duration = Duration::from_secs(120);

/// How much of a backup is received at once.
const PIECE_BYTES: usize = 64 * 1024;

/// A server and the tenant asked about.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    /// With a slash at its end.
    root: String,
    /// With the tenant, and a slash at its end.
    base: String,
    server: String,
    key: Option<String>,
}

impl Client {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    /// `invalid-server` unless the URL is `http://` and a host.
    pub(super) fn new(server: &str, tenant: &str) -> Result<Self, Problem> {
        let host = server.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        let Some(host) = host.filter(|host| !host.is_empty() && !host.contains(['/', '?', '#', ' '])) else {
            let detail = format!("`{server}` isn't the URL of a server");
            return Err(Problem::invalid("invalid-server", detail).help("A URL is `http://127.0.0.1:7878`."));
        };
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_TIME))
            .timeout_recv_response(Some(ANSWER_TIME))
            .build()
            .new_agent();
        Ok(Self {
            agent,
            root: format!("http://{host}/v1/"),
            base: format!("http://{host}/v1/tenants/{}/", percent_encoded(tenant)),
            server: server.to_owned(),
            key: std::env::var(KEY_VARIABLE).ok().filter(|key| !key.is_empty()),
        })
    }

    /// Posts a request and reads the reply.
    pub(super) fn post<R: DeserializeOwned>(&self, route: &str, body: &impl Serialize) -> Result<R, Problem> {
        let mut request = self.authorized(self.agent.post(format!("{}{route}", self.base)));
        if route == VerifyRequest::ROUTE {
            // The server reads everything first, and gives up by itself.
            request = request.config().timeout_recv_response(None).build();
        }
        self.reply(request.send_json(body))
    }

    /// Gets a backup of all tenants into a file, which is there only if the backup is whole.
    pub(super) fn backup(&self, file: &Path) -> Result<BackedUp, Problem> {
        let request = self.authorized(self.agent.post(format!("{}backup", self.root)));
        let response = self.accept(request.send_empty())?;
        let mut body = response.into_body().into_with_config().limit(u64::MAX).reader();
        let mut cut = None;
        let received = receive_backup(file, |out| {
            let mut piece = vec![0; PIECE_BYTES];
            loop {
                match body.read(&mut piece) {
                    Ok(0) => return Ok(()),
                    Ok(n) => out.write_all(piece.get(..n).unwrap_or_default())?,
                    Err(error) => {
                        cut = Some(self.cut(&error.to_string()));
                        return Err(error);
                    }
                }
            }
        });
        match cut {
            Some(cut) => Err(cut),
            None => Ok(received?),
        }
    }

    /// Puts a request and reads the reply.
    pub(super) fn put<R: DeserializeOwned>(&self, route: &str, body: &impl Serialize) -> Result<R, Problem> {
        let request = self.agent.put(format!("{}{route}", self.base));
        self.reply(self.authorized(request).send_json(body))
    }

    /// Gets an answer in lines, which are handed over without their line breaks.
    pub(super) fn lines<E: From<Problem>>(
        &self,
        route: &str,
        mut each: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let request = self.agent.get(format!("{}{route}", self.base));
        let response = self.accept(self.authorized(request).call())?;
        let body = response.into_body().into_with_config().limit(u64::MAX).reader();
        for line in BufReader::new(body).lines() {
            each(&line.map_err(|error| self.cut(&error.to_string()))?)?;
        }
        Ok(())
    }

    fn authorized<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.key {
            Some(key) => request.header("authorization", format!("Bearer {key}")),
            None => request,
        }
    }

    fn reply<R: DeserializeOwned>(&self, response: Result<Response<Body>, Error>) -> Result<R, Problem> {
        let mut response = self.accept(response)?;
        let body = response.body_mut().with_config().limit(u64::MAX);
        body.read_json().map_err(|error| self.cut(&error.to_string()))
    }

    /// The response if it is an answer, its problem if it isn't.
    fn accept(&self, response: Result<Response<Body>, Error>) -> Result<Response<Body>, Problem> {
        let mut response = response.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let problem = response.body_mut().with_config().limit(u64::MAX).read_json();
        Err(problem.unwrap_or_else(|_| {
            let detail = format!("`{}` answered {status} and not as this program's server does", self.server);
            bad_gateway("strange-answer", detail).help("Check the URL of the server.")
        }))
    }

    fn unreachable(&self, error: &Error) -> Problem {
        let detail = format!("there is no answer from `{}`: {error}", self.server);
        bad_gateway("unreachable-server", detail).help("`entail serve` starts one; `--server URL` names another.")
    }

    fn cut(&self, reason: &str) -> Problem {
        bad_gateway("cut-answer", format!("the answer of `{}` can't be read to its end: {reason}", self.server))
    }
}

/// A problem that this side found with the server's side.
pub(super) fn bad_gateway(code: &str, detail: String) -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, code, detail)
}

/// The text as one segment of a path, or one value of a parameter.
pub(super) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_stays_one_segment_of_the_path() {
        assert_eq!(percent_encoded("acme-1_x"), "acme-1_x");
        assert_eq!(percent_encoded("a/../b?c#ä"), "a%2F%2E%2E%2Fb%3Fc%23%C3%A4");
    }

    #[test]
    fn only_a_url_of_a_host_is_a_server() {
        for server in ["http://127.0.0.1:7878", "http://localhost:7878/"] {
            assert!(Client::new(server, "default").is_ok(), "{server}");
        }
        for server in ["", "127.0.0.1:7878", "https://x", "http://", "http:///x", "ftp://x"] {
            assert_eq!(Client::new(server, "default").unwrap_err().code, "invalid-server", "{server}");
        }
    }
}
