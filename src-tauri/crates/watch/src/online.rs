//! Check of the local network: one request to hosts that are no AI provider, through the same proxy and with the same
//! certificates as other requests. A failed check only lowers confidence; [`crate::network`] decides what follows.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::StatusCode;
use reqwest::Url;

use crate::client::{Http, cause};

/// Host names, so that a failed resolver is detected too.
pub const DEFAULT_CONTROLS: [&str; 2] = ["one.one.one.one:443", "dns.google:443"];

/// A proxy and a TLS handshake take several round trips.
const LONGEST_BACKOFF: Duration = Duration::from_secs(6);

/// One check of the local network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connectivity {
    /// One for each host, until one responded. Empty: no host is set, and the network is assumed to be up.
    pub attempts: Vec<Attempt>,
}

/// One request of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// "https://one.one.one.one/"
    pub url: String,
    /// "proxy.example:3128"; `None`: without a proxy.
    pub proxy: Option<String>,
    /// `None`: the host responded.
    pub error: Option<String>,
}

impl Connectivity {
    pub fn is_up(&self) -> bool {
        self.attempts.is_empty() || self.attempts.iter().any(|attempt| attempt.error.is_none())
    }
}

/// Ends as soon as one of `hosts` (`name:port`) responds.
pub(crate) async fn check(http: &Http, hosts: &[String]) -> Connectivity {
    let urls: Vec<String> = hosts.iter().map(|host| url_of(host)).collect();
    let mut attempts: Vec<Attempt> = urls.iter().map(|url| no_response(http, url)).collect();
    let mut requests: FuturesUnordered<_> = (urls.iter().enumerate())
        .map(|(index, url)| async move { (index, send(http, url).await) })
        .collect();
    let any = async {
        while let Some((index, result)) = requests.next().await {
            attempts[index].error = result.err();
            if attempts[index].error.is_none() {
                return;
            }
        }
    };
    // After the timeout, hosts without a response keep their error.
    let _ = tokio::time::timeout(LONGEST_BACKOFF, any).await;
    drop(requests);
    Connectivity { attempts }
}

/// Port 443 is TLS, which no captive portal can imitate; any other port is plain HTTP.
fn url_of(host: &str) -> String {
    match host.strip_suffix(":443") {
        Some(name) => format!("https://{name}/"),
        None => format!("http://{host}/"),
    }
}

fn no_response(http: &Http, url: &str) -> Attempt {
    Attempt {
        url: url.to_owned(),
        proxy: Url::parse(url).ok().and_then(|url| http.proxy_of(&url)),
        error: Some(format!(
            "no response within {} s",
            LONGEST_BACKOFF.as_secs()
        )),
    }
}

/// Any status of the host counts as a response. An error page of the proxy does not.
async fn send(http: &Http, url: &str) -> Result<(), String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let proxied_plainly = url.scheme() == "http" && http.proxy_of(&url).is_some();
    match http.to(&url).head(url).send().await {
        Ok(response) if proxied_plainly && is_of_a_proxy(response.status()) => {
            Err(format!("the proxy responded with {}", response.status()))
        }
        Ok(_) => Ok(()),
        // Connected, but the host does not use HTTP.
        Err(error) if !error.is_connect() && !proxied_plainly => Ok(()),
        Err(error) => Err(cause(&error)),
    }
}

fn is_of_a_proxy(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::PROXY_AUTHENTICATION_REQUIRED
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

#[cfg(test)]
mod tests;
