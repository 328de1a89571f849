//! An engine on another computer, reached through a tunnel to its loopback port (`ssh -L`). This application shows it, and
//! neither starts nor stops it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::{RuntimeFile, Snapshot};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use crate::connection::{Connection, Unanswered};
use crate::engine_process::{Apart, News, Standing, State};

const LOOK_EVERY: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    /// The tunnel's end on this computer: `http://127.0.0.1:4848`
    address: String,
    /// Contains the control token, or is a copy of the engine's runtime file `engine.json`.
    token_file: PathBuf,
    /// The owner's name for the other computer. None: the engine reports its name.
    name: Option<String>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadRemote {
    #[error("{0} needs a value")]
    NoValue(String),
    #[error(
        "there is no option {0}; known are --engine URL, --control-token-file FILE and --engine-name NAME"
    )]
    Unknown(String),
    #[error("--engine needs --control-token-file, and the other way: both, or none")]
    Incomplete,
    #[error(
        "--engine is an address of this computer, such as http://127.0.0.1:4848: the control API is never on a network. Open a tunnel first: ssh -L 4848:127.0.0.1:4747 HOST"
    )]
    NotLoopback,
}

impl Remote {
    /// An option of the command line has precedence over its variable.
    pub(crate) fn of(
        arguments: impl Iterator<Item = OsString>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Remote>, BadRemote> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut engine = set("UNDERSTUDY_ENGINE");
        let mut token_file = set("UNDERSTUDY_CONTROL_TOKEN_FILE");
        let mut name = set("UNDERSTUDY_ENGINE_NAME");
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let option = argument.to_string_lossy().into_owned();
            let (option, inline) = match option.split_once('=') {
                Some((option, value)) => (option.to_owned(), Some(OsString::from(value))),
                None => (option, None),
            };
            let target = match option.as_str() {
                "--engine" => &mut engine,
                "--control-token-file" => &mut token_file,
                "--engine-name" => &mut name,
                _ => return Err(BadRemote::Unknown(option)),
            };
            let value = inline.or_else(|| arguments.next());
            *target = Some(value.ok_or(BadRemote::NoValue(option))?);
        }
        let (engine, token_file) = match (engine, token_file) {
            (None, None) => return Ok(None),
            (Some(engine), Some(token_file)) => (engine, token_file),
            (Some(_), None) | (None, Some(_)) => return Err(BadRemote::Incomplete),
        };
        Ok(Some(Remote {
            address: loopback(&engine.to_string_lossy()).ok_or(BadRemote::NotLoopback)?,
            token_file: token_file.into(),
            name: name.map(|name| name.to_string_lossy().into_owned()),
        }))
    }

    /// The file is read anew each time, because a restarted engine has a new control token.
    async fn token(&self) -> Result<String, String> {
        let file = self.token_file.display();
        let text = tokio::fs::read_to_string(&self.token_file).await;
        let text = text.map_err(|error| format!("{file} cannot be read: {error}."))?;
        let token = match serde_json::from_str::<RuntimeFile>(&text) {
            Ok(runtime) => runtime.control_token,
            Err(_) => text.trim().to_owned(),
        };
        if token.is_empty() {
            return Err(format!("{file} is empty."));
        }
        Ok(token)
    }

    /// "build-server", or the address while the engine has not reported its name.
    fn shown_name(&self, snapshot: Option<&Snapshot>) -> String {
        let reported = snapshot.map(|snapshot| snapshot.engine.computer.clone());
        let reported = reported.filter(|name| !name.is_empty());
        let name = self.name.clone().or(reported);
        name.unwrap_or_else(|| self.address.clone())
    }

    async fn find(&self, http: &reqwest::Client) -> Result<Connection, String> {
        let engine = RuntimeFile {
            address: self.address.clone(),
            control_token: self.token().await?,
            pid: 0,
            version: String::new(),
        };
        let connection = Connection::to(engine, http.clone());
        match connection.snapshot().await {
            Ok(snapshot) => Ok(connection.on(self.shown_name(Some(&snapshot)))),
            Err(why) => Err(self.reason(&why)),
        }
    }

    fn reason(&self, why: &Unanswered) -> String {
        let (address, file) = (&self.address, self.token_file.display());
        match why {
            Unanswered::NotThere | Unanswered::Late | Unanswered::Broken(_) => format!(
                "No engine answers at {address}. Check the tunnel (ssh -L), and that the engine runs there."
            ),
            Unanswered::Refused(_) | Unanswered::Status(_) => format!(
                "The engine at {address} refuses the control token: {why} A restarted engine has a new one: copy its engine.json to {file} again."
            ),
            Unanswered::Unreadable(_) => why.to_string(),
        }
    }

    /// Runs as long as the application.
    pub(crate) async fn run(
        self,
        http: reqwest::Client,
        try_now: Arc<Notify>,
        news: mpsc::Sender<News>,
    ) {
        let mut reported = None;
        loop {
            let why = match self.find(&http).await {
                Ok(connection) => {
                    reported = None;
                    self.follow(&connection, &news).await
                }
                Err(why) => why,
            };
            // A menu whose rows change with every retry cannot be clicked.
            if reported.as_ref() != Some(&why) {
                tracing::info!("{why}");
                let apart = Apart {
                    state: State::Unreachable,
                    detail: why.clone(),
                };
                let _ = news.send(News::Standing(Standing::Apart(apart))).await;
                reported = Some(why);
            }
            let _ = timeout(LOOK_EVERY, try_now.notified()).await;
        }
    }

    /// Passes snapshots on until the stream ends; returns why.
    async fn follow(&self, connection: &Connection, news: &mpsc::Sender<News>) -> String {
        let standing = Standing::Connected(connection.clone());
        let _ = news.send(News::Standing(standing)).await;
        let mut snapshots = match connection.snapshots().await {
            Ok(snapshots) => snapshots,
            Err(why) => return self.reason(&why),
        };
        loop {
            match snapshots.next().await {
                Ok(Some(snapshot)) => {
                    let _ = news.send(News::Snapshot(Box::new(snapshot))).await;
                }
                Ok(None) => return self.reason(&Unanswered::NotThere),
                Err(why) => return self.reason(&why),
            }
        }
    }
}

/// The address without a path, if it is of this computer.
fn loopback(text: &str) -> Option<String> {
    let url = reqwest::Url::parse(text).ok()?;
    let host = url.host_str()?;
    let is_loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    (url.scheme() == "http" && is_loopback).then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Option<Remote>, BadRemote> {
        let find = |name: &str| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            Some(OsString::from(value))
        };
        Remote::of(arguments.iter().map(OsString::from), find)
    }

    #[test]
    fn an_engine_of_another_computer_is_named_by_options_or_variables() {
        assert_eq!(of(&[], &[]), Ok(None));
        let remote = |name: Option<&str>| Remote {
            address: "http://127.0.0.1:4848".into(),
            token_file: "/run/t".into(),
            name: name.map(str::to_owned),
        };
        let both = [
            "--engine",
            "http://127.0.0.1:4848/",
            "--control-token-file=/run/t",
        ];
        assert_eq!(of(&both, &[]), Ok(Some(remote(None))));
        let variables = [
            ("UNDERSTUDY_ENGINE", "http://127.0.0.1:9"),
            ("UNDERSTUDY_CONTROL_TOKEN_FILE", "/run/t"),
            ("UNDERSTUDY_ENGINE_NAME", "build-server"),
        ];
        let named = of(&["--engine", "http://127.0.0.1:4848"], &variables);
        assert_eq!(named, Ok(Some(remote(Some("build-server")))));
    }

    #[test]
    fn an_incomplete_or_foreign_address_is_refused() {
        let file = "--control-token-file=/t";
        for (arguments, why) in [
            (
                &["--engine", "http://127.0.0.1:1"][..],
                BadRemote::Incomplete,
            ),
            (&[file], BadRemote::Incomplete),
            (&["--engine"], BadRemote::NoValue("--engine".into())),
            (&["--remote"], BadRemote::Unknown("--remote".into())),
            (
                &["--engine=http://10.0.0.1:4747", file],
                BadRemote::NotLoopback,
            ),
            (
                &["--engine=https://127.0.0.1:1", file],
                BadRemote::NotLoopback,
            ),
            (&["--engine=127.0.0.1:4747", file], BadRemote::NotLoopback),
            (
                &["--engine=http://localhost.example:1", file],
                BadRemote::NotLoopback,
            ),
        ] {
            assert_eq!(of(arguments, &[]), Err(why), "{arguments:?}");
        }
    }

    #[tokio::test]
    async fn the_token_file_has_the_token_or_is_a_runtime_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t");
        let remote = Remote {
            address: "http://127.0.0.1:1".into(),
            token_file: file.clone(),
            name: None,
        };
        assert!(remote.token().await.unwrap_err().contains("cannot be read"));
        std::fs::write(&file, "abc\n").unwrap();
        assert_eq!(remote.token().await.as_deref(), Ok("abc"));
        let runtime = r#"{"address":"http://127.0.0.1:4747","control_token":"xyz","pid":1,"version":"0.1.0"}"#;
        std::fs::write(&file, runtime).unwrap();
        assert_eq!(remote.token().await.as_deref(), Ok("xyz"));
    }
}
