/// One problem of a catalogue file, with its fix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct Invalid {
    pub file: String,
    pub line: usize,
    pub problem: String,
}
