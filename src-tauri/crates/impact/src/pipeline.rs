use catalog::MicroDollars;
use chrono::NaiveTime;
use chrono_tz::Tz;

/// A business flow whose items are worth something.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    pub name: String,
    /// Items a week: 50 leads.
    pub weekly_items: f64,
    /// What one item is worth to the owner.
    pub value: MicroDollars,
    pub schedule: Schedule,
    pub surge: Surge,
    /// Providers that the pipeline's steps use; empty: any.
    pub providers: Vec<catalog::ProviderId>,
}

/// When items arrive, in the owner's own time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    pub days: Vec<Day>,
    pub from: NaiveTime,
    /// Later than `from`; `00:00` means the end of the day.
    pub to: NaiveTime,
    pub zone: Tz,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// How much denser than usual items arrive: the owner's word for a campaign, a range. 1 to 1 is a usual week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surge {
    pub low: f64,
    pub high: f64,
}
