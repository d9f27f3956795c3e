//! Light, dark, or what the reader's system prefers.

use serde::{Deserialize, Serialize};

/// Name of the cookie that holds the choice.
pub const THEME_COOKIE: &str = "theme";
const COOKIE_MAX_AGE_S: u32 = 365 * 24 * 60 * 60;

/// How pages are coloured. `data-theme` of the document carries it; `system` is resolved by the
/// style sheet, so that no script decides and nothing flashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// Over which connections a browser may send the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieTransport {
    Any,
    HttpsOnly,
}

impl CookieTransport {
    /// `https` origins never see their cookies on a plain connection.
    #[must_use]
    pub fn of_origin(origin: &str) -> Self {
        if origin.starts_with("https://") {
            Self::HttpsOnly
        } else {
            Self::Any
        }
    }
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As in the cookie, the form and `data-theme`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// For people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The choice in a `Cookie` request header; anything unknown is [`Self::System`].
    #[must_use]
    pub fn of_cookies(header: &str) -> Self {
        header
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == THEME_COOKIE)
            .and_then(|(_, value)| Self::ALL.into_iter().find(|theme| theme.as_str() == value))
            .unwrap_or_default()
    }

    /// The `Set-Cookie` value. It holds no secret; scripts have no need of it either.
    #[must_use]
    pub fn to_cookie(self, transport: CookieTransport) -> String {
        let secure = match transport {
            CookieTransport::Any => "",
            CookieTransport::HttpsOnly => "; Secure",
        };
        format!(
            "{THEME_COOKIE}={}; Path=/; Max-Age={COOKIE_MAX_AGE_S}; SameSite=Lax; HttpOnly{secure}",
            self.as_str()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_read_among_others() {
        for (header, theme) in [
            ("", Theme::System),
            ("theme=dark", Theme::Dark),
            ("a=b; theme=light; c=d", Theme::Light),
            ("mytheme=dark", Theme::System),
            ("theme=\"><script>", Theme::System),
            ("theme; =; ;", Theme::System),
        ] {
            assert_eq!(Theme::of_cookies(header), theme, "{header}");
        }
    }

    #[test]
    fn the_cookie_reads_back() {
        for theme in Theme::ALL {
            for (origin, is_secure) in [
                ("https://hub.example", true),
                ("http://localhost:3000", false),
            ] {
                let cookie = theme.to_cookie(CookieTransport::of_origin(origin));
                assert_eq!(Theme::of_cookies(&cookie), theme);
                assert_eq!(cookie.ends_with("; Secure"), is_secure);
            }
        }
    }
}
