/// The notice as a separate line. A blank line separates it from earlier text.
pub(super) fn apart(notice: &str, has_text: bool) -> String {
    let before = if has_text { "\n\n" } else { "" };
    format!("{before}{notice}\n\n")
}
