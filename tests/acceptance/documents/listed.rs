//! Lines of the documents that no test runs as they are: why, and the tests of the same thing.

pub(super) struct Listed {
    /// As in the document, without its comment.
    pub(super) line: &'static str,
    pub(super) why: &'static str,
    pub(super) tests: &'static [&'static str],
}

const fn not_run(line: &'static str, why: &'static str, tests: &'static [&'static str]) -> Listed {
    Listed { line, why, tests }
}

const CLIENT: &str = "runs a client, which `cargo xtask` installs";
const SERVICE: &str = "changes the services of the machine";
const PACKAGE: &str = "needs a package, and changes the machine";
const CONTAINER: &str = "needs a container engine";
const ANOTHER_COMPUTER: &str = "needs another computer";
const REGISTRY: &str = "reads from the network";

const RECEIVER: &str = "needs a receiver of the owner";
const INCIDENT: &str = "needs an incident with this number";
const KEYCHAIN: &str = "needs a keychain";

const SETTLED: &[&str] = &["the_owners_word_sends_it_again"];
const TUNNELS: &[&str] =
    &["the addresses of an engine on another computer are those of the tunnel"];
const REMOTE: &[&str] = &[
    "an_engine_of_another_computer_is_named_by_options_or_variables",
    "an_engine_on_another_computer_is_named_and_not_started_or_stopped",
];
const UNIT: &[&str] = &["the_desktop_and_the_service_manager_accept_their_files"];
const CODEX: &[&str] = &["the_real_codex_passes_understudy_until_the_undo"];
const IMAGE: &[&str] =
    &["the_image_is_a_valid_layout_and_its_engine_runs_as_a_user_without_rights"];
const COMPOSE: &[&str] = &["n8n_shares_the_network_of_the_engine_whose_port_is_published_nowhere"];

pub(super) const LISTED: &[Listed] = &[
    not_run("journalctl --user -u understudy", SERVICE, UNIT),
    not_run("systemctl --user enable --now understudy", SERVICE, UNIT),
    not_run("systemctl --user restart understudy", SERVICE, UNIT),
    not_run("systemctl --user start understudy", SERVICE, UNIT),
    not_run("loginctl enable-linger", SERVICE, UNIT),
    not_run("npm ci", REGISTRY, &[]),
    not_run(
        "cargo install --locked --path src-tauri/crates/engine",
        REGISTRY,
        &["a_binary_without_the_ui_answers_with_the_way_to_get_it"],
    ),
    not_run(
        "gh attestation verify FILE --repo OWNER/NAME",
        REGISTRY,
        &[],
    ),
    not_run(
        "sha256sum --check SHA256SUMS",
        PACKAGE,
        &["the_checksums_cover_every_file"],
    ),
    not_run(
        "sudo apt remove understudy",
        PACKAGE,
        &[
            "the_deb_installs_starts_and_is_removed_without_a_trace",
            "the_removal_names_each_user_whose_clients_depend_on_it_and_edits_nothing",
        ],
    ),
    not_run(
        "minisign -S -m understudy.json",
        "needs the program of a publisher",
        &["a_newer_version_is_shown_with_its_date_notes_and_command"],
    ),
    not_run(
        "docker load --input understudyd_0.1.0_amd64.oci.tar",
        CONTAINER,
        IMAGE,
    ),
    not_run(
        "docker compose --file compose.yaml up --detach",
        CONTAINER,
        COMPOSE,
    ),
    not_run(
        "docker compose exec understudy understudyd url",
        CONTAINER,
        IMAGE,
    ),
    not_run(
        "OPENAI_API_KEY=… docker compose up",
        CONTAINER,
        &["a_key_from_the_environment_is_used_and_named"],
    ),
    not_run(
        "docker run --network host -e ANTHROPIC_BASE_URL=\"http://127.0.0.1:4747/t/TOKEN\" -e OPENAI_BASE_URL=\"http://127.0.0.1:4747/t/TOKEN/v1\" IMAGE",
        CONTAINER,
        &["every_address_in_the_documentation_leads_to_the_engine"],
    ),
    not_run("ssh -L 4747:127.0.0.1:4747 HOST", ANOTHER_COMPUTER, TUNNELS),
    not_run(
        "ssh -R 4747:127.0.0.1:4747 HOST",
        ANOTHER_COMPUTER,
        &["every_address_in_the_documentation_leads_to_the_engine"],
    ),
    not_run(
        "ssh -N -L 4848:127.0.0.1:4747 build-server &",
        ANOTHER_COMPUTER,
        TUNNELS,
    ),
    not_run(
        "scp build-server:/run/user/1000/understudy/engine.json ~/build-server.json",
        ANOTHER_COMPUTER,
        &["the_token_file_has_the_token_or_is_a_runtime_file"],
    ),
    not_run(
        "understudy --engine http://127.0.0.1:4848 --control-token-file ~/build-server.json",
        "needs a desktop",
        REMOTE,
    ),
    not_run(
        "aider --model anthropic/rehearsal/steady --yes-always --no-git --no-check-update --analytics-disable --no-show-model-warnings --no-show-release-notes --no-pretty --message hello",
        CLIENT,
        &["the_real_aider_passes_understudy_until_the_undo"],
    ),
    not_run(
        "claude --model rehearsal/steady -p hello",
        CLIENT,
        &["the_real_claude_code_passes_understudy_until_the_undo"],
    ),
    not_run(
        "codex exec --skip-git-repo-check -m rehearsal/steady hello",
        CLIENT,
        CODEX,
    ),
    not_run(
        "opencode run -m anthropic/rehearsal/steady --title test hello",
        CLIENT,
        &["the_real_opencode_passes_understudy_until_the_undo"],
    ),
    not_run(
        "cline auth -p openai -b \"http://127.0.0.1:4747/t/TOKEN/v1\" -k KEY -m MODEL",
        CLIENT,
        &["the_real_cline_passes_understudy_until_the_undo"],
    ),
    not_run(
        "cline --json --data-dir FOLDER/data -P openai -m rehearsal/steady say hello",
        CLIENT,
        &["the_real_cline_passes_understudy_until_the_undo"],
    ),
    not_run(
        "codex -c openai_base_url=…",
        CLIENT,
        &["what_sends_requests_elsewhere_is_named_with_its_line"],
    ),
    not_run(
        "printf %s TOKEN | codex login --with-api-key",
        CLIENT,
        CODEX,
    ),
    not_run(
        "codex -c 'openai_base_url=\"http://127.0.0.1:4747/t/TOKEN/v1\"'",
        CLIENT,
        CODEX,
    ),
    not_run(
        "curl URL/effects/invoice -H 'Idempotency-Key: order-17' -H 'content-type: application/json' -d '{\"customer\": \"Miller Ltd\", \"amount\": 400}'",
        RECEIVER,
        &["an_effect_is_sent_once_and_its_result_is_replayed"],
    ),
    not_run(
        "understudyd effects settle e17 --send-again",
        RECEIVER,
        SETTLED,
    ),
    not_run(
        "understudyd effects settle e17 --arrived --body '{\"number\": \"INV-17\"}'",
        RECEIVER,
        SETTLED,
    ),
    not_run("understudyd effects settle e17 --drop", RECEIVER, SETTLED),
    not_run("understudyd effects show e17", RECEIVER, SETTLED),
    not_run(
        "understudyd effects secret billing",
        KEYCHAIN,
        &["a_receivers_secret_comes_from_the_keychain"],
    ),
    not_run(
        "understudyd review secret --pipeline \"Qualify leads\"",
        KEYCHAIN,
        &["the_published_example_has_its_signature"],
    ),
    not_run(
        "understudyd review secret --pipeline Leads",
        KEYCHAIN,
        &["the_published_example_has_its_signature"],
    ),
    not_run(
        "understudyd review drain --pipeline Leads",
        RECEIVER,
        &["the_switch_shows_the_cost_first_and_a_caller_fetches"],
    ),
    not_run(
        "understudyd review drain on --pipeline \"Qualify leads\"",
        RECEIVER,
        &["the_switch_shows_the_cost_first_and_a_caller_fetches"],
    ),
    not_run(
        "understudyd report --incident 12 --format json",
        INCIDENT,
        &["an_incident_and_a_month_are_reported_to_the_owner_and_to_one_customer"],
    ),
    not_run(
        "understudyd report --incident 12 --customer \"Miller Ltd\"",
        INCIDENT,
        &["an_incident_and_a_month_are_reported_to_the_owner_and_to_one_customer"],
    ),
];
