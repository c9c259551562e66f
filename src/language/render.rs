//! Diagnostics → text for a person: code, message, the place drawn under its line, related places, help.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::language::diagnostic::{Diagnostic, Severity};
use crate::language::span::{Source, SourceId, Span};

/// Lines longer than this, in bytes, are not drawn: a place on them is named by line and column alone.
const MAX_LINE_BYTES: usize = 1000;

/// For whom a diagnostic is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Without colour: for files, logs and the API.
    #[default]
    Plain,
    /// With a terminal's colours.
    Styled,
}

/// The diagnostic as text without colour and without a line end behind it. `sources` are the files of the pack, in the
/// order of their ids. A span that doesn't lie in them is drawn as near as can be, or left out: this never fails.
#[must_use]
pub fn render(diagnostic: &Diagnostic, sources: &[Source]) -> String {
    render_styled(diagnostic, sources, Style::Plain)
}

/// [`render`] in a style.
#[must_use]
pub fn render_styled(diagnostic: &Diagnostic, sources: &[Source], style: Style) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code));
    let mut places = vec![Place { span: diagnostic.span, words: None }];
    places.extend(diagnostic.related.iter().map(|(span, words)| Place { span: *span, words: Some(words) }));
    for (id, places) in by_source(&places) {
        let Some(source) = sources.get(id.0 as usize) else {
            continue;
        };
        group = draw(group, source, &places);
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Styled => Renderer::styled(),
    };
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

/// A span to draw: the diagnostic's own, or a related one with its words.
#[derive(Clone, Copy)]
struct Place<'d> {
    span: Span,
    words: Option<&'d String>,
}

/// The places of each file; the file of the first place comes first, the others as they are mentioned.
fn by_source<'d>(places: &[Place<'d>]) -> Vec<(SourceId, Vec<Place<'d>>)> {
    let mut files: Vec<(SourceId, Vec<Place<'d>>)> = Vec::new();
    for place in places {
        let id = place.span.source;
        match files.iter_mut().find(|(file, _)| *file == id) {
            Some((_, of_file)) => of_file.push(*place),
            None => files.push((id, vec![*place])),
        }
    }
    files
}

/// Draws the places of one file into one snippet.
fn draw<'d>(mut group: Group<'d>, source: &'d Source, places: &[Place<'d>]) -> Group<'d> {
    let text = source.text.as_str();
    let ranges: Vec<(usize, usize)> = places.iter().map(|place| clamp(text, place.span)).collect();
    let first = ranges.iter().map(|range| range.0).min().unwrap_or_default();
    let last = ranges.iter().map(|range| range.1).max().unwrap_or_default();
    let start = line_start(text, first);
    let end = line_end(text, last);
    let shown = text.get(start..end).unwrap_or_default();
    if shown.is_empty() || shown.lines().any(|line| line.len() > MAX_LINE_BYTES) {
        for (place, range) in places.iter().zip(&ranges) {
            group = group.element(origin(source, range.0));
            if let Some(words) = place.words {
                group = group.element(Level::NOTE.message(words.as_str()));
            }
        }
        return group;
    }
    let annotations = places.iter().zip(&ranges).map(|(place, range)| -> Annotation<'d> {
        let kind = if place.words.is_none() { AnnotationKind::Primary } else { AnnotationKind::Context };
        kind.span(range.0 - start..range.1 - start).label(place.words.map(String::as_str))
    });
    group.element(
        Snippet::source(shown).path(source.name.as_str()).line_start(line_number(text, start)).annotations(annotations),
    )
}

/// Line and column alone.
fn origin<'d>(source: &'d Source, position: usize) -> Origin<'d> {
    let before = source.text.get(line_start(&source.text, position)..position).unwrap_or_default();
    Origin::path(source.name.as_str()).line(line_number(&source.text, position)).char_column(before.chars().count() + 1)
}

/// The bytes of a span that lie in the text, widened to whole characters.
fn clamp(text: &str, span: Span) -> (usize, usize) {
    let start = text.floor_char_boundary(span.start as usize);
    let end = text.ceil_char_boundary(span.end as usize).max(start);
    (start, end)
}

fn line_start(text: &str, position: usize) -> usize {
    text.get(..position).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

/// Where the line of a position ends, before its line end.
fn line_end(text: &str, position: usize) -> usize {
    let rest = text.get(position..).unwrap_or_default();
    position + rest.find('\n').unwrap_or(rest.len())
}

/// Counted from 1.
fn line_number(text: &str, position: usize) -> usize {
    1 + text.get(..position).unwrap_or_default().bytes().filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::language::parser::parse;

    fn source(name: &str, text: &str) -> Source {
        Source { name: name.to_owned(), text: text.to_owned() }
    }

    fn span(source: u32, start: u32, end: u32) -> Span {
        Span { source: SourceId(source), start, end }
    }

    fn diagnostic(span: Span, related: Vec<(Span, String)>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Warning,
            code: "a-code",
            message: "what is wrong".to_owned(),
            span,
            related,
            help: Some("What to do.".to_owned()),
        }
    }

    #[test]
    fn places_of_one_file_share_a_picture_and_other_files_have_their_own() {
        let sources = [source("a.dl", "one(X).\ntwo(X).\n\n\n\n\n\nthree(X)."), source("b.dl", "four(X).\n")];
        let related = vec![(span(0, 0, 3), "declared here".to_owned()), (span(1, 0, 4), "and here".to_owned())];
        let rendered = render(&diagnostic(span(0, 21, 26), related), &sources);
        assert_eq!(
            rendered,
            "\
warning[a-code]: what is wrong
 --> a.dl:8:1
  |
1 | one(X).
  | --- declared here
...
8 | three(X).
  | ^^^^^
  |
 ::: b.dl:1:1
  |
1 | four(X).
  | ---- and here
  |
  = help: What to do."
        );
    }

    #[test]
    fn a_place_at_the_end_of_the_text_is_drawn_behind_it() {
        let rendered = render(&diagnostic(span(0, 6, 6), Vec::new()), &[source("a.dl", "one(X)")]);
        assert!(rendered.contains("1 | one(X)\n  |       ^\n"), "{rendered}");
    }

    #[test]
    fn a_place_in_an_empty_text_or_on_an_endless_line_is_named_alone() {
        for (text, start, place) in [("".to_owned(), 0, "a.dl:1:1"), ("é".repeat(1_000_000), 20, "a.dl:1:11")] {
            let rendered = render(&diagnostic(span(0, start, start + 1), Vec::new()), &[source("a.dl", &text)]);
            assert_eq!(rendered, format!("warning[a-code]: what is wrong\n--> {place}\n = help: What to do."));
        }
    }

    #[test]
    fn colours_only_come_when_asked_for() {
        let diagnostic = diagnostic(span(0, 0, 1), Vec::new());
        let sources = [source("a.dl", "one(X).")];
        assert!(!render(&diagnostic, &sources).contains('\u{1b}'));
        assert!(render_styled(&diagnostic, &sources, Style::Styled).contains('\u{1b}'));
    }

    #[test]
    fn the_errors_of_a_megabyte_render_as_little_text() {
        let text = "x(Y) ; z.\n".repeat(100_000);
        let (_, diagnostics) = parse(SourceId(0), &text);
        let sources = [source("a.dl", &text)];
        let length: usize = diagnostics.iter().map(|diagnostic| render(diagnostic, &sources).len()).sum();
        assert!(length < 100_000, "{length}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        #[test]
        fn no_span_is_too_odd(
            text in "(\\PC|[\n\r\t\u{0}é\u{200b}\u{1F600}]){0,30}",
            spans in prop::collection::vec((0u32..3, 0u32..40, 0u32..40), 1..4),
            far in any::<u32>(),
        ) {
            let mut spans: Vec<Span> = spans.into_iter().map(|(source, start, end)| span(source, start, end)).collect();
            spans.push(span(0, far, far.wrapping_mul(3)));
            for _ in 0..spans.len() {
                spans.rotate_left(1);
                let related = spans.iter().skip(1).map(|span| (*span, "words".to_owned())).collect();
                let sources = [source("a.dl", &text), source("b.dl", "x(Y).\n")];
                let rendered = render(&diagnostic(spans[0], related), &sources);
                prop_assert!(rendered.contains("warning[a-code]: what is wrong"));
            }
        }
    }
}
