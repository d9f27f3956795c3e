//! Where a passphrase comes from: a file, the environment, or somebody at a terminal. Never an
//! argument, which other users of the machine can see.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

/// Variable that holds the passphrase where no file is named.
const VARIABLE: &str = "LEDGERCLOUD_PASSPHRASE";
/// Shortest passphrase of a new key, in characters.
const LENGTH_MIN: usize = 8;
/// Largest file that is taken for a passphrase, in bytes.
const FILE_BYTES_MAX: u64 = 4_096;

/// Where the passphrase comes from.
#[derive(Debug, Args)]
pub struct PassphraseSource {
    /// File whose first line is the passphrase [default: the variable LEDGERCLOUD_PASSPHRASE, else asked for]
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The same for the file that is imported, when its passphrase is another
    #[arg(long, value_name = "FILE")]
    import_passphrase_file: Option<PathBuf>,
}

type Passphrase = Zeroizing<String>;

impl PassphraseSource {
    /// The passphrase of a key that is kept.
    pub fn read(&self) -> Result<Passphrase, Vec<String>> {
        match self.without_asking()? {
            Some(passphrase) => Ok(passphrase),
            None => ask("Passphrase: "),
        }
    }

    /// The passphrase of a key that is to be kept.
    pub fn read_new(&self) -> Result<Passphrase, Vec<String>> {
        let passphrase = match self.without_asking()? {
            Some(passphrase) => passphrase,
            None => {
                let first = ask("New passphrase: ")?;
                if first != ask("The same again: ")? {
                    return Err(vec!["the two differ; nothing was kept".to_owned()]);
                }
                first
            }
        };
        if passphrase.chars().count() < LENGTH_MIN {
            return Err(vec![format!(
                "a passphrase has at least {LENGTH_MIN} characters"
            )]);
        }
        Ok(passphrase)
    }

    /// The passphrase of a file that is imported.
    pub fn read_of_import(&self) -> Result<Passphrase, Vec<String>> {
        match &self.import_passphrase_file {
            Some(file) => read_file(file),
            None if std::io::stdin().is_terminal() => ask("Passphrase of the imported file: "),
            None => self.read(),
        }
    }

    fn without_asking(&self) -> Result<Option<Passphrase>, Vec<String>> {
        if let Some(file) = &self.passphrase_file {
            return read_file(file).map(Some);
        }
        Ok(std::env::var(VARIABLE).ok().map(Zeroizing::new))
    }
}

fn read_file(path: &Path) -> Result<Passphrase, Vec<String>> {
    let problem = |why: String| vec![format!("{}: {why}", path.display())];
    let length = std::fs::metadata(path)
        .map_err(|error| problem(error.to_string()))?
        .len();
    if length > FILE_BYTES_MAX {
        return Err(problem("too long for a passphrase".to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| problem(error.to_string()))?;
    let text = Zeroizing::new(text);
    Ok(Zeroizing::new(
        text.lines().next().unwrap_or_default().to_owned(),
    ))
}

fn ask(prompt: &str) -> Result<Passphrase, Vec<String>> {
    if !std::io::stdin().is_terminal() {
        return Err(vec![format!(
            "a passphrase is needed and there is no terminal to ask at; use --passphrase-file or {VARIABLE}"
        )]);
    }
    rpassword::prompt_password(prompt)
        .map(Zeroizing::new)
        .map_err(|error| vec![format!("the passphrase cannot be read: {error}")])
}
