//! How parked requests of a pipeline finish without a person.

use chrono::TimeDelta;
use gateway::may_receive;
use toml::Spanned;

use super::file::{self, PipelineDelivery, PipelineDeliveryWord};
use super::reading::Reading;
use super::values::{Drain, Receiver};

impl Reading<'_> {
    pub(super) fn drain_of(&mut self, written: &file::Pipeline) -> Drain {
        let default = Drain::default();
        let receiver = written.delivery.as_ref().map(|text| self.receiver(text));
        let drain = Drain {
            on: written.drain.as_ref().is_some_and(|on| *on.get_ref()),
            receiver,
            every: self.span(&written.drain_every_s, 1.0, (1.0, 3600.0), default.every),
            runs: self.runs(written.drain_runs.as_ref(), default.runs),
            within: self.span(
                &written.drain_within_h,
                3600.0,
                (0.1, 168.0),
                default.within,
            ),
        };
        if let (true, None, Some(on)) = (drain.on, &drain.receiver, &written.drain) {
            self.err(
                on,
                "drain = true needs a receiver: write delivery = \"fetch\", \"resume\" or { url = \"https://…\" } into the same pipeline"
                    .into(),
            );
        }
        drain
    }

    fn receiver(&mut self, written: &Spanned<PipelineDelivery>) -> Receiver {
        match written.get_ref() {
            PipelineDelivery::Word(PipelineDeliveryWord::Fetch) => Receiver::Fetch,
            PipelineDelivery::Word(PipelineDeliveryWord::Resume) => Receiver::Resume,
            PipelineDelivery::Webhook(webhook) => {
                if !may_receive(&webhook.url) {
                    self.err(
                        written,
                        "a webhook's URL begins with https://, or with http:// and an address of this computer, and has no password"
                            .into(),
                    );
                }
                if webhook.secret_env.as_deref().is_some_and(str::is_empty) {
                    self.err(
                        written,
                        "secret_env is the name of an environment variable; leave it out for the keychain"
                            .into(),
                    );
                }
                Receiver::Webhook {
                    url: webhook.url.clone(),
                    secret_env: webhook.secret_env.clone(),
                }
            }
        }
    }

    fn runs(&mut self, written: Option<&Spanned<u32>>, default: u32) -> u32 {
        let Some(written) = written else {
            return default;
        };
        if !(1..=20).contains(written.get_ref()) {
            self.err(written, "drain_runs is a number from 1 to 20".into());
        }
        *written.get_ref()
    }

    /// `unit`: seconds.
    fn span(
        &mut self,
        written: &Option<Spanned<f64>>,
        unit: f64,
        (least, most): (f64, f64),
        default: TimeDelta,
    ) -> TimeDelta {
        let Some(written) = written else {
            return default;
        };
        let value = *written.get_ref();
        if !(least..=most).contains(&value) {
            self.err(written, format!("a number from {least} to {most}"));
            return default;
        }
        TimeDelta::milliseconds((value * unit * 1000.0) as i64)
    }
}

#[cfg(test)]
mod tests {
    use catalog::Catalog;
    use chrono::TimeDelta;

    use crate::settings::{Drain, Receiver, Settings};

    fn parsed(lines: &str) -> Result<Drain, String> {
        let text = format!("[[pipeline]]\nname = \"Leads\"\n{lines}\n");
        let settings = Settings::parse(&text, &Catalog::bundled());
        settings
            .map(|settings| settings.pipeline_details["Leads"].drain.clone())
            .map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn draining_is_off_until_the_owner_switches_it_on() {
        assert_eq!(parsed(""), Ok(Drain::default()));
        let drain = parsed("delivery = \"fetch\"").unwrap();
        assert_eq!((drain.on, drain.receiver), (false, Some(Receiver::Fetch)));
        let drain = parsed(
            "delivery = { url = \"https://leads.example/hook\", secret_env = \"LEADS_SECRET\" }\ndrain = true\n\
             drain_every_s = 5\ndrain_runs = 2\ndrain_within_h = 0.5",
        );
        let webhook = Receiver::Webhook {
            url: "https://leads.example/hook".into(),
            secret_env: Some("LEADS_SECRET".into()),
        };
        let expected = Drain {
            on: true,
            receiver: Some(webhook),
            every: TimeDelta::seconds(5),
            runs: 2,
            within: TimeDelta::minutes(30),
        };
        assert_eq!(drain, Ok(expected));
    }

    #[test]
    fn a_drain_needs_a_receiver_that_may_get_it() {
        for (lines, expected) in [
            ("drain = true", "needs a receiver"),
            (
                "delivery = { url = \"http://leads.example/hook\" }",
                "begins with https://",
            ),
            (
                "delivery = { url = \"https://a:b@leads.example/\" }",
                "no password",
            ),
            ("delivery = \"mail\"", "delivery is \"fetch\""),
            ("drain_runs = 0", "from 1 to 20"),
            ("drain_every_s = 0", "from 1 to 3600"),
        ] {
            let error = parsed(lines).unwrap_err();
            assert!(error.contains(expected), "{lines}: {error}");
        }
    }
}
