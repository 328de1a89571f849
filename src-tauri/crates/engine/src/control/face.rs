//! Trays and windows on the event stream. Without one, a change is visible only in a response.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;

use crate::event::LoopEvent;

/// The present number of UIs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faces(Arc<AtomicUsize>);

impl Faces {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// One UI, for the duration of its event stream.
pub(super) struct Face {
    faces: Faces,
    events: mpsc::Sender<LoopEvent>,
}

impl Face {
    pub(super) fn new(faces: Faces, events: mpsc::Sender<LoopEvent>) -> Face {
        faces.0.fetch_add(1, Ordering::SeqCst);
        let face = Face { faces, events };
        face.wake();
        face
    }

    /// The loop reads the count with every event, so a full queue loses nothing.
    fn wake(&self) {
        let _ = self.events.try_send(LoopEvent::Faces);
    }
}

impl Drop for Face {
    fn drop(&mut self) {
        self.faces.0.fetch_sub(1, Ordering::SeqCst);
        self.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_connect_and_disconnect_wakes_the_loop_and_is_counted() {
        let (events, mut inbox) = mpsc::channel(8);
        let faces = Faces::default();
        let tray = Face::new(faces.clone(), events.clone());
        let window = Face::new(faces.clone(), events);
        assert_eq!(faces.count(), 2);
        drop(tray);
        assert_eq!(faces.count(), 1);
        drop(window);
        assert_eq!(faces.count(), 0);
        for _ in 0..4 {
            assert!(matches!(inbox.try_recv(), Ok(LoopEvent::Faces)));
        }
    }
}
