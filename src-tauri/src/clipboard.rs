//! The clipboard. On X11 the text lives in the program that put it there, so this one is kept.

use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
pub(crate) struct Clipboard(Arc<Mutex<Option<arboard::Clipboard>>>);

impl Clipboard {
    /// Asks the display server, so it must not be called on a thread that has to stay awake.
    pub(crate) fn put(&self, text: &str) -> Result<(), arboard::Error> {
        let mut kept = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let clipboard = match &mut *kept {
            Some(clipboard) => clipboard,
            none => none.insert(arboard::Clipboard::new()?),
        };
        clipboard.set_text(text)
    }
}
