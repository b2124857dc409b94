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

/// Writes a part, or its number.
///
/// # Errors
/// Those of the serialiser.
pub fn serialize<T: Serialize, S: Serializer>(part: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
    let number = WRITTEN.with(|written| {
        let mut written = written.borrow_mut();
        let numbers = &mut written.as_mut()?.numbers;
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let address = Arc::as_ptr(part).cast::<()>() as usize;
        match numbers.get(&address) {
            Some(number) => Some(*number),
            None => {
                numbers.insert(address, next);
                None
            }
        }
    });
    match number {
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
    let place = READ.with(|known| {
        let mut known = known.borrow_mut();
        known.as_mut().map(|known| {
            known.push(None);
            known.len() - 1
        })
    });
    let part = Part::<T>::deserialize(deserializer)?;
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
                // A number takes no place of its own; whatever was read after the place was reserved is none either.
                known.pop();
                let found = known.get(number as usize).cloned().flatten();
                let part = found.and_then(|part| part.downcast::<T>().ok());
                part.ok_or_else(|| serde::de::Error::custom("a shared part that is not there"))
            }
            (Part::Again(_), ..) => Err(serde::de::Error::custom("a shared part outside of a snapshot")),
        }
    })
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
