use super::*;

fn path(text: &str) -> KeyPath {
    KeyPath::parse(text)
}
