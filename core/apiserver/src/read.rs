//! Get, list and watch.

use std::sync::Arc;

use model::selector::Selector;
use model::{Kind, Object, Status, status::Result};

use crate::authorizer::Attributes;
use crate::caller::Caller;
use crate::fields;
use crate::options::ListOptions;
use crate::server::ApiServer;
use crate::watch::{Watcher, selects};

/// What a list answers.
#[derive(Clone, Debug)]
pub struct ObjectList {
    /// The revision at which it holds.
    pub revision: u64,
    /// The objects, by namespace and name.
    pub items: Vec<Arc<Object>>,
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
    /// 403, or 400 for a selector that cannot be read.
    pub fn list(
        &self,
        caller: &Caller,
        kind: Kind,
        namespace: &str,
        options: &ListOptions,
    ) -> Result<ObjectList> {
        let namespace = Self::place(kind, namespace);
        self.authorize(caller, &Attributes { verb: "list", kind, subresource: "", namespace, name: "" })?;
        Ok(ObjectList { revision: self.store.revision(), items: self.selected(kind, namespace, options)? })
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

    /// A watch from `since_revision` on, as a list answered it.
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
