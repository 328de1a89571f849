use serde::{Deserialize, Serialize};

/// The used share of the windows of a login's plan. Headers on every response report it; a request is refused once a window is
/// used up.
///
/// As JSON: `{"windows": [{"name": "5h", "used": 0.93, "resets_at": 1796000000}]}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub windows: Vec<Window>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub name: WindowName,
    /// As a fraction: 1.0 is used up.
    pub used: f64,
    /// Unix seconds by the stage's clock ([`crate::Stage::at`]); from this time on the used share is 0.
    pub resets_at: u64,
}

/// The window; other vendors have windows of the same lengths with other names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WindowName {
    #[serde(rename = "5h")]
    FiveHours,
    #[serde(rename = "7d")]
    SevenDays,
    /// The weekly window of the largest models.
    #[serde(rename = "7d_oi")]
    SevenDaysLarge,
}

impl WindowName {
    /// The name in Anthropic's headers.
    pub(crate) fn header(self) -> &'static str {
        match self {
            WindowName::FiveHours => "5h",
            WindowName::SevenDays => "7d",
            WindowName::SevenDaysLarge => "7d_oi",
        }
    }

    /// The name in `representative-claim`.
    pub(crate) fn claim(self) -> &'static str {
        match self {
            WindowName::FiveHours => "five_hour",
            WindowName::SevenDays => "seven_day",
            WindowName::SevenDaysLarge => "seven_day_overage_included",
        }
    }

    pub(crate) fn minutes(self) -> u64 {
        match self {
            WindowName::FiveHours => 300,
            WindowName::SevenDays | WindowName::SevenDaysLarge => 10_080,
        }
    }
}

impl Window {
    fn now(self, now: u64) -> Window {
        let used = if self.resets_at <= now {
            0.0
        } else {
            self.used
        };
        Window { used, ..self }
    }
}

impl Plan {
    /// A five-hour window that is used up and resets in two hours.
    pub(crate) fn used_up(now: u64) -> Plan {
        Plan {
            windows: vec![Window {
                name: WindowName::FiveHours,
                used: 1.0,
                resets_at: now + 7200,
            }],
        }
    }

    /// The plan at `now`, in Unix seconds.
    pub(crate) fn now(&self, now: u64) -> Plan {
        Plan {
            windows: self.windows.iter().map(|window| window.now(now)).collect(),
        }
    }

    /// The window named in a refusal: of the used-up ones, the one with the latest reset.
    pub(crate) fn exhausted(&self) -> Option<Window> {
        let used_up = self.windows.iter().filter(|window| window.used >= 1.0);
        used_up.max_by_key(|window| window.resets_at).copied()
    }

    /// The window that a header calls representative: the most used one.
    pub(crate) fn tightest(&self) -> Option<Window> {
        let by_use = |a: &&Window, b: &&Window| a.used.total_cmp(&b.used);
        self.exhausted()
            .or_else(|| self.windows.iter().max_by(by_use).copied())
    }
}
