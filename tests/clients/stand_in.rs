//! A stand-in that speaks another dialect than its client, as an owner sets it up.

use catalog::Dialect;

use super::desk::Desk;

#[derive(Clone, Copy, Debug)]
pub(crate) struct StandIn<'a> {
    /// Its own, or that of a gateway before it.
    pub(crate) address: &'a str,
    pub(crate) dialect: Dialect,
    pub(crate) key: Option<&'a str>,
}

impl StandIn<'_> {
    /// A route for clients of this dialect, to their own provider and then to the stand-in. `timers`: a part of the settings.
    pub(crate) fn set_up(&self, desk: &mut Desk, timers: &str, client: Dialect, own: &str) {
        desk.settings(&format!(
            "{timers}\
             [[endpoint]]\nid = \"own\"\nname = \"Own\"\nbase = \"{own}\"\ndialects = [\"{client}\"]\n\
             [[route]]\nname = \"work\"\ndialect = \"{client}\"\nmodels = \"*\"\n\
             candidates = [\"own\", {{ endpoint = \"stand-in\", model = \"understudy-1\" }}]\n"
        ));
        let folder = desk.file("providers");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("stand-in.toml"), self.provider_file()).unwrap();
        desk.env("STAND_IN_KEY", self.key.unwrap_or_default());
    }

    /// It says what Messages has to be told where the client sets no limit: the model's own.
    fn provider_file(&self) -> String {
        let StandIn {
            address,
            dialect,
            key,
        } = self;
        let auth = match key {
            Some(_) => "auth = \"bearer\"\nkey_env = \"STAND_IN_KEY\"",
            None => "auth = \"none\"",
        };
        format!(
            "name = \"Stand-in\"\n\
             [[endpoint]]\nid = \"stand-in\"\nbase = \"{address}\"\ndialects = [\"{dialect}\"]\n{auth}\nserves = [\"understudy-*\"]\n\
             [[model]]\nid = \"understudy-1\"\nmax_output = 8192\n"
        )
    }
}
