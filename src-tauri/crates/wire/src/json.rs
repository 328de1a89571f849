//! Checks incrementally whether bytes are one complete JSON document, without keeping the text.

/// Recognises one JSON document that arrives in pieces. Accepts what `serde_json` accepts when it skips a value, up to
/// [`Json::DEPTH`] levels.
#[derive(Debug, Default)]
pub struct Json {
    state: State,
    /// The open containers, innermost last. True: an object.
    open: Vec<bool>,
    object: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Only white space so far.
    #[default]
    Start,
    Value,
    /// After `[`: a value or `]`.
    ValueOrEnd,
    /// After `{`: a key or `}`.
    KeyOrEnd,
    Key,
    Colon,
    /// After a value within a container.
    CommaOrEnd,
    /// In a string. True: the string is a key.
    Text(bool),
    Escape(bool),
    /// In a `\u` escape, with the number of missing hexadecimal digits.
    Hex(bool, u8),
    /// In `true`, `false` or `null`, with the missing bytes.
    Word(&'static [u8]),
    Minus,
    Zero,
    Digits,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
    Done,
    Invalid,
}

impl Json {
    /// Deeper documents count as invalid, which bounds the memory.
    pub const DEPTH: usize = 1024;

    pub fn push(&mut self, text: &str) {
        for &byte in text.as_bytes() {
            self.state = self.after(byte);
        }
    }

    /// The input so far is only white space.
    pub fn is_empty(&self) -> bool {
        self.state == State::Start
    }

    /// The bytes so far are one complete document.
    pub fn is_complete(&self) -> bool {
        let number = matches!(
            self.state,
            State::Zero | State::Digits | State::Fraction | State::ExponentDigits
        );
        self.state == State::Done || (number && self.open.is_empty())
    }

    /// The bytes so far are one complete object. More digits can extend a number, but nothing can extend an object.
    pub fn is_complete_object(&self) -> bool {
        self.state == State::Done && self.object
    }

    fn after(&mut self, byte: u8) -> State {
        use State as S;
        let space = matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        match (self.state, byte) {
            (S::Text(key), b'"') => {
                if key {
                    S::Colon
                } else {
                    self.after_value()
                }
            }
            (S::Text(key), b'\\') => S::Escape(key),
            (S::Text(key), 0x20..) => S::Text(key),
            (S::Escape(key), b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                S::Text(key)
            }
            (S::Escape(key), b'u') => S::Hex(key, 4),
            (S::Hex(key, left), _) if byte.is_ascii_hexdigit() => match left {
                1 => S::Text(key),
                _ => S::Hex(key, left - 1),
            },
            (S::Word([only]), _) if byte == *only => self.after_value(),
            (S::Word([next, rest @ ..]), _) if byte == *next => S::Word(rest),
            (S::Minus, b'0') => S::Zero,
            (S::Minus, b'1'..=b'9') | (S::Digits, b'0'..=b'9') => S::Digits,
            (S::Zero | S::Digits, b'.') => S::Point,
            (S::Point | S::Fraction, b'0'..=b'9') => S::Fraction,
            (S::Zero | S::Digits | S::Fraction, b'e' | b'E') => S::Exponent,
            (S::Exponent, b'+' | b'-') => S::ExponentSign,
            (S::Exponent | S::ExponentSign | S::ExponentDigits, b'0'..=b'9') => S::ExponentDigits,
            // The number ends before this byte, which belongs to the enclosing container.
            (S::Zero | S::Digits | S::Fraction | S::ExponentDigits, _) => {
                self.state = self.after_value();
                self.after(byte)
            }
            (S::Start | S::Value | S::ValueOrEnd | S::KeyOrEnd, _) if space => self.state,
            (S::Key | S::Colon | S::CommaOrEnd | S::Done, _) if space => self.state,
            (S::ValueOrEnd, b']') | (S::KeyOrEnd, b'}') => self.close(),
            (S::CommaOrEnd, b']') if self.open.last() == Some(&false) => self.close(),
            (S::CommaOrEnd, b'}') if self.open.last() == Some(&true) => self.close(),
            (S::CommaOrEnd, b',') => match self.open.last() {
                Some(true) => S::Key,
                _ => S::Value,
            },
            (S::Key | S::KeyOrEnd, b'"') => S::Text(true),
            (S::Colon, b':') => S::Value,
            (S::Start | S::Value | S::ValueOrEnd, _) => self.begin(byte),
            _ => S::Invalid,
        }
    }

    fn begin(&mut self, byte: u8) -> State {
        match byte {
            b'{' | b'[' if self.open.len() == Self::DEPTH => State::Invalid,
            b'{' => {
                self.object |= self.open.is_empty();
                self.open.push(true);
                State::KeyOrEnd
            }
            b'[' => {
                self.open.push(false);
                State::ValueOrEnd
            }
            b'"' => State::Text(false),
            b't' => State::Word(b"rue"),
            b'f' => State::Word(b"alse"),
            b'n' => State::Word(b"ull"),
            b'-' => State::Minus,
            b'0' => State::Zero,
            b'1'..=b'9' => State::Digits,
            _ => State::Invalid,
        }
    }

    fn close(&mut self) -> State {
        self.open.pop();
        self.after_value()
    }

    fn after_value(&self) -> State {
        if self.open.is_empty() {
            State::Done
        } else {
            State::CommaOrEnd
        }
    }
}

#[cfg(test)]
mod tests;
