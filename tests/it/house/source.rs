//! Just enough of Rust to see what a file imports.

/// What one file imports.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(crate) imports: Vec<Import>,
    /// The lines of `pub use`, `pub(crate) use` and the like.
    pub(crate) re_exports: Vec<usize>,
}

/// A path of this crate, in a `use` or in the middle of the code.
#[derive(Debug)]
pub(crate) struct Import {
    /// From 1.
    pub(crate) line: usize,
    /// From the crate's root; `*` stands for everything.
    pub(crate) path: Vec<String>,
}

impl Source {
    /// Reads the text of a module.
    pub(crate) fn read(text: &str, module: &[&str]) -> Self {
        let tokens = tokens(text);
        let mut source = Self::default();
        // The inline modules around, each with the number of open braces before its own.
        let mut inline: Vec<(&str, usize)> = Vec::new();
        let mut depth = 0;
        for (at, (token, line)) in tokens.iter().enumerate() {
            let token_at = |at: usize| tokens.get(at).map(|(token, _)| token.as_str());
            let is_start = at == 0 || token_at(at - 1) != Some("::");
            // `pub(in crate::language)`
            let in_visibility = at > 2 && (token_at(at - 1), token_at(at - 2)) == (Some("in"), Some("("));
            match token.as_str() {
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    inline.retain(|(_, before)| *before < depth);
                }
                "mod" if token_at(at + 2) == Some("{") => {
                    inline.extend(token_at(at + 1).map(|name| (name, depth)));
                }
                "use" if matches!(at.checked_sub(1).and_then(token_at), Some("pub" | ")")) => {
                    source.re_exports.push(*line);
                }
                "crate" | "self" | "super" | "entail"
                    if is_start && !in_visibility && token_at(at + 1) == Some("::") =>
                {
                    let mut here: Vec<&str> = module.to_vec();
                    here.extend(inline.iter().map(|(name, _)| *name));
                    tree(&tokens, at, &here, &mut source.imports);
                }
                _ => {}
            }
        }
        source
    }
}

/// Reads the path that starts at a token, with all branches of its braces. `here` is the module that it stands in.
fn tree(tokens: &[(String, usize)], start: usize, here: &[&str], imports: &mut Vec<Import>) {
    let mut path: Vec<String> = Vec::new();
    // The paths before the open braces.
    let mut stems: Vec<Vec<String>> = Vec::new();
    let mut ends = false;
    let mut line = 1;
    for (at, (token, token_line)) in tokens.iter().enumerate().skip(start) {
        let continues = tokens.get(at + 1).is_some_and(|(next, _)| next == "::");
        match token.as_str() {
            "crate" | "entail" if at == start => path.clear(),
            "self" if at == start => path = here.iter().map(ToString::to_string).collect(),
            "super" if at == start => {
                path = here.iter().map(ToString::to_string).collect();
                path.pop();
            }
            "super" => {
                path.pop();
            }
            "self" => ends = true,
            "::" => continue,
            "{" => {
                stems.push(path.clone());
                continue;
            }
            "," | "}" => {
                path = stems.last().cloned().unwrap_or_default();
                if token == "}" {
                    stems.pop();
                }
                if stems.is_empty() {
                    return;
                }
                continue;
            }
            // `as name`: the name is no part of the path.
            "as" => continue,
            name => {
                let renamed = at.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|(before, _)| before == "as");
                if renamed || !(name == "*" || name.starts_with(|first: char| first.is_alphabetic() || first == '_')) {
                    if stems.is_empty() {
                        return;
                    }
                    continue;
                }
                path.push(String::from(name));
            }
        }
        line = (*token_line).max(line);
        let generic = tokens.get(at + 2).is_some_and(|(next, _)| next == "<");
        if !continues || generic || ends {
            imports.push(Import { line, path: path.clone() });
            ends = false;
            if stems.is_empty() {
                return;
            }
        }
    }
}

/// Names and punctuation with their lines; comments, texts, characters and lifetimes left out, `::` kept together.
fn tokens(text: &str) -> Vec<(String, usize)> {
    let characters: Vec<char> = text.chars().collect();
    let at = |position: usize| characters.get(position).copied().unwrap_or('\0');
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    let mut tokens = Vec::new();
    let (mut position, mut line) = (0, 1);
    while position < characters.len() {
        let start = position;
        match at(position) {
            '/' if at(position + 1) == '/' => {
                while position < characters.len() && at(position) != '\n' {
                    position += 1;
                }
            }
            '/' if at(position + 1) == '*' => {
                let mut depth = 0;
                loop {
                    match (at(position), at(position + 1)) {
                        ('/', '*') => (depth, position) = (depth + 1, position + 2),
                        ('*', '/') => (depth, position) = (depth - 1, position + 2),
                        _ => position += 1,
                    }
                    if depth == 0 || position >= characters.len() {
                        break;
                    }
                }
            }
            '"' => {
                position += 1;
                while position < characters.len() && at(position) != '"' {
                    position += if at(position) == '\\' { 2 } else { 1 };
                }
                position += 1;
            }
            '\'' if at(position + 1) == '\\' => {
                position += 3;
                while position < characters.len() && at(position) != '\'' {
                    position += 1;
                }
                position += 1;
            }
            '\'' if at(position + 2) == '\'' => position += 3,
            '\'' => position += 1,
            'r' if raw_hashes(&characters, position).is_some() => {
                let hashes = raw_hashes(&characters, position).unwrap();
                position += 2 + hashes;
                let closes =
                    |position: usize| at(position) == '"' && (1..=hashes).all(|hash| at(position + hash) == '#');
                while position < characters.len() && !closes(position) {
                    position += 1;
                }
                position += 1 + hashes;
            }
            first if is_name(first) => {
                while is_name(at(position)) {
                    position += 1;
                }
                tokens.push((characters[start..position].iter().collect(), line));
            }
            ':' if at(position + 1) == ':' => {
                position += 2;
                tokens.push((String::from("::"), line));
            }
            other => {
                position += 1;
                if !other.is_whitespace() {
                    tokens.push((String::from(other), line));
                }
            }
        }
        position = position.min(characters.len());
        line += characters[start..position].iter().filter(|character| **character == '\n').count();
    }
    tokens
}

/// The number of `#` of a raw text that starts here (`r"`, `r#"`).
fn raw_hashes(characters: &[char], position: usize) -> Option<usize> {
    let hashes = characters.iter().skip(position + 1).take_while(|character| **character == '#').count();
    (characters.get(position + 1 + hashes) == Some(&'"')).then_some(hashes)
}
