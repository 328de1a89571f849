use super::Fields;

#[test]
fn unchanged_fields_keep_their_bytes() {
    let json =
        br#"{"index": 1,"big":123456789012345678901234567890,"f":1.10,"s":"\u00e9\/","index":2 }"#;
    let mut fields = Fields::read(json).unwrap();
    assert_eq!(fields.number("index"), Some(2));
    fields.set("index", 7);
    fields.set("new", "a\"b");
    assert_eq!(
        fields.to_string(),
        r#"{"index":7,"big":123456789012345678901234567890,"f":1.10,"s":"\u00e9\/","new":"a\"b"}"#
    );
}

#[test]
fn odd_values_are_absent() {
    let fields = Fields::read(br#"{"a":null,"b":"3","c":-1,"d":[1,{"x":"y"}],"e":{}}"#).unwrap();
    assert_eq!((fields.non_null("a"), fields.non_null("z")), (None, None));
    assert_eq!((fields.number("b"), fields.number("c")), (None, None));
    assert_eq!(fields.text("c"), None);
    assert!(fields.object("d").is_none());
    let objects = fields.objects("d");
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0].text("x").as_deref(), Some("y"));
    assert!(fields.objects("e").is_empty());
    assert!(Fields::read(b"[]").is_err() && Fields::read(b"{} x").is_err());
}
