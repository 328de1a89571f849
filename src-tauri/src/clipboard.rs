//! The clipboard. On X11 the text stays in the program that copied it, so the handle is kept.

use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
pub(crate) struct Clipboard(Arc<Mutex<Option<arboard::Clipboard>>>);

impl Clipboard {
    /// Calls the display server, so it must not run on a thread that must not block.
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
