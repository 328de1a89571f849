//! The meaning of a receiver's answer. Pure.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Done,
    /// It did not arrive.
    Again(&'static str),
    /// It may have arrived.
    Unclear(&'static str),
    Stop(&'static str),
}
