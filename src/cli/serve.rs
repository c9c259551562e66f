//! `entail serve`.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use crate::api::keys::Keys;
use crate::api::problem::Problem;
use crate::api::server::{asked_to_end, serve};
use crate::cli::args::{Common, Serve};
use crate::cli::demo::{self, Try};
use crate::cli::failure::{Failure, unreadable};
use crate::cli::output::Output;
use crate::cli::run::SUCCESS;
use crate::cli::source::open_engine;
use crate::engine::engine::Options;

/// What the server says at its start.
#[derive(Serialize)]
struct Start {
    listening: String,
    #[serde(rename = "try")]
    tries: Vec<Try>,
}

/// Serves until the process is asked to end.
pub(super) fn run(common: &Common, arguments: &Serve) -> Result<ExitCode, Failure> {
    let keys = arguments.keys.as_deref().map(read_keys).transpose()?;
    let listener = listen(&arguments.listen, keys.is_some())?;
    let address = listener.local_addr().map_err(|error| cannot_listen(&arguments.listen, &error.to_string()))?;
    let engine = open_engine(common.data(), Options { memory: arguments.memory, ..Options::default() })?;
    if arguments.demo {
        demo::make(&engine)?;
    }
    let start = Start {
        listening: format!("http://{address}"),
        tries: if arguments.demo { demo::tries(&engine, address, keys.is_some())? } else { Vec::new() },
    };
    match announce(common, &start) {
        // A server whose first words nobody reads serves all the same.
        Ok(()) | Err(Failure::OutputClosed) => {}
        Err(failure) => return Err(failure),
    }
    serve(engine, listener, keys, asked_to_end())
        .map_err(|error| cannot_listen(&arguments.listen, &error.to_string()))?;
    Ok(SUCCESS)
}

fn announce(common: &Common, start: &Start) -> Result<(), Failure> {
    let mut output = Output::new();
    if common.json {
        output.json(start)?;
        return output.flush();
    }
    output.line(&format!("listening on {}", start.listening))?;
    for attempt in &start.tries {
        output.line(&format!("\n# {}\n{}\n# {}", attempt.says, attempt.curl, attempt.answer))?;
    }
    output.flush()
}

fn read_keys(file: &Path) -> Result<Keys, Problem> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(&name, &error))?;
    Ok(text.parse::<Keys>()?)
}

/// Listens, on loopback alone unless callers need keys.
fn listen(address: &str, has_keys: bool) -> Result<TcpListener, Problem> {
    let addresses: Vec<SocketAddr> = address
        .to_socket_addrs()
        .map_err(|error| {
            Problem::invalid("invalid-address", format!("`{address}` isn't an address: {error}"))
                .help("An address is `127.0.0.1:7878`, or `0.0.0.0:7878` for all of this machine's.")
        })?
        .collect();
    if !has_keys && !addresses.iter().all(|address| address.ip().is_loopback()) {
        let detail = format!("`{address}` can be reached from other machines, and callers need no key");
        return Err(Problem::invalid("keys-needed", detail)
            .help("Name a keys file, `--keys FILE`, or listen on 127.0.0.1; `entail keys new` makes a key."));
    }
    TcpListener::bind(addresses.as_slice()).map_err(|error| cannot_listen(address, &error.to_string()))
}

fn cannot_listen(address: &str, reason: &str) -> Problem {
    Problem::invalid("cannot-listen", format!("the server can't listen on `{address}`: {reason}"))
        .help("Another server may be there; `--listen ADDR` names another address.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_keys_only_loopback_is_listened_on() {
        assert!(listen("127.0.0.1:0", false).is_ok());
        for address in ["0.0.0.0:0", "[::]:0"] {
            assert_eq!(listen(address, false).unwrap_err().code, "keys-needed", "{address}");
        }
        assert!(listen("0.0.0.0:0", true).is_ok());
        assert_eq!(listen("nowhere", false).unwrap_err().code, "invalid-address");
    }
}
