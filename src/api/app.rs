//! What every request shares: the engine, the keys, the counters, and the threads for work that may take long.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::api::keys::Keys;
use crate::api::metrics::Metrics;
use crate::api::problem::Problem;
use crate::api::request::Request;
use crate::engine::engine::Engine;

/// Listings, queries and exports that run at once; the others wait for their turn.
const QUESTIONS_AT_ONCE: usize = 16;
/// Reviews that run at once, which look at a whole tenant: they take no turn of the questions.
const REVIEWS_AT_ONCE: usize = 2;
/// Questions that wait at once for a revision to come: they hold up none of those that don't.
const WAITING_AT_ONCE: usize = 64;
/// Writes that wait in the engine at once: many, since one sync serves all that came together.
const CHANGES_AT_ONCE: usize = 128;

/// The state of a server.
pub(crate) struct App {
    /// What answers.
    pub(crate) engine: Engine,
    /// Who may ask; without keys anyone who reaches the address, which is loopback then.
    pub(crate) keys: Option<Keys>,
    /// What has been answered.
    pub(crate) metrics: Metrics,
    questions: Arc<Semaphore>,
    reviews: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    changes: Arc<Semaphore>,
}

/// The state as handlers get it.
pub(crate) type Shared = Arc<App>;

impl App {
    /// The state of a server at its start.
    pub(crate) fn new(engine: Engine, keys: Option<Keys>) -> Self {
        Self {
            engine,
            keys,
            metrics: Metrics::default(),
            questions: Arc::new(Semaphore::new(QUESTIONS_AT_ONCE)),
            reviews: Arc::new(Semaphore::new(REVIEWS_AT_ONCE)),
            waiting: Arc::new(Semaphore::new(WAITING_AT_ONCE)),
            changes: Arc::new(Semaphore::new(CHANGES_AT_ONCE)),
        }
    }
}

/// Runs a question that may take long on a thread of its own.
///
/// # Errors
/// What the question says; `internal` if it panicked.
pub(crate) async fn question<T, F>(app: Shared, ask: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&App) -> Result<T, Problem> + Send + 'static,
{
    let turn = Arc::clone(&app.questions);
    run(app, turn, ask).await
}

/// Answers a question about a tenant, which may have to wait for a revision to come.
///
/// # Errors
/// As [`question`].
pub(crate) async fn answer<R: Request>(app: Shared, tenant: String, request: R) -> Result<R::Reply, Problem> {
    let is_here = request.tokens().iter().all(|token| app.engine.has_reached(&tenant, token));
    let turn = Arc::clone(if is_here { &app.questions } else { &app.waiting });
    run(app, turn, move |app| request.answer(&app.engine, &tenant)).await
}

/// Answers a review of a tenant, which may have to wait for a revision to come.
///
/// # Errors
/// As [`question`].
pub(crate) async fn review<R: Request>(app: Shared, tenant: String, request: R) -> Result<R::Reply, Problem> {
    // A review that waits for a revision takes no turn of those that don't.
    for token in request.tokens() {
        if !app.engine.has_reached(&tenant, token) {
            let (turn, tenant, token) = (Arc::clone(&app.waiting), tenant.clone(), token.to_owned());
            run(Arc::clone(&app), turn, move |app| Ok(app.engine.view(&tenant, Some(&token)).map(drop)?)).await?;
        }
    }
    let turn = Arc::clone(&app.reviews);
    run(app, turn, move |app| request.answer(&app.engine, &tenant)).await
}

/// Runs a change, which waits for its sync, on a thread of its own.
///
/// # Errors
/// What the change says; `internal` if it panicked.
pub(crate) async fn change<T, F>(app: Shared, make: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&App) -> Result<T, Problem> + Send + 'static,
{
    let turn = Arc::clone(&app.changes);
    run(app, turn, make).await
}

async fn run<T, F>(app: Shared, turn: Arc<Semaphore>, work: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&App) -> Result<T, Problem> + Send + 'static,
{
    let turn = turn.acquire_owned().await.map_err(|_| Problem::internal("the server is closing"))?;
    let task = tokio::task::spawn_blocking(move || {
        // The turn ends with the work, not with the request: a caller who went away frees no thread.
        let _turn = turn;
        work(&app)
    });
    task.await.unwrap_or_else(|_| Err(Problem::internal("the request failed in an unforeseen way")))
}
