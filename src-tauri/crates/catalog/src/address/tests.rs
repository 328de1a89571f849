use crate::is_beyond_this_network;

use super::{Address, BadAddress, without_addresses};

#[test]
fn an_address_is_scheme_host_port_and_path() {
    use BadAddress::{Characters, Fragment, Host, Login, NotWeb, Query};
    for good in [
        "http://127.0.0.1:11434",
        "https://api.acme.example",
        "HTTPS://Api.Acme.Example/v1beta/openai",
        "http://localhost",
        "http://[::1]:8080/v1",
        "http://[fd00::1]",
        "http://host.docker.internal:4000",
        // RFC 3986 allows an empty port.
        "https://a.example:",
        "https://my_server.internal/a%20b",
    ] {
        assert!(Address::of(good).is_ok(), "{good}");
    }
    for (bad, why) in [
        ("", NotWeb),
        ("127.0.0.1:11434", NotWeb),
        ("ftp://a.example", NotWeb),
        ("https:/a.example", NotWeb),
        ("https://user:hunter2@a.example", Login),
        ("https://hunter2@a.example", Login),
        ("https://user:hun/ter2@a.example", Login),
        ("https://a.example?key=hunter2", Query),
        ("https://a.example/#hunter2", Fragment),
        ("https://a.example/hunter2 x", Characters),
        ("https://a.example/\u{7}", Characters),
        ("https://", Host),
        ("https:///hunter2", Host),
        ("https://:8080", Host),
        ("https://a.example:0", Host),
        ("https://a.example:hunter2", Host),
        ("https://a.example:65536", Host),
        ("http://[::1", Host),
        ("http://[hunter2]", Host),
        ("http://[::1]x", Host),
    ] {
        let found = Address::of(bad);
        assert_eq!(found, Err(why), "{bad}");
        assert!(!found.unwrap_err().to_string().contains("hunter2"));
    }
}

#[test]
fn a_login_may_be_sent_to_the_same_server() {
    let same = |a: &str, b: &str| {
        Address::of(a)
            .unwrap()
            .is_same_server(&Address::of(b).unwrap())
    };
    let vendor = "https://api.acme.example";
    assert!(same(vendor, "https://API.acme.example:443/v1"));
    for other in [
        "http://api.acme.example",
        "https://api.acme.example:8443",
        "https://api.acme.example.evil.example",
        "https://evil.example/api.acme.example",
    ] {
        assert!(!same(vendor, other), "{other}");
    }
}

#[test]
fn addresses_outside_this_network() {
    for (base, beyond) in [
        ("https://api.openai.example", true),
        ("http://8.8.8.8:80/v1", true),
        ("https://[2001:db8::1]", true),
        ("http://localhost:11434", false),
        ("http://127.0.0.1:1", false),
        ("http://[::1]:1", false),
        ("http://192.168.0.2:8000", false),
        ("http://10.1.2.3", false),
        ("http://[fd00::1]", false),
        ("http://nas:8000", false),
        ("http://nas.local:8000", false),
        ("no address", false),
    ] {
        assert_eq!(is_beyond_this_network(base), beyond, "{base}");
    }
}

#[test]
fn only_this_machine_gets_a_secret_without_tls() {
    for (base, clear) in [
        ("http://127.0.0.1:1", false),
        ("http://localhost:1", false),
        ("http://[::1]:1", false),
        ("https://a.example", false),
        ("http://a.example", true),
        ("http://192.168.0.2:8000", true),
        ("http://localhost.a.example", true),
    ] {
        assert_eq!(
            Address::of(base).unwrap().is_in_the_clear(),
            clear,
            "{base}"
        );
    }
}

#[test]
fn an_error_about_a_value_does_not_repeat_an_address() {
    for (message, shown) in [
        ("missing field `base`", "missing field `base`"),
        (
            "invalid type: string \"https://u:hunter2@a.example\", expected a sequence",
            "invalid type: string \"…\", expected a sequence",
        ),
        (
            "invalid type: string \"https://u:a\\\"hunter2\\\"b@a.example\", expected a sequence",
            "invalid type: string \"…\", expected a sequence",
        ),
        (
            "unknown field `https://u:hunter2@a.example`, expected `id`",
            "unknown field `…`, expected `id`",
        ),
        (
            "duplicate key `u:hunter2@a.example`",
            "this value or key is not valid here",
        ),
    ] {
        assert_eq!(without_addresses(message), shown);
    }
}

/// Addresses with the secret in each part that is not allowed.
pub(crate) fn refused_bases(secret: &str) -> Vec<String> {
    let places = [
        format!("user:{secret}@a.example/v1"),
        format!("{secret}@a.example"),
        format!("user:x/{secret}@a.example"),
        format!("a.example/v1?key={secret}"),
        format!("a.example/#{secret}"),
        format!("a.example:{secret}/v1"),
        format!("a.example/{secret} x"),
    ];
    ["https://", "http://", "ftp://", "", "https:/", "HTTPS://"]
        .iter()
        .flat_map(|scheme| places.iter().map(move |place| format!("{scheme}{place}")))
        .collect()
}

#[test]
fn no_message_about_an_address_contains_its_secret() {
    for base in refused_bases("hunter2hunter2") {
        let why = Address::of(&base).unwrap_err().to_string();
        assert!(!why.contains("hunter2"), "{base}: {why}");
    }
}
