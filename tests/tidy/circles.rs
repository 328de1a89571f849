//! Import circles between the files of a crate.
//!
//! An arrow goes from a file to each file that defines a name it uses. `mod x;` and re-exports (`pub use`) create no arrow; a
//! name from a re-export leads to the file that defines it. Items that only tests use are excluded.

#![expect(clippy::wildcard_enum_match_arm, reason = "enums of syn")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// Absolute path of a module within its crate: `[]` for the crate's root.
type ModulePath = Vec<String>;

/// One module: its file, and the names that its `use` items bind.
#[derive(Default)]
struct Module {
    file: PathBuf,
    children: BTreeSet<String>,
    /// A name and its absolute path.
    bound: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    defined: BTreeSet<String>,
}

/// Every module of a crate, and the paths that each file uses.
#[derive(Default)]
struct Modules {
    modules: BTreeMap<ModulePath, Module>,
    /// Module that uses a path, and the path as written.
    uses: Vec<(ModulePath, Vec<String>)>,
}

/// Groups of files that import each other, with the arrows inside each group.
pub(crate) fn circles(crate_root: &Path) -> Vec<Vec<(PathBuf, PathBuf)>> {
    let mut modules = Modules::default();
    modules.read(crate_root, Vec::new());
    let arrows = modules.arrows();
    let reach: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> = arrows
        .keys()
        .map(|file| (file, reachable(file, &arrows)))
        .collect();
    let mut groups: BTreeMap<BTreeSet<&PathBuf>, Vec<(PathBuf, PathBuf)>> = BTreeMap::new();
    for (from, targets) in &arrows {
        for to in targets {
            if reach.get(to).is_some_and(|back| back.contains(from)) {
                let group = reach[from]
                    .iter()
                    .copied()
                    .filter(|file| reach.get(*file).is_some_and(|back| back.contains(from)))
                    .collect();
                groups
                    .entry(group)
                    .or_default()
                    .push((from.clone(), to.clone()));
            }
        }
    }
    groups.into_values().collect()
}

fn reachable<'a>(
    from: &PathBuf,
    arrows: &'a BTreeMap<PathBuf, BTreeSet<PathBuf>>,
) -> BTreeSet<&'a PathBuf> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&PathBuf> = arrows[from].iter().collect();
    while let Some(file) = open.pop() {
        if reached.insert(file) {
            open.extend(arrows.get(file).into_iter().flatten());
        }
    }
    reached
}

fn for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    })
}

impl Modules {
    fn read(&mut self, file: &Path, path: ModulePath) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        self.items(&parsed.items, file, path);
    }

    fn items(&mut self, items: &[syn::Item], file: &Path, path: ModulePath) {
        self.modules.insert(
            path.clone(),
            Module {
                file: file.to_owned(),
                ..Module::default()
            },
        );
        // Children first: a `use` may refer to one that is declared below it.
        for item in items {
            if let syn::Item::Mod(child) = item
                && !for_tests(&child.attrs)
            {
                let name = child.ident.to_string();
                let mut below = path.clone();
                below.push(name.clone());
                self.module(&path).children.insert(name.clone());
                match &child.content {
                    Some((_, items)) => self.items(items, file, below),
                    None => self.read(&file_of(file, child, path.is_empty()), below),
                }
            }
        }
        for item in items {
            self.item(item, &path);
        }
    }

    fn module(&mut self, path: &ModulePath) -> &mut Module {
        self.modules.get_mut(path).expect("a module that was read")
    }

    fn item(&mut self, item: &syn::Item, path: &ModulePath) {
        let mut paths = Paths::default();
        match item {
            syn::Item::Use(item) if !for_tests(&item.attrs) => {
                let exported = !matches!(item.vis, syn::Visibility::Inherited);
                self.bind(&item.tree, &mut Vec::new(), path, exported);
            }
            syn::Item::Mod(_) | syn::Item::Use(_) => {}
            item if item_for_tests(item) => {}
            item => {
                if let Some(name) = name_of(item) {
                    self.module(path).defined.insert(name);
                }
                paths.visit_item(item);
            }
        }
        let found = paths.found.into_iter().map(|used| (path.clone(), used));
        self.uses.extend(found);
    }

    /// Records the names that a `use` item binds, and its uses unless it is a re-export.
    fn bind(
        &mut self,
        tree: &syn::UseTree,
        prefix: &mut Vec<String>,
        path: &ModulePath,
        exported: bool,
    ) {
        match tree {
            syn::UseTree::Path(part) => {
                prefix.push(part.ident.to_string());
                self.bind(&part.tree, prefix, path, exported);
                prefix.pop();
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.bind(tree, prefix, path, exported);
                }
            }
            syn::UseTree::Glob(_) => {
                if let Some(target) = self.absolute(prefix, path) {
                    self.module(path).globs.push(target);
                }
            }
            syn::UseTree::Name(name) => {
                self.bind_name(&name.ident, &name.ident, prefix, path, exported);
            }
            syn::UseTree::Rename(name) => {
                self.bind_name(&name.ident, &name.rename, prefix, path, exported);
            }
        }
    }

    fn bind_name(
        &mut self,
        name: &syn::Ident,
        bound: &syn::Ident,
        prefix: &[String],
        path: &ModulePath,
        exported: bool,
    ) {
        let mut target = prefix.to_vec();
        let mut bound = bound.to_string();
        if name == "self" {
            bound = target.last().cloned().unwrap_or(bound);
        } else {
            target.push(name.to_string());
        }
        if !exported {
            self.uses.push((path.clone(), target.clone()));
        }
        if let Some(target) = self.absolute(&target, path) {
            self.module(path).bound.insert(bound, target);
        }
    }

    /// A path as written → absolute within the crate; `None`: a path of another crate.
    fn absolute(&self, written: &[String], at: &ModulePath) -> Option<Vec<String>> {
        let mut base = match written.first()?.as_str() {
            "crate" => Vec::new(),
            "self" => at.clone(),
            "super" => at[..at.len().checked_sub(1)?].to_vec(),
            first if self.modules[at].children.contains(first) => {
                let mut base = at.clone();
                base.push(first.to_owned());
                base
            }
            first => self.modules[at].bound.get(first)?.clone(),
        };
        for part in &written[1..] {
            if part == "super" {
                base.pop();
            } else {
                base.push(part.clone());
            }
        }
        Some(base)
    }

    /// The file that defines the item at an absolute path.
    fn defining(&self, absolute: &[String], depth: usize) -> Option<&PathBuf> {
        let mut at = ModulePath::new();
        let mut parts = absolute.iter();
        while let Some(part) = parts.next() {
            let module = &self.modules[&at];
            if module.children.contains(part) {
                at.push(part.clone());
                continue;
            }
            if module.defined.contains(part) || depth > 20 {
                return Some(&module.file);
            }
            let rest: Vec<String> = parts.cloned().collect();
            let follow = |target: &[String]| {
                let mut target = target.to_vec();
                target.extend(rest.iter().cloned());
                self.defining(&target, depth + 1)
            };
            if let Some(target) = module.bound.get(part) {
                return follow(target);
            }
            return module
                .globs
                .iter()
                .find_map(|glob| {
                    let target = self.modules.get(glob)?;
                    let found = target.defined.contains(part) || target.bound.contains_key(part);
                    let mut path = glob.clone();
                    path.push(part.clone());
                    found.then(|| follow(&path)).flatten()
                })
                .or(Some(&module.file));
        }
        // A module itself is not a name that its file defines: its items have other paths.
        None
    }

    fn arrows(&self) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
        let mut arrows: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
        for (at, written) in &self.uses {
            let from = &self.modules[at].file;
            let target = self
                .absolute(written, at)
                .and_then(|path| self.defining(&path, 0));
            if let Some(to) = target
                && to != from
            {
                arrows.entry(from.clone()).or_default().insert(to.clone());
            }
        }
        arrows
    }
}

fn file_of(parent: &Path, module: &syn::ItemMod, is_root: bool) -> PathBuf {
    if let Some(named) = module.attrs.iter().find_map(named_path) {
        return parent.with_file_name(named);
    }
    let folder = if is_root {
        parent.with_file_name("")
    } else {
        parent.with_extension("")
    };
    folder.join(module.ident.to_string()).with_extension("rs")
}

/// `#[path = "x.rs"]`, also within a `cfg_attr`.
fn named_path(attribute: &syn::Attribute) -> Option<String> {
    let value = |meta: &syn::Meta| match &meta.require_name_value().ok()?.value {
        syn::Expr::Lit(literal) if meta.path().is_ident("path") => match &literal.lit {
            syn::Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    if attribute.path().is_ident("cfg_attr") {
        let list = syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated;
        let parts = attribute.parse_args_with(list).ok()?;
        return parts.iter().find_map(value);
    }
    value(&attribute.meta)
}

fn name_of(item: &syn::Item) -> Option<String> {
    let ident = match item {
        syn::Item::Const(item) => &item.ident,
        syn::Item::Enum(item) => &item.ident,
        syn::Item::Fn(item) => &item.sig.ident,
        syn::Item::Macro(item) => item.ident.as_ref()?,
        syn::Item::Static(item) => &item.ident,
        syn::Item::Struct(item) => &item.ident,
        syn::Item::Trait(item) => &item.ident,
        syn::Item::TraitAlias(item) => &item.ident,
        syn::Item::Type(item) => &item.ident,
        syn::Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn item_for_tests(item: &syn::Item) -> bool {
    let attributes = match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        _ => return false,
    };
    for_tests(attributes)
}

/// Paths in the code of an item, including those in a macro's tokens.
#[derive(Default)]
struct Paths {
    found: Vec<Vec<String>>,
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts = path.segments.iter().map(|part| part.ident.to_string());
        self.found.push(parts.collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }
}

impl Paths {
    fn tokens(&mut self, tokens: proc_macro2::TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                proc_macro2::TokenTree::Ident(ident) => {
                    if colons != 2 && !path.is_empty() {
                        self.found.push(std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                proc_macro2::TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                proc_macro2::TokenTree::Group(group) => {
                    self.found.push(std::mem::take(&mut path));
                    self.tokens(group.stream());
                    colons = 0;
                }
                _ => {
                    self.found.push(std::mem::take(&mut path));
                    colons = 0;
                }
            }
        }
        self.found.push(path);
        self.found.retain(|path| !path.is_empty());
    }
}

#[cfg(test)]
mod tests;
