//! Runs the stage as a server: `cargo run -p stage --example stage -- 8787`.

use stage::Stage;
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
#[expect(
    clippy::print_stdout,
    reason = "the address is what a caller waits for"
)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}", listener.local_addr()?);
    Stage::any_model()
        .serve(listener, std::future::pending())
        .await;
    Ok(())
}
