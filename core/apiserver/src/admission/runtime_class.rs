//! RuntimeClass: a pod's class of runtime has to be there, and only a class sets an overhead. No classes are kept here yet.

use k8s_openapi::api::core::v1::Pod;
use model::{Kind, Object, Reason, Status, status::Result};

pub(super) fn admit(object: &Object) -> Result<()> {
    let spec = object.spec::<Pod>();
    let why = match spec.runtime_class_name.as_deref() {
        Some("") => return Err(Status::new(Reason::Unknown, "resource name may not be empty")),
        Some(class) => format!("pod rejected: RuntimeClass \"{class}\" not found"),
        None if spec.overhead.is_some() => {
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead".to_owned()
        }
        None => return Ok(()),
    };
    Err(Status::forbidden(Kind::Pod, super::shown_name(object), &why))
}
