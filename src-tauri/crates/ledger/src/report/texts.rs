//! Lists of names as a parameter of a statement.

/// A JSON array of texts.
pub(super) fn json_of(texts: &[&str]) -> String {
    let quoted = texts.iter().map(|text| {
        let mut out = String::from("\"");
        for sign in text.chars() {
            match sign {
                '"' | '\\' => out.extend(['\\', sign]),
                sign if sign.is_control() => out += &format!("\\u{:04x}", u32::from(sign)),
                sign => out.push(sign),
            }
        }
        out + "\""
    });
    format!("[{}]", quoted.collect::<Vec<_>>().join(","))
}
