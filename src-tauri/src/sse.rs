//! Parses a `text/event-stream` as its bytes arrive (WHATWG HTML, "Server-sent events").

/// The largest event that is accepted, in bytes: a snapshot has some ten kilobytes.
const LIMIT: usize = 8 * 1024 * 1024;

#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: String,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("an event of more than {LIMIT} bytes")]
pub(crate) struct TooLarge;

#[derive(Default)]
pub(crate) struct Events {
    unread: Vec<u8>,
    name: String,
    data: Option<String>,
}

impl Events {
    /// Takes the next bytes, in any split, and returns the events that they complete.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<Vec<Event>, TooLarge> {
        self.unread.extend_from_slice(bytes);
        let mut complete = Vec::new();
        let mut start = 0;
        while let Some(length) = self.unread[start..].iter().position(|byte| *byte == b'\n') {
            let line = self.unread[start..start + length].to_vec();
            start += length + 1;
            let line = String::from_utf8_lossy(&line);
            complete.extend(self.line(line.strip_suffix('\r').unwrap_or(&line)));
        }
        self.unread.drain(..start);
        if self.unread.len() + self.data.as_ref().map_or(0, String::len) > LIMIT {
            return Err(TooLarge);
        }
        Ok(complete)
    }

    fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            return self.data.take().map(|data| Event { name, data });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = value.to_owned(),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // An empty field is a comment (a keep-alive); `id` and `retry` are not used by the engine.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Events, LIMIT, TooLarge};

    const STREAM: &str = ": hello\r\nevent: snapshot\r\ndata: {\"seq\":\r\ndata: 1}\r\n\r\n:\n\nevent: snapshot\ndata:{\"é\":2}\n\nevent: empty\n\n";

    #[test]
    fn any_split_gives_the_same_events() {
        let event = |data: &str| Event {
            name: "snapshot".into(),
            data: data.into(),
        };
        let expected = vec![event("{\"seq\":\n1}"), event("{\"é\":2}")];
        for cut in 0..=STREAM.len() {
            let (first, second) = STREAM.as_bytes().split_at(cut);
            let mut events = Events::default();
            let mut got = events.take(first).unwrap();
            got.extend(events.take(second).unwrap());
            assert_eq!(got, expected, "cut at {cut}");
        }
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut events = Events::default();
        assert_eq!(events.take(&vec![b'x'; LIMIT]), Ok(vec![]));
        assert_eq!(events.take(b"x"), Err(TooLarge));
    }
}
