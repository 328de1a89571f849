//! Writes to a pipe or a terminal without a long wait: `understudyd 2>&1 | less`, or a terminal that was stopped with Ctrl-S, would
//! otherwise stop every thread that writes a line.

use std::io::{self, Write};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// A pipe that is ready takes this many bytes without a wait (PIPE_BUF).
const PIECE: usize = 4096;
/// A reader gets this time once, and then none until it reads again.
const PATIENCE: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};
const NO_TIME: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

pub(super) struct Unblocked<W> {
    out: W,
    stuck: bool,
}

impl<W: Write + AsFd> Unblocked<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, stuck: false }
    }

    fn is_ready(&self) -> bool {
        let patience = match self.stuck {
            true => NO_TIME,
            false => PATIENCE,
        };
        let mut polled = [PollFd::new(&self.out, PollFlags::OUT)];
        match poll(&mut polled, Some(&patience)) {
            Ok(ready) => ready > 0,
            // The write shows the error.
            Err(_) => true,
        }
    }
}

impl<W: Write + AsFd> Write for Unblocked<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.stuck = !self.is_ready();
        if self.stuck {
            let why = "the program or terminal that shows it does not read";
            return Err(io::Error::new(io::ErrorKind::TimedOut, why));
        }
        self.out.write(&text[..text.len().min(PIECE)])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_reader_that_stops_costs_lines_and_no_wait() {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut out = Unblocked::new(writer);
        let line = [b'x'; 3 * PIECE];
        let mut taken = 0;
        let error = loop {
            match out.write(&line) {
                Ok(written) => taken += written,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        for _ in 0..1_000 {
            assert!(out.write(&line).is_err(), "at once");
        }
        reader.read_exact(&mut vec![0; taken]).unwrap();
        out.write_all(&line).unwrap();
        drop(reader);
        let gone = out.write_all(&line).unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::BrokenPipe);
    }
}
