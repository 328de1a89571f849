//! Cost of fallbacks: the owner's consent, and the daily cap.

use chrono::{DateTime, Utc};
use gateway::{Consent, Siblings, Spending, UsedUp};
use ledger::{NotificationKind, NotificationRow, Urgency};

use super::standing_fallbacks::Carried;
use super::{Desk, Record, keys};
use crate::settings::Weight;
use crate::view;

impl Desk {
    pub(super) fn spending(&self) -> Spending {
        let settings = &self.state.settings;
        let consent = match (settings.subscription_to_paid_key, self.state.paid_fallbacks) {
            (Consent::Ask, Some(true)) => Consent::Yes,
            (Consent::Ask, Some(false)) => Consent::No,
            (Consent::Ask, None) if self.allowed_until_back() => Consent::Yes,
            (written @ Consent::Ask, None) | (written @ (Consent::Yes | Consent::No), _) => written,
        };
        let spent = self.state.today.fallbacks;
        // After the owner's stop, the amount spent until then is the cap of the day.
        let cap = match self.state.paid_stopped_until {
            Some(_) => settings.fallback_a_day.min(spent),
            None => settings.fallback_a_day,
        };
        Spending {
            subscription_to_paid_key: consent,
            used_up: (spent >= cap).then_some(UsedUp { cap, spent }),
            for_limits: settings.for_limits,
        }
    }

    fn allowed_until_back(&self) -> bool {
        let answer = self.state.paid.answer();
        answer.is_some_and(|answer| answer.allowed)
    }

    /// Stores the owner's answer, so that the question appears only once.
    pub(super) fn answer_paid_fallbacks(
        &mut self,
        now: DateTime<Utc>,
        allow: Option<bool>,
    ) -> String {
        self.state.paid_fallbacks = allow;
        let word = match allow {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        self.effect(Record::meta(keys::PAID, word));
        self.reconfigure(now);
        if self.state.settings.subscription_to_paid_key != Consent::Ask {
            return "Stored, but the settings file overrides it: subscription_to_paid_key under [fallback].".into();
        }
        match allow {
            Some(true) => {
                "Clients with a subscription may be answered by a fallback with your paid key, up to the daily cap."
            }
            Some(false) => "Clients with a subscription are never answered with your paid key.",
            None => "Understudy asks when a fallback with your paid key would help.",
        }
        .into()
    }

    pub(super) fn sibling(&self) -> Siblings {
        match (self.state.settings.sibling, self.state.siblings) {
            (Siblings::Ask, Some(true)) => Siblings::On,
            (Siblings::Ask, Some(false)) => Siblings::Off,
            (written @ Siblings::Ask, None) | (written @ (Siblings::On | Siblings::Off), _) => {
                written
            }
        }
    }

    /// None: the question appears when a fallback needs the answer.
    pub(super) fn answer_siblings(&mut self, now: DateTime<Utc>, allow: Option<bool>) -> String {
        self.state.siblings = allow;
        self.sibling_question_answered();
        if allow != Some(true) && self.sibling() != Siblings::On {
            self.state.fallbacks.end(Carried::is_sibling);
        }
        let word = match allow {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        self.effect(Record::meta(keys::SIBLINGS, word));
        self.reconfigure(now);
        if self.state.settings.sibling != Siblings::Ask {
            return "Stored, but the settings file overrides it: sibling under [fallback].".into();
        }
        match allow {
            Some(true) => "If only one model fails, another model of the same login answers, at no extra cost.",
            Some(false) => "No other model of the same login answers while one model fails.",
            None => "A question appears when another model of the same login could answer.",
        }
        .into()
    }

    /// After a counted exchange or at midnight: checks whether the cap is reached.
    pub(super) fn check_the_cap(&mut self, now: DateTime<Utc>) {
        if self
            .state
            .paid_stopped_until
            .is_some_and(|until| until <= now)
        {
            self.state.paid_stopped_until = None;
            self.reconfigure(now);
        }
        let used_up = self.spending().used_up;
        if self.state.paid_stopped_until.is_some() {
            self.running.spending.used_up = used_up;
            return;
        }
        if used_up.is_some() == self.running.spending.used_up.is_some() {
            return;
        }
        self.reconfigure(now);
        if let Some(UsedUp { cap, spent }) = used_up {
            let row = NotificationRow {
                at: now,
                kind: NotificationKind::Own,
                thread: view::thread::FALLBACK_CAP.into(),
                title: format!("The daily cap of {cap} for fallbacks is used up"),
                body: format!(
                    "{spent} were spent today. Until midnight only fallbacks that cost nothing are used; \
                     the cap is dollars_a_day under [fallback] in the settings."
                ),
                urgency: Urgency::Normal,
                incident: None,
            };
            self.notify(now, Weight::Act, row, Vec::new());
        }
    }
}
