use crate::fields::Fields;

/// An object with these fields.
pub(super) fn object<const N: usize>(fields: [(&'static str, &str); N]) -> Fields<'static> {
    let mut object = Fields::default();
    for (name, json) in fields {
        object.set_raw(name, json.to_owned());
    }
    object
}

/// The JSON text of a string.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
