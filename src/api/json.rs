//! JSON bodies: read strictly, and refused with the place and the reason.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::api::app::Shared;
use crate::api::body::read_body;
use crate::api::place::{place, shorten};
use crate::api::problem::Problem;

/// The longest piece of input that a message repeats, in characters.
const SHOWN: usize = 160;

/// A request's body of at most `LIMIT` bytes, read from JSON.
pub(crate) struct Json<T, const LIMIT: usize>(pub(crate) T);

impl<T: DeserializeOwned, const LIMIT: usize> FromRequest<Shared> for Json<T, LIMIT> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Problem> {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        if !is_json(content_type) {
            return Err(wrong_content_type(content_type));
        }
        parse(&read_body(request, LIMIT).await?).map(Self)
    }
}

/// Reads a JSON text: all of it, and no field that isn't asked for.
///
/// # Errors
/// `invalid-json` with line and column; `unknown-field`, `missing-field`, `duplicate-field`, `invalid-field` with the
/// place (`insert[3][1]`).
pub(crate) fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(text).map_err(|error| {
        let message = error.to_string();
        let position = format!(" at line {} column {}", error.line(), error.column());
        let message = message.strip_suffix(&position).unwrap_or(&message);
        match error.classify() {
            Category::Data => wrong_data(message, &place(text, error.line(), error.column())),
            Category::Syntax | Category::Eof | Category::Io => {
                Problem::invalid("invalid-json", format!("this isn't JSON: {}{position}", shorten(message, SHOWN)))
            }
        }
    })
}

/// Says in the user's words what serde says in its own.
fn wrong_data(message: &str, place: &str) -> Problem {
    let whole = place.is_empty();
    if let Some((field, expected)) = quoted(message, "unknown field `") {
        let at = if whole { shorten(field, SHOWN) } else { place.to_owned() };
        let problem = Problem::invalid("unknown-field", format!("unknown field `{at}`"));
        return match expected.strip_prefix(", expected ") {
            Some(fields) => problem.help(format!("Use {fields}.")),
            None => problem,
        };
    }
    if let Some((field, _)) = quoted(message, "missing field `") {
        let within = if whole { String::new() } else { format!(" in `{place}`") };
        return Problem::invalid("missing-field", format!("missing field `{field}`{within}"));
    }
    if let Some((field, _)) = quoted(message, "duplicate field `") {
        return Problem::invalid("duplicate-field", format!("field `{}` is given twice", shorten(field, SHOWN)));
    }
    let (found, expected) = message.rsplit_once(", expected ").unwrap_or((message, ""));
    let found = found.strip_prefix("invalid type: ").or_else(|| found.strip_prefix("invalid value: ")).unwrap_or(found);
    let found = shorten(found, SHOWN);
    let at = if whole { "the JSON text".to_owned() } else { format!("`{place}`") };
    Problem::invalid(
        "invalid-field",
        match expected {
            "" => format!("{at}: {found}"),
            "a nonzero usize" | "a nonzero u64" => {
                format!("{at} is {found}, not a whole number above 0")
            }
            "a sequence" => format!("{at} is {found}, not an array"),
            "a map" => format!("{at} is {found}, not an object"),
            _ => format!("{at} is {found}, not {expected}"),
        },
    )
}

/// What stands between the prefix and the next backtick, and what comes after it.
fn quoted<'a>(message: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
    message.strip_prefix(prefix)?.split_once('`')
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn wrong_content_type(content_type: &str) -> Problem {
    let detail = match content_type {
        "" => "the request doesn't say its content type".to_owned(),
        other => format!("the content type is `{}`", shorten(other, SHOWN)),
    };
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong-content-type", detail)
        .help("Send JSON with the header `Content-Type: application/json`.")
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use serde::Deserialize;

    use super::*;
    use crate::api::wire::WireFact;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, expecting = "an object")]
    struct Sample {
        #[serde(default, rename = "insert")]
        _insert: Vec<WireFact>,
        #[serde(rename = "limit")]
        _limit: Option<NonZeroUsize>,
        #[serde(rename = "subject")]
        _subject: String,
    }

    fn refusal(text: &str) -> (String, String) {
        let problem = parse::<Sample>(text.as_bytes()).unwrap_err();
        (problem.code, problem.detail)
    }

    fn check(text: &str, code: &str, detail: &str) {
        assert_eq!(refusal(text), (code.to_owned(), detail.to_owned()));
    }

    #[test]
    fn a_text_that_is_not_json_is_refused_with_line_and_column() {
        check("{\n  \"subject\" 3}", "invalid-json", "this isn't JSON: expected `:` at line 2 column 13");
    }

    #[test]
    fn a_text_that_ends_too_early_is_not_json() {
        assert_eq!(refusal("{\"subject\":").0, "invalid-json");
    }

    #[test]
    fn an_unknown_field_is_named_and_the_known_ones_are_the_help() {
        let problem = parse::<Sample>(br#"{"subject":"a","wat":1}"#).unwrap_err();
        assert_eq!(problem.code, "unknown-field");
        assert_eq!(problem.detail, "unknown field `wat`");
        assert_eq!(problem.help.as_deref(), Some("Use one of `insert`, `limit`, `subject`."));
    }

    #[test]
    fn a_missing_field_is_named() {
        check("{}", "missing-field", "missing field `subject`");
    }

    #[test]
    fn a_field_given_twice_is_refused() {
        check(r#"{"subject":"a","subject":"b"}"#, "duplicate-field", "field `subject` is given twice");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_with_its_place() {
        let text = r#"{"insert":[["owner","doc:1","user:ana"],["owner",1.5]]}"#;
        check(text, "invalid-field", "`insert[1][1]` is floating point `1.5`, not text or a whole number");
        check(r#"{"subject":["a"]}"#, "invalid-field", "`subject` is sequence, not a string");
        check(r#"{"limit":0}"#, "invalid-field", "`limit` is integer `0`, not a whole number above 0");
    }

    #[test]
    fn a_body_that_is_no_object_is_refused_without_inner_names() {
        check("3", "invalid-field", "the JSON text is integer `3`, not an object");
    }

    #[test]
    fn a_megabyte_of_input_is_not_repeated() {
        let text = format!(r#"{{"limit":"{}"}}"#, "x".repeat(1 << 20));
        let (code, detail) = refusal(&text);
        assert_eq!(code, "invalid-field");
        assert!(detail.len() < 400, "{}", detail.len());
    }

    #[test]
    fn json_media_types_are_recognised() {
        assert!(is_json("application/json; charset=utf-8"));
        assert!(is_json("Application/Merge-Patch+JSON"));
        assert!(!is_json("text/plain"));
        assert!(!is_json(""));
    }
}
