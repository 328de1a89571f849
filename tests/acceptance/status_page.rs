//! A status page on loopback, with recorded content.

use std::sync::{Arc, Mutex};

use catalog::Catalog;
use chrono::{DateTime, Utc};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::desk::{page, text};

pub(crate) const OUTAGE: &str = "anthropic-summary-major-outage-2026-04-28.json";
pub(crate) const CRITICAL: &str = "anthropic-summary-critical-2026-07-29.json";
pub(crate) const OPERATIONAL: &str = "anthropic-summary-operational.json";

/// Settings by which no other page of the catalogue is read: nothing listens there.
pub(crate) fn other_pages(served: &[&str]) -> String {
    let catalog = Catalog::bundled();
    let providers = catalog.providers().iter();
    providers
        .filter(|one| one.status.is_some() && !served.contains(&one.id.as_str()))
        .map(|one| format!("{} = \"http://127.0.0.1:9/\"\n", one.id))
        .collect()
}

/// Serves one file that can be changed, and counts requests for it.
#[derive(Clone)]
pub(crate) struct Page {
    body: Arc<Mutex<Vec<u8>>>,
    reads: Arc<Mutex<u32>>,
    pub(crate) url: String,
}

impl Page {
    pub(crate) async fn serve(name: &str) -> Page {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "http://{}/api/v2/summary.json",
            listener.local_addr().unwrap()
        );
        let page = Page {
            body: Arc::new(Mutex::new(page(name))),
            reads: Arc::default(),
            url,
        };
        let serving = page.clone();
        tokio::spawn(async move {
            while let Ok((mut tcp, _)) = listener.accept().await {
                let mut head = [0; 2048];
                let _ = tcp.read(&mut head).await;
                let body = serving.body.lock().unwrap().clone();
                *serving.reads.lock().unwrap() += 1;
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = tcp.write_all(head.as_bytes()).await;
                let _ = tcp.write_all(&body).await;
            }
        });
        page
    }

    pub(crate) fn becomes(&self, name: &str) {
        *self.body.lock().unwrap() = page(name);
    }

    /// A recording whose instant `recorded` is moved to `at`.
    pub(crate) fn becomes_at(&self, name: &str, recorded: &str, at: DateTime<Utc>) {
        let text = text(&page(name));
        let at = at.format("%Y-%m-%dT%H:%M:%S").to_string();
        *self.body.lock().unwrap() = text.replace(recorded, &at).into_bytes();
    }

    pub(crate) fn reads(&self) -> u32 {
        *self.reads.lock().unwrap()
    }
}
