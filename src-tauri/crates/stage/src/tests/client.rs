//! A raw client that reads bytes and records how they ended.

use std::time::Duration;

use catalog::Dialect;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
use tokio::time::{Instant, timeout};

use crate::Stage;

/// Longer than any limited pause.
const PATIENCE: Duration = Duration::from_secs(3600);

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// 0: no byte was received.
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    pub(super) ending: Ending,
    /// Time from the request's last byte to the end.
    pub(super) took: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The last chunk, or the complete content length.
    Clean,
    /// The connection closed earlier.
    Cut,
    /// Reset by the peer.
    Reset,
    /// Nothing more for an hour, or endless bytes.
    Never,
}

impl Reply {
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Data of all events except `[DONE]`; comments are skipped.
    pub(super) fn events(&self) -> Vec<Value> {
        let data = self
            .text()
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        data.filter(|data| *data != "[DONE]")
            .map(|data| serde_json::from_str(data).unwrap())
            .collect()
    }
}

/// Sends one request over a separate pipe.
pub(super) async fn send(stage: &Stage, method: &str, path: &str, body: &str) -> Reply {
    send_with(stage, method, path, "", body).await
}

/// Sends the dialect's generation request with these headers, each with its line break.
pub(super) async fn generate_with(
    stage: &Stage,
    dialect: Dialect,
    headers: &str,
    body: &Value,
) -> Reply {
    let path = dialect.default_path();
    send_with(stage, "POST", path, headers, &body.to_string()).await
}

async fn send_with(stage: &Stage, method: &str, path: &str, headers: &str, body: &str) -> Reply {
    let (near, far) = duplex(64 * 1024);
    let serving = tokio::spawn({
        let stage = stage.clone();
        async move { stage.serve_connection(far).await }
    });
    let reply = converse_with(near, method, path, headers, body).await;
    serving.abort();
    reply
}

pub(super) async fn post(stage: &Stage, path: &str, body: &Value) -> Reply {
    send(stage, "POST", path, &body.to_string()).await
}

/// The dialect's generation request.
pub(super) async fn generate(stage: &Stage, dialect: Dialect, body: &Value) -> Reply {
    post(stage, dialect.default_path(), body).await
}

pub(super) async fn converse<I>(io: I, method: &str, path: &str, body: &str) -> Reply
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    converse_with(io, method, path, "", body).await
}

async fn converse_with<I>(mut io: I, method: &str, path: &str, headers: &str, body: &str) -> Reply
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: stage\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    let started = Instant::now();
    let mut bytes = Vec::new();
    let mut ended = io.write_all(request.as_bytes()).await.map(|()| 1);
    while let Ok(1..) = ended {
        let left = PATIENCE.saturating_sub(started.elapsed());
        match timeout(left, io.read_buf(&mut bytes)).await {
            Ok(read) => ended = read,
            Err(_) => return reply(bytes, Some(Ending::Never), started.elapsed()),
        }
    }
    let reset = ended.is_err().then_some(Ending::Reset);
    reply(bytes, reset, started.elapsed())
}

fn reply(bytes: Vec<u8>, ending: Option<Ending>, took: Duration) -> Reply {
    let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        assert!(bytes.is_empty(), "half a head");
        return Reply {
            status: 0,
            head: String::new(),
            body: bytes,
            ending: ending.unwrap_or(Ending::Cut),
            took,
        };
    };
    let head = String::from_utf8(bytes[..at].to_vec()).unwrap();
    let raw = &bytes[at + 4..];
    let mut reply = Reply {
        status: head[9..12].parse().unwrap(),
        head,
        body: Vec::new(),
        ending: Ending::Cut,
        took,
    };
    let full = if reply.header("transfer-encoding") == Some("chunked") {
        dechunk(raw, &mut reply.body)
    } else {
        reply.body = raw.to_vec();
        let length = reply
            .header("content-length")
            .map(|length| length.parse().unwrap());
        length == Some(raw.len())
    };
    reply.ending = match ending {
        None if full => Ending::Clean,
        None => Ending::Cut,
        Some(ending) => ending,
    };
    reply
}

/// True: the last chunk was present.
fn dechunk(mut raw: &[u8], body: &mut Vec<u8>) -> bool {
    loop {
        let Some(line) = raw.windows(2).position(|w| w == b"\r\n") else {
            return false;
        };
        let size = std::str::from_utf8(&raw[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        raw = &raw[line + 2..];
        if size == 0 {
            return true;
        }
        let here = size.min(raw.len());
        body.extend_from_slice(&raw[..here]);
        if raw.len() < size + 2 {
            return false;
        }
        raw = &raw[size + 2..];
    }
}

/// A request with the text `user_text` and one tool that runs commands.
pub(super) fn request(dialect: Dialect, model: &str, stream: bool, user_text: &str) -> Value {
    let schema = json!({
        "type": "object",
        "properties": {"command": {"type": "string"}},
        "required": ["command"],
    });
    let messages = json!([{"role": "user", "content": user_text}]);
    match dialect {
        Dialect::Anthropic => json!({
            "model": model, "stream": stream, "max_tokens": 1024, "messages": messages,
            "tools": [{"name": "Bash", "input_schema": schema}],
        }),
        Dialect::OpenaiChat => json!({
            "model": model, "stream": stream, "messages": messages,
            "stream_options": {"include_usage": true},
            "tools": [{"type": "function", "function": {"name": "Bash", "parameters": schema}}],
        }),
        Dialect::OpenaiResponses => json!({
            "model": model, "stream": stream, "input": user_text,
            "tools": [{"type": "function", "name": "Bash", "parameters": schema}],
        }),
    }
}
