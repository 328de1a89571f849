//! A client's connect recipe: installation, address, a run without a terminal, and how its result is parsed. One file per
//! client in `recipes/`, named after the client's folder in `target/clients`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use catalog::Dialect;
use serde::Deserialize;
use serde_json::Value;

use super::shown::Shows;

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipe {
    /// Name of its file and its folder.
    #[serde(skip)]
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) shows: Shows,
    /// Program and arguments. The argument `{again}` is replaced by those of `again` for a second question in the same session.
    command: Vec<String>,
    #[serde(default)]
    again: Vec<String>,
    /// Run in every new home before the command.
    before: Option<Vec<String>>,
    /// Run in one home, which is copied for every run.
    #[serde(default)]
    pub(crate) once: Vec<Vec<String>>,
    /// The model's call of the tool that appends a line; absent: no tool.
    tool: Option<Tool>,
    /// Additional arguments if a tool is offered.
    #[serde(default)]
    tool_arguments: Vec<String>,
    /// The model answers by calling a tool with this name, with the text in `text`.
    answers_in: Option<String>,
    /// Words in its output that report an error, if its exit status does not.
    #[serde(default)]
    pub(crate) error_words: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// Fewer retries than the client's default, so that a run is short.
    #[serde(default)]
    short_env: BTreeMap<String, String>,
    #[serde(default)]
    short_arguments: Vec<String>,
    /// Files in its home.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// The modes in which it is used; each is a row of the table.
    pub(crate) mode: Vec<Mode>,
    /// Effects of connections that differ from the recipe.
    #[serde(default)]
    pub(crate) trap: Vec<Trap>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mode {
    pub(crate) name: String,
    pub(crate) dialect: Dialect,
    /// The client's base URL, from `{base}`: the engine's address with its token, without `/v1`.
    address: String,
    #[serde(default)]
    model: String,
    tool: Option<Tool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) input: Value,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trap {
    pub(crate) about: String,
    /// A mode's name.
    pub(crate) mode: String,
    /// Replaces the mode's address.
    address: Option<String>,
    /// In addition to those of the recipe.
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// True if a complete turn works with this connection.
    pub(crate) works: bool,
    /// Text that its output must contain.
    pub(crate) prints: Option<String>,
    /// Text that its output must not contain.
    pub(crate) never_prints: Option<String>,
}

/// One way to use one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) recipe: &'static Recipe,
    pub(crate) mode: &'static Mode,
}

/// One run of a client: it gets only a dummy key and the address, and no other network access.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit<'a> {
    /// Where the clients are installed.
    pub(crate) clients: &'a Path,
    /// Its home and its working directory.
    pub(crate) home: &'a Path,
    /// Without `/v1`.
    pub(crate) base: &'a str,
    pub(crate) prompt: &'a str,
    /// The file to which the offered tool appends a line.
    pub(crate) file: Option<&'a Path>,
    /// A second question in its last session.
    pub(crate) again: bool,
    /// Connected in a wrong way that the recipe describes.
    pub(crate) trap: Option<&'static Trap>,
}

/// The folder of the recipes and their scripts.
fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/clients/recipes")
}

impl Recipe {
    /// All recipes, by file name.
    pub(crate) fn all() -> &'static [Recipe] {
        static ALL: OnceLock<Vec<Recipe>> = OnceLock::new();
        ALL.get_or_init(|| {
            let files = std::fs::read_dir(here()).unwrap();
            let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
            files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
            files.sort();
            files.iter().map(|file| Recipe::read(file)).collect()
        })
    }

    fn read(file: &Path) -> Recipe {
        let text = std::fs::read_to_string(file).unwrap();
        let recipe: Recipe =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for trap in &recipe.trap {
            let known = recipe.mode.iter().any(|mode| mode.name == trap.mode);
            assert!(known, "{}: there is no mode {}", file.display(), trap.mode);
        }
        Recipe {
            name: file.file_stem().unwrap().to_string_lossy().into_owned(),
            ..recipe
        }
    }

    pub(crate) fn parts(&'static self) -> impl Iterator<Item = Part> {
        self.mode
            .iter()
            .map(move |mode| Part { recipe: self, mode })
    }
}

impl Part {
    /// Finds a client by the names of recipe and mode.
    pub(crate) fn find(recipe: &str, mode: &str) -> Part {
        let parts = Recipe::all().iter().flat_map(Recipe::parts);
        let mut found = parts.filter(|it| it.recipe.name == recipe && it.mode.name == mode);
        found
            .next()
            .unwrap_or_else(|| panic!("no recipe {recipe} with a mode {mode}"))
    }

    /// The model's call that appends this line to this file; `None`: no tool.
    pub(crate) fn tool(self, line: &str, file: &Path) -> Option<Tool> {
        let Tool { name, input } = self.mode.tool.as_ref().or(self.recipe.tool.as_ref())?;
        let append = format!("echo {line} >> {}", file.display());
        Some(Tool {
            name: name.clone(),
            input: filled(input, &[("append", &append), ("line", line)]),
        })
    }

    pub(crate) fn answers_in(self) -> Option<&'static str> {
        self.recipe.answers_in.as_deref()
    }

    /// It requests documents instead of streams.
    pub(crate) fn is_complete(self) -> bool {
        self.mode.name.ends_with("whole") || self.recipe.name == "n8n"
    }
}

impl Visit<'_> {
    /// The command that runs the client in its home.
    ///
    /// # Errors A file in its home could not be written.
    pub(crate) fn command(&self, part: Part) -> std::io::Result<Command> {
        let recipe = part.recipe;
        for (name, text) in &recipe.files {
            let file = self.home.join(name);
            std::fs::create_dir_all(file.parent().unwrap_or(self.home))?;
            std::fs::write(file, self.fill(part, text))?;
        }
        if let Some(before) = &recipe.before {
            self.prepared(part, before).output()?;
        }
        let mut command = self.prepared(part, &recipe.command);
        for argument in &recipe.short_arguments {
            command.arg(self.fill(part, argument));
        }
        if self.file.is_some() {
            for argument in &recipe.tool_arguments {
                command.arg(self.fill(part, argument));
            }
        }
        Ok(command)
    }

    /// These words as a command in the client's environment.
    pub(crate) fn prepared(&self, part: Part, words: &[String]) -> Command {
        let recipe = part.recipe;
        let mut arguments = Vec::new();
        for word in words {
            match word.as_str() {
                "{again}" if self.again => arguments.extend(recipe.again.iter().cloned()),
                "{again}" => {}
                _ => arguments.push(self.fill(part, word)),
            }
        }
        let mut arguments = arguments.into_iter();
        let program = arguments.next().unwrap_or_default();
        let program = if program == "node" {
            node(self.clients)
        } else {
            program.into()
        };
        let trap = self.trap.map(|trap| &trap.env);
        let environment = [Some(&recipe.env), Some(&recipe.short_env), trap];
        let environment = environment.into_iter().flatten().flatten();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.home)
            .env_clear()
            .env("HOME", self.home)
            .env("LANG", "C.UTF-8")
            .env("PATH", path(self.clients))
            .envs(environment.map(|(name, value)| (name, self.fill(part, value))));
        command
    }

    fn fill(&self, part: Part, text: &str) -> String {
        let address = self.trap.and_then(|trap| trap.address.as_ref());
        let address = address
            .unwrap_or(&part.mode.address)
            .replace("{base}", self.base);
        let file = self
            .file
            .map_or_else(String::new, |file| file.display().to_string());
        let functions = format!(
            "def append(line: str) -> str:\n    \"\"\"Appends one line to the file.\"\"\"\n    \
             open(\"{file}\", \"a\").write(line + \"\\n\")\n    return \"appended\"\n"
        );
        let [home, client, here] = [
            self.home.to_path_buf(),
            self.clients.join(&part.recipe.name),
            here(),
        ]
        .map(|folder| folder.display().to_string());
        // Ports for servers that a client starts.
        let [port, other_port] = if text.contains("port}") {
            free_ports()
        } else {
            Default::default()
        };
        let mut text = text.to_owned();
        for (name, value) in [
            ("address", address.as_str()),
            ("prompt", self.prompt),
            ("mode", &part.mode.name),
            ("model", &part.mode.model),
            ("home", &home),
            ("client", &client),
            ("here", &here),
            ("file", &file),
            ("functions", &functions),
            ("port", &port),
            ("other_port", &other_port),
        ] {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }
}

/// The Node.js for the clients.
pub(crate) fn node(clients: &Path) -> PathBuf {
    clients.join("node/node_modules/node/bin/node")
}

fn path(clients: &Path) -> std::ffi::OsString {
    let own = node(clients);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = own.parent().map(Path::to_path_buf).into_iter();
    std::env::join_paths(folders.chain(std::env::split_paths(&path))).unwrap()
}

fn free_ports() -> [String; 2] {
    let bound = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    bound.map(|listener| listener.local_addr().unwrap().port().to_string())
}

/// The same value with these names in braces replaced in its texts.
fn filled(value: &Value, names: &[(&str, &str)]) -> Value {
    match value {
        Value::String(text) => {
            let mut text = text.clone();
            for (name, with) in names {
                text = text.replace(&format!("{{{name}}}"), with);
            }
            text.into()
        }
        Value::Array(values) => values.iter().map(|value| filled(value, names)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), filled(value, names)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
