//! A fallback of another dialect than the client's, in the owner's settings.

use catalog::Dialect;

use super::desk::Desk;

#[derive(Clone, Copy, Debug)]
pub(crate) struct FallbackProxy<'a> {
    /// Its own address, or that of a gateway in front of it.
    pub(crate) address: &'a str,
    pub(crate) dialect: Dialect,
    pub(crate) key: Option<&'a str>,
}

impl FallbackProxy<'_> {
    /// A route for clients of this dialect, to their own provider and then to the fallback. `timers`: a part of the settings.
    pub(crate) fn set_up(&self, desk: &mut Desk, timers: &str, client: Dialect, own: &str) {
        let FallbackProxy {
            address,
            dialect,
            key,
        } = self;
        let key_env = key.map_or("", |_| "key_env = \"STAND_IN_KEY\"\n");
        // Messages requires a token limit, which clients of the other dialects do not set.
        let own = own_endpoint(client, own);
        desk.settings(&format!(
            "{timers}{own}\
             [[endpoint]]\nid = \"stand-in\"\nname = \"Stand-in\"\nbase = \"{address}\"\ndialects = [\"{dialect}\"]\nmax_output = 8192\n{key_env}\
             [[route]]\nname = \"work\"\ndialect = \"{client}\"\nmodels = \"*\"\n\
             candidates = [\"own\", {{ endpoint = \"stand-in\", model = \"understudy-1\" }}]\n"
        ));
        desk.env("STAND_IN_KEY", key.unwrap_or_default());
    }

    /// The settings after the owner removed the fallback from the route.
    pub(crate) fn alone(timers: &str, client: Dialect, own: &str) -> String {
        let own = own_endpoint(client, own);
        format!(
            "{timers}{own}[[route]]\nname = \"work\"\ndialect = \"{client}\"\nmodels = \"*\"\ncandidates = [\"own\"]\n"
        )
    }
}

fn own_endpoint(client: Dialect, address: &str) -> String {
    format!(
        "[[endpoint]]\nid = \"own\"\nname = \"Own\"\nbase = \"{address}\"\ndialects = [\"{client}\"]\n"
    )
}
