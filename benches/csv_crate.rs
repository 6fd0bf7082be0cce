//! Reads every record of a table with the crate csv, without making anything of it: what a reader
//! costs that only splits. `bench_csv_crate FILE`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os()
        .nth(1)
        .ok_or("usage: bench_csv_crate FILE")?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path)?;
    let mut record = csv::StringRecord::new();
    let (mut rows, mut cells) = (0_u64, 0_u64);
    while reader.read_record(&mut record)? {
        rows += 1;
        cells += record.len() as u64;
    }
    println!("{rows} rows, {cells} cells");
    Ok(())
}
