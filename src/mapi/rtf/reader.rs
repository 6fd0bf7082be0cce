//! RTF to the HTML or plain text that was put into it, or to the plain text that it shows.
//!
//! *Spec*: MS-OXRTFEX 2.2 (de-encapsulation), RTF 1.9.1.
//!
//! *Invariants*: groups are kept on a stack of at most [`limits::RTF_DEPTH`]; deeper ones are left
//! out. Bytes gather until the code page changes or a character comes that is no byte, so a
//! double-byte character may be spread over several `\'hh`.
//!
//! *Seen in the wild*: a brace too many in the middle of an archived message; `\fromhtml1` later
//! than the tenth token; fonts that are used but not
//! defined; `\u` with surrogate pairs; text without any RTF header in an RTF property.
//!
//! *Not supported*: pictures and objects; they are attachments of the message.

use std::collections::BTreeMap;

use crate::finding::{Effect, Findings};
use crate::limits;

use super::super::codepage;
use super::charset;
use super::token::{Token, Tokens};

/// What a body in RTF was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RtfKind {
    /// HTML (`\fromhtml1`).
    Html,
    /// Plain text (`\fromtext`).
    Text,
    /// Nothing: it was written as rich text.
    Native,
}

/// The body that an RTF body stands for.
#[derive(Debug, Clone)]
pub struct RtfBody {
    /// The original HTML, for [`RtfKind::Html`]. It is text: a `charset` that it names no longer
    /// counts.
    pub html: Option<String>,
    /// The original plain text for [`RtfKind::Text`], the visible text for [`RtfKind::Native`];
    /// lines end in CR LF.
    pub plain: Option<String>,
    /// What it was made from.
    pub kind: RtfKind,
    /// `mapi.rtf.text` (altered: bytes without a meaning in their code page), `mapi.rtf.depth`
    /// (lost), `mapi.rtf.unbalanced` (lost, or noted for a brace too many), `mapi.rtf.not-rtf`
    /// (noted).
    pub findings: Findings,
}

const PLACE: &str = "RTF";

/// Reads RTF as [`super::decompress`] gives it. There is a body for whatever bytes.
#[must_use]
pub fn to_body(rtf: &[u8]) -> RtfBody {
    let kind = recognize(rtf);
    let mut reader = Reader::new(kind);
    let is_rtf = rtf.trim_ascii_start().starts_with(b"{\\rtf");
    if is_rtf || rtf.contains(&b'\\') {
        let last_tag = last_html_tag(rtf, kind);
        let mut tokens = Tokens::new(rtf);
        while let Some(token) = tokens.next() {
            if reader.step(token) {
                if tokens.left() <= rtf.len() - last_tag {
                    break;
                }
                let detail = "a brace too many: HTML follows the end of the document";
                let findings = &mut reader.findings;
                findings.add("mapi.rtf.unbalanced", Effect::Noted, PLACE, detail);
            }
        }
        reader.finish();
    } else {
        let decoded = codepage::decode(rtf, codepage::WESTERN);
        reader.text = decoded.text;
    }
    if !is_rtf {
        let detail = "the body does not begin as RTF does";
        reader
            .findings
            .add("mapi.rtf.not-rtf", Effect::Noted, PLACE, detail);
    }
    let text = Some(reader.text);
    let (html, plain) = match kind {
        RtfKind::Html => (text, None),
        RtfKind::Text | RtfKind::Native => (None, text),
    };
    RtfBody {
        html,
        plain,
        kind,
        findings: reader.findings,
    }
}

/// Where the last `\*\htmltag` of a document made from HTML begins; 0 without one. What comes
/// before it is part of the document, however its braces stand.
fn last_html_tag(rtf: &[u8], kind: RtfKind) -> usize {
    let tag = b"\\*\\htmltag";
    match kind {
        RtfKind::Html => rtf.windows(tag.len()).rposition(|bytes| bytes == tag),
        RtfKind::Text | RtfKind::Native => None,
    }
    .unwrap_or(0)
}

/// What the first control words say (MS-OXRTFEX 2.2.3.1). The specification looks at ten tokens,
/// Outlook at more; what ends the search for certain is the first text.
fn recognize(rtf: &[u8]) -> RtfKind {
    for token in Tokens::new(rtf).take(64) {
        match token {
            Token::Word(b"fromhtml", number) if number != Some(0) => return RtfKind::Html,
            Token::Word(b"fromtext", _) => return RtfKind::Text,
            Token::Word(b"fonttbl", _) => break,
            Token::Open | Token::Word(..) => {}
            _ => break,
        }
    }
    RtfKind::Native
}

/// Where the text of a group goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Destination {
    /// The document.
    Body,
    /// `\*\htmltag`: HTML, whatever the font is.
    HtmlTag,
    /// `\fonttbl`.
    Fonts,
    /// Nowhere.
    Skip,
}

/// What a group inherits and gives back at its end.
#[derive(Debug, Clone, Copy)]
struct Group {
    destination: Destination,
    font: Option<i32>,
    /// `\ucN`: how many characters after `\u` stand in for it.
    fallback: u32,
    /// Between `\htmlrtf` and `\htmlrtf0`.
    htmlrtf: bool,
    /// `\v`.
    hidden: bool,
}

struct Reader {
    kind: RtfKind,
    group: Group,
    stack: Vec<Group>,
    /// Groups open beyond the depth that is kept.
    beyond: u64,
    /// `\*` was the last token.
    ignorable: bool,
    /// Characters of a `\u` fallback still to be left out.
    skip: u32,
    /// The first half of a surrogate pair.
    half: Option<u16>,
    default_page: u16,
    default_font: Option<i32>,
    fonts: BTreeMap<i32, u16>,
    /// The font that a font table defines right now.
    defining: Option<i32>,
    /// Bytes not decoded yet, and their code page.
    bytes: Vec<u8>,
    page: u16,
    text: String,
    garbled: u64,
    findings: Findings,
}

impl Reader {
    fn new(kind: RtfKind) -> Self {
        Self {
            kind,
            group: Group {
                destination: Destination::Body,
                font: None,
                fallback: 1,
                htmlrtf: false,
                hidden: false,
            },
            stack: Vec::new(),
            beyond: 0,
            ignorable: false,
            skip: 0,
            half: None,
            default_page: codepage::WESTERN,
            default_font: None,
            fonts: BTreeMap::new(),
            defining: None,
            bytes: Vec::new(),
            page: codepage::WESTERN,
            text: String::new(),
            garbled: 0,
            findings: Findings::new(),
        }
    }

    /// Takes one token; `true` at the end of the document.
    fn step(&mut self, token: Token<'_>) -> bool {
        match token {
            Token::Open => self.open(),
            Token::Close => return self.close(),
            _ if self.beyond > 0 => {}
            Token::Symbol(b'*') => {
                self.ignorable = true;
                return false;
            }
            Token::Symbol(symbol) => self.symbol(symbol),
            Token::Hex(byte) | Token::Byte(byte) => self.byte(byte),
            Token::BadHex => self.garbled += 1,
            Token::Word(name, number) => self.word(name, number),
        }
        self.ignorable = false;
        false
    }

    fn open(&mut self) {
        self.skip = 0;
        if self.stack.len() < limits::RTF_DEPTH {
            self.stack.push(self.group);
            return;
        }
        if self.beyond == 0 {
            let detail = format!(
                "groups nested deeper than {} are left out",
                limits::RTF_DEPTH
            );
            self.findings
                .add("mapi.rtf.depth", Effect::Lost, PLACE, detail);
        }
        self.beyond += 1;
    }

    fn close(&mut self) -> bool {
        self.skip = 0;
        if self.beyond > 0 {
            self.beyond -= 1;
            return false;
        }
        match self.stack.pop() {
            Some(group) => {
                self.group = group;
                // What follows the last brace is no part of the document.
                self.stack.is_empty()
            }
            None => false,
        }
    }

    fn finish(&mut self) {
        self.flush();
        self.lone_half();
        if !self.stack.is_empty() {
            let detail = format!("ends with {} groups open", self.stack.len());
            self.findings
                .add("mapi.rtf.unbalanced", Effect::Lost, PLACE, detail);
        }
        if self.garbled > 0 {
            let detail = format!(
                "{} runs of text have bytes without a meaning in their code page",
                self.garbled
            );
            self.findings
                .add("mapi.rtf.text", Effect::Altered, PLACE, detail);
        }
    }

    /// Whether text here is part of the result.
    fn visible(&self) -> bool {
        match self.group.destination {
            Destination::Body => {
                !self.group.htmlrtf && (self.kind == RtfKind::Html || !self.group.hidden)
            }
            Destination::HtmlTag => !self.group.htmlrtf,
            Destination::Fonts | Destination::Skip => false,
        }
    }

    fn current_page(&self) -> u16 {
        if self.group.destination == Destination::HtmlTag {
            return self.default_page;
        }
        let font = self.group.font.or(self.default_font);
        let page = font.and_then(|font| self.fonts.get(&font)).copied();
        page.unwrap_or(self.default_page)
    }

    /// Whether this character stands in for a `\u` before it.
    fn is_fallback(&mut self) -> bool {
        let is = self.skip > 0;
        self.skip = self.skip.saturating_sub(1);
        is
    }

    fn byte(&mut self, byte: u8) {
        if self.is_fallback() || !self.visible() {
            return;
        }
        self.lone_half();
        let page = self.current_page();
        if page != self.page {
            self.flush();
            self.page = page;
        }
        self.bytes.push(byte);
    }

    /// Decodes what has gathered.
    fn flush(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let decoded = codepage::decode(&self.bytes, self.page);
        self.garbled += u64::from(!decoded.lossless);
        self.text.push_str(&decoded.text);
        self.bytes.clear();
    }

    fn lone_half(&mut self) {
        if self.half.take().is_some() {
            self.garbled += 1;
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
    }

    fn emit(&mut self, text: &str) {
        if self.is_fallback() || !self.visible() {
            return;
        }
        self.flush();
        self.lone_half();
        self.text.push_str(text);
    }

    /// A character that HTML has a name for: the name in HTML, the character in text.
    fn named(&mut self, name: &str, text: &str) {
        self.emit(if self.kind == RtfKind::Html {
            name
        } else {
            text
        });
    }

    fn symbol(&mut self, symbol: u8) {
        match symbol {
            b'\\' | b'{' | b'}' => self.byte(symbol),
            b'~' => self.named("&nbsp;", "\u{A0}"),
            b'_' => self.named("&shy;", "\u{2011}"),
            b'\n' => self.emit("\r\n"),
            b'\t' => self.emit("\t"),
            // `\-` is an optional hyphen, which does not show; the rest is for indexes and
            // formulas.
            _ => {}
        }
    }

    fn unicode(&mut self, number: i32) {
        self.skip = 0;
        if self.visible() {
            self.flush();
            // Negative numbers are how 16 bits with the top bit set are written.
            let number = if number < 0 {
                number + 0x1_0000
            } else {
                number
            };
            match (u16::try_from(number), self.half) {
                (Ok(low @ 0xDC00..=0xDFFF), Some(high)) => {
                    self.half = None;
                    let pair = char::decode_utf16([high, low]).filter_map(Result::ok);
                    self.text.extend(pair);
                }
                (Ok(high @ 0xD800..=0xDBFF), _) => {
                    self.lone_half();
                    self.half = Some(high);
                }
                _ => {
                    self.lone_half();
                    let char = u32::try_from(number).ok().and_then(char::from_u32);
                    self.garbled += u64::from(char.is_none());
                    self.text.push(char.unwrap_or(char::REPLACEMENT_CHARACTER));
                }
            }
        }
        self.skip = self.group.fallback;
    }

    fn word(&mut self, name: &[u8], number: Option<i32>) {
        if self.ignorable {
            self.group.destination = match name {
                b"htmltag" if self.kind == RtfKind::Html => Destination::HtmlTag,
                _ => Destination::Skip,
            };
            return;
        }
        if self.group.destination == Destination::Fonts {
            self.font_table(name, number);
            return;
        }
        match name {
            b"u" => return self.unicode(number.unwrap_or(0)),
            b"uc" => self.group.fallback = number.and_then(|n| n.try_into().ok()).unwrap_or(1),
            b"htmlrtf" => self.group.htmlrtf = number != Some(0) && self.kind == RtfKind::Html,
            b"f" => self.group.font = number,
            b"plain" => (self.group.font, self.group.hidden) = (None, false),
            b"v" => self.group.hidden = number != Some(0),
            b"deff" => self.default_font = number,
            b"ansi" => self.default_page = codepage::WESTERN,
            b"mac" => self.default_page = 10_000,
            b"pc" => self.default_page = 437,
            b"pca" => self.default_page = 850,
            b"ansicpg" => {
                let page = number.and_then(|n| u16::try_from(n).ok());
                if let Some(page) = page.filter(|&page| page != 0) {
                    self.default_page = page;
                }
            }
            b"fonttbl" => self.group.destination = Destination::Fonts,
            b"par" | b"line" => return self.emit("\r\n"),
            b"tab" => return self.emit("\t"),
            b"lquote" => return self.named("&lsquo;", "\u{2018}"),
            b"rquote" => return self.named("&rsquo;", "\u{2019}"),
            b"ldblquote" => return self.named("&ldquo;", "\u{201C}"),
            b"rdblquote" => return self.named("&rdquo;", "\u{201D}"),
            b"bullet" => return self.named("&bull;", "\u{2022}"),
            b"endash" => return self.named("&ndash;", "\u{2013}"),
            b"emdash" => return self.named("&mdash;", "\u{2014}"),
            _ if is_unseen(name) => self.group.destination = Destination::Skip,
            _ if self.kind == RtfKind::Html => {
                if matches!(name, b"pntext" | b"listtext") {
                    self.group.destination = Destination::Skip;
                }
            }
            b"row" | b"sect" | b"page" | b"nestrow" => return self.emit("\r\n"),
            b"cell" | b"nestcell" => return self.emit("\t"),
            b"emspace" => return self.emit("\u{2003}"),
            b"enspace" => return self.emit("\u{2002}"),
            b"qmspace" => return self.emit("\u{2005}"),
            b"zwj" => return self.emit("\u{200D}"),
            b"zwnj" => return self.emit("\u{200C}"),
            b"ltrmark" => return self.emit("\u{200E}"),
            b"rtlmark" => return self.emit("\u{200F}"),
            _ => {}
        }
        // A control word counts as one character of a fallback.
        self.skip = self.skip.saturating_sub(1);
    }

    fn font_table(&mut self, name: &[u8], number: Option<i32>) {
        match (name, self.defining) {
            (b"f", _) => self.defining = number,
            (b"fcharset", Some(font)) => {
                if let Some(page) = number.and_then(charset::code_page) {
                    // `\cpg` says it more exactly, in whichever order they come.
                    self.fonts.entry(font).or_insert(page);
                }
            }
            (b"cpg", Some(font)) => {
                let page = number.and_then(|n| u16::try_from(n).ok());
                if let Some(page) = page.filter(|&page| codepage::is_known(page)) {
                    self.fonts.insert(font, page);
                }
            }
            _ => {}
        }
    }
}

/// Destinations that show nothing in the text, of those that need no `\*`.
fn is_unseen(name: &[u8]) -> bool {
    matches!(
        name,
        b"colortbl"
            | b"stylesheet"
            | b"info"
            | b"pict"
            | b"nonshppict"
            | b"objdata"
            | b"fldinst"
            | b"header"
            | b"headerl"
            | b"headerr"
            | b"headerf"
            | b"footer"
            | b"footerl"
            | b"footerr"
            | b"footerf"
            | b"listtable"
            | b"listoverridetable"
            | b"filetbl"
            | b"revtbl"
            | b"generator"
            | b"private"
            | b"tc"
            | b"tcn"
            | b"xe"
            | b"rxe"
            | b"template"
            | b"pgdsctbl"
            | b"pntxta"
            | b"pntxtb"
            | b"bkmkstart"
            | b"bkmkend"
            | b"mhtmltag"
            | b"upr"
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn html(rtf: &str) -> String {
        let body = to_body(rtf.as_bytes());
        assert_eq!((body.kind, body.plain), (RtfKind::Html, None));
        assert!(body.findings.is_empty(), "{:?}", body.findings);
        body.html.unwrap()
    }

    #[track_caller]
    fn plain(rtf: &[u8]) -> String {
        let body = to_body(rtf);
        assert!(body.html.is_none());
        assert!(body.findings.is_empty(), "{:?}", body.findings);
        body.plain.unwrap()
    }

    #[test]
    fn html_comes_back() {
        let rtf = r"{\rtf1\ansi\ansicpg1251\fromhtml1 \deff0
{\fonttbl {\f0\fmodern Courier New;}{\f1\fswiss Arial;}{\f2\fswiss\fcharset0 Arial;}}
{\colortbl\red0\green0\blue0;\red0\green0\blue255;}
{\*\htmltag64}
\uc1\pard\plain\deftab360 \f0\fs24
{\*\htmltag <HTML><head>\par
<style>\par
p.MsoNormal, li.MsoNormal \{font-family:Arial;\}\par
</style>\par
\tab <!-- a comment -->\par
</head>\par
<p\par
class=MsoNormal>}
{\htmlrtf \f1 \htmlrtf0 Note the line break. {\*\htmltag <b>}{\htmlrtf \b
\htmlrtf0 bold{\*\htmltag </b>}} \htmlrtf\par\htmlrtf0}
\htmlrtf \par \htmlrtf0
{\*\htmltag </p>\par
<p class=MsoNormal>\par}
{\htmlrtf \f1 \htmlrtf0 references:
{\*\htmltag &nbsp;}\htmlrtf \'a0\htmlrtf0 {\*\htmltag &lt;}\htmlrtf <\htmlrtf0 {\*\htmltag
&uml;}\htmlrtf {\f2\'a8}\htmlrtf0{\*\htmltag <br>\par}\htmlrtf\line\htmlrtf0
meaning in RTF: \{\}\\{\*\htmltag
<br>\par}\htmlrtf\line\htmlrtf0\htmlrtf\par\htmlrtf0}
{\*\mhtmltag <a href=rewritten>}{\*\htmltag <a href=own>}
{\*\htmltag <li class=MsoNormal>}{\htmlrtf
{{\*\pn\pnlvlbody{\pntxta.}}\li360{\pntext 1.\tab} \f1
\htmlrtf0 an item}\htmlrtf\par\htmlrtf0}
{\*\htmltag </HTML>\par }}";
        let wanted = "<HTML><head>\r\n<style>\r\np.MsoNormal, li.MsoNormal {font-family:Arial;}\r\n\
</style>\r\n\t<!-- a comment -->\r\n</head>\r\n<p\r\nclass=MsoNormal>Note the line break. \
<b>bold</b> </p>\r\n<p class=MsoNormal>\r\nreferences:&nbsp;&lt;&uml;<br>\r\nmeaning in RTF: {}\\\
<br>\r\n<a href=own><li class=MsoNormal>an item</HTML>\r\n";
        assert_eq!(html(rtf), wanted);
    }

    #[test]
    fn double_bytes_over_several_escapes() {
        let rtf = r"{\rtf1\ansi\ansicpg932\fromhtml1 \deff0
{\fonttbl{\f0\fcharset128 A;}{\f1\fcharset0 B;}}
{\*\htmltag64 <p title=\'93\'fa>}\f0 \'96\'7b\f1\'e9\f0\'83X}";
        assert_eq!(html(rtf), "<p title=日>本éス");
    }

    #[test]
    fn fonts_count_even_where_text_does_not() {
        let rtf = r"{\rtf1\ansi\ansicpg1252\fromhtml1{\fonttbl{\f0 A;}{\f5\fcharset204 B;}}
\htmlrtf\f5\htmlrtf0\'cf}";
        assert_eq!(html(rtf), "П");
    }

    #[test]
    fn unicode_and_its_fallback() {
        assert_eq!(plain(br"{\rtf1\ansi\u26085 ?\u26412\'3fx}"), "日本x");
        assert_eq!(
            plain(br"{\rtf1\ansi\uc2\u26085\'93\'fa{\uc0\u-10179\u-9047 y}}"),
            "日💩y"
        );
        assert_eq!(plain(br"{\rtf1\ansi\uc1\u8364 }x}"), "€");
        assert_eq!(html(r"{\rtf1\fromhtml1\u233 e\lquote\~}"), "é&lsquo;&nbsp;");
        let lone = to_body(br"{\rtf1 \u-10179 ?x}");
        assert_eq!(lone.plain.as_deref(), Some("\u{FFFD}x"));
        assert_eq!(lone.findings.worst(), Some(Effect::Altered));
    }

    #[test]
    fn text_from_text() {
        let rtf = br"{\rtf1\ansi\ansicpg1252\fromtext \deff0{\fonttbl{\f0\fswiss Arial;}}
{\colortbl;\red0;}\uc1\pard\plain one\par two\line\tab three \{4\}}";
        let body = to_body(rtf);
        assert_eq!(body.kind, RtfKind::Text);
        assert_eq!(plain(rtf), "one\r\ntwo\r\n\tthree {4}");
    }

    #[test]
    fn native_rich_text_shows_its_text() {
        let rtf = br"{\rtf1\ansi\ansicpg1250\deff0
{\fonttbl{\f0\froman Times;}{\f1\fcharset204\cpg1251 T;}}
{\stylesheet{\s0 Normal;}}{\info{\title Hidden}}{\*\generator X;}{\pict\bin4 }}}}}
\pard\b Bold\b0  {\v gone} \'9a{\f1 \'cf}\par{\field{\*\fldinst HYPERLINK x}{\fldrslt link}}\
{\object{\*\objdata 00}{\result shown}}}trailing";
        assert_eq!(plain(rtf), "Bold  šП\r\nlink\r\nshown");
    }

    #[test]
    fn a_brace_too_many_loses_no_html() {
        let rtf = br"{\rtf1\fromhtml1{\*\htmltag <p>}a}b{\*\htmltag </p>}}c";
        let body = to_body(rtf);
        assert_eq!(body.html.as_deref(), Some("<p>ab</p>"));
        assert_eq!(body.findings.worst(), Some(Effect::Noted));
    }

    #[test]
    fn damage_is_told() {
        let open = to_body(br"{\rtf1 a{\b b");
        assert_eq!(open.plain.as_deref(), Some("ab"));
        assert_eq!(
            open.findings.iter().next().unwrap().code,
            "mapi.rtf.unbalanced"
        );
        let deep = [
            b"{\\rtf1 ".as_slice(),
            &vec![b'{'; limits::RTF_DEPTH + 5],
            b"x",
        ]
        .concat();
        assert!(
            to_body(&deep)
                .findings
                .iter()
                .any(|f| f.code == "mapi.rtf.depth")
        );
        let bare = to_body(b"just text\r\nhere");
        assert_eq!(bare.plain.as_deref(), Some("just text\r\nhere"));
        assert_eq!(bare.findings.worst(), Some(Effect::Noted));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = to_body(&bytes);
        }

        #[test]
        fn arbitrary_tokens_never_panic(parts in proptest::collection::vec(0usize..20, 0..200)) {
            let words = [
                "{", "}", "\\*", "\\htmltag64 ", "\\htmlrtf", "\\htmlrtf0 ", "\\u-10179 ",
                "\\u55357?",
                "\\uc9 ", "\\'e9", "\\'", "\\f1", "\\fonttbl", "\\fcharset128", "\\bin99999999 ",
                "a", "\\", "\\par", "\\ansicpg932", "\\v",
            ];
            let rtf: String = parts.iter().map(|&part| words[part]).collect();
            let _ = to_body(format!("{{\\rtf1\\fromhtml1{rtf}").as_bytes());
            let _ = to_body(rtf.as_bytes());
        }
    }
}
