//! The tokens of RTF.
//!
//! *Spec*: RTF 1.9.1, "RTF Syntax".
//!
//! *Invariants*: every byte of the input is looked at once; no token reaches past the end.

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `{`.
    Open,
    /// `}`.
    Close,
    /// `\word`, with its number when it has one, and the delimiting space taken.
    Word(&'a [u8], Option<i32>),
    /// `\` and one other character, as `\~` or `\*`; a line end after `\` is `\n`.
    Symbol(u8),
    /// `\'hh`.
    Hex(u8),
    /// `\'` without two hexadecimal digits.
    BadHex,
    /// A byte of text.
    Byte(u8),
}

/// Tokens from bytes. `\bin` and its data are left out, as are line ends.
pub(super) struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    pub(super) fn new(rtf: &'a [u8]) -> Self {
        Self { rest: rtf }
    }

    /// Bytes not looked at yet.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    fn next_byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, wanted: impl Fn(&u8) -> bool) -> &'a [u8] {
        let len = self.rest.iter().take_while(|byte| wanted(byte)).count();
        self.take(len)
    }

    fn hex(&mut self) -> Token<'a> {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let value = match self.rest {
            [high, low, ..] => digit(*high).zip(digit(*low)),
            _ => None,
        };
        match value.and_then(|(high, low)| u8::try_from(high << 4 | low).ok()) {
            Some(byte) => {
                self.take(2);
                Token::Hex(byte)
            }
            None => Token::BadHex,
        }
    }

    fn word(&mut self) -> Token<'a> {
        let name = self.take_while(u8::is_ascii_alphabetic);
        let negative = matches!(self.rest, [b'-', digit, ..] if digit.is_ascii_digit());
        if negative {
            self.take(1);
        }
        let digits = self.take_while(u8::is_ascii_digit);
        if self.rest.first() == Some(&b' ') {
            self.take(1);
        }
        let number = digits.iter().fold(0i32, |sum, digit| {
            sum.saturating_mul(10)
                .saturating_add(i32::from(digit - b'0'))
        });
        let number = if negative { -number } else { number };
        Token::Word(name, (!digits.is_empty()).then_some(number))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            return Some(match self.next_byte()? {
                b'{' => Token::Open,
                b'}' => Token::Close,
                b'\r' | b'\n' | 0 => continue,
                b'\\' => match self.rest.first() {
                    Some(byte) if byte.is_ascii_alphabetic() => match self.word() {
                        Token::Word(b"bin", length) => {
                            self.take(length.and_then(|n| n.try_into().ok()).unwrap_or(0));
                            continue;
                        }
                        word => word,
                    },
                    Some(_) => match self.next_byte()? {
                        b'\'' => self.hex(),
                        b'\r' | b'\n' => Token::Symbol(b'\n'),
                        symbol => Token::Symbol(symbol),
                    },
                    None => return None,
                },
                byte => Token::Byte(byte),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind() {
        let rtf = b"{\\rtf1 a\r\n\\'e9\\'g\\~\\u-10179 ?\\bin3 }}}\\b}\\";
        let tokens: Vec<Token<'_>> = Tokens::new(rtf).collect();
        let wanted = [
            Token::Open,
            Token::Word(b"rtf", Some(1)),
            Token::Byte(b'a'),
            Token::Hex(0xE9),
            Token::BadHex,
            Token::Byte(b'g'),
            Token::Symbol(b'~'),
            Token::Word(b"u", Some(-10179)),
            Token::Byte(b'?'),
            Token::Word(b"b", None),
            Token::Close,
        ];
        assert_eq!(tokens, wanted);
    }
}
