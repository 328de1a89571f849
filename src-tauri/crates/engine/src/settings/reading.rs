//! Converts the file's content to settings.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use catalog::{Catalog, EndpointId, MicroDollars, Provider, ProviderId, REHEARSAL, shown_name};
use chrono::{NaiveTime, TimeDelta};
use toml::Spanned;

use super::error::{SettingsError, line_number};
use super::file::File;
use super::values::{Settings, Timers};

/// One pass over valid TOML with known keys; collects all errors in its values.
pub(super) struct Reading<'a> {
    pub(super) text: &'a str,
    pub(super) catalog: &'a Catalog,
    pub(super) errors: Vec<SettingsError>,
}

impl Reading<'_> {
    pub(super) fn settings(&mut self, file: File) -> Settings {
        let own = self.own_endpoints(file.endpoint);
        let port = file.listen.port.unwrap_or(4747);
        let (address, also) = self.addresses(&file.listen, port);
        let watch = file.watch;
        let timers = file.timers;
        Settings {
            address,
            port,
            also,
            allowed_hosts: file.listen.allowed_hosts,
            allowed_origins: self.origins(file.listen.allowed_origins),
            drain: self.drain(file.listen.drain_s.as_ref()),
            mine: watch
                .mine
                .iter()
                .filter_map(|id| self.provider(id, &own))
                .collect(),
            pages: watch.pages.unwrap_or(true),
            pages_from: self.pages_from(watch.pages_from, &own),
            page_every: watch.page_every_s.as_ref().map(|s| self.seconds_from(s, 1)),
            probes: watch.probes.unwrap_or(true),
            probe_every: watch
                .probe_every_s
                .as_ref()
                .map_or(Duration::from_secs(300), |s| self.seconds_from(s, 30)),
            probe_budget: watch
                .probe_budget_dollars
                .as_ref()
                .map_or(MicroDollars(250_000), |d| self.dollars(d)),
            online_hosts: watch.online_hosts.map_or_else(
                || vec!["one.one.one.one:443".into(), "dns.google:443".into()],
                |hosts| hosts.iter().map(|host| self.host_and_port(host)).collect(),
            ),
            timers: Timers {
                connect: self.duration(timers.connect.as_ref(), 5.0),
                headers: self.duration(timers.headers.as_ref(), 60.0),
                first_content: self.duration(timers.first_content.as_ref(), 60.0),
                idle: self.duration(timers.idle.as_ref(), 90.0),
                grace: self.duration(timers.grace.as_ref(), 10.0),
                total: self.duration(timers.total.as_ref(), 900.0),
                cooldown: self.duration(timers.cooldown.as_ref(), 30.0),
            },
            notify: file.notifications.desktop.unwrap_or(true),
            notify_from: file.notifications.when.map(Into::into).unwrap_or_default(),
            quiet: file
                .notifications
                .quiet
                .as_ref()
                .and_then(|text| self.hours(text)),
            keep_tool_arguments: file.history.keep_tool_arguments.unwrap_or(false),
            keep_conversations: file.history.keep_conversations.unwrap_or(true),
            retention: self.retention(&file.retention),
            report: self.report(file.report),
            update: self.update(file.update),
            routes: file
                .route
                .into_iter()
                .map(|route| self.route(route, &own))
                .collect(),
            equivalents: self.equivalents(file.equivalents, &own),
            rules: self.rules(file.rule),
            subscription_to_paid_key: file.fallback.subscription_to_paid_key.unwrap_or_default(),
            for_limits: file.fallback.for_limits.unwrap_or_default(),
            fallback_a_day: file
                .fallback
                .dollars_a_day
                .as_ref()
                .map_or(MicroDollars(10_000_000), |d| self.dollars(d)),
            may_go_to: self.scope(file.fallback.may_go_to.as_ref(), &own),
            pipeline_scopes: self.pipeline_scopes(&file.pipeline, &own),
            client_waits: self.pipeline_waits(&file.pipeline),
            sibling: file.fallback.sibling.unwrap_or_default(),
            pipeline_details: self.pipeline_details(&file.pipeline),
            pipeline_names: file.pipeline.iter().map(|one| one.name.clone()).collect(),
            pipelines: file
                .pipeline
                .into_iter()
                .filter_map(|pipeline| self.pipeline(pipeline, &own))
                .collect(),
            effects: self.effects(file.effect),
            prices: self.prices(file.price, &own),
            own,
        }
    }

    pub(super) fn is_endpoint(&self, id: &EndpointId, own: &[Provider]) -> bool {
        let mut own = own.iter().flat_map(|provider| &provider.endpoints);
        own.any(|endpoint| endpoint.id == *id) || self.catalog.endpoint(id).is_some()
    }

    pub(super) fn provider(
        &mut self,
        id: &Spanned<String>,
        own: &[Provider],
    ) -> Option<ProviderId> {
        let wanted = ProviderId::new(id.get_ref());
        if self.catalog.provider(&wanted).is_some() || own.iter().any(|p| p.id == wanted) {
            return Some(wanted);
        }
        let known: Vec<&str> = self
            .catalog
            .providers()
            .iter()
            .chain(own)
            .map(|p| p.id.as_str())
            .filter(|id| *id != REHEARSAL)
            .collect();
        self.err(
            id,
            format!(
                "there is no provider \"{}\"; known are {}",
                shown_name(wanted.as_str()),
                known.join(", ")
            ),
        );
        None
    }

    fn pages_from(
        &mut self,
        written: BTreeMap<String, Spanned<String>>,
        own: &[Provider],
    ) -> BTreeMap<ProviderId, String> {
        let mut pages = BTreeMap::new();
        for (id, url) in written {
            let spanned = Spanned::new(url.span(), id);
            if !url.get_ref().starts_with("http") {
                self.err(
                    &url,
                    "a status page's address begins with http:// or https://".into(),
                );
            }
            if let Some(provider) = self.provider(&spanned, own) {
                pages.insert(provider, url.into_inner());
            }
        }
        pages
    }

    pub(super) fn endpoint_ids(&self, own: &[Provider]) -> String {
        let ids: Vec<&str> = self
            .catalog
            .providers()
            .iter()
            .chain(own)
            .flat_map(|p| &p.endpoints)
            .map(|e| e.id.as_str())
            .filter(|id| *id != REHEARSAL)
            .collect();
        ids.join(", ")
    }

    /// In browser form: lower case, without a path and without the default port.
    fn origins(&mut self, written: Vec<Spanned<String>>) -> Vec<String> {
        let mut origins = Vec::new();
        for text in written {
            let url = text.get_ref().trim().parse::<http::Uri>().ok();
            let origin = url.as_ref().and_then(|url| {
                let scheme = url.scheme_str()?.to_ascii_lowercase();
                let bare = matches!(url.path(), "" | "/") && url.query().is_none();
                let host = url.host().filter(|host| bare && !host.contains('*'))?;
                let usual = matches!(
                    (&*scheme, url.port_u16()),
                    ("https", Some(443)) | ("http", Some(80))
                );
                let port = url.port_u16().filter(|_| !usual);
                let port = port.map_or_else(String::new, |port| format!(":{port}"));
                Some(format!("{scheme}://{}{port}", host.to_ascii_lowercase()))
            });
            match origin {
                Some(origin) => origins.push(origin),
                None => self.err(
                    &text,
                    "an origin is the beginning of a page's address, such as \"https://flows.example\" or \"http://localhost:3000\"".into(),
                ),
            }
        }
        origins
    }

    fn drain(&mut self, written: Option<&Spanned<f64>>) -> TimeDelta {
        TimeDelta::from_std(self.duration(written, 60.0)).unwrap_or(TimeDelta::seconds(60))
    }

    pub(super) fn duration(&mut self, written: Option<&Spanned<f64>>, default_s: f64) -> Duration {
        let seconds = written.map_or(default_s, |s| *s.get_ref());
        if !(0.01..=86_400.0).contains(&seconds) {
            if let Some(written) = written {
                self.err(
                    written,
                    "a timer is a number of seconds from 0.01 to 86400".into(),
                );
            }
            return Duration::from_secs_f64(default_s);
        }
        Duration::from_secs_f64(seconds)
    }

    fn seconds_from(&mut self, written: &Spanned<u32>, least: u32) -> Duration {
        if *written.get_ref() < least {
            self.err(written, format!("at least {least} seconds"));
        }
        Duration::from_secs(u64::from((*written.get_ref()).max(least)))
    }

    pub(super) fn dollars(&mut self, written: &Spanned<f64>) -> MicroDollars {
        let dollars = *written.get_ref();
        if !(0.0..=1e9).contains(&dollars) {
            self.err(written, "an amount in dollars, 0 or more".into());
            return MicroDollars::ZERO;
        }
        MicroDollars::from_dollars(dollars)
    }

    fn host_and_port(&mut self, written: &Spanned<String>) -> String {
        let text = written.get_ref();
        if text
            .rsplit_once(':')
            .is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err())
        {
            self.err(
                written,
                "a host with its port, such as \"one.one.one.one:443\"".into(),
            );
        }
        text.clone()
    }

    fn hours(&mut self, written: &Spanned<String>) -> Option<(NaiveTime, NaiveTime)> {
        let text = written.get_ref().trim();
        if text.is_empty() {
            return None;
        }
        let parsed = text.split_once('-').and_then(|(from, to)| {
            let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
            Some((time(from)?, time(to)?))
        });
        if parsed.is_none() {
            self.err(written, "quiet hours are written \"22:00-07:00\"".into());
        }
        parsed
    }

    pub(super) fn parsed(&mut self, written: &Spanned<String>, wanted: &str) -> IpAddr {
        written.get_ref().trim().parse().unwrap_or_else(|_| {
            self.err(written, format!("this is not {wanted}"));
            IpAddr::from([127, 0, 0, 1])
        })
    }

    pub(super) fn err<T>(&mut self, at: &Spanned<T>, what: String) {
        self.errors.push(SettingsError {
            line: line_number(self.text, at.span().start),
            what,
        });
    }
}
