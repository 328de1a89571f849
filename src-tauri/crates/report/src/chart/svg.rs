//! Writes one SVG element.

use std::fmt::Write;

/// All charts have this width; the page scales it.
pub(super) const WIDTH: f64 = 720.0;
/// Space for the names at the left.
pub(super) const LEFT: f64 = 132.0;
const LONGEST_NAME: usize = 20;

pub(super) struct Svg(String);

pub(super) struct Box {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Svg {
    /// `label`: what the chart shows, for readers who do not see it.
    pub(super) fn new(height: f64, label: &str) -> Svg {
        Svg(format!(
            "<svg role=\"img\" viewBox=\"0 0 {WIDTH} {height}\" aria-label=\"{}\">",
            escaped(label)
        ))
    }

    pub(super) fn bar(&mut self, class: &str, at: &Box, title: &str) {
        let Box {
            x,
            y,
            width,
            height,
        } = at;
        // Writing to a string cannot fail.
        let _ = write!(
            self.0,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"><title>{}</title></rect>",
            escaped(title)
        );
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let _ = write!(
            self.0,
            "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            from.0, from.1, to.0, to.1
        );
    }

    /// `anchor`: start, middle, end.
    pub(super) fn text(&mut self, at: (f64, f64), anchor: &str, text: &str) {
        let _ = write!(
            self.0,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            at.0,
            at.1,
            escaped(text)
        );
    }

    /// At the left of a row.
    pub(super) fn name(&mut self, y: f64, name: &str) {
        let short = match name.chars().count() > LONGEST_NAME {
            true => name.chars().take(LONGEST_NAME - 1).chain(['…']).collect(),
            false => name.to_owned(),
        };
        self.text((LEFT - 8.0, y), "end", &short);
    }

    pub(super) fn finish(mut self) -> String {
        self.0 += "</svg>";
        self.0
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}
