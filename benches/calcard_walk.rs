//! Reads a file of vCards or calendars with the crate calcard, for `benches/formats.sh`: the whole
//! file in memory, every entry parsed, its properties counted. `bench_calcard FILE`.

use std::error::Error;

use calcard::{Entry, Parser};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os()
        .nth(1)
        .ok_or("usage: bench_calcard FILE")?;
    let text = std::fs::read_to_string(path)?;
    let mut parser = Parser::new(&text);
    let (mut entries, mut properties) = (0_u64, 0_usize);
    loop {
        match parser.entry() {
            Entry::VCard(card) => {
                entries += 1;
                properties += card.entries.len();
            }
            Entry::ICalendar(calendar) => {
                entries += calendar.components.len() as u64;
                properties += calendar
                    .components
                    .iter()
                    .map(|c| c.entries.len())
                    .sum::<usize>();
            }
            Entry::Eof => break,
            _ => {}
        }
    }
    println!("{entries} entries, {properties} properties");
    Ok(())
}
