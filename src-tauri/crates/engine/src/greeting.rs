//! What a start says to the person at the terminal.

use api::RuntimeFile;
use catalog::{REHEARSAL_PREFIX, Secret};

/// Says where the engine is. Tokens are shown to a person at a terminal, not to a log.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
pub(crate) fn announce(told: &RuntimeFile, token: &Secret, first_start: bool, show: bool) {
    println!("Understudy {} listens on {}", told.version, told.address);
    if !show {
        println!(
            "`understudyd url` prints the URL for agents, `understudyd url --ui` the one for the browser."
        );
        return;
    }
    println!("  for agents   {}/t/{}", told.address, token.reveal());
    println!(
        "  web UI       {}/ui/#token={}",
        told.address, told.control_token
    );
    if first_start {
        println!("Try it; no key is needed, the rehearsal provider answers:");
    } else {
        println!("A first try, answered by the rehearsal provider:");
    }
    println!("{}", curl_line(&told.address, token));
}

/// A line that works when it is pasted: answered without a key.
fn curl_line(address: &str, token: &Secret) -> String {
    format!(
        "curl {address}/t/{}/v1/messages -H 'content-type: application/json' -d '{{\"model\":\"{REHEARSAL_PREFIX}steady\",\"max_tokens\":200,\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'",
        token.reveal()
    )
}
