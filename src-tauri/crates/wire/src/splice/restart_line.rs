/// The restart line as a separate line. A blank line separates it from earlier text.
pub(super) fn apart(restart_line: &str, has_text: bool) -> String {
    let before = if has_text { "\n\n" } else { "" };
    format!("{before}{restart_line}\n\n")
}
