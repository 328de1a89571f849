use super::*;

const LEAD: &str = r#"{"type":"object","properties":{"name":{"type":"string"},"score":{"type":"integer","minimum":0}},"required":["name","score"]}"#;

#[test]
fn the_demands_of_a_route() {
    let schema = || Demand::Schema(Schema::new(LEAD).unwrap());
    for (demand, text, good) in [
        (Demand::Text, "Hello.", true),
        (Demand::Text, " \n", false),
        (Demand::Json, "{}", true),
        (Demand::Json, "```json\n[1, 2]\n```", true),
        (Demand::Json, "Here you are: {}", false),
        (Demand::Json, "", false),
        (schema(), r#"{"name":"Ada","score":3}"#, true),
        (schema(), "```\n{\"name\":\"Ada\",\"score\":3}\n```", true),
        (schema(), r#"{"name":"Ada","score":-1}"#, false),
        (schema(), r#"{"name":"Ada"}"#, false),
        (schema(), "sorry", false),
    ] {
        assert_eq!(demand.check(text).is_ok(), good, "{demand:?}: {text}");
    }
}

#[test]
fn a_failed_demand_names_the_place_and_quotes_nothing() {
    let demand = Demand::Schema(Schema::new(LEAD).unwrap());
    let why = demand
        .check(r#"{"name":"secret","score":"secret"}"#)
        .unwrap_err();
    assert!(why.contains("/score"), "{why}");
    assert!(!why.contains("secret"), "{why}");
}

#[test]
fn an_invalid_schema_is_refused() {
    assert!(Schema::new("{").unwrap_err().contains("not JSON"));
    assert!(
        Schema::new(r#"{"type":"thing"}"#)
            .unwrap_err()
            .contains("not a schema")
    );
    // The schema would have to be fetched.
    assert!(Schema::new(r#"{"$ref":"https://example.com/lead.json"}"#).is_err());
}
