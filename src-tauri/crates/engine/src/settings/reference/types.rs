//! The keys of each section with their types, read from the source of the settings file's types.

use std::collections::BTreeMap;

use syn::{Fields, GenericArgument, Item, PathArguments, Type};

pub(super) struct Key {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) required: bool,
}

/// By the name of the struct.
pub(super) fn structs() -> BTreeMap<String, Vec<Key>> {
    let sources = [
        include_str!("../file.rs"),
        include_str!("../file/pipeline.rs"),
    ];
    let items = sources.map(|source| syn::parse_file(source).unwrap().items);
    let structs = items.into_iter().flatten().filter_map(|item| {
        if let Item::Struct(found) = item {
            Some(found)
        } else {
            None
        }
    });
    let keys = |fields: Fields, of_the_file: bool, has_defaults: bool| {
        let keys = fields.into_iter().filter_map(|field| {
            let name = field.ident?.to_string();
            let has_default = has_defaults || field.attrs.iter().any(has_default);
            let (outer, _) = parts(&field.ty);
            Some(Key {
                name,
                kind: match of_the_file {
                    true => "section",
                    false => kind(&field.ty),
                },
                required: !has_default && outer != "Option",
            })
        });
        keys.collect()
    };
    structs
        .map(|found| {
            let name = found.ident.to_string();
            let of_the_file = name == "File";
            let has_defaults = found.attrs.iter().any(has_default);
            (name, keys(found.fields, of_the_file, has_defaults))
        })
        .collect()
}

/// `Option<Spanned<f64>>` is `Option` with `Spanned<f64>`.
fn parts(of: &Type) -> (String, Option<&Type>) {
    let Type::Path(path) = of else {
        return ("pair".into(), None);
    };
    let last = path.path.segments.last().unwrap();
    let mut inner = None;
    if let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(first)) = arguments.args.first()
    {
        inner = Some(first);
    }
    (last.ident.to_string(), inner)
}

fn kind(of: &Type) -> &'static str {
    let (outer, inner) = parts(of);
    match (&*outer, inner) {
        ("Option" | "Spanned", Some(inner)) => kind(inner),
        ("Vec", _) => "list",
        ("BTreeMap" | "Allow" | "WrittenLongPrompt" | "WrittenHours", _) => "table",
        ("String", _) => "text",
        ("PathBuf", _) => "path of a file",
        ("bool", _) => "true or false",
        ("f64", _) => "number",
        ("u16" | "u32" | "NonZeroU64", _) => "integer",
        ("pair", _) => "two numbers",
        ("MayGoTo", _) => "word or list",
        ("Demand" | "PipelineDelivery", _) => "word or table",
        (
            "When" | "Dialect" | "ChatLimit" | "CallIds" | "StreamUsage" | "ReasoningContent"
            | "ThoughtSignatures" | "Auth" | "Delivery" | "Restart" | "Consent" | "Siblings"
            | "PipelineRuns" | "EffectMethod" | "EffectAfter",
            _,
        ) => "word",
        (other, _) => panic!("how does a reader write {other}? Add it to this list"),
    }
}

/// `#[serde(default)]`, of a field or of all fields.
fn has_default(attribute: &syn::Attribute) -> bool {
    let mut found = false;
    if attribute.path().is_ident("serde") {
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident("default");
            Ok(())
        });
    }
    found
}
