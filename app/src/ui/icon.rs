//! Our own icons: one stroke path each on a 24 × 24 grid, 1.75 wide, round ends.

use leptos::prelude::*;

/// An icon without words of its own: hidden from screen readers.
#[component]
pub fn Icon(
    name: IconName,
    /// Width and height in pixels.
    #[prop(default = 16)]
    size: u16,
) -> impl IntoView {
    view! {
        // Stroke and fill are the style sheet's: a page has dozens of icons.
        <svg class="icon" width=size height=size viewBox="0 0 24 24" aria-hidden="true">
            <path d=name.path() />
        </svg>
    }
}

macro_rules! icons {
    ($($name:ident = $path:literal;)*) => {
        /// Which icon.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum IconName { $($name,)* }

        impl IconName {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The SVG path, in units of the grid.
            #[must_use]
            pub const fn path(self) -> &'static str {
                match self { $(Self::$name => $path,)* }
            }
        }
    };
}

icons! {
    Alert = "M12 4 21 19.5H3zM12 10v4M12 17h.01";
    ArrowLeft = "M19 12H5m6-6-6 6 6 6";
    ArrowRight = "M5 12h14m-6-6 6 6-6 6";
    Book = "M5 4.5h11.5a2 2 0 0 1 2 2v13H7a2 2 0 0 1-2-2zm0 13a2 2 0 0 1 2-2h11.5M9 8.5h5.5";
    Chart = "M4 4v16h16M8 15l3.5-4.5 3 2.5L20 6.5";
    Check = "m5 12.5 4.5 4.5L19 7.5";
    CheckCircle = "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zm-3.5 9 2.5 2.5 4.5-5";
    ChevronDown = "m6 9 6 6 6-6";
    ChevronLeft = "m15 6-6 6 6 6";
    ChevronRight = "m9 6 6 6-6 6";
    ChevronUp = "m6 15 6-6 6 6";
    ChevronsLeft = "m12 6-6 6 6 6m7-12-6 6 6 6";
    ChevronsUpDown = "m8 9.5 4-4 4 4m-8 5 4 4 4-4";
    Chip = "M7 7h10v10H7zM10 3.5V7m4-3.5V7m-4 10v3.5m4-3.5v3.5M3.5 10H7m-3.5 4H7m10-4h3.5M17 14h3.5";
    Clock = "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM12 7.5V12l3 2";
    Close = "m6 6 12 12M18 6 6 18";
    Copy = "M9 9h11v11H9zM5.5 15H4V4h11v1.5";
    Dashboard = "M4 4h7v9H4zm9 0h7v5h-7zm0 7.5h7V20h-7zM4 15.5h7V20H4z";
    Disk = "M4 6.5C4 5 7.6 4 12 4s8 1 8 2.5S16.4 9 12 9 4 8 4 6.5zm0 0v11C4 19 7.6 20 12 20s8-1 8-2.5v-11M4 12c0 1.5 3.6 2.5 8 2.5s8-1 8-2.5";
    Dots = "M5 12a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0m6.5 0a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0m6.5 0a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0";
    Download = "M12 4v11m-5-4.5 5 5 5-5M4.5 20h15";
    Edit = "m4 20 .8-4L16 4.8a1.7 1.7 0 0 1 2.4 0l.8.8a1.7 1.7 0 0 1 0 2.4L8 19.2zM14 7l3 3";
    External = "M13.5 4H20v6.5M20 4l-9.5 9.5M17.5 14v6H4V6.5h6";
    Eye = "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.3a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4z";
    EyeOff = "M4 4l16 16M9.8 5.8A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-2.7 3.5M6.5 7.4A17 17 0 0 0 2.5 12S6 18.5 12 18.5a9 9 0 0 0 4.3-1.1M10.1 10.2a2.7 2.7 0 0 0 3.7 3.8";
    File = "M6 3.5h8l4.5 4.5v12.5H6zM14 3.5V8h4.5M9.5 12.5h5m-5 3.5h5";
    Filter = "M4 5.5h16M7 12h10m-7 6.5h4";
    Group = "M9 4.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM2.5 19.5c.5-3.5 3-5 6.5-5s6 1.5 6.5 5M16 4.8a3.5 3.5 0 0 1 0 6.4m2 3.8c2 .7 3.2 2.2 3.5 4.5";
    Info = "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM12 11.5V16m0-8h.01";
    Key = "M8 11.5a4 4 0 1 1 0 8 4 4 0 0 1 0-8zm2.9 1.1L19.5 4m-3.5 3.5 3 3m-5.5-.5 2 2";
    Link = "m10 14 4-4m-3.5-2.5 2.3-2.3a4 4 0 0 1 5.7 5.7L16.2 13.2m-8.4-2.4-2.3 2.3a4 4 0 0 0 5.7 5.7l2.3-2.3";
    List = "M9 6.5h11M9 12h11M9 17.5h11M4.5 6.5h.01M4.5 12h.01M4.5 17.5h.01";
    Lock = "M5.5 11h13v9h-13zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2";
    Memory = "M3.5 7.5h17v8h-17zM7 11v1m5-1v1m5-1v1M6 15.5V18m4-2.5V18m4-2.5V18m4-2.5V18";
    Menu = "M4 7h16M4 12h16M4 17h16";
    Monitor = "M3.5 5h17v11h-17zM9 20h6m-3-4v4";
    Moon = "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z";
    Network = "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM3.5 12h17M12 3.5c2.5 2.3 3.5 5.3 3.5 8.5s-1 6.2-3.5 8.5c-2.5-2.3-3.5-5.3-3.5-8.5s1-6.2 3.5-8.5z";
    Notebook = "M6.5 3.5h12v17h-12zM4.5 7.5h4m-4 4.5h4m-4 4.5h4M12 8h3.5M12 11.5h3.5";
    Pause = "M8 5v14m8-14v14";
    Play = "M7 4.8v14.4L19 12z";
    Plus = "M12 5v14M5 12h14";
    Power = "M12 3.5V12M7 6.8a7.5 7.5 0 1 0 10 0";
    Refresh = "M19.5 5v5h-5M4.5 19v-5h5M18.8 10A7.5 7.5 0 0 0 6 7l-1.5 1.5m15 7L18 17a7.5 7.5 0 0 1-12.8-3";
    Search = "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.3 15.3 20 20";
    Server = "M4 4.5h16v6H4zm0 9h16v6H4zM7.5 7.5h.01M7.5 16.5h.01M11 7.5h5.5m-5.5 9h5.5";
    Settings = "M4 7h9m4 0h3M4 17h3m4 0h9M15 4.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4zm-6 10a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4z";
    Shield = "M12 3.5 19 6v5.5c0 4.3-2.8 7.4-7 9-4.2-1.6-7-4.7-7-9V6zm-3 8.3 2.2 2.2 4-4.3";
    SignIn = "M13.5 4H19v16h-5.5M4 12h11m-4-4 4 4-4 4";
    SignOut = "M10.5 4H5v16h5.5M9.5 12H20m-4-4 4 4-4 4";
    Snowflake = "M12 3v18M4.2 7.5l15.6 9m0-9-15.6 9M9.5 4.5 12 7l2.5-2.5m-5 15L12 17l2.5 2.5";
    Stop = "M6.5 6.5h11v11h-11z";
    Sun = "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2.5v2m0 15v2M2.5 12h2m15 0h2M5.3 5.3l1.4 1.4m10.6 10.6 1.4 1.4m0-13.4-1.4 1.4M6.7 17.3l-1.4 1.4";
    Terminal = "M3.5 5h17v14h-17zM7 9.5l3 2.5-3 2.5m5.5 0h4";
    Trash = "M4.5 6.5h15M9.5 6.5V4h5v2.5M6.5 6.5 7.5 20h9l1-13.5M10 10.5v5.5m4-5.5v5.5";
    Upload = "M12 16V5m-5 4.5 5-5 5 5M4.5 20h15";
    User = "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4.5 20.5c.6-4 3.3-6 7.5-6s6.9 2 7.5 6";
    Wallet = "M4 7.5V18a1.5 1.5 0 0 0 1.5 1.5H20V8.5H5.5A1.5 1.5 0 0 1 4 7V6.5A2 2 0 0 1 6 4.5h11.5v4M16.5 14h.01";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_stays_on_the_grid_and_none_is_drawn_twice() {
        let mut seen = std::collections::HashSet::new();
        for icon in IconName::ALL {
            assert!(
                icon.path().starts_with(['M', 'm']),
                "{icon:?} does not begin with a move"
            );
            assert!(seen.insert(icon.path()), "{icon:?} is drawn like another");
            let numbers = icon
                .path()
                .split(|character: char| !character.is_ascii_digit() && character != '.');
            for number in numbers.filter_map(|text| text.parse::<f32>().ok()) {
                assert!(number <= 24.0, "{icon:?} leaves the grid: {number}");
            }
        }
    }
}
