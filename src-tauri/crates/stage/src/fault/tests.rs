use std::time::Duration;

use super::{ErrorBody, Fault, text};

#[test]
fn every_fault_name_is_parsed_to_the_same_fault() {
    let with_parameter = [
        "429",
        "502-html",
        "429-quota:retry-after=2,x-should-retry=false",
        "silent",
        "silent:2000ms",
        "late-first-token:20000ms",
        "drip:100ms",
        "cut:after=40",
        "stall:after=3",
        "stall:after=0,30000ms",
        "hang-up:30000ms",
        "hang-up:after=3,15000ms",
        "error-event:after=0",
        "error-event:after=3,rate-limit-day",
        "stop:",
        "stop:network_error",
        "reasons:null",
        "status:incomplete",
        "ids:46",
    ];
    for name in text::plain_names().chain(with_parameter) {
        let fault: Fault = name.parse().unwrap();
        assert_eq!(fault.to_string(), name);
    }
}

#[test]
fn parameters_have_defaults_and_units() {
    let read = |name: &str| name.parse::<Fault>().unwrap();
    assert_eq!(
        read("late-first-token"),
        Fault::LateFirstToken(Duration::from_secs(20))
    );
    assert_eq!(
        read("silent:5m"),
        Fault::NoHeaders(Some(Duration::from_secs(300)))
    );
    assert_eq!(
        read("stall:30s"),
        Fault::Stall {
            after: 3,
            lasting: Some(Duration::from_secs(30))
        }
    );
    assert_eq!(
        read("400-context"),
        Fault::Status {
            status: 400,
            headers: Vec::new(),
            body: ErrorBody::ContextTooLong
        }
    );
}

#[test]
fn an_unknown_fault_is_refused() {
    for name in [
        "",
        "cut:40",
        "cut:after=soon",
        "200",
        "42",
        "999",
        "429-",
        "429:retry-after",
        "stall:soon",
        "silent:5",
        "reset:1s",
        "hang-up:soon",
        "error-event:3",
        "error-event:after=3,odd",
        "overflow:1",
        "usage:odd",
        "429é",
    ] {
        assert!(name.parse::<Fault>().is_err(), "{name}");
    }
}
