//! A separate engine for each test, with its own folder and port, and upstreams for its settings.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use api::{CONTROL_HEADER, RuntimeFile, Snapshot};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

/// Longer than any step takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_understudyd"))
}

/// A folder for one engine, and the engine after its start.
pub(crate) struct Desk {
    pub(crate) home: TempDir,
    engine: Option<Child>,
    pub(crate) printed: String,
    pub(crate) http: reqwest::Client,
    environment: Vec<(String, String)>,
    /// A program that starts `understudyd`; empty: started directly.
    launcher: Vec<String>,
    /// The engine's standard error.
    stderr: PathBuf,
}

impl Desk {
    /// Without network: no page is read, no network check runs, and there is no keychain.
    pub(crate) fn new() -> Desk {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let home = tempfile::tempdir().unwrap();
        let desk = Desk {
            stderr: home.path().join("engine.log"),
            home,
            engine: None,
            printed: String::new(),
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(PATIENCE)
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            environment: Vec::new(),
            launcher: Vec::new(),
        };
        desk.settings("");
        desk
    }

    pub(crate) fn started() -> Desk {
        let mut desk = Desk::new();
        desk.start();
        desk
    }

    /// Writes the settings file: without polling, followed by this text.
    pub(crate) fn settings(&self, text: &str) {
        let watch = watch(text);
        std::fs::write(self.file("settings.toml"), format!("{watch}\n{text}")).unwrap();
    }

    /// Changes the settings of a running engine, like its window, and waits until they are active.
    pub(crate) async fn save_settings(&self, text: &str) {
        let runtime = self.runtime();
        let request = self
            .http
            .put(format!("{}/control/settings", runtime.address))
            .header(CONTROL_HEADER, runtime.control_token)
            .body(format!("{}{text}", watch(text)));
        let saved: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(saved["errors"], serde_json::json!([]), "{text}");
    }

    pub(crate) fn env(&mut self, name: &str, value: &str) {
        self.environment.push((name.into(), value.into()));
    }

    /// File permissions apply from now on, even if the tests run as root.
    #[cfg(target_os = "linux")]
    pub(crate) fn obey_permissions(&mut self) {
        use std::os::unix::fs::MetadataExt;
        if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
            self.launcher = [
                "setpriv",
                "--bounding-set=-dac_override,-dac_read_search",
                "--",
            ]
            .map(str::to_owned)
            .to_vec();
        }
    }

    /// The engine cannot open more files than this.
    pub(crate) fn limit_open_files(&mut self, most: usize) {
        let script = format!("ulimit -n {most}; exec \"$0\" \"$@\"");
        self.launcher = vec!["sh".into(), "-c".into(), script];
    }

    /// Started with `nohup`, from now on.
    pub(crate) fn nohup(&mut self) {
        self.launcher = vec!["nohup".to_owned()];
    }

    /// The engine writes its standard error there, from the next start on.
    pub(crate) fn log_to(&mut self, file: impl Into<PathBuf>) {
        self.stderr = file.into();
    }

    /// Simulates an earlier run of an older version.
    pub(crate) fn ran_before(&self) {
        std::fs::write(self.file("token"), "0123456789abcdef".repeat(2)).unwrap();
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// `understudyd` with these arguments, in this desk's environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match self.launcher.split_first() {
            Some((launcher, its_own)) => {
                let mut command = Command::new(launcher);
                command.args(its_own).arg(binary().get_program());
                command
            }
            None => binary(),
        };
        command
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.home.path());
        command
            .env("UNDERSTUDY_HOME", self.home.path())
            .envs(self.environment.iter().map(|(k, v)| (k, v)));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Standard output of a command that must succeed.
    pub(crate) fn printed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// Output of a command that reads this input and must succeed.
    pub(crate) fn output_with_input(&self, arguments: &[&str], input: &str) -> String {
        use std::io::Write;
        let mut running = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = running.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        let output = running.wait_with_output().unwrap();
        let printed = text(&output.stdout);
        assert!(
            output.status.success(),
            "{arguments:?}: {printed}{}",
            text(&output.stderr)
        );
        printed
    }

    /// Starts the engine on a free port and waits until it prints its address.
    pub(crate) fn start(&mut self) {
        let log = std::fs::File::create(&self.stderr).unwrap();
        let mut child = self
            .command(&["serve", "--port", "0", "--show-urls"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        self.printed.clear();
        // The curl line is the last line that the engine prints at its start.
        while !self.printed.contains("curl ") {
            let line = lines
                .next()
                .unwrap_or_else(|| panic!("the engine ended: {}", self.log()))
                .unwrap();
            self.printed += &line;
            self.printed.push('\n');
        }
        self.engine = Some(child);
    }

    pub(crate) fn log(&self) -> String {
        let file = self.file("engine.log");
        std::fs::read_to_string(file).unwrap_or_default()
    }

    pub(crate) fn runtime(&self) -> RuntimeFile {
        let bytes = std::fs::read(self.file("run/engine.json")).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    pub(crate) fn address(&self) -> String {
        self.runtime().address
    }

    /// The base URL for a client.
    pub(crate) fn base(&self) -> String {
        self.printed(&["url"]).trim().to_owned()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.engine.as_ref().unwrap().id()
    }

    /// Kills the engine.
    pub(crate) fn kill(&mut self) {
        let mut engine = self.engine.take().unwrap();
        engine.kill().unwrap();
        engine.wait().unwrap();
    }

    /// Waits until the engine ends.
    pub(crate) fn ended(&mut self) -> std::process::ExitStatus {
        self.engine.take().unwrap().wait().unwrap()
    }

    pub(crate) async fn control(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let runtime = self.runtime();
        let mut request = self
            .http
            .request(method, format!("{}/control{path}", runtime.address))
            .header(CONTROL_HEADER, runtime.control_token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, value) = self.control(Method::GET, path, None).await;
        assert!(status.is_success(), "{path}: {status} {value}");
        value
    }

    /// `/metrics`, as a scraper reads it.
    pub(crate) async fn metrics(&self) -> String {
        let token = self.base().rsplit('/').next().unwrap().to_owned();
        let url = format!("{}/metrics", self.address());
        let response = self.http.get(url).bearer_auth(token).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    }

    pub(crate) async fn snapshot(&self) -> Snapshot {
        serde_json::from_value(self.get("/snapshot").await).unwrap()
    }

    /// Waits for a snapshot that satisfies `wanted`.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let runtime = self.runtime();
        let request = self
            .http
            .get(format!("{}/control/events", runtime.address))
            .header(CONTROL_HEADER, runtime.control_token);
        let mut stream = request.send().await.unwrap();
        let (mut pending, mut last) = (Vec::new(), String::new());
        // The client's timeout ends the wait.
        while let Ok(Some(piece)) = stream.chunk().await {
            pending.extend_from_slice(&piece);
            while let Some(end) = pending.windows(2).position(|pair| pair == b"\n\n") {
                let event: Vec<u8> = pending.drain(..end + 2).collect();
                let Some(json) = text(&event)
                    .split_once("data: ")
                    .map(|(_, json)| json.trim().to_owned())
                else {
                    continue;
                };
                let snapshot: Snapshot = serde_json::from_str(&json).unwrap();
                if wanted(&snapshot) {
                    return snapshot;
                }
                last = json;
            }
        }
        panic!("never {what}: {last}\n{}", self.log());
    }

    /// Waits for at least this many exchanges and returns the newest ones.
    pub(crate) async fn exchanges(&self, least: usize) -> Vec<Value> {
        self.exchanges_until(|rows| rows.len() >= least).await
    }

    /// Waits until the newest exchanges satisfy `enough`: every exchange that ends triggers a snapshot.
    pub(crate) async fn exchanges_until(&self, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let rows = |page: &Value| page["exchanges"].as_array().unwrap().clone();
        let page = self
            .until_page("/exchanges?limit=500", |page| enough(&rows(page)))
            .await;
        rows(&page)
    }

    /// Waits until this page of the control API satisfies `enough`; it is read again with each snapshot.
    pub(crate) async fn until_page(&self, path: &str, enough: impl Fn(&Value) -> bool) -> Value {
        let runtime = self.runtime();
        let request = self
            .http
            .get(format!("{}/control/events", runtime.address))
            .header(CONTROL_HEADER, runtime.control_token);
        let mut changes = request.send().await.unwrap();
        loop {
            let page = self.get(path).await;
            if enough(&page) {
                return page;
            }
            let more = changes.chunk().await;
            assert!(matches!(more, Ok(Some(_))), "never enough: {page}");
        }
    }

    /// `POST` to the gateway.
    pub(crate) async fn ask(&self, path: &str, body: &Value) -> reqwest::Response {
        self.http
            .post(format!("{}{path}", self.base()))
            .json(body)
            .send()
            .await
            .unwrap()
    }
}

/// No polling, unless these settings configure it.
fn watch(settings: &str) -> &'static str {
    match settings.contains("[watch]") {
        true => "",
        false => "[watch]\npages = false\nonline_hosts = []\n",
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(mut engine) = self.engine.take() {
            let _ = engine.kill();
            let _ = engine.wait();
        }
    }
}

/// A rehearsal provider as a separate upstream in this process.
pub(crate) struct Upstream {
    pub(crate) stage: stage::Stage,
    pub(crate) address: String,
    task: tokio::task::JoinHandle<()>,
}

impl Upstream {
    pub(crate) async fn start() -> Upstream {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stage = stage::Stage::any_model();
        let serving = stage.clone();
        let task =
            tokio::spawn(async move { serving.serve(listener, std::future::pending()).await });
        Upstream {
            stage,
            address,
            task,
        }
    }

    /// Number of generation requests that the upstream received.
    pub(crate) fn posts(&self) -> usize {
        self.stage
            .received()
            .iter()
            .filter(|r| r.method == "POST")
            .count()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Two endpoints that speak all dialects, and a route in each dialect from the first to the second.
pub(crate) fn two_endpoints(first: &str, second: &str) -> String {
    let endpoint = |id: &str, base: &str| {
        format!(
            "[[endpoint]]\nid = \"{id}\"\nname = \"{id}\"\nbase = \"{base}\"\ndialects = [\"anthropic\", \"openai-chat\", \"openai-responses\"]\nfamily = \"stage\"\n"
        )
    };
    let route = |dialect: &str| {
        format!(
            "[[route]]\nname = \"work {dialect}\"\ndialect = \"{dialect}\"\nmodels = \"*\"\ncandidates = [\"lead\", \"second\"]\n"
        )
    };
    ["anthropic", "openai-chat", "openai-responses"]
        .map(route)
        .concat()
        + &endpoint("lead", first)
        + &endpoint("second", second)
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Sends a request as raw bytes that no HTTP client would send; returns the complete response until the other side closes.
pub(crate) fn raw(address: &str, request: &[u8]) -> String {
    use std::io::Write;
    let mut stream = std::net::TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // The engine may answer and close before it has read everything.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    text(&answer)
}

pub(crate) fn page(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../watch/tests/pages")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
