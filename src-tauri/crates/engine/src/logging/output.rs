//! Where log lines go. A line that cannot be written is dropped and counted: a full disk or a closed terminal never ends the
//! engine.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The open end of the log, shared by all threads.
#[derive(Clone)]
pub(super) struct Output(Arc<Shared>);

struct Shared {
    /// Set while the state below differs from that of a log that works.
    news: AtomicBool,
    state: Mutex<State>,
}

struct State {
    out: Box<dyn Write + Send>,
    /// The last line was written only in part.
    torn: bool,
    /// Why the last write failed.
    failing: Option<String>,
    /// Lines that were dropped, and not yet reported in the log.
    missing: u64,
}

/// Lines that could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogLoss {
    pub(crate) lines: u64,
    pub(crate) why: String,
}

impl Output {
    pub(super) fn new(out: impl Write + Send + 'static) -> Self {
        let state = State {
            out: Box::new(out),
            torn: false,
            failing: None,
            missing: 0,
        };
        Self(Arc::new(Shared {
            news: AtomicBool::new(false),
            state: Mutex::new(state),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.0.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    /// `None`: the last write succeeded.
    pub(super) fn loss(&self) -> Option<LogLoss> {
        if !self.0.news.load(Ordering::Relaxed) {
            return None;
        }
        let state = self.state();
        state.failing.as_ref().map(|why| LogLoss {
            lines: state.missing,
            why: why.clone(),
        })
    }

    /// The number of lines that are missing before the next one, once the log can be written again.
    pub(super) fn take_missing(&self) -> Option<u64> {
        if !self.0.news.load(Ordering::Relaxed) {
            return None;
        }
        let mut state = self.state();
        if state.failing.is_some() {
            return None;
        }
        self.0.news.store(false, Ordering::Relaxed);
        Some(std::mem::take(&mut state.missing)).filter(|missing| *missing > 0)
    }

    /// Writes a line that is no loss if it cannot be written.
    pub(super) fn attempt(&self, write: impl FnOnce(u64)) {
        let before = self.state().missing;
        write(before);
        let mut state = self.state();
        match state.failing {
            Some(_) => state.missing = state.missing.saturating_sub(1).max(before),
            // The line states the number.
            None => state.missing = 0,
        }
    }
}

/// Receives each line in one write, and never fails.
impl Write for Output {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut state = self.state();
        match state.write_line(line) {
            Ok(()) => state.failing = None,
            Err(error) => {
                state.failing = Some(error.to_string());
                state.missing += 1;
                self.0.news.store(true, Ordering::Relaxed);
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.state().out.flush();
        Ok(())
    }
}

impl State {
    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            self.out.write_all(b"\n")?;
            self.torn = false;
        }
        let mut rest = line;
        while !rest.is_empty() {
            match self.out.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            self.torn = !rest.is_empty();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with this many free bytes.
    #[derive(Clone, Default)]
    struct Disk(Arc<Mutex<(usize, Vec<u8>)>>);

    impl Disk {
        fn free(&self, bytes: usize) {
            self.0.lock().unwrap().0 = bytes;
        }

        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().1.clone()).unwrap()
        }
    }

    impl Write for Disk {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            let (free, text) = &mut *self.0.lock().unwrap();
            let fits = line.len().min(*free);
            if fits == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            *free -= fits;
            text.extend(&line[..fits]);
            Ok(fits)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn log() -> (Disk, Output) {
        let disk = Disk::default();
        (disk.clone(), Output::new(disk))
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted_until_one_can() {
        let (disk, mut log) = log();
        disk.free(4);
        log.write_all(b"one\n").unwrap();
        assert_eq!((log.loss(), log.take_missing()), (None, None));
        log.write_all(b"two\n").unwrap();
        log.write_all(b"three\n").unwrap();
        assert_eq!(log.loss().unwrap().lines, 2);
        assert_eq!(log.take_missing(), None, "the log cannot be written yet");
        disk.free(100);
        log.write_all(b"four\n").unwrap();
        assert_eq!((log.loss(), log.take_missing()), (None, Some(2)));
        assert_eq!(log.take_missing(), None, "reported once");
        assert_eq!(disk.text(), "one\nfour\n");
    }

    #[test]
    fn a_line_after_a_torn_one_begins_on_its_own_line() {
        let (disk, mut log) = log();
        disk.free(2);
        log.write_all(b"one\n").unwrap();
        assert_eq!(log.loss().unwrap().lines, 1);
        disk.free(100);
        log.write_all(b"two\n").unwrap();
        assert_eq!(disk.text(), "on\ntwo\n");
    }

    #[test]
    fn an_attempt_is_no_loss_and_states_the_number() {
        let (disk, mut log) = log();
        log.write_all(b"lost\n").unwrap();
        let attempt = |log: &Output| {
            let mut out = log.clone();
            log.attempt(|missing| out.write_all(format!("{missing}\n").as_bytes()).unwrap());
        };
        attempt(&log);
        assert_eq!(log.loss().unwrap().lines, 1);
        disk.free(100);
        attempt(&log);
        assert_eq!((log.loss(), log.take_missing()), (None, None));
        assert_eq!(disk.text(), "1\n");
    }
}
