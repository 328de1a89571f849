//! How the gateway reaches providers: TLS with the platform's roots, the system's proxy, and the rehearsal stage in-process.

mod issuer;

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use gateway::{BoxError, Connect, Dialed, UntrustedCertificate};
use http::Uri;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use rustls::{CertificateError, ClientConfig};
use rustls_platform_verifier::Verifier;
use stage::Stage;
use tower_service::Service;

use issuer::{NamesIssuer, Refused, refused};

/// Buffer of the in-process pipe to the stage, in bytes.
const PIPE: usize = 64 << 10;

/// A connection on which nothing arrives is tested after this time, and again at this interval.
const KEEP_ALIVE_AFTER: Duration = Duration::from_secs(10);
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(5);
/// The system ends a connection whose packets were not acknowledged for this time: its peer or the network is gone.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);

/// `stage_host`: the host name of the rehearsal endpoint, which never leaves this process.
pub(crate) fn connect(
    stage: Stage,
    stage_host: &str,
    connect_timeout: Duration,
) -> io::Result<Connect> {
    let https = https(connect_timeout)?;
    let stage_host: Arc<str> = stage_host.into();
    Ok(gateway::connect(move |uri: Uri| {
        let (stage, mut https) = (stage.clone(), https.clone());
        let rehearsal = uri.host() == Some(&*stage_host);
        async move {
            if rehearsal {
                let (ours, theirs) = tokio::io::duplex(PIPE);
                tokio::spawn(async move { stage.serve_connection(theirs).await });
                return Ok(Dialed::pipe(ours));
            }
            std::future::poll_fn(|cx| https.poll_ready(cx)).await?;
            match https.call(uri).await {
                Ok(dialed) => Ok(Dialed::new(dialed)),
                Err(error) => Err(match untrusted(&*error) {
                    Some(untrusted) => untrusted.into(),
                    None => out_of_descriptors().map_or(error, Into::into),
                }),
            }
        }
    }))
}

/// Without a free descriptor a host name is not resolved, and the resolver's error does not name the cause.
fn out_of_descriptors() -> Option<io::Error> {
    std::net::UdpSocket::bind("127.0.0.1:0").err()
}

/// Set if the server's certificate is not accepted. That is nearly always a proxy on this network, or this machine's clock.
fn untrusted(error: &(dyn Error + 'static)) -> Option<UntrustedCertificate> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        let rustls::Error::InvalidCertificate(certificate) = tls else {
            return None;
        };
        return Some(match refused(certificate) {
            Some(Refused { reason, issuer }) => UntrustedCertificate {
                why: format!("{}, issued by {issuer}", tls_text(reason)),
                by_clock: is_by_clock(reason),
            },
            None => UntrustedCertificate {
                why: tls_text(certificate),
                by_clock: is_by_clock(certificate),
            },
        });
    }
    // An io::Error does not return its inner error as its source.
    let carried = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match carried {
        Some(carried) => untrusted(carried),
        None => untrusted(error.source()?),
    }
}

fn tls_text(reason: &CertificateError) -> String {
    rustls::Error::InvalidCertificate(reason.clone()).to_string()
}

fn is_by_clock(reason: &CertificateError) -> bool {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    matches!(
        reason,
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. }
    )
}

fn https(connect_timeout: Duration) -> io::Result<HttpsConnector<Outward>> {
    let (tls, outward) = outward(connect_timeout)?;
    Ok(hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(outward))
}

/// Connections for HTTP/1.1 alone, each for one request.
#[derive(Clone)]
pub(crate) struct Http1(HttpsConnector<Outward>);

pub(crate) fn http1(connect_timeout: Duration) -> io::Result<Http1> {
    let (tls, outward) = outward(connect_timeout)?;
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(outward);
    Ok(Http1(connector))
}

impl Http1 {
    pub(crate) async fn connect(mut self, uri: Uri) -> Result<Dialed, BoxError> {
        std::future::poll_fn(|cx| self.0.poll_ready(cx)).await?;
        Ok(Dialed::new(self.0.call(uri).await?))
    }
}

fn outward(connect_timeout: Duration) -> io::Result<(ClientConfig, Outward)> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(connect_timeout));
    tcp.set_keepalive(Some(KEEP_ALIVE_AFTER));
    tcp.set_keepalive_interval(Some(KEEP_ALIVE_EVERY));
    #[cfg(target_os = "linux")]
    tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    let outward = Outward {
        tcp,
        proxies: Arc::new(Matcher::from_system()),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let platform = Verifier::new(Arc::clone(&provider))
        .map_err(|error| io::Error::other(without_authorities(&error)))?;
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(NamesIssuer(Arc::new(platform))))
        .with_no_client_auth();
    Ok((tls, outward))
}

/// What is missing for TLS, and what to install.
pub(crate) fn without_authorities(error: &rustls::Error) -> String {
    format!(
        "this computer has no list of trusted certificate authorities ({}). Install one: on Linux, the package ca-certificates.",
        reason(error)
    )
}

/// Without rustls's own beginning, "unexpected error".
fn reason(error: &rustls::Error) -> String {
    if let rustls::Error::General(text) = error {
        return text.clone();
    }
    error.to_string()
}

/// TCP to the provider, directly or through the proxy that `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` name. Loopback is never proxied.
#[derive(Clone)]
struct Outward {
    tcp: HttpConnector,
    proxies: Arc<Matcher>,
}

impl Service<Uri> for Outward {
    type Response = TokioIo<tokio::net::TcpStream>;
    type Error = BoxError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(
        &mut self,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let proxy = if is_loopback(&uri) {
            None
        } else {
            self.proxies.intercept(&uri)
        };
        let Some(proxy) = proxy else {
            let dialing = self.tcp.call(uri);
            return Box::pin(async move { Ok(dialing.await?) });
        };
        if !matches!(proxy.uri().scheme_str(), Some("http")) {
            let refused = format!(
                "the proxy {} is of a kind that is not supported; use an http:// proxy",
                proxy.uri().host().unwrap_or("?")
            );
            return Box::pin(async move { Err(refused.into()) });
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.tcp.clone());
        if let Some(auth) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(auth.clone());
        }
        let through = tunnel.call(uri);
        Box::pin(async move { through.await.map_err(Into::into) })
    }
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri
        .host()
        .unwrap_or("")
        .trim_start_matches('[')
        .trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests;
