//! Decodes a body: a provider's, which is sometimes compressed against the request, or a client's.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_compression::tokio::bufread::{
    BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use async_compression::zstd::DParameter;
use bytes::Bytes;
use futures_util::stream::MapErr;
use futures_util::{Stream as _, TryStreamExt};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body::{Body, Frame};
use http_body_util::BodyDataStream;
use tokio::io::{AsyncBufRead, AsyncRead};
use tokio_util::io::{ReaderStream, StreamReader};
use wire::Broken;

use crate::BoxError;
use crate::attempt::upstream::Arriving;

/// Decoded bytes are produced in pieces of this size, each after the previous one was taken, so that a decoded body of any size
/// counts like any response.
const PIECE: usize = 16 << 10;

/// The window that RFC 9659 allows, as a power of two: a frame may request gigabytes.
const ZSTD_WINDOW: u32 = 23;

/// The content encoding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// A body in an unsupported content encoding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is compressed ({0}) although uncompressed bytes were requested")]
pub struct UnknownCoding(String);

impl UnknownCoding {
    /// The names as in the header.
    pub(crate) fn names(&self) -> &str {
        &self.0
    }
}

/// Why the rest of a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the connection broke, or the compressed bytes ended too early")]
    Cut,
    #[error("it is labelled {0}, and is not")]
    Garbled(&'static str),
}

impl Unreadable {
    pub(crate) fn broken(self) -> Broken {
        match self {
            Unreadable::Cut => Broken::Cut,
            Unreadable::Garbled(_) => Broken::NotAResponse(self.to_string()),
        }
    }
}

/// Requirements for a body that can be decoded.
pub(crate) trait Raw:
    Body<Data = Bytes, Error: Into<BoxError>> + Unpin + Send + 'static
{
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin + Send + 'static> Raw for B {}

/// A decoded body.
pub(crate) enum Content<B: Raw = Arriving> {
    Plain(B),
    Coded(Box<Coded<B>>),
}

/// The input of the decoders.
type Source<B> =
    StreamReader<MapErr<BodyDataStream<B>, fn(<B as Body>::Error) -> io::Error>, Bytes>;

pub(crate) struct Coded<B: Raw> {
    coding: Coding,
    state: State<B>,
}

enum State<B: Raw> {
    /// The first bytes show which format of a coding it is.
    Unbegun(Source<B>),
    Decoding(ReaderStream<Pin<Box<dyn AsyncRead + Send>>>),
    Over,
}

impl<B: Raw> Content<B> {
    /// Changes `headers` so that they describe the decoded body.
    ///
    /// # Errors [`UnknownCoding`], also for two codings on top of each other.
    pub(crate) fn of(headers: &mut HeaderMap, body: B) -> Result<Content<B>, UnknownCoding> {
        let coding = Coding::of(headers);
        headers.remove(CONTENT_ENCODING);
        Ok(match coding? {
            None => Content::Plain(body),
            Some(coding) => {
                headers.remove(CONTENT_LENGTH);
                let cut: fn(B::Error) -> io::Error =
                    |error| io::Error::new(io::ErrorKind::UnexpectedEof, error);
                let source = StreamReader::new(BodyDataStream::new(body).map_err(cut));
                let state = State::Unbegun(source);
                Content::Coded(Box::new(Coded { coding, state }))
            }
        })
    }
}

impl<B: Raw> Body for Content<B> {
    type Data = Bytes;
    type Error = Unreadable;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Unreadable>>> {
        match &mut *self {
            Content::Plain(body) => {
                let frame = ready!(Pin::new(body).poll_frame(cx));
                Poll::Ready(frame.map(|frame| frame.map_err(|_| Unreadable::Cut)))
            }
            Content::Coded(coded) => {
                let piece = ready!(coded.poll_piece(cx));
                Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
            }
        }
    }
}

impl<B: Raw> Coded<B> {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Unreadable>>> {
        let read = loop {
            match &mut self.state {
                State::Over => return Poll::Ready(None),
                State::Decoding(decoded) => {
                    break ready!(Pin::new(decoded).poll_next(cx));
                }
                State::Unbegun(source) => {
                    match ready!(Pin::new(source).poll_fill_buf(cx)) {
                        Err(error) => break Some(Err(error)),
                        // The headers may name an encoding for an empty body.
                        Ok([]) => break None,
                        Ok([first, ..]) if self.coding.is_oversized(*first) => {
                            break Some(Err(io::ErrorKind::InvalidData.into()));
                        }
                        Ok([first, ..]) => {
                            let first = *first;
                            if let State::Unbegun(source) =
                                std::mem::replace(&mut self.state, State::Over)
                            {
                                let decoder = self.coding.decoder(first, source);
                                let decoded = ReaderStream::with_capacity(decoder, PIECE);
                                self.state = State::Decoding(decoded);
                            }
                        }
                    }
                }
            }
        };
        Poll::Ready(match read {
            Some(Ok(bytes)) => Some(Ok(bytes)),
            Some(Err(error)) => {
                self.state = State::Over;
                Some(Err(if error.kind() == io::ErrorKind::UnexpectedEof {
                    Unreadable::Cut
                } else {
                    Unreadable::Garbled(self.coding.as_str())
                }))
            }
            None => {
                self.state = State::Over;
                None
            }
        })
    }
}

impl<B: Raw> fmt::Debug for Content<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Plain(_) => f.write_str("Plain"),
            Content::Coded(coded) => coded.fmt(f),
        }
    }
}

impl<B: Raw> fmt::Debug for Coded<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Coded").field(&self.coding).finish()
    }
}

impl Coding {
    fn of(headers: &HeaderMap) -> Result<Option<Coding>, UnknownCoding> {
        let stated = headers.get_all(CONTENT_ENCODING);
        let names: Vec<String> = stated
            .iter()
            .flat_map(|value| value.to_str().unwrap_or("unknown").split(','))
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty() && name != "identity")
            .collect();
        let [name] = names.as_slice() else {
            return match names.is_empty() {
                true => Ok(None),
                false => Err(UnknownCoding(names.join(", "))),
            };
        };
        Ok(Some(match name.as_str() {
            "gzip" | "x-gzip" => Coding::Gzip,
            "deflate" => Coding::Deflate,
            "br" => Coding::Brotli,
            "zstd" => Coding::Zstd,
            _ => return Err(UnknownCoding(name.clone())),
        }))
    }

    fn as_str(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Deflate => "deflate",
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
        }
    }

    /// Brotli's large-window extension needs a window of up to a gigabyte: the first seven bits show it.
    fn is_oversized(self, first: u8) -> bool {
        self == Coding::Brotli && first & 0x7f == 0x11
    }

    fn decoder<B: Raw>(self, first: u8, source: Source<B>) -> Pin<Box<dyn AsyncRead + Send>> {
        match self {
            Coding::Gzip => {
                let mut decoder = GzipDecoder::new(source);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
            // The standard's `deflate` has a zlib envelope; some servers omit it.
            Coding::Deflate if first & 0x0f == 8 => Box::pin(ZlibDecoder::new(source)),
            Coding::Deflate => Box::pin(DeflateDecoder::new(source)),
            Coding::Brotli => Box::pin(BrotliDecoder::new(source)),
            Coding::Zstd => {
                let window = [DParameter::window_log_max(ZSTD_WINDOW)];
                let mut decoder = ZstdDecoder::with_params(source, &window);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
        }
    }
}
