//! An installed `understudyd`, started as its user starts it: without any variable of the tests.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{both, succeeds};

pub(super) struct Program {
    /// The program, with what starts it in another root folder.
    pub(super) line: Vec<String>,
    pub(super) environment: Vec<(&'static str, String)>,
    pub(super) log: PathBuf,
    engine: Option<Child>,
    printed: String,
}

impl Program {
    pub(super) fn new(line: &[&str], environment: &[(&'static str, &str)], log: &Path) -> Program {
        Program {
            line: line.iter().map(|&word| word.to_owned()).collect(),
            environment: environment
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
            log: log.to_owned(),
            engine: None,
            printed: String::new(),
        }
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.line[0]);
        command
            .args(&self.line[1..])
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> String {
        succeeds(&mut self.command(arguments))
    }

    /// Waits until the engine prints the line of a rehearsal request.
    pub(super) fn start(&mut self) {
        let log = std::fs::File::create(&self.log).unwrap();
        let mut serve = self.command(&["serve", "--port", "0", "--show-urls"]);
        let mut engine = serve.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(engine.stdout.take().unwrap()).lines();
        self.engine = Some(engine);
        self.printed.clear();
        while !self.printed.contains("curl ") {
            let line = lines
                .next()
                .unwrap_or_else(|| panic!("the engine ended: {}", self.logged()));
            self.printed += &format!("{}\n", line.unwrap());
        }
    }

    pub(super) fn process(&self) -> u32 {
        self.engine.as_ref().unwrap().id()
    }

    /// Pastes the line that the engine printed.
    pub(super) fn rehearses(&self) {
        let mut lines = self.printed.lines();
        let line = lines.find(|line| line.starts_with("curl ")).unwrap();
        let answer = succeeds(Command::new("bash").args(["-c", &format!("{line} -sS")]));
        assert!(
            answer.contains("rehearsal answer from Understudy"),
            "{answer}"
        );
    }

    /// `understudyd url` without the token.
    pub(super) fn address(&self) -> String {
        let url = self.run(&["url"]);
        url.split("/t/").next().unwrap().to_owned()
    }

    /// Stops the engine in order and waits for its end.
    pub(super) fn stop(&mut self) {
        self.run(&["stop"]);
        let mut engine = self.engine.take().unwrap();
        assert!(engine.wait().unwrap().success(), "{}", self.logged());
        let health = self.command(&["health"]).output().unwrap();
        assert_eq!(health.status.code(), Some(2), "{}", both(&health));
    }

    fn logged(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(mut engine) = self.engine.take() {
            let _ = engine.kill();
            let _ = engine.wait();
        }
    }
}
