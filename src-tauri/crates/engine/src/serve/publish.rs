//! The files by which other programs find this engine. Without them it still serves its clients.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::RuntimeFile;
use catalog::Secret;
use tokio::sync::mpsc;

use crate::event::LoopEvent;
use crate::private_file;
use crate::runtime::Published;

/// Interval of the attempts while a file cannot be written: a disk may be full for a time.
const EVERY: Duration = Duration::from_secs(5);

pub(super) struct Publication {
    pub(super) runtime: PathBuf,
    pub(super) reported: RuntimeFile,
    /// Set while the installation's token is not in its file.
    pub(super) token: Option<(PathBuf, Secret)>,
}

impl Publication {
    pub(super) fn write(&mut self) -> Result<Published, String> {
        let failed = |path: &Path, error: &io::Error| {
            format!("{} cannot be written: {error}", path.display())
        };
        if let Some((path, token)) = &self.token {
            private_file::write(path, token.reveal().as_bytes())
                .map_err(|error| failed(path, &error))?;
            self.token = None;
        }
        Published::write(&self.runtime, &self.reported)
            .map_err(|error| failed(&self.runtime, &error))
    }

    /// `first`: the result of the first attempt.
    pub(super) async fn written(
        mut self,
        mut first: Result<Published, String>,
        events: mpsc::Sender<LoopEvent>,
    ) -> Published {
        let mut reported = None;
        loop {
            let why = match first {
                Ok(published) => {
                    if reported.is_some() {
                        let _ = events.send(LoopEvent::Published(None)).await;
                    }
                    return published;
                }
                Err(why) => Some(why),
            };
            if why != reported {
                tracing::error!(why, "other programs do not find this engine");
                let _ = events.send(LoopEvent::Published(why.clone())).await;
                reported = why;
            }
            tokio::time::sleep(EVERY).await;
            first = self.write();
        }
    }
}
