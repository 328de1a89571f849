//! The window's page, controlled by the test.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::desk::Desk;
use crate::wait::until;

/// WebKitWebDriver starts the tray application, and responds when the application has created its window.
pub(crate) struct Driven(JoinHandle<Client>);

impl Driven {
    pub(crate) async fn run_understudy(desk: &Desk) -> Self {
        Self::run_understudy_with(desk, &[]).await
    }

    /// With these options on its command line.
    pub(crate) async fn run_understudy_with(desk: &Desk, options: &[String]) -> Self {
        let port = free_port();
        let mut driver = Command::new("WebKitWebDriver");
        driver
            .args(["--host=127.0.0.1", &format!("--port={port}")])
            .env("TAURI_WEBVIEW_AUTOMATION", "true");
        desk.run(driver);
        until("the driver to listen", || async {
            let connected = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
            connected.map(drop).map_err(|error| error.to_string())
        })
        .await;
        let Value::Object(wants) = json!({
            "browserName": "wry",
            "webkitgtk:browserOptions": { "binary": env!("CARGO_BIN_EXE_understudy"), "args": options }
        }) else {
            unreachable!("an object is an object");
        };
        Self(tokio::spawn(async move {
            ClientBuilder::new(HttpConnector::new())
                .capabilities(wants)
                .connect(&format!("http://127.0.0.1:{port}"))
                .await
                .unwrap()
        }))
    }

    /// Waits for the window.
    pub(crate) async fn page(self) -> Client {
        self.0.await.unwrap()
    }
}

/// A port that no other process gets meanwhile: below the system's automatic range, and another one for each caller.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    (0..1000)
        .map(|_| first + NEXT.fetch_add(1, Ordering::Relaxed))
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .unwrap()
}

/// Waits until the page shows this.
pub(crate) async fn shows(page: &Client, text: &str) {
    until(&format!("the page to show {text:?}"), || async {
        let shown = page.execute("return document.body.innerText", vec![]).await;
        let shown = shown.map_err(|error| error.to_string())?;
        let shown = shown.as_str().unwrap_or_default();
        if shown.contains(text) {
            Ok(())
        } else {
            Err(shown.to_owned())
        }
    })
    .await;
}

/// Waits until the page no longer shows this.
pub(crate) async fn lacks(page: &Client, text: &str) {
    until(&format!("the page without {text:?}"), || async {
        let shown = page.execute("return document.body.innerText", vec![]).await;
        let shown = shown.map_err(|error| error.to_string())?;
        let shown = shown.as_str().unwrap_or_default();
        if shown.contains(text) {
            Err(shown.to_owned())
        } else {
            Ok(())
        }
    })
    .await;
}

/// Presses the button with this text: the dialog's, where one is open.
pub(crate) async fn press(page: &Client, text: &str) {
    let button =
        format!("//button[normalize-space(.) = {text:?} and (ancestor::dialog or not(//dialog))]");
    let found = page.wait().for_element(Locator::XPath(&button)).await;
    found.unwrap().click().await.unwrap();
}
