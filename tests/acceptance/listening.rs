//! The port's address: the command line finds the engine at any address, and a change takes effect after a restart.

use crate::desk::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_on_all_interfaces_is_reached_and_stopped_by_its_commands() {
    for (address, url) in [("0.0.0.0", "http://127.0.0.1:"), ("::", "http://[::1]:")] {
        if std::net::TcpListener::bind((address, 0)).is_err() {
            // This machine has no IPv6.
            continue;
        }
        let mut desk = Desk::new();
        desk.settings(&format!(
            "[listen]\naddress = \"{address}\"\nallowed_hosts = [\"desk.example\"]\n"
        ));
        desk.start();
        assert!(desk.base().starts_with(url), "{}", desk.base());
        assert_eq!(desk.run(&["status"]).status.code(), Some(2), "unknown yet");
        let doctor = desk.printed(&["doctor"]);
        assert!(
            doctor.contains("listens on every network address of this machine, port "),
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
    desk.settings("[listen]\naddress = \"0.0.0.0\"\nallowed_hosts = [\"desk.example\"]\n");
    let pending = |s: &api::Snapshot| {
        let mut problems = s.engine.problems.iter();
        problems.any(|p| p.fix.starts_with("Restart to use the new address"))
    };
    desk.until("told", pending).await;
    let doctor = desk.printed(&["doctor"]);
    assert!(
        doctor.contains("The settings name 0.0.0.0:")
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
