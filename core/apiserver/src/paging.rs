//! Which part of a list is asked for: at which revision, from where on, how much of it.
// Models apimachinery's ListOptions validation and the continue tokens of apiserver/pkg/storage.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::status::{Cause, Details};
use model::validation::{ErrorList, Path};
use model::{Reason, Status, status::Result};
use serde::{Deserialize, Serialize};
use store::Key;

use crate::managed_fields::refuse_options;
use crate::options::ListOptions;

const TOKEN_VERSION: &str = "meta.k8s.io/v1";
const TOO_OLD: &str = "The resourceVersion for the provided list is too old.";
const TOKEN_TOO_OLD: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/// What a continue token says.
#[derive(Serialize, Deserialize)]
struct Token {
    v: String,
    rv: u64,
    start: String,
}

/// What a list asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    /// The revision, if not the present one.
    pub(crate) at: Option<u64>,
    /// The key's text up to which all was answered before.
    pub(crate) after: String,
    /// How many at most.
    pub(crate) limit: Option<usize>,
}

impl Page {
    /// What the options ask for, `now` being the present revision.
    ///
    /// # Errors
    /// 400, 422 for options that do not fit together; 504 for a revision that is still to come.
    pub(crate) fn of(options: &ListOptions, now: u64) -> Result<Self> {
        check_match(options)?;
        let limit = (options.limit > 0).then_some(options.limit);
        if !options.continue_token.is_empty() {
            let token = token(&options.continue_token)?;
            if !matches!(options.resource_version.as_str(), "" | "0") {
                return Err(Status::bad_request(
                    "specifying resource version is not allowed when using continue",
                ));
            }
            return Ok(Self { at: Some(token.rv), after: token.start, limit });
        }
        let text = options.resource_version.as_str();
        if matches!(text, "" | "0") {
            // What was asked for at any revision is answered from the cache, whole.
            let limit = limit.filter(|_| text.is_empty());
            return Ok(Self { limit, ..Self::default() });
        }
        let revision: u64 = text.parse().map_err(|_| {
            Status::bad_request(format!(
                "invalid resource version: resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"
            ))
        })?;
        if revision > now {
            return Err(too_large(revision, now));
        }
        let exact = match options.resource_version_match.as_str() {
            "Exact" => true,
            "NotOlderThan" => false,
            // As it was before one could say it: a list in pages is exact.
            _ => limit.is_some(),
        };
        Ok(Self { at: exact.then_some(revision), limit, ..Self::default() })
    }

    /// 410: what the page asks for is no longer kept.
    pub(crate) fn expired(&self) -> Status {
        Status::expired(if self.after.is_empty() { TOO_OLD } else { TOKEN_TOO_OLD })
    }
}

/// The token with which a list goes on behind a key.
pub(crate) fn continue_after(key: &Key, in_one_namespace: bool, revision: u64) -> String {
    let start = format!("{}\0", start_of(key, in_one_namespace));
    let token = Token { v: TOKEN_VERSION.to_owned(), rv: revision, start };
    URL_SAFE_NO_PAD.encode(serde_json::to_string(&token).unwrap_or_default())
}

/// A key's text as tokens have it: below the list's own folder.
pub(crate) fn start_of(key: &Key, in_one_namespace: bool) -> String {
    if in_one_namespace || key.namespace.is_empty() {
        key.name.to_string()
    } else {
        format!("{}/{}", key.namespace, key.name)
    }
}

fn token(text: &str) -> Result<Token> {
    let refuse =
        |why: &str| Status::bad_request(format!("invalid continue token: continue key is not valid: {why}"));
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|error| match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => {
            refuse(&format!("illegal base64 data at input byte {at}"))
        }
        _ => refuse("illegal base64 data at input byte 0"),
    })?;
    let token: Token = serde_json::from_slice(&bytes).map_err(|_| match bytes.first() {
        None => refuse("unexpected end of JSON input"),
        Some(b'{') => refuse("unexpected end of JSON input"),
        Some(first) => {
            refuse(&format!("invalid character '{}' looking for beginning of value", char::from(*first)))
        }
    })?;
    match token.v.as_str() {
        TOKEN_VERSION if token.rv == 0 => {
            Err(refuse("incorrect encoded start resourceVersion (version meta.k8s.io/v1)"))
        }
        TOKEN_VERSION if token.start.is_empty() => {
            Err(refuse("encoded start key empty (version meta.k8s.io/v1)"))
        }
        TOKEN_VERSION => Ok(token),
        other => Err(refuse(&format!("server does not recognize this encoded version \"{other}\""))),
    }
}

/// Which of the options about versions go together.
fn check_match(options: &ListOptions) -> Result<()> {
    let (wanted, revision) = (options.resource_version_match.as_str(), options.resource_version.as_str());
    if wanted.is_empty() {
        return Ok(());
    }
    let mut errors = ErrorList::new();
    let path = Path::root("resourceVersionMatch");
    if revision.is_empty() {
        errors.forbidden(&path, "resourceVersionMatch is forbidden unless resourceVersion is provided");
    }
    if !options.continue_token.is_empty() {
        errors.forbidden(&path, "resourceVersionMatch is forbidden when continue is provided");
    }
    match wanted {
        "Exact" if revision == "0" => {
            errors.forbidden(&path, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        }
        "Exact" | "NotOlderThan" => {}
        other => errors.not_supported(&path, other, &["Exact", "NotOlderThan", ""]),
    }
    refuse_options("ListOptions", &errors)
}

/// 504: the revision is still to come.
pub(crate) fn too_large(revision: u64, now: u64) -> Status {
    let cause = Cause {
        reason: "ResourceVersionTooLarge".to_owned(),
        message: "Too large resource version".to_owned(),
        field: String::new(),
    };
    let details = Details { causes: vec![cause], retry_after_seconds: Some(1), ..Details::default() };
    let message = format!("Timeout: Too large resource version: {revision}, current: {now}");
    Status { reason: Reason::Timeout, message, details: Some(Box::new(details)) }
}
