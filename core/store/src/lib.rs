//! What etcd is: revisions of objects under keys.
