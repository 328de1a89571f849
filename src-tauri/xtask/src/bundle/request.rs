//! The arguments of `cargo xtask bundle`.

use std::path::PathBuf;

use super::kind::Kind;
use crate::run::Profile;
use crate::step::{Failed, Outcome};
use crate::tree::target;

#[derive(Debug)]
pub(crate) struct Request {
    pub(super) kinds: Vec<Kind>,
    pub(super) profile: Profile,
    /// The folder of the packages.
    pub(super) out: PathBuf,
}

impl Request {
    pub(crate) fn parse(arguments: &[&str]) -> Outcome<Request> {
        let mut kinds: Vec<Kind> = Vec::new();
        let mut profile = Profile::Release;
        let mut out = None;
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match *argument {
                "all" => kinds.extend(Kind::of_this_system()),
                "--profile" => profile = parse_profile(rest.next())?,
                "--out" => {
                    let folder = rest.next().ok_or_else(|| wrong("--out needs a folder"))?;
                    out = Some(std::path::absolute(folder)?);
                }
                name => kinds.push(parse_kind(name)?),
            }
        }
        if kinds.is_empty() {
            kinds = Kind::of_this_system();
        }
        Ok(Request {
            kinds,
            profile,
            out: out.unwrap_or_else(|| target().join("packages")),
        })
    }
}

fn parse_kind(name: &str) -> Outcome<Kind> {
    let kind = Kind::parse(name).ok_or_else(|| wrong(&format!("there is no package `{name}`")))?;
    if kind.system() == std::env::consts::OS {
        Ok(kind)
    } else {
        Err(Failed::new(format!(
            "`{name}` is made on {} only; .github/workflows/release.yml does it",
            kind.system()
        )))
    }
}

fn parse_profile(name: Option<&&str>) -> Outcome<Profile> {
    match name.copied() {
        Some("dev") => Ok(Profile::Debug),
        Some("release") => Ok(Profile::Release),
        Some(_) | None => Err(wrong("--profile is dev or release")),
    }
}

fn wrong(why: &str) -> Failed {
    let kinds: Vec<&str> = Kind::of_this_system().into_iter().map(Kind::name).collect();
    Failed::new(format!(
        "{why}. The packages of this system are: {}, all",
        kinds.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::{Kind, Profile, Request};

    #[test]
    fn without_arguments_every_package_of_this_system_is_made_of_the_release_build() {
        let request = Request::parse(&[]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(request.kinds, Kind::of_this_system());
        assert!(request.profile == Profile::Release);
        assert!(request.out.ends_with("packages"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn arguments_choose_the_packages_the_build_and_the_folder() {
        let arguments = ["deb", "oci", "--profile", "dev", "--out", "/tmp/x"];
        let request = Request::parse(&arguments).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(request.kinds, [Kind::Deb, Kind::Oci]);
        assert!(request.profile == Profile::Debug);
        assert_eq!(request.out, std::path::Path::new("/tmp/x"));
        for (arguments, why) in [
            (["flatpak"].as_slice(), "there is no package `flatpak`"),
            (&["dmg"], "made on macos only"),
            (&["--profile", "fast"], "--profile is dev or release"),
            (&["--out"], "--out needs a folder"),
        ] {
            let failed =
                Request::parse(arguments).map_or_else(|error| error.to_string(), |_| String::new());
            assert!(failed.contains(why), "{arguments:?}: {failed}");
        }
    }
}
