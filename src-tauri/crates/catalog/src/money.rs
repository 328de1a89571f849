use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// Money as an integer of millionths of a US dollar: sums are exact.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MicroDollars(pub i64);

impl MicroDollars {
    pub const ZERO: MicroDollars = MicroDollars(0);

    pub fn from_dollars(dollars: f64) -> Self {
        Self((dollars * 1e6).round() as i64)
    }

    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Add for MicroDollars {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for MicroDollars {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for MicroDollars {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for MicroDollars {
    /// `$5,000`, `$0.42`, `$0.000360`: as many decimals as the amount needs to be useful; 0.5 cents are rounded up.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const CENT: u64 = 10_000;
        let sign = if self.0 < 0 { "-" } else { "" };
        let micro = match self.0.unsigned_abs() {
            exact if exact < CENT || exact % 1_000_000 == 0 => exact,
            more => (more + CENT / 2) / CENT * CENT,
        };
        let (full_dollars, rest) = (micro / 1_000_000, micro % 1_000_000);
        let mut digits = full_dollars.to_string();
        let mut at = digits.len();
        while at > 3 {
            at -= 3;
            digits.insert(at, ',');
        }
        if rest == 0 {
            write!(f, "{sign}${digits}")
        } else if micro >= 10_000 {
            write!(f, "{sign}${digits}.{:02}", rest / 10_000)
        } else {
            write!(f, "{sign}${digits}.{rest:06}")
        }
    }
}

/// Tokens of one attempt, each counted once: `input` excludes what was read from or written to a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    /// Of `cache_write`: written for an hour. Other writes have the provider's usual lifetime, such as five minutes.
    pub cache_write_hour: u64,
}

impl Tokens {
    /// The maximum plausible number of prompt tokens, and of output tokens, for a model with unknown limits.
    pub const MOST: u64 = 1_000_000;

    /// All prompt tokens, cached or not.
    pub fn prompt(self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write)
    }

    /// True if the prompt fits into the model's window.
    pub fn has_plausible_prompt(self, window: Option<u64>) -> bool {
        self.prompt() <= window.unwrap_or(Self::MOST)
    }

    /// True if the output is within the model's maximum.
    pub fn has_plausible_output(self, longest: Option<u64>) -> bool {
        self.output <= longest.unwrap_or(Self::MOST)
    }
}

/// Micro-dollars per input and output token at the catalogue's highest list price, that of a long prompt: $60 and $270 per
/// million. Tokens with an unknown price count at it, so that they never bypass a cap or a budget.
pub const DEAREST: (i64, i64) = (60, 270);

/// The cost of these tokens at [`DEAREST`]. Usage that is too large for the calculation costs the largest representable amount.
pub fn at_dearest(tokens: Tokens) -> MicroDollars {
    let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
    let input = count(tokens.prompt()).saturating_mul(DEAREST.0);
    MicroDollars(input.saturating_add(count(tokens.output).saturating_mul(DEAREST.1)))
}
