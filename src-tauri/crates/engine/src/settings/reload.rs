//! Watches the settings file, so that a change takes effect without a restart.

mod links;
mod settle;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use crate::text_file;
use settle::Settle;

/// Owner of the file watch; dropping it ends the watch.
pub(crate) struct Watching {
    watcher: RecommendedWatcher,
    /// The file's path, and those of the links and the target behind it.
    watched: Vec<PathBuf>,
    changes: mpsc::Sender<()>,
    settle: Settle,
    file: PathBuf,
}

impl Watching {
    pub(crate) fn start(file: &Path) -> notify::Result<Watching> {
        let (changes, changed) = mpsc::channel(1);
        let watched = links::on_the_way(file);
        let watcher = watch(&watched, changes.clone())?;
        let text = text_file::read(file).unwrap_or_default();
        Ok(Watching {
            watcher,
            watched,
            changes,
            settle: Settle::new(changed, &text),
            file: file.to_owned(),
        })
    }

    /// Waits for a change and returns the new text. `None`: the watch ended.
    pub(crate) async fn next(&mut self) -> Option<std::io::Result<String>> {
        let (file, watched) = (&self.file, &mut self.watched);
        let (watcher, changes) = (&mut self.watcher, &self.changes);
        let read = || {
            // A link may lead elsewhere now. Watched before it is read, so that no later change is missed.
            let now = links::on_the_way(file);
            if *watched != now {
                match watch(&now, changes.clone()) {
                    Ok(started) => (*watcher, *watched) = (started, now),
                    Err(error) => {
                        tracing::warn!(%error, "changes behind a link at the settings file will not be noticed");
                    }
                }
            }
            let file = file.clone();
            async move {
                let read = tokio::task::spawn_blocking(move || text_file::read(&file));
                read.await
                    .unwrap_or_else(|error| Err(io::Error::other(error)))
            }
        };
        self.settle.next(read).await
    }
}

/// Watches the folders, not the files: a program that saves by renaming replaces the file.
fn watch(paths: &[PathBuf], changes: mpsc::Sender<()>) -> notify::Result<RecommendedWatcher> {
    let names: Arc<[_]> = paths
        .iter()
        .filter_map(|path| path.file_name().map(ToOwned::to_owned))
        .collect();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let is_ours = |path: &PathBuf| {
            path.file_name()
                .is_some_and(|name| names.iter().any(|n| n == name))
        };
        if event.is_ok_and(|e| !e.kind.is_access() && e.paths.iter().any(is_ours)) {
            // If the channel is full, a change is already pending.
            let _ = changes.try_send(());
        }
    })?;
    for (at, path) in paths.iter().enumerate() {
        let folder = path.parent().unwrap_or(Path::new("."));
        match watcher.watch(folder, RecursiveMode::NonRecursive) {
            Err(error) if at == 0 => return Err(error),
            // The folder of a target may be missing.
            Err(error) => {
                tracing::warn!(%error, folder = %folder.display(), "a folder of the settings file is not watched")
            }
            Ok(()) => {}
        }
    }
    Ok(watcher)
}
