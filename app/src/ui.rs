//! The component kit. One module per component; styles, snapshots and tests in its folder.
//!
//! | component | what it is for |
//! |---|---|
//! | [`Icon`] (`name=IconName::Play size=16`) | decorative; give the control around it a label |
//! | [`Button`], [`LinkButton`], [`IconButton`] (`variant size icon loading disabled`) | actions; `on:click` attaches to the element; `kind=ButtonKind::Submit` in forms |
//! | [`TextInput`], [`TextArea`], [`Select`], [`Checkbox`], [`Switch`], [`FileInput`] | a control with `label`, `hint`, `error`; `bind=RwSignal` or `value=` |
//! | [`Card`], [`CardSection`], [`Badge`] (`tone`), [`StateBadge`] (`state`) | surfaces and labels |
//! | [`Alert`] (`tone title`), [`Banner`], [`ErrorView`] (`error retry`), [`Outcome`] (`result success`) | messages |
//! | [`EmptyState`], [`Skeleton`], [`Spinner`], [`Progress`], [`Meter`] | nothing yet, waiting, how much |
//! | [`Table`] (`caption columns`) with [`Cell`] (`label`), [`Pager`], [`SearchField`] | lists; tables turn into cards on phones |
//! | [`Tabs`] (links), [`Breadcrumb`], [`PageHeader`], [`Stepper`] | where am I |
//! | [`Dialog`] + [`DialogButton`] + [`DialogClose`], [`ConfirmPhrase`] | native `<dialog>`, opened without JavaScript too |
//! | [`Menu`] + [`MenuLink`] + [`MenuButton`], [`Tooltip`] | native `<details>`; hover text |
//! | [`toast::use_toasts`] | short messages in a live region |
//! | [`Sparkline`], [`AreaChart`] | charts drawn as SVG on the server |
//! | [`Coins`], [`GasPrice`], [`TokenAmount`], [`Reference`] (`href short whole`), [`DecodedFields`] | what a chain holds |
//! | [`Address`], [`Hash`], [`CopyButton`], [`Code`], [`KeyValues`] + [`KeyValue`], [`Time`], [`Countdown`], [`LogView`] | data |
//!
//! Rules: props that change are `Signal<_>` (pass a value, a signal, or `Signal::derive(…)`); the
//! first render depends on nothing but props and context, so that the browser's equals the
//! server's; every control has a text label.

pub mod address;
pub mod alert;
pub mod amount;
pub mod badge;
pub mod breadcrumb;
pub mod button;
pub mod card;
pub mod chart;
pub mod code;
pub mod copy_button;
pub mod decoded;
pub mod dialog;
pub mod element_id;
pub mod empty_state;
pub mod error_view;
pub mod field;
pub mod icon;
pub mod key_values;
pub mod log_view;
pub mod menu;
pub mod meter;
pub mod outcome;
pub mod page_header;
pub mod pager;
pub mod progress;
pub mod reference;
pub mod search_field;
pub mod skeleton;
pub mod spinner;
pub mod stepper;
pub mod table;
pub mod tabs;
pub mod time;
pub mod toast;
pub mod tone;
pub mod tooltip;

pub use address::{Address, Hash, with_short_addresses};
pub use alert::{Alert, Banner};
pub use amount::{COIN_SYMBOL, Coins, GasPrice, TokenAmount, count};
pub use badge::{Badge, StateBadge};
pub use breadcrumb::{Breadcrumb, Crumb};
pub use button::{Button, ButtonKind, ButtonVariant, ControlSize, IconButton, LinkButton};
pub use card::{Card, CardSection};
pub use chart::{AreaChart, ChartPoint, ChartUnit, Sparkline};
pub use code::Code;
pub use copy_button::CopyButton;
pub use decoded::DecodedFields;
pub use dialog::{ConfirmPhrase, Dialog, DialogButton, DialogClose, DialogFooter};
pub use empty_state::EmptyState;
pub use error_view::ErrorView;
pub use field::{
    Checkbox, FileInput, InputKind, Select, SelectOption, Switch, TextArea, TextInput,
};
pub use icon::{Icon, IconName};
pub use key_values::{KeyValue, KeyValues};
pub use log_view::LogView;
pub use menu::{Menu, MenuButton, MenuLink, MenuSeparator};
pub use meter::Meter;
pub use outcome::Outcome;
pub use page_header::PageHeader;
pub use pager::Pager;
pub use progress::Progress;
pub use reference::Reference;
pub use search_field::SearchField;
pub use skeleton::Skeleton;
pub use spinner::Spinner;
pub use stepper::Stepper;
pub use table::{Cell, Column, SortDirection, Table};
pub use tabs::{TabLink, Tabs};
pub use time::{Countdown, Time};
pub use tone::Tone;
pub use tooltip::Tooltip;
