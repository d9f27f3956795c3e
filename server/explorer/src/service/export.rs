//! Lists as CSV files (RFC 4180), made page by page while they are sent.

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use types::explorer::{Export, ExportKind};
use types::page::PAGE_LIMIT_MAX;
use types::{Page, PageRequest};

use super::{Explorer, Result};
use crate::ExplorerError;
use crate::limits::EXPORT_ROWS_MAX;

/// Where an export is.
struct Progress {
    page: PageRequest,
    rows: u64,
}

impl Explorer {
    /// The file in pieces, its heading first. A reader who is slow holds nothing but one page; at
    /// most [`EXPORT_ROWS_MAX`] rows.
    #[must_use]
    pub fn export(&self, export: Export) -> BoxStream<'static, Result<String>> {
        let explorer = self.clone();
        let heading = line(heading(export.kind, &self.inner.settings.coin_symbol));
        let first = Progress {
            page: PageRequest {
                after: first_key(&export),
                limit: Some(PAGE_LIMIT_MAX),
            },
            rows: 0,
        };
        let pages = stream::try_unfold(Some(first), move |progress| {
            let (explorer, export) = (explorer.clone(), export.clone());
            async move {
                let Some(progress) = progress else {
                    return Ok::<_, ExplorerError>(None);
                };
                let page = explorer.export_page(&export, &progress.page).await?;
                let rows = progress.rows + page.items.len() as u64;
                let from_block = export.from_block.unwrap_or_default();
                let is_below = |row: &ExportRow| row.block.is_some_and(|block| block < from_block);
                let reached_end = page.items.iter().any(is_below);
                let text: String = page
                    .items
                    .into_iter()
                    .filter(|row| !is_below(row))
                    .map(|row| line(row.cells))
                    .collect();
                let next = page.next.filter(|_| !reached_end && rows < EXPORT_ROWS_MAX);
                let following = next.map(|after| Progress {
                    page: PageRequest {
                        after: Some(after),
                        limit: Some(PAGE_LIMIT_MAX),
                    },
                    rows,
                });
                Ok(Some((text, following)))
            }
        });
        stream::once(async { Ok(heading) }).chain(pages).boxed()
    }

    async fn export_page(&self, export: &Export, page: &PageRequest) -> Result<Page<ExportRow>> {
        let of = export.address;
        Ok(match export.kind {
            ExportKind::Transactions => {
                let page = self.address_transactions(of, page).await?;
                page.map(|row| ExportRow {
                    block: Some(row.moment.block),
                    cells: vec![
                        row.hash.to_string(),
                        row.moment.block.to_string(),
                        row.moment.at.to_rfc3339(),
                        row.from.address.to_string(),
                        row.to
                            .or(row.created)
                            .map(|to| to.address.to_string())
                            .unwrap_or_default(),
                        row.value.to_coins(),
                        row.fee.to_coins(),
                        format!("{:?}", row.status).to_lowercase(),
                        row.method
                            .map(|method| method.name.unwrap_or(method.selector))
                            .unwrap_or_default(),
                        row.nonce.to_string(),
                    ],
                })
            }
            ExportKind::InternalCalls => {
                let page = self.address_internal_calls(of, page).await?;
                page.map(|row| ExportRow {
                    block: Some(row.moment.block),
                    cells: vec![
                        row.transaction.to_string(),
                        row.moment.block.to_string(),
                        row.moment.at.to_rfc3339(),
                        row.kind.as_str().to_owned(),
                        row.from.address.to_string(),
                        row.to.map(|to| to.address.to_string()).unwrap_or_default(),
                        row.value.to_coins(),
                        row.is_effective.to_string(),
                    ],
                })
            }
            ExportKind::TokenTransfers => {
                let page = self.address_token_transfers(of, page).await?;
                page.map(|row| ExportRow {
                    block: Some(row.moment.block),
                    cells: vec![
                        row.transaction.to_string(),
                        row.moment.block.to_string(),
                        row.moment.at.to_rfc3339(),
                        row.from.address.to_string(),
                        row.to.address.to_string(),
                        row.token.address.to_string(),
                        row.token.symbol.unwrap_or_default(),
                        row.amount.to_units(row.token.decimals.unwrap_or_default()),
                        row.token_id.map(|id| id.to_string()).unwrap_or_default(),
                    ],
                })
            }
            ExportKind::TokenHolders => {
                let page = self.token_holders(of, page).await?;
                page.map(|row| ExportRow {
                    block: None,
                    cells: vec![row.party.address.to_string(), row.amount.to_string()],
                })
            }
        })
    }
}

struct ExportRow {
    /// None in lists that are not in the order of the chain.
    block: Option<u64>,
    cells: Vec<String>,
}

/// Lists of the chain's order begin after the key of the first row that is too new.
fn first_key(export: &Export) -> Option<String> {
    let block = export.to_block?.checked_add(1)?;
    match export.kind {
        ExportKind::Transactions => Some(format!("{block}-0")),
        ExportKind::InternalCalls | ExportKind::TokenTransfers => Some(format!("{block}-0-0")),
        ExportKind::TokenHolders => None,
    }
}

fn heading(kind: ExportKind, coin: &str) -> Vec<String> {
    let columns: &[&str] = match kind {
        ExportKind::Transactions => &[
            "transaction",
            "block",
            "time",
            "from",
            "to",
            "value",
            "fee",
            "status",
            "method",
            "nonce",
        ],
        ExportKind::InternalCalls => &[
            "transaction",
            "block",
            "time",
            "kind",
            "from",
            "to",
            "value",
            "effective",
        ],
        ExportKind::TokenTransfers => &[
            "transaction",
            "block",
            "time",
            "from",
            "to",
            "token",
            "symbol",
            "amount",
            "token_id",
        ],
        ExportKind::TokenHolders => &["holder", "smallest_units"],
    };
    columns
        .iter()
        .map(|column| match *column {
            name @ ("value" | "fee") => format!("{name}_{}", coin.to_lowercase()),
            name => name.to_owned(),
        })
        .collect()
}

fn line(cells: Vec<String>) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
    cells.join(",") + "\r\n"
}

/// A cell that a spreadsheet would run as a formula begins with an apostrophe: token symbols are
/// whatever their makers like.
fn escaped(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if is_formula {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_escaped() {
        for (cell, text) in [
            ("DAI", "DAI"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("-1,2", "\"'-1,2\""),
        ] {
            assert_eq!(escaped(cell), text);
        }
    }
}
