//! Each client in each state of its files: connected and undone, the files are as before; or nothing was changed.

mod docs;
mod overrides;
mod states;
mod turns;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use catalog::Secret;
use chrono::{DateTime, Utc};
use tempfile::TempDir;

use crate::plan::plan;
use crate::{
    Address, Client, Refusal, Standing, Store, Surroundings, System, Undone, connect, disconnect,
    survey, test_settings,
};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A home folder with one client in it.
struct Home {
    folder: TempDir,
    client: Client,
    address: Address,
    surroundings: Surroundings,
    store: Store,
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_796_000_000, 0).unwrap()
}

fn at_port(port: u16) -> Address {
    Address::new(format!("http://127.0.0.1:{port}"), Secret::new(TOKEN))
}

impl Home {
    fn new(id: &str) -> Home {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        fs::create_dir_all(home.join("bin")).unwrap();
        let client = Client::named(id).unwrap();
        let program = home.join("bin").join(&client.connection.programs[0]);
        fs::write(&program, "").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Home {
            client,
            address: at_port(4747),
            surroundings: Surroundings {
                system: System::Linux,
                programs: vec![home.join("bin")],
                home: home.clone(),
                variables: BTreeMap::new(),
                project: None,
            },
            store: Store::new(folder.path().join("state")),
            folder,
        }
    }

    fn home(&self) -> &Path {
        &self.surroundings.home
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.file(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    /// Shows the change and makes it.
    fn connect(&self) -> Result<Vec<api::KeyChange>, Refusal> {
        let Home {
            client,
            surroundings,
            store,
            address,
            ..
        } = self;
        let shown = plan(*client, surroundings, store, address)?.change;
        let revision = &shown.revision;
        connect(*client, surroundings, store, address, revision, now())
    }

    fn disconnect(&self) -> Result<Undone, Refusal> {
        disconnect(
            self.client,
            &self.surroundings,
            &self.store,
            Some(&self.address),
        )
    }

    fn standing(&self) -> Standing {
        survey(self.client, &self.surroundings, &self.store, &self.address).standing
    }

    /// Every file and link below the home folder, with its mode.
    fn everything(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        collect(self.home(), &mut found);
        found
    }
}

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        if let Ok(target) = fs::read_link(&path) {
            found.insert(path, format!("→ {}", target.display()));
        } else if metadata.is_dir() {
            collect(&path, found);
            found.insert(path, "folder".to_owned());
        } else {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            found.insert(path, format!("{:?} {text}", metadata.permissions()));
        }
    }
}
