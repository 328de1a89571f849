//! The files of a reader's clients, as each client writes them.

use crate::desk::Desk;

const FILES: &[(&str, &str)] = &[
    (".claude/settings.json", "{ \"model\": \"opus\" }\n"),
    (".codex/config.toml", "model = \"gpt-6\"\n"),
    (".config/opencode/opencode.json", "{}\n"),
    (
        ".continue/config.yaml",
        "name: mine\nmodels:\n  - name: Claude\n    provider: anthropic\n    model: claude-sonnet-5\n  - name: GPT\n    provider: openai\n    model: gpt-6\n",
    ),
    (".aider.conf.yml", "model: sonnet\n"),
    (".aider/caches/model_prices.json", "{}\n"),
    (
        ".cline/data/settings/providers.json",
        "{ \"providers\": { \"openai-compatible\": { \"settings\": { \"provider\": \"openai-compatible\", \"model\": \"gpt-5\" } } } }\n",
    ),
];

pub(super) fn fill(desk: &Desk) {
    for (file, text) in FILES {
        write(desk, file, text);
    }
}

/// What a repair by hand finds: an address of Understudy in the settings of two clients.
pub(super) fn connected(desk: &Desk) {
    let base = desk.base();
    let claude = format!("{{ \"env\": {{ \"ANTHROPIC_BASE_URL\": \"{base}\" }} }}\n");
    write(desk, ".claude/settings.json", &claude);
    write(
        desk,
        ".codex/config.toml",
        &format!("openai_base_url = \"{base}/v1\"\n"),
    );
    for file in [".bashrc", ".zshrc", ".profile"] {
        write(desk, file, "");
    }
}

fn write(desk: &Desk, file: &str, text: &str) {
    let path = desk.file(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
