//! `cargo xtask fuzz`: coverage-guided fuzzing on the stable toolchain. The compiler's coverage pass marks every
//! branch, and libFuzzer searches for inputs that reach new ones. Without unsafe code no sanitizer is needed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::checks::cargo;
use crate::step::{Done, Failed, Outcome, ask, call, step};
use crate::system::{self, Purpose};
use crate::tree::{self, root};

/// Seconds for each target, unless the command sets another number.
pub(crate) const SECONDS: u32 = 600;

/// Limits for one input: time in seconds, memory in MiB.
const TIMEOUT: &str = "20";
const MEMORY: &str = "1024";

/// The fuzz targets, each with the folders of its first inputs.
const TARGETS: &[(&str, &[&str])] = &[
    ("sse", TRANSCRIPTS),
    (
        "anthropic",
        &["src-tauri/crates/wire/tests/transcripts/anthropic"],
    ),
    (
        "openai-chat",
        &["src-tauri/crates/wire/tests/transcripts/openai-chat"],
    ),
    (
        "openai-responses",
        &["src-tauri/crates/wire/tests/transcripts/openai-responses"],
    ),
    ("restart", TRANSCRIPTS),
    ("translate", TRANSCRIPTS),
    ("same-dialect", TRANSCRIPTS),
    (
        "request",
        &["src-tauri/crates/translate/tests/translated_requests/requests"],
    ),
    ("failure", &["tests/fuzz/seeds/failure"]),
];

const TRANSCRIPTS: &[&str] = &[
    "src-tauri/crates/wire/tests/transcripts/anthropic",
    "src-tauri/crates/wire/tests/transcripts/openai-chat",
    "src-tauri/crates/wire/tests/transcripts/openai-responses",
];

/// The flags of `cargo fuzz run --sanitizer none`: all of them are stable.
const COVERAGE: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Ccodegen-units=1",
];

/// The target of this name.
pub(crate) fn target(name: &str) -> Outcome<&str> {
    if TARGETS.iter().any(|(known, _)| *known == name) {
        return Ok(name);
    }
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    let names = names.join(", ");
    Err(Failed::new(format!(
        "there is no target `{name}`; there are {names}"
    )))
}

/// Fuzzes each target for this many seconds, in sequence. Inputs that reach new code are kept in `target/fuzz/corpus` and used
/// again. An input that violates a property is kept there too and printed.
pub(crate) fn fuzz(seconds: u32, only: Option<&str>) -> Outcome {
    system::install(Purpose::Fuzzing)?;
    let folder = tree::target().join("fuzz");
    let programs = build(&folder)?;
    for (name, seeds) in TARGETS
        .iter()
        .filter(|(name, _)| only.is_none_or(|only| only == *name))
    {
        step(&format!("fuzz {name}"), || {
            run(&folder, &programs.join(name), name, seeds, seconds)
        })?;
    }
    Ok(())
}

fn build(folder: &Path) -> Outcome<PathBuf> {
    let host = host()?;
    step("fuzz targets", || {
        call(
            cargo()
                .args([
                    "build",
                    "--quiet",
                    "--profile=fuzz",
                    "--locked",
                    "--package=fuzz",
                    "--features=libfuzzer",
                ])
                // With `--target`, the flags do not apply to build scripts and macros.
                .args(["--target", &host, "--target-dir"])
                .arg(folder)
                .env("RUSTFLAGS", COVERAGE.join(" ")),
        )?;
        Ok(Done::Did("built".into()))
    })?;
    Ok(folder.join(host).join("fuzz"))
}

fn host() -> Outcome<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let rebuilt = ask(Command::new(rustc).arg("-vV"))?;
    let host = rebuilt.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or_else(|| Failed::new("`rustc -vV` does not name its host"))?;
    Ok(host.to_owned())
}

fn run(folder: &Path, program: &Path, name: &str, seeds: &[&str], seconds: u32) -> Outcome<Done> {
    let corpus = folder.join("corpus").join(name);
    fs::create_dir_all(&corpus)?;
    let log = folder.join(format!("{name}.log"));
    let found = folder.join(format!("{name}-"));
    let status = Command::new(program)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={TIMEOUT}"))
        .arg(format!("-rss_limit_mb={MEMORY}"))
        .arg(format!("-artifact_prefix={}", found.display()))
        .arg("-print_final_stats=1")
        .arg(&corpus)
        .args(seeds.iter().map(|seeds| root().join(seeds)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&log)?)
        .status()?;
    let rebuilt = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    if status.success() {
        return Ok(Done::Did(summary(&rebuilt)));
    }
    let broken = rebuilt.lines().filter(|line| {
        [
            "panicked at",
            "assertion",
            "left:",
            "right:",
            "ERROR:",
            "Test unit written to",
        ]
        .iter()
        .any(|mark| line.contains(mark))
    });
    let broken: Vec<&str> = broken.collect();
    Err(Failed::new(format!(
        "a property was violated; the complete output is in {}\n{}",
        log.display(),
        broken.join("\n")
    )))
}

/// From libFuzzer's closing lines: `#24427 DONE cov: 1796 ft: 4131 …`.
fn summary(output: &str) -> String {
    let done = output.lines().rfind(|line| line.contains("DONE"));
    let words: Vec<&str> = done.unwrap_or_default().split_whitespace().collect();
    let after = |name: &str| {
        let at = words.iter().position(|word| *word == name);
        at.and_then(|at| words.get(at + 1)).copied().unwrap_or("?")
    };
    let inputs = words
        .first()
        .map_or("?", |word| word.trim_start_matches('#'));
    format!(
        "{inputs} inputs, {} branches, {} features, nothing found",
        after("cov:"),
        after("ft:")
    )
}
