use health::Controls;
use tokio::net::TcpListener;

use super::ask;

#[tokio::test]
async fn one_answering_control_is_enough_and_none_means_down() {
    let up = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let up_at = up.local_addr().unwrap().to_string();
    let gone_at = gone.local_addr().unwrap().to_string();
    drop(gone);
    for (hosts, expected) in [
        (vec![], Controls::Up),
        (vec![up_at.clone()], Controls::Up),
        (vec![gone_at.clone(), up_at], Controls::Up),
        (vec![gone_at], Controls::Down),
        (vec!["no port".to_owned()], Controls::Down),
    ] {
        assert_eq!(ask(&hosts).await, expected, "{hosts:?}");
    }
}
