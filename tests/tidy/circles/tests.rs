use super::*;

fn circles_of(files: &[(&str, &str)]) -> Vec<Vec<(String, String)>> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let name = |path: PathBuf| {
        let inside = path.strip_prefix(folder.path()).unwrap();
        inside.to_string_lossy().into_owned()
    };
    circles(&folder.path().join("lib.rs"))
        .into_iter()
        .map(|arrows| {
            let named = arrows.into_iter().map(|(a, b)| (name(a), name(b)));
            named.collect()
        })
        .collect()
}

fn arrow(from: &str, to: &str) -> (String, String) {
    (from.to_owned(), to.to_owned())
}

#[test]
fn a_parent_and_a_child_that_use_each_other_are_a_circle() {
    let files = [
        ("lib.rs", "mod a;"),
        ("a.rs", "mod b;\npub struct A;\nfn f() { b::g(A) }"),
        ("a/b.rs", "use super::A;\npub fn g(_: A) {}"),
    ];
    let expected = vec![vec![arrow("a/b.rs", "a.rs"), arrow("a.rs", "a/b.rs")]];
    assert_eq!(circles_of(&files), expected);
}

#[test]
fn a_name_behind_a_re_export_leads_to_the_file_that_defines_it() {
    let files = [
        ("lib.rs", "mod a;\nmod c;\npub use c::C;"),
        ("a.rs", "mod b;\npub use b::B;"),
        ("a/b.rs", "pub struct B(crate::C);"),
        ("c.rs", "pub struct C(Option<Box<crate::a::B>>);"),
    ];
    let expected = vec![vec![arrow("a/b.rs", "c.rs"), arrow("c.rs", "a/b.rs")]];
    assert_eq!(circles_of(&files), expected);
}

#[test]
fn macros_are_read_and_tests_are_not() {
    let files = [
        ("lib.rs", "mod a;\nmod b;"),
        ("a.rs", "pub fn f() { println!(\"{}\", crate::b::g()) }"),
        (
            "b.rs",
            "pub fn g() -> u8 { 1 }\n#[cfg(test)]\nmod tests { use crate::a::f; }\n#[cfg(test)]\nfn h() { crate::a::f() }",
        ),
    ];
    assert!(circles_of(&files).is_empty());
    let back = ("b.rs", "pub fn g() -> u8 { crate::a::f(); 1 }");
    assert_eq!(circles_of(&[files[0], files[1], back]).len(), 1);
}
