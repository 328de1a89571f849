use super::{NAMES, Piece, Style, Unplayable};
use crate::fault::plain_names;
use crate::{Family, Fault};

#[test]
fn every_listed_name_is_a_script() {
    for (name, _) in NAMES {
        assert!(Piece::read(name).is_ok(), "{name}");
    }
}

#[test]
fn every_fault_is_listed() {
    let with_parameter = [
        "silent",
        "late-first-token",
        "stall",
        "cut",
        "drip",
        "hang-up",
    ];
    for fault in plain_names().chain(with_parameter) {
        assert!(NAMES.iter().any(|(name, _)| *name == fault), "{fault}");
    }
}

#[test]
fn a_style_and_a_fault_can_be_combined() {
    assert_eq!(
        Piece::read("tool+cut-before-final"),
        Ok(Piece {
            style: Some(Style::Tool),
            fault: Some(Fault::CutBeforeFinal),
            ..Piece::default()
        })
    );
    for (name, one, other) in [
        ("529+503", "529", "503"),
        ("tool+thinking", "tool", "thinking"),
        ("as-groq+as-xai", "as-groq", "as-xai"),
    ] {
        let both = Unplayable::Both(one.to_owned(), other.to_owned());
        assert_eq!(Piece::read(name), Err(both));
    }
}

#[test]
fn variations_a_vendor_and_a_fault_can_be_combined() {
    let piece = Piece::read("as-kimi+tool+usage:none+cut-in-tool+ids:46").unwrap();
    assert_eq!(piece.acting, Some(Family::Moonshot.into()));
    assert_eq!(piece.fault, Some(Fault::CutInTool));
    assert_eq!(piece.variations.len(), 2);
    assert_eq!(
        Piece::read("as-nobody"),
        Err(Unplayable::Unknown("as-nobody".to_owned()))
    );
}

#[test]
fn any_models_script_follows_an_at_sign() {
    let fault = |model| Piece::of_any_model(model).ok().map(|piece| piece.fault);
    assert_eq!(fault("gpt-5@cut-in-text"), Some(Some(Fault::CutInText)));
    assert_eq!(fault("rehearsal/529"), Some(Some(Fault::status(529))));
    assert_eq!(fault("claude-sonnet-4-5"), Some(None));
    assert_eq!(fault("claude-sonnet-4-5@20250929"), Some(None));
    assert_eq!(fault("gpt-5@cut-in-txt"), None);
}
