//! The owner's logo as a `data:` URI. Only two formats, and a limit, because it is a part of each report.

use data_encoding::BASE64;

/// 256 KiB
pub const LARGEST_LOGO: usize = 256 << 10;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoError {
    #[error("it has {0} bytes, and a logo has at most 262144 (256 KiB). Save it smaller")]
    TooLarge(usize),
    #[error("it is neither a PNG nor an SVG image. Save it as one of these")]
    Format,
}

/// In an `img` element, an SVG runs no script and loads nothing.
pub fn logo(bytes: &[u8]) -> Result<String, LogoError> {
    if bytes.len() > LARGEST_LOGO {
        return Err(LogoError::TooLarge(bytes.len()));
    }
    let kind = match bytes.starts_with(PNG) {
        true => "image/png",
        false if is_svg(bytes) => "image/svg+xml",
        false => return Err(LogoError::Format),
    };
    Ok(format!("data:{kind};base64,{}", BASE64.encode(bytes)))
}

/// The root element is `svg`, after a declaration, comments and a document type.
fn is_svg(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = match rest {
            comment if comment.starts_with("<!--") => "-->",
            declaration if declaration.starts_with("<?") => "?>",
            kind if kind.starts_with("<!") => ">",
            root => return root.starts_with("<svg"),
        };
        match rest.split_once(end) {
            Some((_, after)) => rest = after.trim_start(),
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_is_a_small_png_or_svg() {
        let png = [PNG, b"rest"].concat();
        assert_eq!(
            logo(&png).unwrap(),
            "data:image/png;base64,iVBORw0KGgpyZXN0"
        );
        let svg = b"<?xml version=\"1.0\"?>\n<!-- a > b -->\n<!DOCTYPE svg>\n<svg/>";
        assert!(
            logo(svg)
                .unwrap()
                .starts_with("data:image/svg+xml;base64,PD94")
        );
        for other in [
            &b"GIF89a"[..],
            b"",
            b"<html><svg/>",
            b"root:x:0:0",
            b"<!-- <svg",
        ] {
            assert_eq!(logo(other), Err(LogoError::Format), "{other:?}");
        }
        let large = [PNG, &vec![0; LARGEST_LOGO]].concat();
        assert_eq!(logo(&large), Err(LogoError::TooLarge(large.len())));
    }
}
