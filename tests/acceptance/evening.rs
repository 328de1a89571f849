//! One evening, from the first red to the report: claude.ai and Claude Code fail in the same minute, a workflow's response is cut
//! in mid-stream, GPT carries, each order gets one invoice, and every face shows the same figures.

mod figures;
mod scene;

use api::{Level, NotificationKind, TrayIcon};
use reqwest::StatusCode;

use figures::{Figures, of_every_face};
use scene::{CLAUDE, GPT, Scene, Shown};

/// Minutes between the begin that the status page states and its first reading.
const BEGAN_BEFORE: i64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn an_evening_of_an_outage_from_the_first_red_to_the_report() {
    let scene = Scene::begins().await;
    let desk = &scene.desk;
    let mut shown = Shown::default();
    let calm = desk
        .until("calm", |s| s.headline.level == Level::Operational)
        .await;
    assert!(calm.open_incidents.is_empty() && calm.notifications.is_empty());

    // The status page reports Chat and Code in the same minute: one incident, and one notification.
    let began = scene.claude_fails(BEGAN_BEFORE);
    let red = desk.until("red", |s| !s.open_incidents.is_empty()).await;
    for surface in ["claude-ai", "claude-code"] {
        let surface = scene::surface(&red, surface);
        assert_eq!(surface.level, Level::MajorOutage, "{surface:?}");
        assert_eq!(surface.since.unwrap().timestamp(), began, "{surface:?}");
    }
    assert_eq!(red.open_incidents.len(), 1, "{:?}", red.open_incidents);
    assert_eq!(red.open_incidents[0].opened.timestamp(), began);
    let id = red.open_incidents[0].id;
    shown.take(desk, &red).await;
    assert_eq!(shown.of(id, NotificationKind::Outage), 1, "{shown:?}");

    // Claude Code sees that its stream was cut, and will repeat the request.
    let turn = scene.turn("s1").await;
    assert!(turn.is_cut(), "{turn:?}");

    // Claude cuts the workflow's response in the middle of its text too. GPT answers: the workflow gets one complete response.
    let cuts = scene.claudes_cuts();
    let order = scene.order("lead-17").await;
    assert!(scene.claudes_cuts() > cuts, "{order:?}");
    assert!(order.is_complete(), "{order:?}");
    assert_eq!(order.answered_by(), GPT);
    let invoice = scene.invoice("lead-17", order.exchange()).await;
    assert_eq!(invoice.status, StatusCode::CREATED, "{invoice:?}");
    // "Retry On Fail" of n8n repeats both steps.
    let again = scene.order("lead-17").await;
    assert!(again.is_replayed() && again.body == order.body, "{again:?}");
    let again = scene.invoice("lead-17", order.exchange()).await;
    assert!(
        again.is_replayed() && again.body == invoice.body,
        "{again:?}"
    );
    assert_eq!(scene.invoices(), 1);

    // GPT answers Claude Code too, and another customer's workflow.
    scene.claude_refuses();
    for session in ["s1", "s1", "s2"] {
        let turn = scene.turn(session).await;
        assert!(turn.is_complete(), "{turn:?}");
        assert_eq!(turn.answered_by(), GPT);
    }
    let quote = scene.quote("quote-1").await;
    assert!(quote.is_complete(), "{quote:?}");
    let carried = desk
        .until("carried", |s| s.tray.icon == TrayIcon::Carried)
        .await;
    assert_eq!(carried.open_incidents.len(), 1);
    shown.take(desk, &carried).await;

    // For a moment no provider answers. Claude Code gets errors that it repeats, and the workflow's request is parked.
    scene.gpt_fails();
    for _ in 0..2 {
        let turn = scene.turn("s2").await;
        assert!(turn.status.is_server_error(), "{turn:?}");
    }
    let parked = scene.order("lead-18").await;
    assert!(parked.status.is_server_error(), "{parked:?}");
    let review = parked.header("x-understudy-review-id").unwrap();
    desk.exchanges(10).await;
    let parked = desk.until("parked", |s| s.review_open == 1).await;
    shown.take(desk, &parked).await;
    let figures = of_every_face(desk, id).await;
    assert_eq!(
        figures,
        Figures {
            hit: 9,
            carried: 5,
            waiting: 1,
            failed: 3
        }
    );

    // GPT answers again: the parked request finishes without a click, its workflow fetches the response and sends its invoice.
    scene.gpt_recovers().await;
    let fetched = scene.fetched(review).await;
    assert!(fetched.is_complete(), "{fetched:?}");
    desk.until("delivered", |s| s.review_open == 0).await;
    let invoice = scene.invoice("lead-18", review).await;
    assert_eq!(invoice.status, StatusCode::CREATED, "{invoice:?}");
    assert_eq!(scene.invoices(), 2, "one for each order");

    // Claude is back: the outage was one incident, with one notification of its begin and one of its end.
    scene.claude_recovers().await;
    let over = desk
        .until("over", |s| {
            s.last_outage
                .as_ref()
                .is_some_and(|outage| outage.incident == id)
        })
        .await;
    shown.take(desk, &over).await;
    assert_eq!(shown.of(id, NotificationKind::Outage), 1, "{shown:?}");
    assert_eq!(shown.of(id, NotificationKind::Recovery), 1, "{shown:?}");
    let list = desk.get("/incidents").await;
    let incidents = list["incidents"].as_array().unwrap();
    let of_claude = incidents.iter().filter(|one| one["provider"] == CLAUDE);
    assert_eq!(of_claude.count(), 1, "{list}");
    assert_eq!(over.last_outage.unwrap().incident, id);

    let after = of_every_face(desk, id).await;
    assert_eq!((after.waiting, after.failed), (0, figures.failed));
    assert!(after.carried > figures.carried, "{after:?}");
    assert_eq!(scene.invoices(), 2);
}
