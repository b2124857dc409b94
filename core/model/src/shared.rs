//! Shared parts in a snapshot: each is written once, and again only as a number.
//!
//! A world holds many revisions of an object that share most of their parts. While a snapshot is written, the parts are numbered in
//! the order in which they are met; while it is read, the numbers find them again, so that what was shared is shared again.
//! Outside of [`writing`] and [`reading`] a part is written and read as it stands.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Parts by their numbers; absent while a part is being read.
type Known = Vec<Option<Arc<dyn Any + Send + Sync>>>;

thread_local! {
    static WRITTEN: RefCell<Option<Written>> = const { RefCell::new(None) };
    static READ: RefCell<Option<Known>> = const { RefCell::new(None) };
}

/// Numbers by the address of the part: valid while the world that holds the parts is borrowed for writing.
#[derive(Default)]
struct Written {
    numbers: BTreeMap<usize, u32>,
}

/// A part as it is written.
#[derive(Serialize, Deserialize)]
enum Part<T> {
    /// The part itself, the first time.
    New(T),
    /// Its number, from then on.
    Again(u32),
}

/// Writes with parts numbered.
pub fn writing<R>(write: impl FnOnce() -> R) -> R {
    WRITTEN.with(|written| *written.borrow_mut() = Some(Written::default()));
    let result = write();
    WRITTEN.with(|written| *written.borrow_mut() = None);
    result
}

/// Reads what was written with parts numbered.
pub fn reading<R>(read: impl FnOnce() -> R) -> R {
    READ.with(|known| *known.borrow_mut() = Some(Vec::new()));
    let result = read();
    READ.with(|known| *known.borrow_mut() = None);
    result
}

/// The number of the part at an address, if it was written before; from now on it has one.
fn known(address: usize) -> Option<u32> {
    WRITTEN.with(|written| {
        let mut written = written.borrow_mut();
        let numbers = &mut written.as_mut()?.numbers;
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let number = numbers.get(&address).copied();
        if number.is_none() {
            numbers.insert(address, next);
        }
        number
    })
}

/// Keeps a place for the part that is about to be read: numbers count parts by where they begin.
fn reserve() -> Option<usize> {
    READ.with(|known| {
        let mut known = known.borrow_mut();
        let known = known.as_mut()?;
        known.push(None);
        Some(known.len() - 1)
    })
}

/// Puts a part that was read into its place, or finds the one that a number names.
fn settle<T, E>(place: Option<usize>, part: Part<T>) -> Result<Arc<T>, E>
where
    T: Send + Sync + 'static,
    E: serde::de::Error,
{
    READ.with(|known| {
        let mut known = known.borrow_mut();
        match (part, known.as_mut(), place) {
            (Part::New(part), Some(known), Some(place)) => {
                let part = Arc::new(part);
                known[place] = Some(part.clone());
                Ok(part)
            }
            (Part::New(part), ..) => Ok(Arc::new(part)),
            (Part::Again(number), Some(known), _) => {
                // A number takes no place of its own.
                known.pop();
                let found = known.get(number as usize).cloned().flatten();
                let part = found.and_then(|part| part.downcast::<T>().ok());
                part.ok_or_else(|| E::custom("a shared part that is not there"))
            }
            (Part::Again(_), ..) => Err(E::custom("a shared part outside of a snapshot")),
        }
    })
}

/// Writes a part, or its number.
///
/// # Errors
/// Those of the serialiser.
pub fn serialize<T: Serialize, S: Serializer>(part: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match known(Arc::as_ptr(part).cast::<()>() as usize) {
        Some(number) => Part::<&T>::Again(number).serialize(serializer),
        None => Part::New(&**part).serialize(serializer),
    }
}

/// Reads a part, or finds it by its number.
///
/// # Errors
/// Those of the deserialiser, and if a number leads nowhere.
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<Arc<T>, D::Error>
where
    T: DeserializeOwned + Send + Sync + 'static,
    D: Deserializer<'de>,
{
    let place = reserve();
    let part = Part::<T>::deserialize(deserializer)?;
    settle(place, part)
}

/// The same for the API's own types, which are written as trees (see [`crate::tree`]).
pub mod as_tree {
    use super::{Arc, Deserialize, DeserializeOwned, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(transparent, bound = "T: DeserializeOwned")]
    struct Tree<T>(#[serde(deserialize_with = "crate::tree::deserialize")] T);

    #[derive(Serialize)]
    #[serde(transparent, bound = "T: Serialize")]
    struct TreeRef<'a, T>(#[serde(serialize_with = "crate::tree::serialize")] &'a T);

    /// Writes a part, or its number.
    ///
    /// # Errors
    /// Those of the serialiser.
    pub fn serialize<T: Serialize, S: Serializer>(part: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match super::known(Arc::as_ptr(part).cast::<()>() as usize) {
            Some(number) => super::Part::<TreeRef<'_, T>>::Again(number).serialize(serializer),
            None => super::Part::New(TreeRef(part)).serialize(serializer),
        }
    }

    /// Reads a part, or finds it by its number.
    ///
    /// # Errors
    /// Those of the deserialiser, and if a number leads nowhere.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<Arc<T>, D::Error>
    where
        T: DeserializeOwned + Send + Sync + 'static,
        D: Deserializer<'de>,
    {
        let place = super::reserve();
        let part = match super::Part::<Tree<T>>::deserialize(deserializer)? {
            super::Part::New(Tree(part)) => super::Part::New(part),
            super::Part::Again(number) => super::Part::Again(number),
        };
        super::settle(place, part)
    }
}

/// The same for a part that may be absent.
pub mod option {
    use super::{Arc, Deserialize, DeserializeOwned, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(transparent, bound = "T: Serialize + DeserializeOwned + Send + Sync + 'static")]
    struct Wrapped<T>(#[serde(with = "super")] Arc<T>);

    /// Writes it.
    ///
    /// # Errors
    /// Those of the serialiser.
    pub fn serialize<T, S>(part: &Option<Arc<T>>, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        S: Serializer,
    {
        part.clone().map(Wrapped).serialize(serializer)
    }

    /// Reads it.
    ///
    /// # Errors
    /// Those of the deserialiser.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<Arc<T>>, D::Error>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        D: Deserializer<'de>,
    {
        Ok(Option::<Wrapped<T>>::deserialize(deserializer)?.map(|wrapped| wrapped.0))
    }
}

/// The same for a map to parts, written as a sequence of pairs.
pub mod pairs {
    use super::{Arc, BTreeMap, Deserialize, DeserializeOwned, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(
        bound = "K: Serialize + DeserializeOwned, T: Serialize + DeserializeOwned + Send + Sync + 'static"
    )]
    struct Pair<K, T>(K, #[serde(with = "super")] Arc<T>);

    /// Writes it.
    ///
    /// # Errors
    /// Those of the serialiser.
    pub fn serialize<K, T, S>(map: &BTreeMap<K, Arc<T>>, serializer: S) -> Result<S::Ok, S::Error>
    where
        K: Serialize + DeserializeOwned + Clone,
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        S: Serializer,
    {
        serializer.collect_seq(map.iter().map(|(key, part)| Pair(key.clone(), part.clone())))
    }

    /// Reads it.
    ///
    /// # Errors
    /// Those of the deserialiser.
    pub fn deserialize<'de, K, T, D>(deserializer: D) -> Result<BTreeMap<K, Arc<T>>, D::Error>
    where
        K: Serialize + DeserializeOwned + Ord,
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        D: Deserializer<'de>,
    {
        let pairs = Vec::<Pair<K, T>>::deserialize(deserializer)?;
        Ok(pairs.into_iter().map(|pair| (pair.0, pair.1)).collect())
    }
}
