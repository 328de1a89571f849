//! Side effects: the receiver of each, and what it promises about keys.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use catalog::Secret;
use chrono::TimeDelta;
use http::{HeaderName, Method, Uri};
use toml::Spanned;

use super::file;
use super::reading::Reading;
use super::values::{EffectHeader, EffectSettings, SecretSource};

/// Hours for which most receivers keep keys.
const KEEPS_KEYS_H: f64 = 24.0;
const TIMEOUT_S: f64 = 30.0;
/// Longer than this, no client waits.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(3600);
/// Set by Understudy or by HTTP.
const OWN: [&str; 6] = [
    "idempotency-key",
    "host",
    "content-length",
    "connection",
    "transfer-encoding",
    "content-type",
];

impl Reading<'_> {
    pub(super) fn effects(&mut self, written: Vec<file::Effect>) -> Vec<EffectSettings> {
        let mut names = BTreeSet::new();
        let effects = written.into_iter().map(|effect| {
            if !names.insert(effect.name.get_ref().clone()) {
                self.err(
                    &effect.name,
                    "two effects have this name: rename or remove one".into(),
                );
            }
            self.effect(effect)
        });
        effects.collect()
    }

    fn effect(&mut self, written: file::Effect) -> EffectSettings {
        let name = written.name.get_ref();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > 64 || !name.chars().all(is_plain) {
            self.err(
                &written.name,
                "the name of an effect is part of its path: 1 to 64 letters, digits, \"-\", \"_\" or \".\"".into(),
            );
        }
        if !is_safe(written.url.get_ref()) {
            self.err(
                &written.url,
                "the URL of an effect begins with https://, or with http:// and an address of this computer such as http://127.0.0.1:8080/invoices".into(),
            );
        }
        if let (Some(window), false) = (&written.keeps_keys_h, written.honours_key) {
            self.err(
                window,
                "keeps_keys_h needs honours_key = true: only such a receiver gets a key twice"
                    .into(),
            );
        }
        let timeout = self.duration(written.timeout_s.as_ref(), TIMEOUT_S);
        let headers = written.headers.into_iter();
        EffectSettings {
            headers: headers
                .filter_map(|(name, value)| self.effect_header(&name, value))
                .collect(),
            name: written.name.into_inner(),
            url: Secret::new(written.url.into_inner()),
            method: match written.method {
                file::EffectMethod::Post => Method::POST,
                file::EffectMethod::Put => Method::PUT,
                file::EffectMethod::Patch => Method::PATCH,
            },
            honours_key: written.honours_key,
            keeps_keys: self.hours_of_keys(written.keeps_keys_h.as_ref()),
            timeout: timeout.min(LONGEST_TIMEOUT),
            pipeline: written.pipeline,
            after_completion: written.after.is_some(),
        }
    }

    fn hours_of_keys(&mut self, written: Option<&Spanned<f64>>) -> TimeDelta {
        let hours = written.map_or(KEEPS_KEYS_H, |hours| *hours.get_ref());
        if let Some(written) = written
            && !(0.01..=8760.0).contains(&hours)
        {
            self.err(written, "a number of hours from 0.01 to 8760".into());
            return TimeDelta::hours(24);
        }
        TimeDelta::from_std(Duration::from_secs_f64(hours * 3600.0)).unwrap_or_default()
    }

    fn effect_header(
        &mut self,
        name: &str,
        value: Spanned<file::EffectHeader>,
    ) -> Option<EffectHeader> {
        let Ok(header) = name.parse::<HeaderName>() else {
            self.err(
                &value,
                format!("\"{}\" is no name of a header", name.escape_default()),
            );
            return None;
        };
        if OWN.contains(&header.as_str()) {
            self.err(
                &value,
                format!("{header} is set by Understudy: remove it here"),
            );
        }
        let written = value.get_ref();
        let source = match (&written.env, &written.keychain) {
            (Some(variable), None) if !variable.is_empty() => {
                SecretSource::Environment(variable.clone())
            }
            (None, Some(entry)) if !entry.is_empty() => SecretSource::Keychain(entry.clone()),
            _ => {
                self.err(
                    &value,
                    "a header has its value from one place: { env = \"VARIABLE\" } or { keychain = \"name\" }".into(),
                );
                return None;
            }
        };
        let before = written.before.clone().unwrap_or_default();
        Some(EffectHeader {
            name: header,
            before,
            source,
        })
    }
}

/// https, or loopback by its address: a name may lead elsewhere.
fn is_safe(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    let Some(host) = uri.host() else {
        return false;
    };
    let host = host.trim_matches(['[', ']']);
    let local = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") => local,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use catalog::Catalog;
    use chrono::TimeDelta;

    use crate::settings::Settings;

    const INVOICE: &str =
        "[[effect]]\nname = \"invoice\"\nurl = \"https://billing.example/api?key=hush\"\n";

    fn parse(text: &str) -> Result<Settings, String> {
        Settings::parse(text, &Catalog::bundled()).map_err(|errors| {
            let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
            errors.join(" ")
        })
    }

    #[test]
    fn an_effect_has_careful_defaults_and_prints_no_secret() {
        let settings = parse(INVOICE).unwrap();
        let invoice = &settings.effects[0];
        assert!(!invoice.honours_key);
        assert!(!invoice.after_completion);
        assert_eq!(invoice.method, "POST");
        assert_eq!(invoice.timeout.as_secs(), 30);
        assert!(!format!("{invoice:?}").contains("hush"));

        let text = format!(
            "{INVOICE}honours_key = true\nkeeps_keys_h = 12\nafter = \"completion\"\n\
             headers = {{ Authorization = {{ env = \"TOKEN\", before = \"Bearer \" }}, X-Api-Key = {{ keychain = \"billing\" }} }}\n"
        );
        let settings = parse(&text).unwrap();
        let invoice = &settings.effects[0];
        assert_eq!(invoice.keeps_keys, TimeDelta::hours(12));
        assert!(invoice.after_completion);
        assert_eq!(invoice.headers.len(), 2);
    }

    #[test]
    fn the_shown_host_has_no_credential() {
        for (url, host) in [
            ("https://billing.example/api?key=hush", "billing.example"),
            (
                "https://me:hush@billing.example:8443/x",
                "billing.example:8443",
            ),
            ("http://[::1]:9/hush", "[::1]:9"),
        ] {
            let settings = parse(&INVOICE.replace("https://billing.example/api?key=hush", url));
            assert_eq!(settings.unwrap().effects[0].host().as_deref(), Some(host));
        }
    }

    #[test]
    fn a_wrong_effect_is_refused_with_the_remedy() {
        let named = |line: &str| format!("[[effect]]\nname = \"invoice\"\n{line}\n");
        for (text, expected) in [
            (
                named("url = \"http://billing.example\""),
                "begins with https://",
            ),
            (named("url = \"ftp://127.0.0.1\""), "begins with https://"),
            (format!("{INVOICE}keeps_keys_h = 1\n"), "honours_key = true"),
            (
                format!("{INVOICE}headers = {{ Host = {{ env = \"X\" }} }}\n"),
                "set by Understudy",
            ),
            (
                format!("{INVOICE}headers = {{ X-A = {{ env = \"X\", keychain = \"y\" }} }}\n"),
                "from one place",
            ),
            (INVOICE.replace("invoice", "in/voice"), "part of its path"),
            (format!("{INVOICE}{INVOICE}"), "two effects have this name"),
            (format!("{INVOICE}after = \"lunch\"\n"), "completion"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        for url in [
            "http://127.0.0.1:9/x",
            "http://[::1]:9",
            "http://localhost:9/x",
        ] {
            assert!(parse(&named(&format!("url = \"{url}\""))).is_ok(), "{url}");
        }
    }
}
