//! What a colour says. Colour never says it alone: every toned component has words too.

/// The meaning behind a badge's, alert's or meter's colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    #[default]
    Neutral,
    /// Selected, ours, in progress.
    Accent,
    Positive,
    Warning,
    Danger,
    Info,
}

impl Tone {
    pub const ALL: [Self; 6] = [
        Self::Neutral,
        Self::Accent,
        Self::Positive,
        Self::Warning,
        Self::Danger,
        Self::Info,
    ];

    /// The class that sets the tone's colours: `tone-danger`.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Neutral => "tone-neutral",
            Self::Accent => "tone-accent",
            Self::Positive => "tone-positive",
            Self::Warning => "tone-warning",
            Self::Danger => "tone-danger",
            Self::Info => "tone-info",
        }
    }
}
