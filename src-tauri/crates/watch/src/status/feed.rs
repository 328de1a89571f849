//! The XML of a feed, RSS 2.0 or Atom, as texts by the name of their element. Namespaces are ignored.

use health::Unreadable;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::payload::not_the_page;
use super::plain::{entity, plain};

/// A feed's own fields, and those of each entry in the order of the file.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) head: Fields,
    pub(super) entries: Vec<Fields>,
}

/// Texts of the direct children of an element, with the children's markup removed.
#[derive(Debug, Default)]
pub(super) struct Fields {
    texts: Vec<(String, String)>,
    /// `<link href>`: the first one that is not the feed's own address.
    href: Option<String>,
}

impl Fields {
    /// The first field of this name; empty if it is missing.
    pub(super) fn text(&self, name: &str) -> &str {
        let named = self.texts.iter().find(|(field, _)| field == name);
        named.map_or("", |(_, text)| text.trim())
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.texts.iter().filter(move |(field, _)| field == name);
        named.map(|(_, text)| text.trim())
    }

    /// The address in `<link href>` (Atom), or else in the text of `<link>` (RSS).
    pub(super) fn link(&self) -> Option<&str> {
        let text = self.all("link").find(|text| !text.is_empty());
        self.href.as_deref().or(text)
    }
}

/// The names of the elements from the root to an entry.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Atom,
    Rss,
}

impl Shape {
    fn head(self) -> &'static [&'static str] {
        match self {
            Shape::Atom => &["feed"],
            Shape::Rss => &["rss", "channel"],
        }
    }

    fn entry(self) -> &'static str {
        match self {
            Shape::Atom => "entry",
            Shape::Rss => "item",
        }
    }
}

/// Parses a complete feed of this shape. A feed that is cut short or begins with another element is an error.
pub(super) fn parse(bytes: &[u8], shape: Shape) -> Result<Feed, Unreadable> {
    let text = std::str::from_utf8(bytes).map_err(|_| not_the_page("the feed is not UTF-8"))?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut path: Vec<String> = Vec::new();
    let mut feed = Feed {
        head: Fields::default(),
        entries: Vec::new(),
    };
    let mut has_head = false;
    loop {
        let event = reader
            .read_event()
            .map_err(|e| not_the_page(format!("the feed is not XML: {e}")))?;
        match event {
            Event::Start(tag) => {
                let name = local_name(&tag);
                if path.is_empty() && name != shape.head()[0] {
                    return Err(not_the_page(format!(
                        "the response is <{name}>, not a feed"
                    )));
                }
                feed.open(&tag, &path, &name, shape);
                path.push(name);
                has_head |= path == shape.head();
            }
            Event::Empty(tag) => feed.open(&tag, &path, &local_name(&tag), shape),
            Event::End(_) => {
                path.pop();
                if path.is_empty() {
                    break;
                }
            }
            Event::Text(part) => feed.push(&part.xml10_content(), &path, shape),
            Event::CData(part) => feed.push(&part.into_inner(), &path, shape),
            Event::GeneralRef(name) => {
                if let Some(c) = entity(&name.xml10_content()) {
                    feed.push(c.encode_utf8(&mut [0; 4]), &path, shape);
                }
            }
            Event::Eof => return Err(not_the_page("the feed is cut short")),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_) => {}
        }
    }
    match has_head {
        true => Ok(feed),
        false => Err(not_the_page("the feed has no channel")),
    }
}

fn local_name(tag: &BytesStart<'_>) -> String {
    tag.local_name().as_ref().to_owned()
}

impl Feed {
    /// The element that the children at this path belong to, and the path from it.
    fn at<'p>(&mut self, path: &'p [String], shape: Shape) -> Option<(&mut Fields, &'p [String])> {
        let head = shape.head();
        let below = path
            .get(head.len()..)
            .filter(|_| path[..head.len()] == *head)?;
        match below {
            [entry, rest @ ..] if entry == shape.entry() => Some((self.entries.last_mut()?, rest)),
            rest => Some((&mut self.head, rest)),
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>, path: &[String], name: &str, shape: Shape) {
        if path == shape.head() && name == shape.entry() {
            self.entries.push(Fields::default());
            return;
        }
        let Some((fields, [])) = self.at(path, shape) else {
            return;
        };
        fields.texts.push((name.to_owned(), String::new()));
        let attribute = |wanted: &str| {
            let mut found = tag.attributes().flatten();
            found
                .find(|a| a.key.as_ref() == wanted)
                .map(|a| plain(&a.value))
        };
        if name == "link" && attribute("rel").is_none_or(|rel| rel == "alternate") {
            fields.href = fields.href.take().or_else(|| attribute("href"));
        }
    }

    fn push(&mut self, text: &str, path: &[String], shape: Shape) {
        if let Some((fields, [_, ..])) = self.at(path, shape)
            && let Some((_, last)) = fields.texts.last_mut()
        {
            last.push_str(text);
        }
    }
}
