use super::*;

#[test]
fn the_fallback_is_of_the_lowest_sufficient_tier_or_the_highest() {
    let rank = |model: Option<&str>| Rank {
        models: Vec::new(),
        fallback_model: model.map(ModelId::new),
    };
    let of = |ranks: &[(Tier, Option<&str>)], tier: Tier| {
        let tiers = ranks.iter().map(|(tier, model)| (*tier, rank(*model)));
        fallback_model(&tiers.collect(), tier).map(ToString::to_string)
    };
    let two = [
        (Tier::Small, Some("s")),
        (Tier::Medium, None),
        (Tier::Large, Some("l")),
    ];
    for (tier, model) in [
        (Tier::Small, "s"),
        (Tier::Medium, "l"),
        (Tier::Large, "l"),
        (Tier::Frontier, "l"),
    ] {
        assert_eq!(of(&two, tier).as_deref(), Some(model), "{tier:?}");
    }
    assert_eq!(of(&[(Tier::Small, None)], Tier::Small), None);
    assert_eq!(of(&[], Tier::Small), None);
}
