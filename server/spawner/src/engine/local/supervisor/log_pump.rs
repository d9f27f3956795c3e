//! A server's output: kept in two files of bounded size.

use std::fs::{File, OpenOptions};
use std::io::{self, PipeReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::Mutex;

use super::adoption::Kept;

/// Size at which the log becomes the old log.
const LOG_BYTES_MAX: u64 = 2 << 20;
/// A pipe's own size.
const CHUNK_BYTES: usize = 64 << 10;
/// How much of the end is looked at for lines.
const TAIL_BYTES_MAX: u64 = 256 << 10;
/// What is shown of one line.
const LINE_CHARACTERS_MAX: usize = 2_000;

/// Writes everything that comes through the pipe until its last writer is gone. The directory may
/// be renamed meanwhile.
pub(super) fn start(mut from: PipeReader, kept: Arc<Mutex<Kept>>) -> io::Result<JoinHandle<()>> {
    let mut log = Log::open(&kept.lock().instance)?;
    std::thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || {
            let mut chunk = vec![0; CHUNK_BYTES];
            loop {
                match from.read(&mut chunk) {
                    Ok(0) => return,
                    // A full disk must not stop the server: what cannot be written is lost.
                    Ok(length) => {
                        drop(log.append(&chunk[..length], || kept.lock().instance.clone()));
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => return,
                }
            }
        })
}

struct Log {
    file: File,
    written: u64,
}

impl Log {
    fn open(instance: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(current(instance))?;
        let written = file.metadata()?.len();
        Ok(Self { file, written })
    }

    /// `instance`: where the log is now.
    fn append(&mut self, chunk: &[u8], instance: impl FnOnce() -> PathBuf) -> io::Result<()> {
        if self.written + chunk.len() as u64 > LOG_BYTES_MAX {
            let instance = instance();
            std::fs::rename(current(&instance), previous(&instance))?;
            *self = Self::open(&instance)?;
        }
        self.written += chunk.len() as u64;
        self.file.write_all(chunk)
    }
}

fn current(instance: &Path) -> PathBuf {
    instance.join("log")
}

fn previous(instance: &Path) -> PathBuf {
    instance.join("log.1")
}

/// The last lines, oldest first, without control characters.
pub(crate) fn tail(instance: &Path, lines_max: usize) -> Vec<String> {
    let mut lines = last_lines(&current(instance), lines_max);
    if lines.len() < lines_max {
        let mut earlier = last_lines(&previous(instance), lines_max - lines.len());
        earlier.append(&mut lines);
        lines = earlier;
    }
    lines
}

fn last_lines(path: &Path, lines_max: usize) -> Vec<String> {
    let Ok(content) = end_of(path) else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&content);
    let mut lines: Vec<String> = text.lines().rev().take(lines_max).map(readable).collect();
    lines.reverse();
    lines
}

/// The end of a file, from the start of a line.
fn end_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let start = length.saturating_sub(TAIL_BYTES_MAX);
    file.seek(SeekFrom::Start(start))?;
    let mut content = Vec::new();
    file.take(TAIL_BYTES_MAX).read_to_end(&mut content)?;
    if start > 0 {
        let cut = content
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(0, |position| position + 1);
        content.drain(..cut);
    }
    Ok(content)
}

/// What a user's program has printed is shown to others: no terminal sequences, no endless lines.
fn readable(line: &str) -> String {
    let mut shown = String::with_capacity(line.len().min(LINE_CHARACTERS_MAX));
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if shown.len() >= LINE_CHARACTERS_MAX {
            shown.push('…');
            break;
        }
        if character == '\u{1b}' {
            // ECMA-48: a sequence ends with a letter.
            if characters.next() == Some('[') {
                for rest in characters.by_ref() {
                    if rest.is_ascii_alphabetic() {
                        break;
                    }
                }
            }
        } else if character == '\t' || !character.is_control() {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_stays_within_two_files_and_the_end_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let mut log = Log::open(directory.path()).unwrap();
        let instance = || directory.path().to_owned();
        let line = format!("{}\n", "x".repeat(1_023));
        for _ in 0..3 * LOG_BYTES_MAX / 1_024 {
            log.append(line.as_bytes(), instance).unwrap();
        }
        log.append(b"the end\n", instance).unwrap();
        let size = |path: PathBuf| std::fs::metadata(path).unwrap().len();
        assert!(size(current(directory.path())) <= LOG_BYTES_MAX);
        assert!(size(previous(directory.path())) <= LOG_BYTES_MAX);
        let lines = tail(directory.path(), 3);
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[2], "the end");
    }

    #[test]
    fn lines_come_from_the_old_file_too() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(previous(directory.path()), "one\ntwo\n").unwrap();
        std::fs::write(current(directory.path()), "three\n").unwrap();
        assert_eq!(tail(directory.path(), 2), ["two", "three"]);
        assert_eq!(tail(directory.path(), 9), ["one", "two", "three"]);
        assert!(tail(&directory.path().join("missing"), 9).is_empty());
    }

    #[test]
    fn lines_are_readable() {
        for (line, shown) in [
            ("plain\ttext", "plain\ttext".to_owned()),
            ("\u{1b}[31mred\u{1b}[0m", "red".to_owned()),
            ("a\u{7}b\r", "ab".to_owned()),
            (
                &"y".repeat(3_000),
                format!("{}…", "y".repeat(LINE_CHARACTERS_MAX)),
            ),
        ] {
            assert_eq!(readable(line), shown);
        }
    }
}
