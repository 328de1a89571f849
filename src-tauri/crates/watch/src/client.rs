use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Url};

const CONNECT: Duration = Duration::from_secs(10);
/// Longer than the shortest interval between two checks of one host, so that a page with an incident is polled over one
/// connection.
const KEEP_CONNECTION: Duration = Duration::from_secs(75);

/// The two HTTP clients: through the system's proxy, and directly to this machine whatever the proxy settings are.
///
/// Neither follows redirects, repeats a request or keeps cookies.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    outward: Client,
    loopback: Client,
    /// Finds the proxy that `outward` uses for an address.
    proxies: Arc<Matcher>,
}

impl Http {
    /// Needs a process-wide rustls crypto provider. Fails when the platform's root certificates or the proxy settings
    /// cannot be read.
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        Ok(Self {
            outward: builder().build()?,
            loopback: builder().no_proxy().build()?,
            proxies: Arc::new(Matcher::from_system()),
        })
    }

    /// Uses this proxy and trusts this certificate alone.
    #[cfg(test)]
    pub(crate) fn through(proxy: &str, trusted: &[u8]) -> Self {
        let outward = builder()
            .proxy(reqwest::Proxy::all(proxy).expect("an address"))
            .tls_certs_only([reqwest::Certificate::from_der(trusted).expect("a certificate")]);
        Self {
            outward: outward.build().expect("a client"),
            loopback: builder().no_proxy().build().expect("a client"),
            proxies: Arc::new(Matcher::builder().all(proxy).build()),
        }
    }

    /// The proxy for requests to this address, without its password.
    pub(crate) fn proxy_of(&self, url: &Url) -> Option<String> {
        if is_loopback(url) {
            return None;
        }
        let uri: Uri = url.as_str().parse().ok()?;
        let proxy = self.proxies.intercept(&uri)?;
        Some(proxy.uri().authority()?.to_string())
    }

    pub(crate) fn to(&self, url: &Url) -> &Client {
        if is_loopback(url) {
            &self.loopback
        } else {
            &self.outward
        }
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .user_agent(concat!(
            "Understudy/",
            env!("CARGO_PKG_VERSION"),
            " (+local status monitor)"
        ))
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(CONNECT)
        .pool_idle_timeout(KEEP_CONNECTION)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// True if this machine or its network caused the error: a certificate that is not accepted, or no descriptor, port or memory.
pub(crate) fn is_local(error: &reqwest::Error) -> bool {
    let mut cause: &(dyn Error + 'static) = error;
    loop {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            if is_exhausted(io) {
                return true;
            }
            // An io::Error does not return its inner error as its source.
            if let Some(inner) = io.get_ref() {
                cause = inner;
                continue;
            }
        }
        if let Some(rustls::Error::InvalidCertificate(_)) = cause.downcast_ref() {
            return true;
        }
        match cause.source() {
            Some(deeper) => cause = deeper,
            None => return false,
        }
    }
}

fn is_exhausted(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{AddrNotAvailable, OutOfMemory};
    // EMFILE, ENFILE and ENOBUFS.
    let codes: &[i32] = match cfg!(target_os = "linux") {
        true => &[24, 23, 105],
        false => &[24, 23, 55],
    };
    [AddrNotAvailable, OutOfMemory].contains(&error.kind())
        || cfg!(unix)
            && error
                .raw_os_error()
                .is_some_and(|code| codes.contains(&code))
}

/// The innermost cause, without the address: "Connection refused (os error 111)".
pub(crate) fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if cause.is::<reqwest::Error>() && error.is_timeout() {
        return "timed out".to_owned();
    }
    cause.to_string()
}
