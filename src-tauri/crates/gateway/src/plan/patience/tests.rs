use super::*;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn a_candidate_is_abandoned_while_the_client_still_waits() {
    let began = Instant::now();
    let well = |p95| Turn::Primary {
        suspect: false,
        p95,
    };
    let suspect = Turn::Primary {
        suspect: true,
        p95: Some(s(50)),
    };
    for (waits, turn, at, expected) in [
        (Some(60), well(None), 0, Some(45)),
        (Some(300), well(None), 0, Some(285)),
        (Some(600), well(Some(s(100))), 0, Some(585)),
        // It often takes longer, and is healthy.
        (Some(60), well(Some(s(55))), 0, Some(55)),
        (Some(60), well(Some(s(90))), 0, Some(90)),
        (Some(60), suspect, 0, Some(30)),
        // A short timeout is not used up by the margin.
        (Some(20), well(None), 0, Some(10)),
        (Some(60), Turn::Fallback, 30, Some(45)),
        (Some(60), Turn::Fallback, 70, Some(70)),
        (Some(60), Turn::Last, 45, None),
        (None, well(None), 0, None),
        (None, suspect, 0, None),
    ] {
        let until = until(began, waits.map(s), turn, began + s(at));
        let expected = expected.map(|expected| began + s(expected));
        assert_eq!(until, expected, "{waits:?} {turn:?} {at}");
    }
}

#[test]
fn a_timeout_is_known_from_the_settings_first_and_from_disconnects_last() {
    let mut config = crate::tests::config();
    let mut headers = HeaderMap::new();
    let known = |config: &Config, headers: &HeaderMap, measured, learned| {
        waits(config, "main", Some("Leads"), headers, measured, learned)
    };
    assert_eq!(known(&config, &headers, None, None), None);
    assert_eq!(known(&config, &headers, None, Some(s(61))), Some(s(61)));
    assert_eq!(
        known(&config, &headers, Some(s(300)), Some(s(61))),
        Some(s(300))
    );
    headers.insert("x-stainless-timeout", "90".parse().unwrap());
    assert_eq!(known(&config, &headers, Some(s(300)), None), Some(s(90)));
    config.routes[0].client_waits = Some(s(80));
    assert_eq!(known(&config, &headers, Some(s(300)), None), Some(s(80)));
    config.client_waits.insert("Leads".into(), s(70));
    assert_eq!(known(&config, &headers, Some(s(300)), None), Some(s(70)));
}

#[test]
fn three_equal_disconnects_in_a_row_show_a_timeout() {
    let exit_group = |client: &str| ExitGroup {
        route: "leads".into(),
        client: client.into(),
        streamed: false,
    };
    for (exits, learned) in [
        (&[60, 60][..], None),
        (&[60, 61, 62], Some(60)),
        (&[60, 61, 63], None),
        (&[12, 60, 60, 61], Some(60)),
        (&[60, 60, 60, 5], None),
    ] {
        let mut all = Exits::default();
        for after in exits {
            all.left(exit_group("n8n"), s(*after));
            all.left(exit_group("another"), s(1000 + 100 * after));
        }
        assert_eq!(all.learned(&exit_group("n8n")), learned.map(s), "{exits:?}");
        // The client waited for a response for longer than the learned timeout.
        all.stayed(&exit_group("n8n"), s(61));
        assert_eq!(all.learned(&exit_group("n8n")), learned.map(s));
        all.stayed(&exit_group("n8n"), s(90));
        assert_eq!(all.learned(&exit_group("n8n")), None);
    }
}
