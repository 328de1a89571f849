use api::CheckState;
use watch::online::{Attempt, Connectivity};

use super::check;

fn failed() -> Connectivity {
    let attempt = |host: &str, proxy: Option<&str>, error: &str| Attempt {
        url: format!("https://{host}/"),
        proxy: proxy.map(str::to_owned),
        error: Some(error.to_owned()),
    };
    Connectivity {
        attempts: vec![
            attempt("one.one.one.one", Some("proxy.example:3128"), "timed out"),
            attempt("dns.google", None, "Connection refused"),
        ],
    }
}

#[test]
fn the_failed_check_is_named_with_its_method() {
    let works = Connectivity {
        attempts: vec![Attempt {
            url: "https://dns.google/".into(),
            proxy: None,
            error: None,
        }],
    };
    let named = "HEAD https://one.one.one.one/ through the proxy proxy.example:3128: timed out; \
                 HEAD https://dns.google/ without a proxy: Connection refused";
    for (offline, last, state, expected) in [
        (
            true,
            Some(failed()),
            CheckState::Bad,
            format!("This machine is offline: {named}."),
        ),
        (
            true,
            None,
            CheckState::Bad,
            "This machine is offline.".into(),
        ),
        (
            false,
            Some(failed()),
            CheckState::Note,
            format!("up: providers answer. The connectivity check fails and is ignored: {named}."),
        ),
        (
            false,
            Some(works),
            CheckState::Good,
            "up: no local fault was found.".into(),
        ),
        (
            false,
            None,
            CheckState::Good,
            "up: no local fault was found.".into(),
        ),
    ] {
        let line = check(offline, last.as_ref());
        assert_eq!((line.state, line.message), (state, expected));
    }
}
