//! What a question or a change over JSON is: where it is sent, what it asks the engine, and what comes back.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::problem::Problem;
use crate::engine::engine::Engine;

/// A request with a JSON body. The server's handler and the command's verb ask the engine through the same `answer`, so
/// that both give the same answers.
pub(crate) trait Request: Serialize + DeserializeOwned + Send + 'static {
    /// What follows `/v1/tenants/{tenant}/`; its method is POST.
    const ROUTE: &'static str;

    /// What comes back.
    type Reply: Serialize + DeserializeOwned + Send + 'static;

    /// The revisions that its answer must be as fresh as.
    fn tokens(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Asks the engine, and waits for its answer.
    ///
    /// # Errors
    /// What the engine refuses, and what this part of the wire doesn't take.
    fn answer(self, engine: &Engine, tenant: &str) -> Result<Self::Reply, Problem>;
}
