//! A desktop for one test: X display, session bus, panel and notification service, all ended when it is dropped.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use api::RuntimeFile;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, Window,
};
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, interface};

use crate::item::Item;
use crate::wait::until;

const PANEL: &str = "/StatusNotifierWatcher";
const NOTIFICATIONS: &str = "/org/freedesktop/Notifications";

/// A bus that activates no services: those installed on the machine must not respond in a test.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>"#;

/// A process that ends with the test.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Answers,
    /// Accepts a notification and never responds.
    Hangs,
    Absent,
}

pub(crate) struct Desk {
    bus: Connection,
    display: String,
    address: String,
    items: Arc<Mutex<Vec<String>>>,
    /// A panel shows the icons.
    has_panel: Arc<AtomicBool>,
    name: Mutex<&'static str>,
    notes: Arc<Mutex<Vec<Note>>>,
    folder: TempDir,
    engine: Mutex<PathBuf>,
    programs: Mutex<Vec<Process>>,
    servers: Vec<Process>,
}

impl Desk {
    /// With a panel and a notification service.
    pub(crate) async fn start() -> Self {
        let desk = Self::bare(Service::Answers).await;
        desk.add_panel().await;
        desk
    }

    pub(crate) async fn bare(notifications: Service) -> Self {
        let folder = tempfile::Builder::new().prefix("desk").tempdir().unwrap();
        let mut display = Command::new("Xvfb");
        display.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x800x24",
            "-nolisten",
            "tcp",
        ]);
        let (display, number) = speaking(display);
        let settings = folder.path().join("bus.conf");
        std::fs::write(&settings, BUS).unwrap();
        let mut bus = Command::new("dbus-daemon");
        bus.arg("--config-file")
            .arg(settings)
            .args(["--nofork", "--print-address=1"]);
        let (bus_daemon, address) = speaking(bus);

        let notes = Arc::default();
        let mut bus = zbus::connection::Builder::address(address.as_str()).unwrap();
        if notifications != Service::Absent {
            let service = Notifications {
                notes: Arc::clone(&notes),
                hangs: notifications == Service::Hangs,
            };
            bus = bus
                .serve_at(NOTIFICATIONS, service)
                .and_then(|bus| bus.name("org.freedesktop.Notifications"))
                .unwrap();
        }
        Self {
            bus: bus.build().await.unwrap(),
            display: format!(":{number}"),
            address,
            items: Arc::default(),
            has_panel: Arc::default(),
            name: Mutex::new("XFCE"),
            notes,
            folder,
            engine: Mutex::new("/bin/false".into()),
            programs: Mutex::default(),
            servers: vec![display, bus_daemon],
        }
    }

    pub(crate) async fn add_panel(&self) {
        self.add_icon_service().await;
        self.show_icons();
    }

    /// The panel of a desktop whose icon service already runs.
    pub(crate) fn show_icons(&self) {
        self.has_panel.store(true, Ordering::SeqCst);
    }

    /// The name of the desktop for programs that start later.
    pub(crate) fn set_name(&self, name: &'static str) {
        *self.name.lock().unwrap() = name;
    }

    /// It registers icons, and no panel shows them.
    pub(crate) async fn add_icon_service(&self) {
        let watcher = Watcher(Arc::clone(&self.items), Arc::clone(&self.has_panel));
        self.bus.object_server().at(PANEL, watcher).await.unwrap();
        self.bus
            .request_name("org.kde.StatusNotifierWatcher")
            .await
            .unwrap();
    }

    /// `UNDERSTUDY_HOME` of the programs that run here.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("understudy")
    }

    pub(crate) fn runtime_file(&self) -> PathBuf {
        self.home().join("run/engine.json")
    }

    /// Writes an executable script with this name.
    pub(crate) fn script(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let file = self.folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        file
    }

    /// Starts the tray application and returns its pid.
    pub(crate) fn run_understudy(&self) -> u32 {
        self.run(Command::new(env!("CARGO_BIN_EXE_understudy")))
    }

    /// Sets the program that the tray application starts when it finds no engine. The default exits at once.
    pub(crate) fn set_engine(&self, program: &Path) {
        *self.engine.lock().unwrap() = program.to_owned();
    }

    /// Runs a program on this desktop until the test ends, and returns its pid.
    pub(crate) fn run(&self, mut command: Command) -> u32 {
        let printed = File::options()
            .create(true)
            .append(true)
            .open(self.printed())
            .unwrap();
        self.dress(&mut command)
            .stdin(Stdio::null())
            .stdout(printed.try_clone().unwrap())
            .stderr(printed);
        let program = Process(command.spawn().unwrap());
        let pid = program.0.id();
        self.programs.lock().unwrap().push(program);
        pid
    }

    /// Sets this desktop's environment for a program, and removes that of the machine's own desktop.
    pub(crate) fn dress<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let folder = self.folder.path();
        command
            .env_remove("WAYLAND_DISPLAY")
            .env("XDG_CURRENT_DESKTOP", *self.name.lock().unwrap())
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env("UNDERSTUDY_HOME", self.home())
            .env("UNDERSTUDYD", &*self.engine.lock().unwrap())
            .env("HOME", folder)
            .env("XDG_RUNTIME_DIR", folder)
            .env("XDG_CONFIG_HOME", folder.join("config"))
            .env("XDG_DATA_HOME", folder.join("data"))
            .env("XDG_CACHE_HOME", folder.join("cache"))
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env("NO_COLOR", "1")
            // Without a window manager, the first screenshot may otherwise show an old frame.
            .env("WEBKIT_DISABLE_COMPOSITING_MODE", "1")
    }

    /// Kills a program started here, as `kill -9` does.
    pub(crate) fn kill(&self, pid: u32) {
        let mut programs = self.programs.lock().unwrap();
        let at = programs
            .iter()
            .position(|program| program.0.id() == pid)
            .unwrap();
        drop(programs.remove(at));
    }

    /// Closes the window of this title as a window manager does when its close button is clicked.
    pub(crate) fn close_window(&self, title: &str) {
        let (display, screen) = x11rb::connect(Some(&self.display)).unwrap();
        let root = display.setup().roots[screen].root;
        let atom = |name: &str| {
            display
                .intern_atom(false, name.as_bytes())
                .unwrap()
                .reply()
                .unwrap()
                .atom
        };
        let (protocols, delete) = (atom("WM_PROTOCOLS"), atom("WM_DELETE_WINDOW"));
        let titled = |window: &Window| {
            let name =
                display.get_property(false, *window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64);
            let protocols = display.get_property(false, *window, protocols, AtomEnum::ATOM, 0, 8);
            name.unwrap()
                .reply()
                .is_ok_and(|name| name.value == title.as_bytes())
                && protocols
                    .unwrap()
                    .reply()
                    .is_ok_and(|protocols| !protocols.value.is_empty())
        };
        let windows = display.query_tree(root).unwrap().reply().unwrap().children;
        let window = windows.into_iter().find(titled).unwrap();
        let message = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
        display
            .send_event(false, window, EventMask::NO_EVENT, message)
            .unwrap();
        // The reply to a later request: the server has processed the message before this connection ends.
        display.get_input_focus().unwrap().reply().unwrap();
    }

    /// How a program started here ended; `None`: it runs.
    pub(crate) fn ended(&self, pid: u32) -> Option<ExitStatus> {
        let mut programs = self.programs.lock().unwrap();
        let program = programs
            .iter_mut()
            .find(|program| program.0.id() == pid)
            .unwrap();
        program.0.try_wait().unwrap()
    }

    /// The output of all programs started here.
    pub(crate) fn output(&self) -> String {
        std::fs::read_to_string(self.printed()).unwrap_or_default()
    }

    fn printed(&self) -> PathBuf {
        self.folder.path().join("output")
    }

    /// The one icon in the panel.
    pub(crate) async fn icon(&self) -> Item {
        let item = until("an icon in the panel", || async {
            let items = self.items.lock().unwrap();
            items
                .last()
                .cloned()
                .ok_or_else(|| format!("no icon; printed: {}", self.output()))
        });
        Item::new(&self.bus, &item.await)
    }

    /// How many icons were ever registered in the panel.
    pub(crate) fn icons(&self) -> usize {
        self.items.lock().unwrap().len()
    }

    pub(crate) fn notes(&self) -> Vec<Note> {
        self.notes.lock().unwrap().clone()
    }

    pub(crate) async fn note(&self, title: &str) -> Note {
        until(title, || async {
            let notes = self.notes();
            let found = notes.iter().find(|note| note.title == title).cloned();
            found.ok_or_else(|| format!("{notes:?}; printed: {}", self.output()))
        })
        .await
    }

    /// A click on a notification.
    pub(crate) async fn click_note(&self, id: u32) {
        self.press_note(id, "default").await;
    }

    /// Sends what a desktop sends when its button of this name is pressed.
    pub(crate) async fn press_note(&self, id: u32, action: &str) {
        let service = self
            .bus
            .object_server()
            .interface::<_, Notifications>(NOTIFICATIONS)
            .await
            .unwrap();
        let emitter = service.signal_emitter();
        Notifications::action_invoked(emitter, id, action)
            .await
            .unwrap();
        Notifications::notification_closed(emitter, id, 2)
            .await
            .unwrap();
    }
}

impl Drop for Desk {
    /// An engine outlives the tray application, but not the test. The display ends first: the tray application ends
    /// with it, and would otherwise start the engine again.
    fn drop(&mut self) {
        self.programs.lock().unwrap().clear();
        self.servers.clear();
        let Ok(text) = std::fs::read(self.runtime_file()) else {
            return;
        };
        let Ok(engine) = serde_json::from_slice::<RuntimeFile>(&text) else {
            return;
        };
        let program = std::fs::read_link(format!("/proc/{}/exe", engine.pid)).unwrap_or_default();
        let pid = engine.pid.try_into().ok().and_then(Pid::from_raw);
        if let (true, Some(pid)) = (program.ends_with("understudyd"), pid) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Starts a server that prints one line when it is ready, and returns that line.
fn speaking(mut command: Command) -> (Process, String) {
    let spawned = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let name = Path::new(command.get_program()).display().to_string();
    let mut process = Process(spawned.unwrap_or_else(|error| panic!("{name}: {error}")));
    let mut line = String::new();
    BufReader::new(process.0.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(!line.trim().is_empty(), "{name} did not start");
    (process, line.trim().to_owned())
}

struct Watcher(Arc<Mutex<Vec<String>>>, Arc<AtomicBool>);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    async fn register_status_notifier_item(
        &self,
        service: &str,
        #[zbus(header)] header: Header<'_>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) {
        let item = match (service.starts_with('/'), header.sender()) {
            (true, Some(sender)) => format!("{sender}{service}"),
            (true, None) => return,
            (false, _) => format!("{service}/StatusNotifierItem"),
        };
        self.0.lock().unwrap().push(item.clone());
        let _ = Self::status_notifier_item_registered(&emitter, &item).await;
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        self.1.load(Ordering::SeqCst)
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(signal)]
    async fn status_notifier_item_registered(
        emitter: &SignalEmitter<'_>,
        item: &str,
    ) -> zbus::Result<()>;
}

/// A notification as it reached the screen.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) id: u32,
    pub(crate) replaces: u32,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) actions: Vec<String>,
    pub(crate) urgency: u8,
}

struct Notifications {
    notes: Arc<Mutex<Vec<Note>>>,
    hangs: bool,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    fn get_capabilities(&self) -> Vec<&'static str> {
        vec!["actions", "body", "body-markup"]
    }

    #[expect(clippy::too_many_arguments, reason = "the specification's signature")]
    async fn notify(
        &self,
        _app: String,
        replaces: u32,
        _icon: String,
        title: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _expire: i32,
    ) -> u32 {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        let urgency = hints
            .get("urgency")
            .and_then(|urgency| u8::try_from(urgency).ok())
            .unwrap_or(1);
        let mut notes = self.notes.lock().unwrap();
        let id = if replaces == 0 {
            notes.len() as u32 + 1
        } else {
            replaces
        };
        notes.push(Note {
            id,
            replaces,
            title,
            body,
            actions,
            urgency,
        });
        id
    }

    fn close_notification(&self, _id: u32) {}

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, key: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn notification_closed(
        emitter: &SignalEmitter<'_>,
        id: u32,
        reason: u32,
    ) -> zbus::Result<()>;
}
