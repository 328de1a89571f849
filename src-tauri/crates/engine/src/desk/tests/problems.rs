use super::Scene;

/// A rejected key is not an outage, and needs the owner.
#[test]
fn a_refused_key_is_shown_in_every_view() {
    let rows = Scene::of(&["anthropic"], "").play(
        "12:00 call opus ok by-key       => no menu Needs you
         12:10 breaker opus 300 key      => problem Your key for Claude is refused since 12:10 | note Your key for Claude is refused | menu Needs you: Your key for Claude is refused since 12:10 | open 0
         12:11 breaker opus 300 key      => no note | problem since 12:10
         12:20 breaker opus closed       => no menu Needs you",
    );
    assert_eq!(rows, 4);
}

#[test]
fn a_clients_own_login_is_renewed_in_the_client() {
    let rows = Scene::of(&[], "").play(
        "12:00 call opus ok              => no menu Needs you
         12:10 breaker opus 300 key      => problem Claude refuses the login of your client | note Claude refuses the login",
    );
    assert_eq!(rows, 2);
}

#[test]
fn a_used_up_quota_is_a_problem_for_the_owner() {
    let rows = Scene::of(&["anthropic"], "").play(
        "12:10 breaker opus 300 quota    => problem no quota left since 12:10 | note Your account at Claude has no quota left | icon unknown
         12:20 breaker opus closed       => no menu Needs you",
    );
    assert_eq!(rows, 2);
}

/// A limit is a state of the login, not an outage. The client's own login opens no circuit breaker.
#[test]
fn a_limit_is_shown_with_its_reset() {
    let rows = Scene::of(&[], "").play(
        "12:00 call opus ok              => icon operational
         12:10 call opus limit-5400      => headline Your limit at Anthropic is used up; it resets 13:40. | meaning Claude is operational | menu Your limit at Anthropic is used up; it resets 13:40 | icon limited | no note | open 0 | level operational
         12:11 call sonnet limit-5340    => headline Your limit at Anthropic is used up; it resets 13:40.
         13:39 wait                      => icon limited
         13:41 wait                      => icon unknown | headline Nothing is known | no menu used up",
    );
    assert_eq!(rows, 5);
}

/// The reset of a kept key is known from the circuit breaker, also after a restart.
#[test]
fn a_limit_of_a_kept_key_is_shown_with_its_reset() {
    let rows = Scene::of(&["anthropic"], "").play(
        "12:00 call opus ok by-key       => icon operational
         12:10 breaker opus 5400 limit   => headline Your limit at Anthropic is used up; it resets 13:40. | no note | icon limited | open 0
         13:41 breaker opus closed       => no menu used up | icon unknown",
    );
    assert_eq!(rows, 3);
}

/// An outage comes first, and the limit has its line below it.
#[test]
fn an_outage_comes_before_a_limit() {
    let rows = Scene::of(&["openai"], "").play(
        "12:00 call gpt-5.6-sol ok       => icon operational
         12:00 call opus ok              => icon operational
         12:10 call opus limit-5400      => icon limited
         12:11 call gpt-5.6-sol 529      => icon limited
         12:12 call gpt-5.6-sol 529      => icon limited
         12:13 call gpt-5.6-sol 529      => headline OpenAI | menu Your limit at Anthropic is used up; it resets 13:40 | icon outage",
    );
    assert_eq!(rows, 6);
}

/// A response after the limit, as with another plan, ends it before its reset.
#[test]
fn a_response_ends_a_limit() {
    let rows = Scene::of(&[], "").play(
        "12:00 call opus limit-5400      => headline Your limit at Anthropic is used up
         12:20 call opus ok              => headline Claude is operational. | icon operational | no menu used up",
    );
    assert_eq!(rows, 2);
}

#[test]
fn faults_of_this_machine_are_reported() {
    let rows = Scene::of(&["anthropic"], "").play(
        "12:00 keychain no secret service => problem Keys will be forgotten when the engine stops
         12:01 settings [watch];frobnicate = 1 => problem The settings file has an error
         12:02 settings [watch];pages = true => no menu settings file",
    );
    assert_eq!(rows, 3);
}
