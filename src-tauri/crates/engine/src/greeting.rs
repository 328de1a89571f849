//! Start message for the person at the terminal.

use std::io::{self, Write};

use api::RuntimeFile;
use catalog::{REHEARSAL_PREFIX, Secret};

/// Prints the engine's address, and where the questions of the first run are while they are open. Tokens are printed to a
/// terminal only, never to a log. A closed output does not stop the engine.
pub(crate) fn announce(reported: &RuntimeFile, token: &Secret, first_questions: bool, show: bool) {
    let mut out = std::io::stdout().lock();
    let _ = write(&mut out, reported, token, first_questions, show).and_then(|()| out.flush());
}

fn write(
    out: &mut dyn Write,
    reported: &RuntimeFile,
    token: &Secret,
    first_questions: bool,
    show: bool,
) -> io::Result<()> {
    let RuntimeFile {
        version, address, ..
    } = reported;
    writeln!(out, "Understudy {version} listens on {address}")?;
    if first_questions {
        writeln!(
            out,
            "To connect your tools and to add keys, open the web UI: it asks three questions."
        )?;
    }
    if !show {
        return writeln!(
            out,
            "`understudyd url` prints the URL for agents, `understudyd url --ui` the one for the browser."
        );
    }
    writeln!(out, "  for agents   {address}/t/{}", token.reveal())?;
    writeln!(
        out,
        "  web UI       {address}/ui/#token={}",
        reported.control_token
    )?;
    if first_questions {
        writeln!(
            out,
            "Try it; no key is needed, the rehearsal provider answers:"
        )?;
    } else {
        writeln!(out, "A first request, answered by the rehearsal provider:")?;
    }
    writeln!(out, "{}", curl_line(address, token))
}

/// A command that works when pasted: the response needs no provider key.
fn curl_line(address: &str, token: &Secret) -> String {
    format!(
        "curl {address}/t/{}/v1/messages -H 'content-type: application/json' -d '{{\"model\":\"{REHEARSAL_PREFIX}steady\",\"max_tokens\":200,\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'",
        token.reveal()
    )
}
