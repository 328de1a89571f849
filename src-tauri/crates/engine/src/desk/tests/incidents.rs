use super::Scene;

#[test]
fn an_outage_that_a_fallback_carries() {
    let rows = Scene::of(&["openai"], "").play(
        "12:01 call opus ok                   => icon operational | headline Claude is operational. | no note
         18:57 call opus ok                   => icon operational
         18:58 call opus 529                  => icon operational | open 0
         18:58:20 call opus 529               => open 0
         18:59 call opus 529                  => icon outage | headline Claude is down (since 18:58) | open 1
         19:02 call opus 529, gpt-5.6-sol ok  => icon carried | meaning Claude Code continues on GPT Sol
         19:40 call opus ok                   => icon operational | open 1
         19:45 call opus ok                   => open 0 | logged 1",
    );
    assert_eq!(rows, 8);
}
