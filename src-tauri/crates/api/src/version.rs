/// `major.minor.patch`; text after a hyphen or a plus sign is left out. An unreadable version is the oldest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version([u64; 3]);

impl Version {
    #[must_use]
    pub fn of(text: &str) -> Self {
        let core = text.split(['-', '+']).next().unwrap_or_default();
        let mut numbers = core.split('.').map(str::parse);
        let mut next = || numbers.next()?.ok();
        match (next(), next(), next()) {
            (Some(major), Some(minor), Some(patch)) => Self([major, minor, patch]),
            _ => Self::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn compared_by_number_and_not_by_letter() {
        assert!(Version::of("0.9.0") < Version::of("0.10.0"));
        assert!(Version::of("0.10.0") < Version::of("1.0.0"));
        assert_eq!(Version::of("1.2.3"), Version::of("1.2.3-rc.1+5"));
        assert!(Version::of("unheard of") < Version::of("0.0.1"));
    }
}
