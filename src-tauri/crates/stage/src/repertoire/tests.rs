use super::{NAMES, Piece, Style};
use crate::Fault;
use crate::fault::plain_names;

#[test]
fn every_name_can_be_played() {
    for (name, _) in NAMES {
        assert!(Piece::read(name).is_some(), "{name}");
    }
}

#[test]
fn every_fault_is_listed() {
    for fault in plain_names().chain(["silent", "late-first-token", "stall", "cut", "drip"]) {
        assert!(NAMES.iter().any(|(name, _)| *name == fault), "{fault}");
    }
}

#[test]
fn a_style_and_a_fault_go_together() {
    assert_eq!(
        Piece::read("tool+cut-before-final"),
        Some(Piece {
            style: Some(Style::Tool),
            fault: Some(Fault::CutBeforeFinal)
        })
    );
    assert_eq!(Piece::read("529+503"), None);
    assert_eq!(Piece::read("tool+thinking"), None);
}

#[test]
fn any_model_carries_its_piece_after_an_at_sign() {
    let fault = |model| Piece::of_any_model(model).map(|piece| piece.fault);
    assert_eq!(fault("gpt-5@cut-in-text"), Some(Some(Fault::CutInText)));
    assert_eq!(fault("rehearsal/529"), Some(Some(Fault::status(529))));
    assert_eq!(fault("claude-sonnet-4-5"), Some(None));
    assert_eq!(fault("claude-sonnet-4-5@20250929"), Some(None));
    assert_eq!(fault("gpt-5@cut-in-txt"), None);
}
