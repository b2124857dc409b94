//! The lessons that come with Podarium.

/// A lesson's files.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Its id.
    pub id: &'static str,
    /// `lesson.yaml`.
    pub lesson: &'static str,
    /// Its words by language.
    pub texts: &'static [(&'static str, &'static str)],
}

macro_rules! lessons {
    ($($id:literal),* $(,)?) => {
        /// All lessons, in the order in which they are best taken.
        pub const ALL: &[Source] = &[$(Source {
            id: $id,
            lesson: include_str!(concat!("../../../../lessons/", $id, "/lesson.yaml")),
            texts: &[
                ("ko", include_str!(concat!("../../../../lessons/", $id, "/ko.md"))),
                ("en", include_str!(concat!("../../../../lessons/", $id, "/en.md"))),
            ],
        }),*];
    };
}

lessons!["first-cluster", "deployments", "rolling-update"];

/// The lesson of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Source> {
    ALL.iter().find(|source| source.id == id)
}
