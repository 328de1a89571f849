//! Watches the settings file, so that a change takes effect without a restart.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// Editors write a file in several steps; the last one counts.
const SETTLE: Duration = Duration::from_millis(150);

/// Owner of the file watch; dropping it ends the watch.
pub(crate) struct Watching {
    _watcher: notify::RecommendedWatcher,
    changed: mpsc::Receiver<()>,
    file: PathBuf,
}

impl Watching {
    /// Watches the folder, not the file: an editor that saves by renaming replaces the file.
    pub(crate) fn start(file: &Path) -> notify::Result<Watching> {
        let (sender, changed) = mpsc::channel(1);
        let name = file.file_name().map(ToOwned::to_owned);
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                if event.is_ok_and(|e| {
                    !e.kind.is_access()
                        && e.paths
                            .iter()
                            .any(|path| path.file_name() == name.as_deref())
                }) {
                    // If the channel is full, a change is already pending.
                    let _ = sender.try_send(());
                }
            })?;
        watcher.watch(
            file.parent().unwrap_or(Path::new(".")),
            RecursiveMode::NonRecursive,
        )?;
        Ok(Watching {
            _watcher: watcher,
            changed,
            file: file.to_owned(),
        })
    }

    /// Waits for a change and returns the new text. `None`: the watch ended.
    pub(crate) async fn next(&mut self) -> Option<std::io::Result<String>> {
        self.changed.recv().await?;
        tokio::time::sleep(SETTLE).await;
        while self.changed.try_recv().is_ok() {}
        Some(tokio::fs::read_to_string(&self.file).await)
    }
}
