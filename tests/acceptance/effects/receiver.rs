//! A receiver of side effects on this computer, with faults.

use std::collections::{HashMap, VecDeque};
use std::net::TcpListener as StdListener;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};

/// What it does with a request that it has read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Behaviour {
    Answers(u16),
    /// The connection ends without a response.
    Cuts,
    /// The connection ends in the middle of the response.
    CutsInResponse,
    /// It answers after [`Receiver::release`].
    Holds,
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The key of a side effect, or the id of a delivery.
    pub(crate) fn key(&self) -> &str {
        let key = self.headers.get("idempotency-key");
        key.unwrap_or_else(|| &self.headers["webhook-id"])
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Receiver(Arc<Shared>);

struct Shared {
    port: u16,
    state: Mutex<State>,
    released: Notify,
}

struct State {
    next: VecDeque<Behaviour>,
    then: Behaviour,
    requests: Vec<Request>,
    /// One entry for each request that it has read.
    events: Option<mpsc::UnboundedSender<()>>,
}

impl Receiver {
    /// Its port refuses connections until [`Receiver::open`].
    pub(crate) fn closed() -> Receiver {
        let port = StdListener::bind("127.0.0.1:0").unwrap();
        let port = port.local_addr().unwrap().port();
        Receiver(Arc::new(Shared {
            port,
            state: Mutex::new(State {
                next: VecDeque::new(),
                then: Behaviour::Answers(201),
                requests: Vec::new(),
                events: None,
            }),
            released: Notify::new(),
        }))
    }

    pub(crate) async fn start() -> Receiver {
        let receiver = Receiver::closed();
        receiver.open().await;
        receiver
    }

    pub(crate) async fn open(&self) {
        let listener = TcpListener::bind(("127.0.0.1", self.0.port)).await.unwrap();
        let receiver = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(receiver.clone().serve(stream));
            }
        });
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/invoices?tenant=7", self.0.port)
    }

    /// For the next requests, in their order; later ones are answered with 201.
    pub(crate) fn next(&self, behaviours: impl IntoIterator<Item = Behaviour>) {
        self.state().next.extend(behaviours);
    }

    /// Without the behaviours that were not used.
    pub(crate) fn recover(&self) {
        self.state().next.clear();
    }

    pub(crate) fn release(&self) {
        self.0.released.notify_waiters();
    }

    pub(crate) fn events(&self) -> mpsc::UnboundedReceiver<()> {
        let (sender, events) = mpsc::unbounded_channel();
        self.state().events = Some(sender);
        events
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// How often it got each key.
    pub(crate) fn keys(&self) -> HashMap<String, usize> {
        let mut keys = HashMap::new();
        for request in &self.state().requests {
            *keys.entry(request.key().to_owned()).or_default() += 1;
        }
        keys
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    async fn serve(self, mut stream: TcpStream) {
        let Some(request) = read(&mut stream).await else {
            return;
        };
        let released = self.0.released.notified();
        let (behaviour, number) = {
            let mut state = self.state();
            // A receiver that honours keys has one number for each.
            let number = state
                .requests
                .iter()
                .position(|known| known.key() == request.key());
            let number = number.unwrap_or(state.requests.len());
            state.requests.push(request);
            if let Some(events) = &state.events {
                // The test does not wait for it any more.
                let _ = events.send(());
            }
            (state.next.pop_front().unwrap_or(state.then), number)
        };
        let body = format!("{{\"number\":\"INV-{number}\"}}");
        let length = body.len();
        let status = match behaviour {
            Behaviour::Answers(status) => status,
            Behaviour::Holds => {
                released.await;
                201
            }
            Behaviour::CutsInResponse => 201,
            Behaviour::Cuts => return,
        };
        let head = format!(
            "HTTP/1.1 {status} Any\r\ncontent-type: application/json\r\nlocation: /invoices/{number}\r\nset-cookie: a=b\r\ncontent-length: {length}\r\n\r\n"
        );
        let sent = match behaviour {
            Behaviour::CutsInResponse => head + &body[..4],
            Behaviour::Answers(_) | Behaviour::Holds | Behaviour::Cuts => head + &body,
        };
        // A killed engine does not read it.
        let _ = stream.write_all(sent.as_bytes()).await;
    }
}

/// None: the other side closed before the end of its request.
async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let length = stream
            .read(&mut part)
            .await
            .ok()
            .filter(|length| *length > 0)?;
        bytes.extend_from_slice(&part[..length]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let line = lines.next().unwrap().to_owned();
        let headers: HashMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length: usize = headers
            .get("content-length")
            .map_or(0, |text| text.parse().unwrap());
        let body = &bytes[end + 4..];
        if body.len() >= length {
            let body = body[..length].to_vec();
            return Some(Request {
                line,
                headers,
                body,
            });
        }
    }
}
