use super::{Enforcer, relaxed};

/// Anthropic docs, "Structured outputs"; OpenAI docs, "Structured Outputs".
#[test]
fn what_each_vendor_enforces() {
    let closed = |inner: &str| {
        format!(
            r#"{{"type":"object","properties":{{"a":{inner}}},"required":["a"],"additionalProperties":false}}"#
        )
    };
    let rows = [
        (closed(r#"{"type":"string"}"#), true, true),
        (closed(r#"{"type":"integer","minimum":1}"#), false, true),
        (closed(r#"{"type":"string","minLength":1}"#), false, false),
        (closed(r#"{"type":"string","pattern":"^a+$"}"#), true, true),
        (closed(r#"{"type":"string","pattern":"(?=a)"}"#), false, true),
        (closed(r#"{"type":"string","format":"uri"}"#), true, false),
        (closed(r#"{"type":"string","format":"regex"}"#), false, false),
        (closed(r#"{"type":"array","items":{"type":"string"},"minItems":1}"#), true, true),
        (closed(r#"{"type":"array","items":{"type":"string"},"minItems":2}"#), false, true),
        (closed(r#"{"type":"array","items":{"type":"string"},"uniqueItems":true}"#), false, false),
        (closed(r#"{"oneOf":[{"type":"string"}]}"#), false, false),
        (closed(r#"{"allOf":[{"type":"string"}]}"#), true, false),
        (closed(r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#), true, true),
        (closed(r#"{"enum":["x",1,null]}"#), true, true),
        (closed(r#"{"enum":[{"x":1}]}"#), false, false),
        (closed(r#"{"type":"string","default":"x"}"#), true, false),
        (closed(r#"{"type":"object","patternProperties":{}}"#), false, false),
        (r#"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}"#.to_owned(), true, false),
        (r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#.to_owned(), false, false),
        (r##"{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"],"additionalProperties":false}"##.to_owned(), false, true),
        (r##"{"$defs":{"n":{"type":"object","properties":{"n":{"$ref":"#/$defs/n"}},"required":["n"],"additionalProperties":false}},"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"required":["a"],"additionalProperties":false}"##.to_owned(), false, true),
    ];
    for (schema, anthropic, openai) in rows {
        assert_eq!(Enforcer::Anthropic.takes(&schema), anthropic, "{schema}");
        assert_eq!(Enforcer::OpenAi.takes(&schema), openai, "{schema}");
    }
}

#[test]
fn refused_bounds_are_removed_and_the_order_of_properties_stays() {
    let schema = r#"{"type":"object","properties":{"z":{"type":"integer","minimum":1,"description":"n"},"a":{"type":"array","items":{"type":"string","minLength":2},"maxItems":3}},"required":["z"]}"#;
    assert_eq!(
        relaxed(schema).as_deref(),
        Some(
            r#"{"type":"object","properties":{"z":{"type":"integer","description":"n"},"a":{"type":"array","items":{"type":"string"}}},"required":["z"],"additionalProperties":false}"#
        )
    );
    for open in [
        r#"{"type":"object"}"#,
        r#"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":true}"#,
        r#"{"type":"object","properties":{"a":{"not":{}}}}"#,
        "7",
    ] {
        assert_eq!(relaxed(open), None, "{open}");
    }
}
