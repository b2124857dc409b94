//! Get, list and watch.

use std::sync::Arc;

use model::selector::Selector;
use model::{Kind, Object, Status, status::Result};
use store::Key;

use crate::authorizer::Attributes;
use crate::caller::Caller;
use crate::fields;
use crate::options::ListOptions;
use crate::paging::{Page, continue_after, start_of};
use crate::server::ApiServer;
use crate::watch::{Watcher, selects};

/// What a list answers.
#[derive(Clone, Debug)]
pub struct ObjectList {
    /// The revision at which it holds.
    pub revision: u64,
    /// The objects, in the order of their keys.
    pub items: Vec<Arc<Object>>,
    /// With which the list goes on; empty if it is whole.
    pub continue_token: String,
    /// How many objects are left, where no selector makes that unknown.
    pub remaining: Option<usize>,
}

impl ApiServer {
    /// One object.
    ///
    /// # Errors
    /// 403, 404.
    pub fn get(&self, caller: &Caller, kind: Kind, namespace: &str, name: &str) -> Result<Arc<Object>> {
        let namespace = Self::place(kind, namespace);
        self.authorize(caller, &Attributes { verb: "get", kind, subresource: "", namespace, name })?;
        self.stored(kind, namespace, name)
    }

    /// The objects of a kind, in one namespace or (if it is empty) in all.
    ///
    /// # Errors
    /// 403, 400 for a selector or a token that cannot be read, 410 for a revision that is no longer kept.
    pub fn list(
        &self,
        caller: &Caller,
        kind: Kind,
        namespace: &str,
        options: &ListOptions,
    ) -> Result<ObjectList> {
        let namespace = Self::place(kind, namespace);
        self.authorize(caller, &Attributes { verb: "list", kind, subresource: "", namespace, name: "" })?;
        let page = Page::of(options, self.store.revision())?;
        if page == Page::default() {
            let items = self.selected(kind, namespace, options)?;
            let revision = self.store.revision();
            return Ok(ObjectList { revision, items, continue_token: String::new(), remaining: None });
        }
        self.list_page(kind, namespace, options, &page)
    }

    /// One page of a list, at a revision of its own.
    fn list_page(
        &self,
        kind: Kind,
        namespace: &str,
        options: &ListOptions,
        page: &Page,
    ) -> Result<ObjectList> {
        let labels = parse_labels(&options.label_selector)?;
        let fields = fields::parse(kind, &options.field_selector)?;
        let revision = page.at.unwrap_or(self.store.revision());
        let objects = self.store.list_at(kind, revision).map_err(|_| page.expired())?;
        let in_one = !namespace.is_empty();
        let wanted = |(key, object): &(&Key, &Arc<Object>)| {
            (!in_one || &*key.namespace == namespace)
                && start_of(key, in_one).as_str() >= page.after.as_str()
                && selects(&labels, &fields, object)
        };
        let mut left = objects.iter().filter(wanted).peekable();
        let limit = page.limit.unwrap_or(usize::MAX);
        let mut items: Vec<Arc<Object>> = Vec::new();
        let mut last = None;
        while items.len() < limit
            && let Some((key, object)) = left.next()
        {
            last = Some(key);
            items.push(object.clone());
        }
        let goes_on = left.peek().is_some();
        let continue_token = match last.filter(|_| goes_on) {
            Some(key) => continue_after(key, in_one, revision),
            None => String::new(),
        };
        let selects_all = options.label_selector.is_empty() && options.field_selector.is_empty();
        let remaining = (goes_on && selects_all).then(|| left.count());
        Ok(ObjectList { revision, items, continue_token, remaining })
    }

    /// The objects that a list's options select.
    pub(crate) fn selected(
        &self,
        kind: Kind,
        namespace: &str,
        options: &ListOptions,
    ) -> Result<Vec<Arc<Object>>> {
        let labels = parse_labels(&options.label_selector)?;
        let fields = fields::parse(kind, &options.field_selector)?;
        let wanted = |object: &&Arc<Object>| selects(&labels, &fields, object);
        Ok(if namespace.is_empty() {
            self.store.list(kind).filter(wanted).cloned().collect()
        } else {
            self.store.list_namespace(kind, namespace).filter(wanted).cloned().collect()
        })
    }

    /// A watch from `since_revision` on, as a list answered it; from 0 it begins with what is there.
    ///
    /// # Errors
    /// 403, or 400 for a selector that cannot be read.
    pub fn watch(
        &self,
        caller: &Caller,
        kind: Kind,
        namespace: &str,
        options: &ListOptions,
        since_revision: u64,
    ) -> Result<Watcher> {
        let namespace = Self::place(kind, namespace);
        self.authorize(caller, &Attributes { verb: "watch", kind, subresource: "", namespace, name: "" })?;
        parse_labels(&options.label_selector)?;
        fields::parse(kind, &options.field_selector)?;
        Ok(Watcher::new(kind, namespace, options, since_revision))
    }

    pub(crate) fn stored(&self, kind: Kind, namespace: &str, name: &str) -> Result<Arc<Object>> {
        let found = self.store.get(kind, namespace, name);
        found.cloned().ok_or_else(|| Status::not_found(kind, name))
    }
}

pub(crate) fn parse_labels(text: &str) -> Result<Selector> {
    text.parse::<Selector>().map_err(|error| Status::bad_request(error.to_string()))
}
