use std::fmt;
use std::str::FromStr;

/// An error that each vendor has in a different form: status, envelope, headers.
///
/// As a fault it has a name (`rate-limit-day`). A stage without a vendor formats it as Anthropic in Messages and as OpenAI in
/// the other dialects. For a vendor without a documented error of this kind it responds with 501, so that a test fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// `overflow`: the prompt is longer than the model's context window.
    Overflow,
    /// `rate-limit`: per minute.
    RateLimit,
    /// `rate-limit-day`: per day.
    RateLimitDay,
    /// `quota`: no money or allowance, and no reset.
    Quota,
    /// `plan-limit`: the window of a plan is used up, with a stated reset.
    PlanLimit,
    /// `key-refused`.
    KeyRefused,
    /// `overload`.
    Overload,
    /// `declined`: the prompt is declined for its content.
    Declined,
    /// `tool-use-failed`: the model wrote an invalid tool call.
    ToolUseFailed,
    /// `no-model`: the vendor does not serve the model.
    NoModel,
    /// `internal-error`.
    Internal,
}

impl Trouble {
    pub const ALL: [Trouble; 11] = [
        Trouble::Overflow,
        Trouble::RateLimit,
        Trouble::RateLimitDay,
        Trouble::Quota,
        Trouble::PlanLimit,
        Trouble::KeyRefused,
        Trouble::Overload,
        Trouble::Declined,
        Trouble::ToolUseFailed,
        Trouble::NoModel,
        Trouble::Internal,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Trouble::Overflow => "overflow",
            Trouble::RateLimit => "rate-limit",
            Trouble::RateLimitDay => "rate-limit-day",
            Trouble::Quota => "quota",
            Trouble::PlanLimit => "plan-limit",
            Trouble::KeyRefused => "key-refused",
            Trouble::Overload => "overload",
            Trouble::Declined => "declined",
            Trouble::ToolUseFailed => "tool-use-failed",
            Trouble::NoModel => "no-model",
            Trouble::Internal => "internal-error",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Trouble {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let found = Trouble::ALL
            .into_iter()
            .find(|trouble| trouble.as_str() == name);
        found.ok_or(())
    }
}
