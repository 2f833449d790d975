//! Which functions of the host a plugin's sources call: directly, and through functions of the SDK that get the host.
//!
//! What is a host is told by its name: everything of the type `Host` is called `host`, which is checked here too. Code
//! that no one calls is the compiler's business.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, Field, FnArg, ImplItemFn, Item, ItemFn, ItemImpl, ItemTrait, Macro, Meta, Pat, Type,
};

/// What a host is called.
const HOST: &str = "host";
/// The trait that is made of calls to the host.
const COMFORT: &str = "HostExt";
/// What has nothing to do with plugins, or is the way to the host itself.
const LEFT_OUT: [&str; 5] = ["testing", "wasm", "native", "carrier", "bindings"];

/// What is called in a crate, by function: `hold`, and `BotConfig::hold` where it is one of a type.
#[derive(Debug, Default)]
pub struct Calls {
    functions: BTreeMap<String, Found>,
}

/// What is found in a function.
#[derive(Debug, Default, Clone)]
struct Found {
    /// Called on the host.
    methods: BTreeSet<String>,
    /// Functions that get the host.
    handed: BTreeSet<String>,
    /// The last two words of paths: `Content::Other`.
    paths: BTreeSet<String>,
}

impl Calls {
    /// Reads all that is compiled into a crate, tests left out.
    pub fn of_crate(folder: &Path) -> Self {
        let mut calls = Self::default();
        calls.read(&folder.join("src/lib.rs"));
        calls
    }

    /// The methods of the host that this crate's functions call, and those of the SDK that they hand the host to.
    pub fn methods_of_the_host(&self, sdk: &Self) -> BTreeSet<String> {
        let mut methods = BTreeSet::new();
        for found in self.functions.values() {
            for method in &found.methods {
                sdk.method(method, &mut methods);
            }
            for name in &found.handed {
                let is_own = self.functions.contains_key(name) || name == "Ok" || name == "Some";
                if !is_own {
                    sdk.follow(name, &mut methods);
                }
            }
        }
        methods
    }

    /// The last two words of all paths.
    pub fn paths(&self) -> BTreeSet<String> {
        let all = self.functions.values().flat_map(|found| &found.paths);
        all.cloned().collect()
    }

    fn follow(&self, name: &str, methods: &mut BTreeSet<String>) {
        let last = name.rsplit("::").next().unwrap_or(name);
        let found = self.functions.get(name).or_else(|| self.functions.get(last));
        let found = found.unwrap_or_else(|| panic!("nobody knows what {name}() does with the host"));
        for method in &found.methods {
            self.method(method, methods);
        }
        for name in &found.handed {
            self.follow(name, methods);
        }
    }

    /// Comfort of the SDK is a method too, `store_get_json`; all others are the host's own.
    fn method(&self, method: &str, methods: &mut BTreeSet<String>) {
        let comfort = format!("{COMFORT}::{method}");
        if self.functions.contains_key(&comfort) {
            self.follow(&comfort, methods);
        } else {
            methods.insert(method.to_owned());
        }
    }

    fn read(&mut self, file: &Path) {
        let text =
            std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let beside = if file.ends_with("lib.rs") {
            file.with_file_name("")
        } else {
            file.with_extension("")
        };
        self.read_items(&parsed.items, &beside, file);
    }

    fn read_items(&mut self, items: &[Item], beside: &Path, file: &Path) {
        for item in items {
            let Item::Mod(module) = item else {
                let mut reader = Reader {
                    calls: self,
                    file: file.to_owned(),
                    kind: None,
                    function: String::new(),
                    is_the_hosts: false,
                };
                reader.visit_item(item);
                continue;
            };
            let name = module.ident.to_string();
            if is_for_tests(&module.attrs) || LEFT_OUT.contains(&name.as_str()) {
                continue;
            }
            match &module.content {
                Some((_, items)) => self.read_items(items, beside, file),
                None => self.read(&beside.join(format!("{name}.rs"))),
            }
        }
    }
}

/// `#[cfg(test)]`, and what is for other builds than a component's.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => {
            let condition = list.tokens.to_string();
            list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("not (target_arch"))
        }
        _ => false,
    })
}

struct Reader<'a> {
    calls: &'a mut Calls,
    file: PathBuf,
    /// The type whose functions are read.
    kind: Option<String>,
    function: String,
    /// In the traits of the host itself, where the host is called `self`.
    is_the_hosts: bool,
}

impl Reader<'_> {
    fn found(&mut self) -> &mut Found {
        self.calls.functions.entry(self.function.clone()).or_default()
    }

    fn in_function(&mut self, name: &str, read: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.function, name.to_owned());
        // Known, even if it does nothing.
        self.found();
        read(self);
        if let Some(kind) = &self.kind {
            let found = self.calls.functions[name].clone();
            self.calls.functions.insert(format!("{kind}::{name}"), found);
        }
        self.function = outer;
    }

    fn is_host(&self, expression: &Expr) -> bool {
        match expression {
            Expr::Path(path) => path.path.is_ident(HOST) || (self.is_the_hosts && path.path.is_ident("self")),
            Expr::Field(field) => matches!(&field.member, syn::Member::Named(name) if name == HOST),
            Expr::Reference(inner) => self.is_host(&inner.expr),
            Expr::Unary(inner) => self.is_host(&inner.expr),
            Expr::Paren(inner) => self.is_host(&inner.expr),
            _ => false,
        }
    }

    /// In macros there are only tokens: `host.now_ms()` and `helper(host, ..)`.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, tree) in trees.iter().enumerate() {
            match tree {
                TokenTree::Ident(name) if name == HOST => {
                    if let (Some(TokenTree::Punct(dot)), Some(TokenTree::Ident(method))) =
                        (trees.get(at + 1), trees.get(at + 2))
                        && dot.as_char() == '.'
                    {
                        let method = method.to_string();
                        self.found().methods.insert(method);
                    }
                }
                TokenTree::Group(group) => {
                    let gets_host = group.delimiter() == Delimiter::Parenthesis
                        && group.stream().into_iter().any(|tree| is_word(&tree, HOST));
                    if let (true, Some(TokenTree::Ident(name))) =
                        (gets_host, at.checked_sub(1).and_then(|before| trees.get(before)))
                    {
                        let name = name.to_string();
                        self.found().handed.insert(name);
                    }
                    self.read_tokens(group.stream());
                }
                _ => {}
            }
        }
    }

    fn check_name(&self, kind: &Type, name: Option<String>) {
        let is_host = mentions_host(kind);
        let name = name.unwrap_or_default();
        assert!(
            !is_host || name.trim_start_matches('_') == HOST,
            "{}: a host has to be called {HOST}, not {name}: the rights of a plugin are read off its calls",
            self.file.display()
        );
    }
}

fn is_word(tree: &TokenTree, word: &str) -> bool {
    matches!(tree, TokenTree::Ident(name) if name == word)
}

/// `&dyn Host`, `&impl Host` and the like; not the type of a function that takes one.
fn mentions_host(kind: &Type) -> bool {
    let bounds = match kind {
        Type::Reference(inner) => return mentions_host(&inner.elem),
        Type::TraitObject(object) => &object.bounds,
        Type::ImplTrait(object) => &object.bounds,
        _ => return false,
    };
    bounds.iter().any(|bound| match bound {
        syn::TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .is_some_and(|word| word.ident == "Host" || word.ident == "HostExt"),
        _ => false,
    })
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if !is_for_tests(&item.attrs) {
            self.in_function(&item.sig.ident.to_string(), |reader| {
                visit::visit_item_fn(reader, item);
            });
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let kind = match &*item.self_ty {
            Type::Path(path) => path.path.segments.last().map(|word| word.ident.to_string()),
            _ => None,
        };
        let outer = std::mem::replace(&mut self.kind, kind);
        visit::visit_item_impl(self, item);
        self.kind = outer;
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        // The trait itself is the table of calls.
        if item.ident == "Host" {
            return;
        }
        self.is_the_hosts = item.ident == COMFORT;
        let outer = self.kind.replace(item.ident.to_string());
        visit::visit_item_trait(self, item);
        self.kind = outer;
        self.is_the_hosts = false;
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            self.in_function(&item.sig.ident.to_string(), |reader| {
                visit::visit_impl_item_fn(reader, item);
            });
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.in_function(&item.sig.ident.to_string(), |reader| {
            visit::visit_trait_item_fn(reader, item);
        });
    }

    fn visit_fn_arg(&mut self, argument: &'ast FnArg) {
        if let FnArg::Typed(typed) = argument {
            let name = match &*typed.pat {
                Pat::Ident(name) => Some(name.ident.to_string()),
                _ => None,
            };
            self.check_name(&typed.ty, name);
        }
        visit::visit_fn_arg(self, argument);
    }

    fn visit_field(&mut self, field: &'ast Field) {
        self.check_name(&field.ty, field.ident.as_ref().map(ToString::to_string));
        visit::visit_field(self, field);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let method = call.method.to_string();
        if self.is_host(&call.receiver) {
            self.found().methods.insert(method);
        } else if call.args.iter().any(|argument| self.is_host(argument)) {
            self.found().handed.insert(method);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if call.args.iter().any(|argument| self.is_host(argument))
            && let Expr::Path(path) = &*call.func
        {
            let name = last_words(&path.path);
            // A module is no type: `reply::send` is `send`.
            let is_of_type = name.starts_with(char::is_uppercase);
            let name = match name.rsplit_once("::") {
                Some(("Self", last)) => last.to_owned(),
                Some((_, last)) if !is_of_type => last.to_owned(),
                _ => name,
            };
            self.found().handed.insert(name);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words = last_words(path);
        self.found().paths.insert(words);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, one: &'ast Macro) {
        self.read_tokens(one.tokens.clone());
    }
}

fn last_words(path: &syn::Path) -> String {
    let words: Vec<String> = path.segments.iter().map(|word| word.ident.to_string()).collect();
    words[words.len().saturating_sub(2)..].join("::")
}
