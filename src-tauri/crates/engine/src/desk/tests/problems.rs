use super::Scene;

/// A rejected key is not an outage, and needs the owner.
#[test]
fn a_refused_key_is_said_where_the_owner_looks() {
    let rows = Scene::of(&["anthropic"], "").play(
        "12:00 call opus ok by-key       => no menu Needs you
         12:10 breaker opus 300 key      => problem Your key for Claude is refused since 12:10 | note Your key for Claude is refused | menu Needs you | open 0
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
fn a_used_up_quota_needs_its_owner() {
    let rows = Scene::of(&["anthropic"], "").play(
        "12:10 breaker opus 300 quota    => problem no quota left since 12:10 | note Your account at Claude has no quota left | icon unknown
         12:20 breaker opus closed       => no menu Needs you",
    );
    assert_eq!(rows, 2);
}

/// A limit is a state of the login, not an outage.
#[test]
fn a_limit_is_shown_with_its_reset() {
    let rows = Scene::of(&[], "").play(
        "12:00 call opus ok              => icon operational
         12:10 breaker opus 5400 limit   => menu Claude: limit reached, resets 13:40 | no note | icon operational | open 0
         13:41 breaker opus closed       => no menu limit reached",
    );
    assert_eq!(rows, 3);
}

#[test]
fn what_is_ours_is_said() {
    let rows = Scene::of(&["anthropic"], "").play(
        "12:00 keychain no secret service => problem Keys will be forgotten when the engine stops
         12:01 settings [watch];frobnicate = 1 => problem The settings file has an error
         12:02 settings [watch];pages = true => no menu settings file",
    );
    assert_eq!(rows, 3);
}
