//! A request that comes back through another engine is refused at the second sight, and the number of open requests is limited.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use catalog::{Dialect, EndpointId};
use gateway::{Dialed, Gateway, RejectReason};
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use stage::{Fault, Stage};
use tokio::io::DuplexStream;

use crate::world::{Scene, question, text};

/// Serves a connection to an engine's port.
async fn serve(io: DuplexStream, gateway: Gateway) {
    let serve = service_fn(move |request: Request<Incoming>| {
        let gateway = gateway.clone();
        async move { Ok::<_, Infallible>(gateway.handle(request).await) }
    });
    let io = TokioIo::new(io);
    // The other engine may close the connection at any time.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(io, serve)
        .await;
}

/// An engine whose endpoints lead to another one, and the number of connections that it opened.
fn leading_to(other: Arc<OnceLock<Gateway>>) -> (Scene, Arc<AtomicUsize>) {
    let opened = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&opened);
    let connect = gateway::connect(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        let other = other.get().unwrap().clone();
        async move {
            let (ours, theirs) = tokio::io::duplex(1 << 16);
            tokio::spawn(serve(theirs, other));
            Ok(Dialed::pipe(ours))
        }
    });
    let scene = Scene::dialling(Stage::any_model(), Stage::any_model(), connect);
    scene.change(|config| {
        config.allowed_hosts = vec!["lead.test".into()];
        config.endpoints.remove(&EndpointId::new("second"));
        let lead = config.endpoints.get_mut(&EndpointId::new("lead")).unwrap();
        lead.endpoint.base = "http://lead.test/t/token".into();
    });
    (scene, opened)
}

#[tokio::test(start_paused = true)]
async fn two_engines_that_lead_to_each_other_end_a_request() {
    for dialect in Dialect::ALL {
        let to = [Arc::new(OnceLock::new()), Arc::new(OnceLock::new())];
        let (first, opened) = leading_to(Arc::clone(&to[1]));
        let (second, back) = leading_to(Arc::clone(&to[0]));
        assert!(to[0].set(first.gateway.clone()).is_ok());
        assert!(to[1].set(second.gateway.clone()).is_ok());
        let request = tokio::time::timeout(Duration::from_secs(60), first.ask(dialect));
        let response = request.await.expect("the loop ends");
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{dialect}");
        let received = text(response).await.unwrap();
        assert!(
            received.contains("came back through another proxy"),
            "{received}"
        );
        assert_eq!(opened.load(Ordering::Relaxed), 1);
        assert_eq!(back.load(Ordering::Relaxed), 1);
        assert_eq!(first.gateway.open_exchanges(), 0);
        // The list of models, which needs the same servers, ends too.
        let list = Request::get("/t/token/v1/models").header("host", "localhost");
        let list = list.body(Full::new(Bytes::new())).unwrap();
        let listed = first.gateway.handle(list).await;
        assert_eq!(listed.status(), StatusCode::OK);
        assert!(opened.load(Ordering::Relaxed) <= 2);
    }
}

#[tokio::test(start_paused = true)]
async fn more_requests_than_the_limit_get_an_honest_503() {
    const MOST: usize = 4;
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::NoHeaders(None));
        scene.second.outage(Some(Fault::NoHeaders(None)));
        scene.change(|config| config.limits.exchanges = MOST);
        let mut open = Vec::new();
        for n in 0..MOST {
            let mut body = question(dialect);
            body["n"] = n.into();
            let gateway = scene.gateway.clone();
            let request = Request::post(dialect.default_path())
                .header("host", "localhost")
                .header("content-type", "application/json")
                .header("x-understudy-token", "token")
                .body(Full::new(Bytes::from(body.to_string())))
                .unwrap();
            open.push(tokio::spawn(async move { gateway.handle(request).await }));
            while scene.gateway.open_exchanges() <= n {
                tokio::task::yield_now().await;
            }
        }
        let refused = scene.ask(dialect).await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.headers().contains_key("retry-after"));
        let received = text(refused).await.unwrap();
        assert!(received.contains("4 requests open"), "{received}");
        assert!(!received.contains("overloaded"), "{received}");
        assert!(received.contains("was not started"), "{received}");
        assert!(received.contains("or parked"), "{received}");
        let rejected = scene.gateway.rejected();
        let [full] = &rejected[..] else {
            panic!("{rejected:?}");
        };
        assert_eq!((full.reason, full.count), (RejectReason::Full, 1));
        for request in open {
            request.abort();
            let _ = request.await;
        }
        assert_eq!(scene.gateway.open_exchanges(), 0);
        scene.lead.outage(None);
        let response = scene.ask(dialect).await;
        assert_eq!(response.status(), StatusCode::OK);
        text(response).await.unwrap();
        for _ in 0..=MOST {
            scene.ended().await;
        }
    }
}
