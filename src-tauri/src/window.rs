//! The window: created on request and destroyed when closed, so that an idle tray holds no web view.

use std::path::PathBuf;
use std::sync::Mutex;

use api::View;
use serde::{Deserialize, Serialize};
use tauri::{
    AppHandle, Emitter, LogicalSize, Manager, WebviewUrl, WebviewWindowBuilder, WindowEvent,
};

const LABEL: &str = "main";
const SMALLEST: (f64, f64) = (640.0, 420.0);

/// Shows the window at a view, and creates it first if needed.
/// `computer`: the other one on which the engine runs.
pub(crate) fn open(app: &AppHandle, view: View, computer: Option<&str>) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(LABEL) {
        window.emit("view", view)?;
        window.unminimize()?;
        window.show()?;
        return window.set_focus();
    }
    let (width, height) = app.state::<Size>().get();
    // The page reads its first view from the address, because an event would arrive before its listener is set.
    let page = WebviewUrl::App(format!("index.html#{}", view.as_str()).into());
    let window = WebviewWindowBuilder::new(app, LABEL, page)
        .title(computer.map_or_else(
            || "Understudy".to_owned(),
            |name| format!("Understudy: engine on {name}"),
        ))
        .inner_size(width, height)
        .min_inner_size(SMALLEST.0, SMALLEST.1)
        .build()?;
    let (app, of) = (app.clone(), window.clone());
    window.on_window_event(move |event| {
        if let WindowEvent::Resized(size) = event {
            let maximised = of.is_maximized().unwrap_or(false);
            if !maximised && let Ok(scale) = of.scale_factor() {
                app.state::<Size>().set(size.to_logical(scale));
            }
        } else if let WindowEvent::Destroyed = event {
            app.state::<Size>().save();
        }
    });
    Ok(())
}

/// The window's inner size in logical pixels, kept after the window and the application have closed.
pub(crate) struct Size {
    file: PathBuf,
    now: Mutex<Measures>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Measures {
    width: f64,
    height: f64,
}

const FIRST: Measures = Measures {
    width: 1_000.0,
    height: 680.0,
};

impl Size {
    pub(crate) fn remembered(file: PathBuf) -> Self {
        let now = std::fs::read(&file)
            .ok()
            .and_then(|text| serde_json::from_slice::<Measures>(&text).ok())
            .filter(|size| size.width >= SMALLEST.0 && size.height >= SMALLEST.1)
            .unwrap_or(FIRST);
        Self {
            file,
            now: Mutex::new(now),
        }
    }

    /// Written when the window closes. If that fails, the next window has the default size.
    pub(crate) fn save(&self) {
        let (width, height) = self.get();
        let written = serde_json::to_vec(&Measures { width, height })
            .map_err(std::io::Error::other)
            .and_then(|text| std::fs::write(&self.file, text));
        if let Err(error) = written {
            tracing::warn!(
                "the window's size could not be saved: {}: {error}",
                self.file.display()
            );
        }
    }

    fn get(&self) -> (f64, f64) {
        let size = *self
            .now
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        (size.width, size.height)
    }

    fn set(&self, size: LogicalSize<f64>) {
        let mut now = self
            .now
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *now = Measures {
            width: size.width,
            height: size.height,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{FIRST, Size};
    use tauri::LogicalSize;

    #[test]
    fn a_valid_size_is_restored_and_an_invalid_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("window.json");
        let size = Size::remembered(file.clone());
        assert_eq!(size.get(), (FIRST.width, FIRST.height));
        size.set(LogicalSize::new(1_200.0, 700.0));
        size.save();
        assert_eq!(Size::remembered(file.clone()).get(), (1_200.0, 700.0));
        for bad in ["", "{", r#"{"width":5,"height":5}"#] {
            std::fs::write(&file, bad).unwrap();
            assert_eq!(
                Size::remembered(file.clone()).get(),
                (FIRST.width, FIRST.height)
            );
        }
    }
}
