//! Known bugs of other gateways, each as a test with its number; the table shows the place of each.

mod attempts;
mod endings;
mod framing;
mod secrets;

use std::collections::BTreeSet;
use std::path::Path;

/// A trap, the file with its test, and the test: a part of the name is enough if it contains the trap's number.
const TRAPS: &[(&str, &str, &str)] = &[
    ("01", "gateway/tests/scenes/traps/endings.rs", "trap_01_"),
    ("02", "gateway/tests/scenes/traps/endings.rs", "trap_02_"),
    ("03", "gateway/tests/scenes/traps/attempts.rs", "trap_03_"),
    ("04", "gateway/tests/scenes/traps/attempts.rs", "trap_04_"),
    ("05", "gateway/tests/scenes/traps/endings.rs", "trap_05_"),
    ("06", "gateway/tests/scenes/traps/endings.rs", "trap_06_"),
    ("07", "gateway/tests/scenes/traps/endings.rs", "trap_07_"),
    ("08", "gateway/tests/scenes/traps/endings.rs", "trap_08_"),
    ("09", "gateway/tests/scenes/traps/endings.rs", "trap_09_"),
    ("10", "gateway/tests/scenes/traps/endings.rs", "trap_10_"),
    ("11", "gateway/tests/scenes/traps/endings.rs", "trap_11_"),
    ("12", "gateway/tests/scenes/traps/endings.rs", "trap_12_"),
    ("13", "gateway/tests/scenes/traps/attempts.rs", "trap_13_"),
    ("14", "gateway/tests/scenes/traps/attempts.rs", "trap_14_"),
    ("15", "gateway/tests/scenes/traps/attempts.rs", "trap_15_"),
    ("16", "gateway/tests/scenes/traps/attempts.rs", "trap_16_"),
    ("17", "gateway/tests/scenes/traps/attempts.rs", "trap_17_"),
    ("18", "gateway/tests/scenes/failover.rs", "trap_18_"),
    ("19", "gateway/tests/scenes/traps/endings.rs", "trap_19_"),
    ("20", "gateway/tests/scenes/traps/attempts.rs", "trap_20_"),
    ("20", "wire/src/failure/tests.rs", "waits"),
    ("21", "gateway/tests/scenes/traps/attempts.rs", "trap_21_"),
    ("22", "gateway/tests/scenes/traps/attempts.rs", "trap_22_"),
    ("23", "gateway/tests/scenes/failover.rs", "trap_23_"),
    (
        "23",
        "gateway/tests/scenes/recovery.rs",
        "a_minute_of_outage_costs_few_requests",
    ),
    (
        "24",
        "gateway/tests/scenes/recovery.rs",
        "trap_24_with_every_breaker_open",
    ),
    ("25", "gateway/tests/scenes/failover.rs", "trap_25_"),
    ("26", "gateway/tests/scenes/traps/attempts.rs", "trap_26_"),
    ("27", "gateway/tests/scenes/traps/attempts.rs", "trap_27_"),
    ("28", "gateway/tests/scenes/traps/attempts.rs", "trap_28_"),
    ("29", "gateway/tests/scenes/traps/framing.rs", "trap_29_"),
    ("29", "wire/src/sse/tests.rs", "every_line_ending"),
    ("30", "gateway/tests/scenes/traps/endings.rs", "trap_30_"),
    ("31", "gateway/tests/scenes/traps/framing.rs", "trap_31_"),
    (
        "31",
        "wire/src/sse/tests.rs",
        "the_limit_applies_to_complete_and_incomplete_events",
    ),
    ("31b", "gateway/tests/scenes/traps/attempts.rs", "trap_31b_"),
    ("31c", "gateway/tests/scenes/traps/framing.rs", "trap_31c_"),
    ("32", "gateway/tests/scenes/traps/framing.rs", "trap_32_"),
    ("51", "gateway/tests/scenes/redirect.rs", "trap_51_"),
    ("52", "gateway/tests/scenes/traps/secrets.rs", "trap_52_"),
    (
        "52",
        "gateway/tests/scenes/credentials.rs",
        "a_login_goes_to_its_vendor_and_the_fallback_gets_our_key",
    ),
    ("53", "gateway/tests/scenes/traps/secrets.rs", "trap_53_"),
    ("53", "wire/src/failure/tests.rs", "keys_are_masked"),
    (
        "54",
        "gateway/tests/scenes/lingering.rs",
        "trap_54_a_retry_joins",
    ),
    (
        "54",
        "gateway/tests/scenes/lingering.rs",
        "another_session_or_credential_or_body_does_not_join",
    ),
    (
        "54",
        "gateway/tests/scenes/keyed.rs",
        "concurrent_equal_requests_run_once",
    ),
    ("55", "gateway/tests/scenes/traps/attempts.rs", "trap_55_"),
];

#[test]
fn every_trap_has_an_existing_test() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (trap, file, test) in TRAPS {
        let text = std::fs::read_to_string(crates.join(file)).unwrap();
        assert!(text.contains(&format!("fn {test}")), "{trap}: {file}");
        let numbered = test.starts_with("trap_");
        assert!(
            !numbered || test.starts_with(&format!("trap_{trap}_")),
            "{trap}: {test}"
        );
    }
    let here: BTreeSet<&str> = TRAPS
        .iter()
        .filter(|(_, _, test)| test.starts_with("trap_"))
        .map(|(trap, ..)| *trap)
        .collect();
    let numbers = (1..=32).chain(51..=55).map(|n| format!("{n:02}"));
    for trap in numbers.chain(["31b".into(), "31c".into()]) {
        assert!(here.contains(trap.as_str()), "trap {trap} has no test");
    }
}
