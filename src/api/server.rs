//! The server's life: listen, answer, and end in order.

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::api::app::App;
use crate::api::keys::Keys;
use crate::api::router::router;
use crate::engine::engine::Engine;

/// How long open requests may take after the end was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// Answers requests until `end` is ready, then finishes those under way, for at most ten seconds.
///
/// With keys, every route of a tenant needs one; without, everyone who reaches the listener may do everything.
///
/// # Errors
/// When the listener can't be used.
pub fn serve(
    engine: Engine,
    listener: TcpListener,
    keys: Option<Keys>,
    end: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let (ending, ended) = oneshot::channel();
        let end = async move {
            end.await;
            // The receiver lives until the server ends; then nobody needs to know.
            let _ = ending.send(());
        };
        let server = axum::serve(listener, router(App::new(engine, keys))).with_graceful_shutdown(end);
        let grace = async {
            match ended.await {
                Ok(()) => tokio::time::sleep(GRACE).await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            served = server.into_future() => served,
            () = grace => Ok(()),
        }
    });
    runtime.shutdown_timeout(GRACE);
    served
}

/// Ready when the process is asked to end: by `SIGTERM` or by the terminal's interrupt.
pub(crate) async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
