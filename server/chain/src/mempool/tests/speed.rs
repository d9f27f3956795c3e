//! How fast the pool is: `cargo nextest run --release -p chain --run-ignored only speed --no-capture`.

use std::time::Instant;

use super::*;

fn measure(name: &str, count: usize, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    let per_second = count as f64 / start.elapsed().as_secs_f64();
    eprintln!("{name}: {:.0} k/s", per_second / 1_000.0);
}

#[test]
#[ignore = "a measurement"]
fn speed_of_the_pool() {
    for senders in [4_u8, 200] {
        let per_sender = 40_000 / u64::from(senders);
        let make = |fee: u128| -> Vec<Transaction> {
            (0..per_sender)
                .flat_map(|nonce| {
                    (0..senders).map(move |sender| {
                        let tip_wei = fee + u128::from(sender) * 7 % 50;
                        transfer(sender, nonce, 1_000 + fee, tip_wei, 1)
                    })
                })
                .collect()
        };
        let (first, second) = (make(10), make(1_000));
        let mut pool = Mempool::new(Limits::default(), 0);
        measure(&format!("add, {senders} senders"), first.len(), || {
            for transaction in first.clone() {
                pool.add(transaction, RICH, 0).unwrap();
            }
        });
        measure(&format!("best, {senders} senders"), first.len(), || {
            assert_eq!(pool.best(7).count(), first.len());
        });
        measure(&format!("replace, {senders} senders"), second.len(), || {
            for transaction in second.clone() {
                pool.add(transaction, RICH, 0).unwrap();
            }
        });
        let full = Limits {
            transactions_max: 20_000,
            ..Limits::default()
        };
        let mut pool = Mempool::new(full, 0);
        let newcomers: Vec<_> = (0..20_000)
            .map(|nonce| transfer(250, nonce, 5_000, 4_000, 1))
            .take(full.per_sender_max)
            .collect();
        for transaction in first.into_iter().take(20_000) {
            pool.add(transaction, RICH, 0).unwrap();
        }
        measure(
            &format!("evict, {senders} senders"),
            newcomers.len(),
            || {
                for transaction in newcomers.clone() {
                    pool.add(transaction, RICH, 0).unwrap();
                }
            },
        );
        let half = AccountState {
            nonce: per_sender / 2,
            ..RICH
        };
        measure(&format!("mine, {senders} senders"), 40_000 / 2, || {
            pool.on_block(3, (0..senders).map(|sender| (address(sender), half)));
        });
    }
}
