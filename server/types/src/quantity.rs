//! Amounts of bytes as people read and write them.

/// `1.5 GiB`, `320 MiB`, `12 kB` in binary units with at most one decimal.
#[must_use]
pub fn readable_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut divisor: u64 = 1;
    while unit + 1 < UNITS.len() && bytes / divisor >= 1024 {
        divisor *= 1024;
        unit += 1;
    }
    let whole = bytes / divisor;
    let tenths = (bytes % divisor) * 10 / divisor;
    if unit == 0 || whole >= 100 || tenths == 0 {
        format!("{whole} {}", UNITS[unit])
    } else {
        format!("{whole}.{tenths} {}", UNITS[unit])
    }
}

/// Reads `512M`, `2G`, `2GiB`, `1073741824` as bytes (binary multiples, as JupyterHub does).
///
/// # Errors
/// Says what a size looks like.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let trimmed = text.trim();
    let split = trimmed
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(trimmed.len());
    let (digits, unit) = trimmed.split_at(split);
    let wrong =
        || format!("{text:?} is not a size: write a number with K, M, G or T, for example 2G");
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let factor: u64 = match unit
        .trim()
        .trim_end_matches("iB")
        .trim_end_matches('B')
        .to_ascii_uppercase()
        .as_str()
    {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        "T" => 1 << 40,
        _ => return Err(wrong()),
    };
    number.checked_mul(factor).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_and_write() {
        for (text, bytes) in [
            ("2G", 2 << 30),
            ("512M", 512 << 20),
            ("1 GiB", 1 << 30),
            ("77", 77),
            ("3KB", 3072),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        for text in ["", "G", "2X", "-1", "99999999999999999999T", "9999999999T"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
        for (bytes, text) in [
            (0, "0 B"),
            (1536, "1.5 KiB"),
            (2 << 30, "2 GiB"),
            (320 << 20, "320 MiB"),
        ] {
            assert_eq!(readable_bytes(bytes), text);
        }
    }
}
