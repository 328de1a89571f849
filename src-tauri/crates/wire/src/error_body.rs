use catalog::Dialect;
use http::StatusCode;

/// An error of our own making, to be said in the client's dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub status: StatusCode,
    /// What, whose fault, what to do; one or two sentences.
    pub message: String,
}

/// The body of an error response: the dialect's own envelope, its error type chosen from the status.
pub fn error_body(_dialect: Dialect, _problem: &Problem) -> Vec<u8> {
    Vec::new()
}

/// The dialect's own error as a server-sent event, for a stream that already began. Does not end the stream.
pub fn error_event(_dialect: Dialect, _problem: &Problem) -> Vec<u8> {
    Vec::new()
}
