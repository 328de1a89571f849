//! How long the pages and the reports of a large ledger take. `pages <understudyd> <folder>`: the folder has `ledger.sqlite`, as
//! the ledger's example `large` writes it. It gets settings, and the program runs in it; a Markdown table is printed.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that prints how long pages take"
)]

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use api::{CONTROL_HEADER, RuntimeFile};
use serde_json::Value;

type Done<T> = Result<T, Box<dyn Error>>;

const RUNS: usize = 15;
/// Sequential requests of one page, with their search.
const PAGES: [(&str, &str); 18] = [
    ("Requests, first page", "/exchanges?limit=50"),
    (
        "Requests, 190,000 rows down",
        "/exchanges?limit=50&before=10000",
    ),
    (
        "Requests of a pipeline",
        "/exchanges?limit=50&pipeline=pipeline-3",
    ),
    ("Requests, search \"529\"", "/exchanges?limit=50&q=529"),
    (
        "Requests, search for a client's wording",
        "/exchanges?limit=50&q=response%20incomplete",
    ),
    (
        "Requests, search for a text of no request",
        "/exchanges?limit=50&q=no%20such%20text",
    ),
    ("Incidents, first page", "/incidents?limit=50"),
    ("Incidents, last page", "/incidents?limit=50&before=51"),
    ("Incidents, search \"529\"", "/incidents?limit=50&text=529"),
    (
        "Incidents, search for a client's wording",
        "/incidents?limit=50&text=response%20incomplete",
    ),
    ("Now (snapshot)", "/snapshot"),
    (
        "Chart: uptime of 90 days",
        "/series/uptime?days=90&zone=Europe/Berlin",
    ),
    (
        "Chart: latency of 90 days",
        "/series/latency?days=90&zone=Europe/Berlin",
    ),
    (
        "Chart: cost of 90 days",
        "/series/cost?days=90&zone=Europe/Berlin",
    ),
    ("Pipelines", "/pipelines"),
    ("Review, recent", "/review?limit=50"),
    ("Review, all", "/review?limit=50&all=true"),
    ("Effects, all", "/effects?limit=50&all=true"),
];

#[tokio::main]
async fn main() -> Done<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [program, folder] = &args[..] else {
        return Err("write `pages <understudyd> <folder>`".into());
    };
    let folder = Path::new(folder);
    std::fs::write(folder.join("settings.toml"), settings())?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut engine = start(program, folder)?;
    let measured = all(program, folder).await;
    engine.kill()?;
    engine.wait()?;
    measured
}

fn settings() -> String {
    let pipelines = (0..8).map(|n| {
        format!("[[pipeline]]\nname = \"pipeline-{n}\"\ncustomer = \"Customer {n}\"\nweekly_items = 50\nvalue = 400\n")
    });
    let head = "[watch]\npages = false\nonline_hosts = []\nmine = [\"anthropic\", \"openai\"]\n";
    head.to_owned() + &pipelines.collect::<String>()
}

fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("HOME", folder)
        .env("UNDERSTUDY_HOME", folder)
        .env("TZ", "Europe/Berlin")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn start(program: &str, folder: &Path) -> Done<Child> {
    let mut serve = command(program, folder);
    let mut child = serve
        .args(["serve", "--port", "0", "--show-urls"])
        .stdout(Stdio::piped())
        .spawn()?;
    let out = child.stdout.take().ok_or("no output")?;
    for line in BufReader::new(out).lines() {
        // The last line of its start.
        if line?.contains("curl ") {
            return Ok(child);
        }
    }
    Err("the engine ended".into())
}

async fn all(program: &str, folder: &Path) -> Done<()> {
    let runtime: RuntimeFile =
        serde_json::from_slice(&std::fs::read(folder.join("run/engine.json"))?)?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let get = async |path: &str| {
        let url = format!("{}/control{path}", runtime.address);
        let request = http.get(url).header(CONTROL_HEADER, &runtime.control_token);
        request.send().await?.error_for_status()?.text().await
    };
    let incidents: Value = serde_json::from_str(&get("/incidents?limit=500").await?)?;
    let rows = incidents["incidents"].as_array().ok_or("no incidents")?;
    let hit = |row: &Value| row["exchanges_hit"].as_u64().unwrap_or_default();
    let largest = rows
        .iter()
        .max_by_key(|row| hit(row))
        .ok_or("no incident")?;
    let id = largest["id"].to_string();
    let month = rows[rows.len() / 2]["opened"].as_str().ok_or("no date")?[..7].to_owned();

    let size = std::fs::metadata(folder.join("ledger.sqlite"))?.len() >> 20;
    println!(
        "{size} MiB, {} incidents; the largest affected {} requests\n",
        rows.len(),
        hit(largest)
    );
    println!("| | first, ms | median, ms | max, ms |\n|---|---:|---:|---:|");
    let of_incident = [
        ("The largest incident", format!("/incidents/{id}")),
        ("Its chart", format!("/series/incidents/{id}")),
    ];
    let pages = PAGES.map(|(name, path)| (name, path.to_owned()));
    for (name, path) in pages.into_iter().chain(of_incident) {
        let mut times = Vec::new();
        for _ in 0..RUNS {
            let began = Instant::now();
            get(&path).await?;
            times.push(began.elapsed());
        }
        row(name, times);
    }
    let reports: [(&str, &[&str]); 5] = [
        ("`report --month` of the middle", &["--month", &month]),
        ("the same as HTML", &["--month", &month, "--format", "html"]),
        (
            "the same for a customer",
            &["--month", &month, "--customer", "Customer 3"],
        ),
        ("`report --incident` of the largest", &["--incident", &id]),
        (
            "the same for a customer",
            &["--incident", &id, "--customer", "Customer 3"],
        ),
    ];
    for (name, arguments) in reports {
        let mut times = Vec::new();
        for _ in 0..RUNS {
            let began = Instant::now();
            let done = command(program, folder)
                .arg("report")
                .args(arguments)
                .output()?;
            if !done.status.success() || done.stdout.is_empty() {
                return Err(format!("{arguments:?} failed").into());
            }
            times.push(began.elapsed());
        }
        row(name, times);
    }
    Ok(())
}

fn row(name: &str, mut times: Vec<Duration>) {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let first = times[0];
    times.sort();
    println!(
        "| {name} | {:.0} | {:.0} | {:.0} |",
        ms(first),
        ms(times[RUNS / 2]),
        ms(times[RUNS - 1])
    );
}
