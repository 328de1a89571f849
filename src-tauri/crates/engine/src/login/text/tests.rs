use super::*;

const UNUSUAL: &str = "/home/a b/100% $HOME/understudyd";

#[test]
fn an_unusual_path_is_quoted_in_a_unit() {
    let unit = unit(UNUSUAL);
    assert!(
        unit.contains("ExecStart=\"/home/a b/100%% $HOME/understudyd\" serve\n"),
        "{unit}"
    );
    assert_eq!(program_of_own_unit(&unit).as_deref(), Some(UNUSUAL));
}

#[test]
fn a_unit_of_an_earlier_version_is_recognized_and_a_changed_one_is_not() {
    let now = unit("/usr/bin/understudyd");
    let earlier = now
        .replace("StartLimitIntervalSec=0\n", "")
        .replace("=90", "=60");
    assert_ne!(earlier, now);
    assert_eq!(
        program_of_own_unit(&earlier).as_deref(),
        Some("/usr/bin/understudyd")
    );
    for changed in [
        now.replace(
            "[Service]\n",
            "[Service]\nEnvironment=UNDERSTUDY_LOG=debug\n",
        ),
        now.replace(" serve\n", " serve --port 80\n"),
        now.replace("RestartSec=2", "RestartSec=9"),
        "[Unit]\n".to_owned(),
    ] {
        assert_eq!(program_of_own_unit(&changed), None, "{changed}");
    }
}

#[test]
fn a_desktop_entry_escapes_its_program_twice() {
    let entry = desktop_entry("/opt/a \"b\" $c 5%/understudyd");
    assert!(
        entry.contains("Exec=\"/opt/a \\\\\"b\\\\\" \\\\$c 5%%/understudyd\" serve\n"),
        "{entry}"
    );
}

#[test]
fn a_launch_agent_is_valid_xml_and_restarts_only_after_a_failure() {
    let agent = launch_agent("/Users/a & <b>/understudyd", "/Users/a/Library/x.log");
    let expected = "  <array>\n    <string>/Users/a &amp; &lt;b&gt;/understudyd</string>\n    <string>serve</string>\n    <string>--log-file</string>\n    <string>/Users/a/Library/x.log</string>\n  </array>\n";
    assert!(agent.contains(expected), "{agent}");
    assert!(
        agent.contains(
            "<key>KeepAlive</key>\n  <dict>\n    <key>SuccessfulExit</key>\n    <false/>\n  </dict>"
        ),
        "{agent}"
    );
    assert!(agent.contains("<key>Label</key>\n  <string>dev.understudy.engine</string>"));
    assert_eq!(agent.matches('<').count(), agent.matches('>').count());
}

#[test]
fn the_run_key_starts_the_tray_application_or_the_engine() {
    let engine = Path::new(r"C:\Program Files\Understudy\understudyd.exe");
    let tray = Path::new(r"C:\Program Files\Understudy\understudy.exe");
    assert_eq!(
        run_value(engine, Some(tray)).unwrap(),
        r#""C:\Program Files\Understudy\understudy.exe""#
    );
    assert_eq!(
        run_value(engine, None).unwrap(),
        r#""C:\Program Files\Understudy\understudyd.exe" serve"#
    );
    let long = format!(r"C:\{}\understudyd.exe", "x".repeat(260));
    assert_eq!(run_value(Path::new(&long), None), None);
}

#[test]
fn the_task_manager_can_switch_it_off() {
    assert!(is_approved(None) && is_approved(Some(&[2, 0, 0])) && is_approved(Some(&[6])));
    assert!(!is_approved(Some(&[3, 0, 0, 0, 9])));
}
