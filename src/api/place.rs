//! Where in a JSON text something stands: `insert[3][1]`, from a line and a column.

/// A container that is open at some point of the text.
enum Open {
    /// An object and the key read last.
    Object { key: Option<String> },
    /// An array and the position of its present item.
    Array { index: usize },
}

/// The place of the value that ends at this line and column, or begins there if it is an object or an array.
///
/// `line` counts from 1, `column` is the number of bytes read of that line, as `serde_json` counts. The text is valid
/// JSON up to there; the place is empty for the whole text.
pub(crate) fn place(text: &[u8], line: usize, column: usize) -> String {
    let line_start = match line {
        0 | 1 => 0,
        _ => text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(line - 2).map_or(0, |(at, _)| at + 1),
    };
    let end = (line_start + column).min(text.len());
    let text = text.get(..end).unwrap_or(text);
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let next = at + 1;
        at = match byte {
            // The error is about the container that begins here, not about its first item.
            b'{' | b'[' if next == end => next,
            b'{' => push(&mut open, Open::Object { key: None }, next),
            b'[' => push(&mut open, Open::Array { index: 0 }, next),
            b'}' | b']' => {
                open.pop();
                next
            }
            b',' => {
                match open.last_mut() {
                    Some(Open::Array { index }) => *index += 1,
                    Some(Open::Object { key }) => *key = None,
                    None => {}
                }
                next
            }
            b'"' => {
                let after = string_end(text, next);
                if let Some(Open::Object { key: key @ None }) = open.last_mut() {
                    let literal = text.get(at..after).unwrap_or_default();
                    let name = serde_json::from_slice::<String>(literal);
                    *key = Some(shorten(&name.unwrap_or_else(|_| String::from_utf8_lossy(literal).into_owned()), 60));
                }
                after
            }
            _ => next,
        };
    }
    written(&open)
}

/// The text cut to so many characters, with `…` for what is missing.
pub(crate) fn shorten(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or(text)),
        None => text.to_owned(),
    }
}

fn push(open: &mut Vec<Open>, container: Open, next: usize) -> usize {
    open.push(container);
    next
}

/// The position after the quote that closes the string whose content begins at `at`.
fn string_end(text: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

fn written(open: &[Open]) -> String {
    let mut place = String::new();
    for container in open {
        match container {
            Open::Object { key: Some(key) } => {
                if !place.is_empty() {
                    place.push('.');
                }
                place.push_str(key);
            }
            Open::Object { key: None } => {}
            Open::Array { index } => place.push_str(&format!("[{index}]")),
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_of_an_array_in_an_array_is_named() {
        let text = br#"{"insert": [["owner", "a:1"], ["owner", tr"#;
        assert_eq!(place(text, 1, text.len()), "insert[1][1]");
    }

    #[test]
    fn a_container_is_named_itself_at_its_first_byte() {
        let text = br#"{"a": {"subject": ["#;
        assert_eq!(place(text, 1, text.len()), "a.subject");
    }

    #[test]
    fn lines_are_counted_and_braces_in_strings_are_not() {
        let text = b"{\"x\": \"}]\\\"\",\n \"y\": 1";
        assert_eq!(place(text, 2, 7), "y");
    }

    #[test]
    fn the_whole_text_has_no_place() {
        assert_eq!(place(b"[]", 1, 1), "");
        assert_eq!(place(b"", 0, 0), "");
        assert_eq!(place(b"3", 9, 9), "");
    }
}
