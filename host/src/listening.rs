//! Accepts HTTP connections: so many at a time and no more, each with a deadline for the head of its next request, so that
//! nobody holds the port by saying nothing. Knows no routes.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

/// How long accepting rests after an error, such as no file handle left.
const ACCEPT_REST: Duration = Duration::from_secs(1);

/// What a connection may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Connections at a time; more wait before they are accepted.
    pub(crate) connections: usize,
    /// From the beginning of a connection, or the end of an answer, to the end of the next request's head.
    pub(crate) head: Duration,
}

/// Serves until `stop`; then ends idle connections, and waits for the requests that are under way.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(bounds.connections));
    let mut stop = pin!(stop);
    loop {
        let (stream, peer, place) = tokio::select! {
            () = &mut stop => break,
            Some(accepted) = accept(&listener, &places) => accepted,
            else => break,
        };
        tokio::spawn(connection(stream, peer, router.clone(), bounds.head, graceful.watcher(), place));
    }
    drop(listener);
    graceful.shutdown().await;
}

/// The next connection, once there is a place for it; none when places were done away with.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return Some((stream, peer, place)),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    head: Duration,
    watcher: Watcher,
    place: OwnedSemaphorePermit,
) {
    // An answer is often one small packet: it shall not wait for a second one.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::trace!(%error, "a connection keeps small packets back");
    }
    let service = service_fn(move |request| answer(router.clone(), request, peer));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(served).await {
        tracing::trace!(%error, "a connection ended early");
    }
    drop(place);
}

async fn answer(
    router: Router,
    request: hyper::Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response, Infallible> {
    let mut request: Request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;

    use super::*;

    async fn listening(bounds: Bounds, stop: impl Future<Output = ()> + Send + 'static) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let who = async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string();
        let router = Router::new().route("/", get(who));
        tokio::spawn(serve(listener, router, bounds, stop));
        address
    }

    async fn said(stream: &mut TcpStream) -> String {
        let mut text = Vec::new();
        stream.read_to_end(&mut text).await.unwrap();
        String::from_utf8(text).unwrap()
    }

    const ASKED: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    #[tokio::test]
    async fn who_says_half_a_head_is_hung_up_on_and_others_are_served() {
        let bounds = Bounds { connections: 2, head: Duration::from_millis(100) };
        let address = listening(bounds, pending()).await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
        let mut quick = TcpStream::connect(address).await.unwrap();
        quick.write_all(ASKED).await.unwrap();
        assert!(said(&mut quick).await.ends_with("127.0.0.1"));
        assert_eq!(said(&mut slow).await, "", "hung up without an answer");
    }

    #[tokio::test]
    async fn one_connection_too_many_waits_for_a_place() {
        let bounds = Bounds { connections: 1, head: Duration::from_millis(200) };
        let address = listening(bounds, pending()).await;
        let idle = TcpStream::connect(address).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        second.write_all(ASKED).await.unwrap();
        assert!(
            said(&mut second).await.starts_with("HTTP/1.1 200"),
            "served when the idle one was hung up on"
        );
        drop(idle);
    }

    #[tokio::test]
    async fn after_the_stop_nobody_is_accepted_any_more() {
        let (stop, stopped) = oneshot::channel::<()>();
        let bounds = Bounds { connections: 4, head: Duration::from_secs(5) };
        let address = listening(bounds, async move { drop(stopped.await) }).await;
        let mut open = TcpStream::connect(address).await.unwrap();
        open.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut first = [0; 12];
        open.read_exact(&mut first).await.unwrap();
        stop.send(()).unwrap();
        assert!(said(&mut open).await.ends_with("127.0.0.1"), "the idle connection is closed");
        assert!(TcpStream::connect(address).await.is_err());
    }
}
