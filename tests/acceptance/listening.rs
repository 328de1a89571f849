//! The port's address: the command line finds the engine at any address, and a change takes effect after a restart.

use crate::desk::Desk;

/// Earlier versions opened such an address without TLS.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_all_interfaces_stays_closed_and_this_computer_is_served() {
    for address in ["0.0.0.0", "::"] {
        let mut desk = Desk::new();
        desk.settings(&format!(
            "[listen]\naddress = \"{address}\"\nallowed_hosts = [\"desk.example\"]\n"
        ));
        desk.start();
        let base = desk.base();
        assert!(base.starts_with("http://127.0.0.1:"), "{base}");
        assert_eq!(desk.run(&["status"]).status.code(), Some(2), "unknown yet");
        let doctor = desk.printed(&["doctor"]);
        assert!(
            doctor.contains("without TLS others could read the requests"),
            "{doctor}"
        );
        let requested = serde_json::json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] });
        assert_eq!(desk.ask("/v1/messages", &requested).await.status(), 200);
        desk.printed(&["stop"]);
        assert!(desk.ended().success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_address_takes_effect_after_a_restart() {
    let desk = Desk::started();
    desk.settings("[listen]\naddress = \"127.0.0.2\"\n");
    let pending = |s: &api::Snapshot| {
        let mut problems = s.engine.problems.iter();
        problems.any(|p| p.fix.starts_with("Restart to use the new address"))
    };
    desk.until("told", pending).await;
    let doctor = desk.printed(&["doctor"]);
    assert!(
        doctor.contains("The settings name 127.0.0.2:")
            && doctor.contains("still listens on 127.0.0.1:"),
        "{doctor}"
    );
    let log = desk.log();
    assert!(
        log.contains("new settings are active, except [listen]."),
        "{log}"
    );
    assert!(!log.contains("new settings are active\n"), "{log}");

    desk.settings("");
    desk.until("taken back", |s| !pending(s)).await;
}
