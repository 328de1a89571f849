use std::str::FromStr;

use chrono::NaiveTime;
use chrono_tz::Tz;

use super::{Day, Schedule};

/// Why a text is not a valid schedule, with an example of a valid one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSchedule {
    #[error(
        "`{0}` is not a valid schedule: write days, hours and a time zone, as in \"Mon-Fri 09:00-17:00 Europe/Berlin\", or \"any time\""
    )]
    Shape(String),
    #[error(
        "`{0}` is not a valid day: use Mon, Tue, Wed, Thu, Fri, Sat and Sun, as in \"Mon-Fri\" or \"Mon,Wed,Sat\", or \"daily\""
    )]
    Day(String),
    #[error("`{0}` is not a valid range of hours: write it as in \"09:00-17:00\"")]
    Hours(String),
    #[error(
        "`{0}` is not a valid time zone: use a name of the IANA list, as in \"Europe/Berlin\" or \"UTC\""
    )]
    Zone(String),
}

impl FromStr for Schedule {
    type Err = NoSchedule;

    fn from_str(text: &str) -> Result<Self, NoSchedule> {
        if text.trim().eq_ignore_ascii_case("any time") {
            return Ok(Self::any_time());
        }
        let parts: Vec<_> = text.split_whitespace().collect();
        let [days_text, hours_text, zone] = parts[..] else {
            return Err(NoSchedule::Shape(text.to_owned()));
        };
        let (from, to) = hours(hours_text)?;
        Ok(Self {
            days: days(days_text)?,
            from,
            to,
            zone: zone
                .parse::<Tz>()
                .map_err(|_| NoSchedule::Zone(zone.to_owned()))?,
        })
    }
}

/// "Mon-Fri", "Mon,Wed,Sat", "Fri-Mon" (over the weekend), "daily".
fn days(text: &str) -> Result<Vec<Day>, NoSchedule> {
    if text.eq_ignore_ascii_case("daily") {
        return Ok(Day::ALL.to_vec());
    }
    let mut chosen = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            None => chosen.push(day(part)?),
            Some((first, last)) => {
                let (first, last) = (day(first)?, day(last)?);
                let round = Day::ALL.into_iter().cycle();
                let from_first = round.skip_while(|d| *d != first).take(7);
                let length = (last as usize + 7 - first as usize) % 7 + 1;
                chosen.extend(from_first.take(length));
            }
        }
    }
    chosen.sort();
    chosen.dedup();
    Ok(chosen)
}

fn day(text: &str) -> Result<Day, NoSchedule> {
    const FULL: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    Day::ALL
        .into_iter()
        .zip(FULL)
        .find(|(day, full)| {
            text.eq_ignore_ascii_case(day.as_str()) || text.eq_ignore_ascii_case(full)
        })
        .map(|(day, _)| day)
        .ok_or_else(|| NoSchedule::Day(text.to_owned()))
}

/// "09:00-17:00"; "24:00" is the end of the day, and an end at or before the beginning is on the next day.
fn hours(text: &str) -> Result<(NaiveTime, NaiveTime), NoSchedule> {
    let wrong = || NoSchedule::Hours(text.to_owned());
    let time = |part: &str| NaiveTime::parse_from_str(part, "%H:%M").map_err(|_| wrong());
    let (from, to) = text.split_once('-').ok_or_else(wrong)?;
    let to = if to == "24:00" {
        NaiveTime::MIN
    } else {
        time(to)?
    };
    Ok((time(from)?, to))
}
