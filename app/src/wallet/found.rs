//! The wallets that a page knows of: announced by EIP-6963, or found at `window.ethereum`.

use types::WalletAddress;

use super::failure::clean_text;

/// Which wallet is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WalletRef {
    /// By the `uuid` of its announcement, which lasts as long as the page.
    Announced(String),
    /// `window.ethereum` (EIP-1193), used only when no wallet announces itself.
    Injected,
    /// A key that this browser keeps.
    BuiltIn(WalletAddress),
}

/// What a wallet says of itself (`EIP6963ProviderInfo`). Nothing of it is proof of anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    pub uuid: String,
    pub name: String,
    pub icon: String,
    /// Reverse domain name. A hint for remembering the wallet, not an identity.
    pub rdns: String,
    /// Number of the provider object that came with it: the same object has the same number.
    pub provider: usize,
}

/// A wallet as the page offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundWallet {
    pub reference: WalletRef,
    /// Shown as text only.
    pub name: String,
    /// A `data:` image, for the `src` of an `<img>` only (so that scripts within an SVG stay dead).
    pub icon: Option<String>,
    pub rdns: String,
    /// Another object announced itself under the same id: one of the two is an impostor.
    pub is_ambiguous: bool,
    provider: usize,
}

/// Wallets in the order in which they are offered. One `uuid` is one entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoundWallets {
    wallets: Vec<FoundWallet>,
    injected: bool,
    last_used: Option<String>,
}

/// In place of a reverse domain name, when remembering the wallet at `window.ethereum`.
pub const INJECTED_NAME: &str = "window.ethereum";
/// In place of a reverse domain name, when remembering that the built-in wallet was used.
pub const BUILT_IN_NAME: &str = "built-in";

/// A page that announces more is not a person's browser.
pub const WALLETS_MAX: usize = 24;
const NAME_LENGTH_MAX: usize = 48;
const RDNS_LENGTH_MAX: usize = 128;
const UUID_LENGTH_MAX: usize = 64;
/// Largest icon, in bytes of its `data:` URI. EIP-6963 icons are 96 × 96 pixels.
const ICON_LENGTH_MAX: usize = 128 * 1024;
const ICON_PREFIXES: [&str; 6] = [
    "data:image/svg+xml",
    "data:image/png",
    "data:image/webp",
    "data:image/jpeg",
    "data:image/gif",
    "data:image/avif",
];

impl FoundWallets {
    /// No wallets yet; the one with the reverse domain name `last_used` will come first.
    #[must_use]
    pub fn new(last_used: Option<String>) -> Self {
        Self {
            wallets: Vec::new(),
            injected: false,
            last_used,
        }
    }

    /// Takes note of an announcement. Wallets repeat theirs whenever they are asked, so the same
    /// object under the same id changes nothing.
    pub fn announce(&mut self, announcement: &Announcement) {
        let uuid = announcement.uuid.trim();
        if uuid.is_empty() || uuid.len() > UUID_LENGTH_MAX || !uuid.is_ascii() {
            return;
        }
        let reference = WalletRef::Announced(uuid.to_owned());
        if let Some(known) = self
            .wallets
            .iter_mut()
            .find(|known| known.reference == reference)
        {
            known.is_ambiguous |= known.provider != announcement.provider;
            return;
        }
        if self.wallets.len() >= WALLETS_MAX {
            return;
        }
        let wallet = FoundWallet {
            reference,
            name: shown_name(&announcement.name),
            icon: safe_icon(&announcement.icon),
            rdns: clean_text(&announcement.rdns, RDNS_LENGTH_MAX),
            is_ambiguous: false,
            provider: announcement.provider,
        };
        let is_last_used = self
            .last_used
            .as_ref()
            .is_some_and(|rdns| *rdns == wallet.rdns);
        let place = if is_last_used { 0 } else { self.wallets.len() };
        self.wallets.insert(place, wallet);
    }

    /// There is a provider at `window.ethereum`.
    pub const fn find_injected(&mut self) {
        self.injected = true;
    }

    /// The wallets to offer: the announced ones or, for want of any, the injected one.
    #[must_use]
    pub fn offered(&self) -> Vec<FoundWallet> {
        if !self.wallets.is_empty() || !self.injected {
            return self.wallets.clone();
        }
        vec![FoundWallet {
            reference: WalletRef::Injected,
            name: "Browser wallet".to_owned(),
            icon: None,
            rdns: INJECTED_NAME.to_owned(),
            is_ambiguous: false,
            provider: 0,
        }]
    }

    /// Whether any wallet announced itself.
    #[must_use]
    pub const fn has_announced(&self) -> bool {
        !self.wallets.is_empty()
    }

    /// How people know the wallet.
    #[must_use]
    pub fn name_of(&self, reference: &WalletRef) -> String {
        match reference {
            WalletRef::Announced(_) => self
                .wallets
                .iter()
                .find(|wallet| wallet.reference == *reference)
                .map_or_else(|| "the wallet".to_owned(), |wallet| wallet.name.clone()),
            WalletRef::Injected => "the browser wallet".to_owned(),
            WalletRef::BuiltIn(_) => "the built-in wallet".to_owned(),
        }
    }
}

fn shown_name(name: &str) -> String {
    match clean_text(name, NAME_LENGTH_MAX) {
        name if name.is_empty() => "Unnamed wallet".to_owned(),
        name => name,
    }
}

fn safe_icon(icon: &str) -> Option<String> {
    let icon = icon.trim();
    let is_image = ICON_PREFIXES.iter().any(|prefix| {
        icon.strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with([',', ';']))
    });
    (is_image && icon.len() <= ICON_LENGTH_MAX).then(|| icon.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announcement(uuid: &str, name: &str, provider: usize) -> Announcement {
        Announcement {
            uuid: uuid.to_owned(),
            name: name.to_owned(),
            icon: "data:image/png;base64,AA==".to_owned(),
            rdns: format!("io.{}", name.to_lowercase()),
            provider,
        }
    }

    fn names(found: &FoundWallets) -> Vec<String> {
        found
            .offered()
            .into_iter()
            .map(|wallet| wallet.name)
            .collect()
    }

    #[test]
    fn a_repeated_announcement_changes_nothing_and_an_impostor_is_flagged() {
        let mut found = FoundWallets::default();
        found.announce(&announcement("a", "Alpha", 1));
        found.announce(&announcement("a", "Alpha", 1));
        assert_eq!(found.offered().len(), 1);
        assert!(!found.offered()[0].is_ambiguous);

        found.announce(&announcement("a", "Omega", 2));
        assert_eq!(names(&found), ["Alpha"]);
        assert!(found.offered()[0].is_ambiguous);
    }

    #[test]
    fn the_last_used_wallet_comes_first() {
        let mut found = FoundWallets::new(Some("io.beta".to_owned()));
        found.announce(&announcement("a", "Alpha", 1));
        found.announce(&announcement("b", "Beta", 2));
        assert_eq!(names(&found), ["Beta", "Alpha"]);
    }

    #[test]
    fn the_injected_wallet_counts_only_when_nothing_is_announced() {
        let mut found = FoundWallets::default();
        assert!(found.offered().is_empty());
        found.find_injected();
        assert_eq!(found.offered()[0].reference, WalletRef::Injected);
        found.announce(&announcement("a", "Alpha", 1));
        assert_eq!(names(&found), ["Alpha"]);
    }

    #[test]
    fn only_images_within_the_announcement_are_shown() {
        for (icon, shown) in [
            ("data:image/png;base64,AA==", true),
            ("data:image/svg+xml,<svg/>", true),
            ("data:image/pngx,AA", false),
            ("data:text/html,<script>", false),
            ("https://tracker.example/pixel.png", false),
            ("javascript:alert(1)", false),
            ("", false),
        ] {
            let mut found = FoundWallets::default();
            found.announce(&Announcement {
                icon: icon.to_owned(),
                ..announcement("a", "Alpha", 1)
            });
            assert_eq!(found.offered()[0].icon.is_some(), shown, "{icon}");
        }
        assert_eq!(
            safe_icon(&format!("data:image/png,{}", "A".repeat(ICON_LENGTH_MAX))),
            None
        );
    }

    #[test]
    fn announcements_are_bounded_and_need_an_id() {
        let mut found = FoundWallets::default();
        found.announce(&announcement("", "Nobody", 1));
        found.announce(&announcement(&"u".repeat(65), "Long", 1));
        assert!(found.offered().is_empty());
        for number in 0..100 {
            found.announce(&announcement(&number.to_string(), "Many", number));
        }
        assert_eq!(found.offered().len(), WALLETS_MAX);
    }
}
