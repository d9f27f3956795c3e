use proptest::prelude::*;
use types::WalletAddress;

use super::super::found::Announcement;
use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const MESSAGE: &str = "localhost:3000 wants you to sign in";

fn account(number: u8) -> WalletAddress {
    WalletAddress([number; 20])
}

fn announcement(uuid: &str, provider: usize) -> Announcement {
    Announcement {
        uuid: uuid.to_owned(),
        name: format!("Wallet {uuid}"),
        icon: String::new(),
        rdns: format!("io.{uuid}"),
        provider,
    }
}

fn announced(uuid: &str) -> WalletRef {
    WalletRef::Announced(uuid.to_owned())
}

fn challenge() -> WalletChallenge {
    WalletChallenge {
        message: MESSAGE.to_owned(),
        expires_at: NOW.plus_ms(5 * 60_000),
    }
}

/// A flow on the chains 1 and 31337 with a clock that tests move.
struct Walk {
    flow: SignInFlow,
    now: Timestamp,
    effects: Vec<Effect>,
}

impl Walk {
    fn new() -> Self {
        let chains = AcceptedChains::new(&[1, 31_337]).unwrap();
        Self {
            flow: SignInFlow::new(chains, FoundWallets::default(), NOW),
            now: NOW,
            effects: Vec::new(),
        }
    }

    fn apply(mut self, event: Event) -> Self {
        self.effects = self.flow.apply(event, self.now);
        self
    }

    fn act(self, action: Action) -> Self {
        self.apply(Event::Act(action))
    }

    fn answer(self, answer: Answer) -> Self {
        let attempt = self.flow.attempt;
        self.apply(Event::Answer { attempt, answer })
    }

    fn wallet_fails(self, failure: WalletFailure) -> Self {
        self.answer(Answer::WalletFailed(failure))
    }

    fn until_deadline(mut self) -> Self {
        self.now = self.flow.deadline().expect("the state has a deadline");
        self.apply(Event::Tick)
    }

    fn later(mut self, ms: i64) -> Self {
        self.now = self.now.plus_ms(ms);
        self
    }

    fn accounts(self, accounts: &[WalletAddress]) -> Self {
        self.apply(Event::AccountsChanged {
            wallet: announced("a"),
            accounts: accounts.to_vec(),
        })
    }

    fn chain(self, chain_id: u64) -> Self {
        self.apply(Event::ChainChanged {
            wallet: announced("a"),
            chain_id,
        })
    }

    fn choosing() -> Self {
        Self::new().apply(Event::Announced(announcement("a", 1)))
    }

    fn connecting() -> Self {
        Self::choosing().act(Action::Choose(announced("a")))
    }

    fn connected(chain_id: u64) -> Self {
        Self::connecting().answer(Answer::Connected {
            accounts: vec![account(1)],
            chain_id,
        })
    }

    fn ready() -> Self {
        Self::connected(1).answer(Answer::Challenge(challenge()))
    }

    fn signing() -> Self {
        Self::ready().act(Action::Sign)
    }

    fn verifying() -> Self {
        Self::signing().answer(Answer::Signed {
            signature: "0x01".to_owned(),
        })
    }

    fn signed_in() -> Self {
        Self::verifying().answer(Answer::Accepted {
            next: "/dashboard".to_owned(),
        })
    }
}

macro_rules! assert_state {
    ($walk:expr, $pattern:pat) => {
        let walk = &$walk;
        assert!(
            matches!(walk.flow.state(), $pattern),
            "{:?}",
            walk.flow.state()
        );
    };
}

/// One walk into each state of the flow.
fn every_state() -> Vec<(&'static str, Walk)> {
    vec![
        ("discovering", Walk::new()),
        ("no wallet", Walk::new().until_deadline()),
        ("choosing", Walk::choosing()),
        ("connecting", Walk::connecting()),
        ("connecting, silent", Walk::connecting().until_deadline()),
        (
            "connecting, rejected",
            Walk::connecting().wallet_fails(WalletFailure::Rejected),
        ),
        (
            "connecting, busy",
            Walk::connecting().wallet_fails(WalletFailure::Busy),
        ),
        ("wrong chain", Walk::connected(5)),
        (
            "switching chain",
            Walk::connected(5).act(Action::SwitchChain),
        ),
        (
            "switching chain, silent",
            Walk::connected(5).act(Action::SwitchChain).until_deadline(),
        ),
        (
            "switching chain, rejected",
            Walk::connected(5)
                .act(Action::SwitchChain)
                .wallet_fails(WalletFailure::Rejected),
        ),
        ("preparing", Walk::connected(1)),
        ("ready to sign", Walk::ready()),
        ("signing", Walk::signing()),
        ("signing, silent", Walk::signing().until_deadline()),
        (
            "signing, rejected",
            Walk::signing().wallet_fails(WalletFailure::Rejected),
        ),
        ("account switched", Walk::signing().accounts(&[account(2)])),
        ("account removed", Walk::signing().accounts(&[])),
        ("expired", Walk::ready().until_deadline()),
        ("verifying", Walk::verifying()),
        ("refused", Walk::verifying().answer(refusal())),
        ("signed in", Walk::signed_in()),
    ]
}

fn refusal() -> Answer {
    Answer::ServerRefused(ApiError::new(
        ErrorCode::NotAllowed,
        "nobody invited this wallet",
    ))
}

#[test]
fn the_straight_way_asks_wallet_and_server_in_turn() {
    let walk = Walk::connecting();
    assert!(
        matches!(&walk.effects[..], [Effect::Connect { wallet, .. }] if *wallet == announced("a"))
    );

    let walk = walk.answer(Answer::Connected {
        accounts: vec![account(1), account(2)],
        chain_id: 31_337,
    });
    assert!(matches!(
        &walk.effects[..],
        [Effect::BeginProof { account: first, chain_id: 31_337, .. }] if *first == account(1)
    ));

    let walk = walk.answer(Answer::Challenge(challenge()));
    assert!(
        walk.effects.is_empty(),
        "nothing is signed before the person says so"
    );
    let walk = walk.act(Action::Sign);
    assert!(matches!(
        &walk.effects[..],
        [Effect::Sign { account: first, message, .. }] if *first == account(1) && message == MESSAGE
    ));

    let walk = walk.answer(Answer::Signed {
        signature: "0x01".to_owned(),
    });
    assert!(
        matches!(&walk.effects[..], [Effect::FinishProof { proof, .. }] if proof.message == MESSAGE)
    );

    let walk = walk.answer(Answer::Accepted {
        next: "/dashboard".to_owned(),
    });
    assert_eq!(
        walk.effects,
        [Effect::GoTo {
            path: "/dashboard".to_owned()
        }]
    );
    assert_state!(walk, State::SignedIn { .. });
}

#[test]
fn every_state_offers_steps_that_lead_on() {
    for (name, walk) in every_state() {
        let actions = walk.flow.actions();
        assert!(!actions.is_empty(), "{name}");
        for action in actions {
            let mut flow = walk.flow.clone();
            let effects = flow.apply(Event::Act(action.clone()), walk.now);
            assert!(
                flow != walk.flow || !effects.is_empty(),
                "{name}: {action:?} does nothing"
            );
        }
    }
}

#[test]
fn every_state_before_the_end_has_a_way_out() {
    for (name, walk) in every_state() {
        let is_signed_in = matches!(walk.flow.state(), State::SignedIn { .. });
        let way_out = walk.flow.actions().pop();
        assert!(
            is_signed_in || matches!(way_out, Some(Action::Cancel | Action::Leave)),
            "{name}: {way_out:?}"
        );
        if way_out == Some(Action::Cancel) {
            assert_state!(walk.act(Action::Cancel), State::Choosing);
        }
    }
}

#[test]
fn giving_up_while_the_server_checks_breaks_the_request_off() {
    assert_eq!(
        Walk::verifying().act(Action::Cancel).effects,
        [Effect::Reload]
    );
}

#[test]
fn whatever_waits_without_a_step_forward_ends_by_itself() {
    for (name, walk) in every_state() {
        let waits = matches!(
            walk.flow.actions().as_slice(),
            [Action::Cancel] | [Action::Leave]
        );
        assert!(!waits || walk.flow.deadline().is_some(), "{name}");
    }
}

#[test]
fn deadlines_change_the_state_and_not_before() {
    for (name, walk) in every_state() {
        let Some(deadline) = walk.flow.deadline() else {
            continue;
        };
        let mut flow = walk.flow.clone();
        flow.apply(Event::Tick, deadline.plus_ms(-1));
        assert_eq!(flow, walk.flow, "{name}: too early");
        flow.apply(Event::Tick, deadline);
        assert_ne!(flow.state(), walk.flow.state(), "{name}: nothing happened");
    }
}

#[test]
fn without_wallets_the_page_says_so_and_a_late_one_is_taken() {
    let walk = Walk::new().until_deadline();
    assert_state!(walk, State::NoWallet);
    assert_state!(walk.act(Action::LookAgain), State::Discovering { .. });

    let late = Walk::new()
        .until_deadline()
        .apply(Event::Announced(announcement("a", 1)));
    assert_state!(late, State::Choosing);
    let injected = Walk::new().until_deadline().apply(Event::InjectedFound);
    assert_state!(injected, State::Choosing);
    assert_eq!(injected.flow.wallets()[0].reference, WalletRef::Injected);
}

#[test]
fn an_injected_provider_waits_until_announcements_are_over() {
    let walk = Walk::new().apply(Event::InjectedFound);
    assert_state!(walk, State::Discovering { .. });
    assert_state!(walk.until_deadline(), State::Choosing);
}

#[test]
fn a_silent_wallet_may_still_answer() {
    let walk = Walk::signing().until_deadline();
    assert_state!(walk, State::Silent { .. });
    let walk = walk.answer(Answer::Signed {
        signature: "0x01".to_owned(),
    });
    assert_state!(walk, State::Verifying { .. });
}

#[test]
fn a_busy_wallet_goes_on_once_the_earlier_request_is_answered() {
    let walk = Walk::connecting().wallet_fails(WalletFailure::Busy);
    assert_state!(
        walk,
        State::Failed {
            failure: WalletFailure::Busy,
            ..
        }
    );
    let walk = walk.accounts(&[account(1)]);
    assert!(matches!(&walk.effects[..], [Effect::Connect { .. }]));
}

#[test]
fn a_locked_wallet_is_named() {
    let walk = Walk::connecting().answer(Answer::Connected {
        accounts: vec![],
        chain_id: 1,
    });
    assert_state!(
        walk,
        State::Failed {
            failure: WalletFailure::NoAccount,
            ..
        }
    );
}

#[test]
fn the_wrong_chain_is_switched_or_added() {
    let walk = Walk::connected(5);
    assert_state!(walk, State::WrongChain { .. });
    let walk = walk.act(Action::SwitchChain);
    assert!(matches!(
        &walk.effects[..],
        [Effect::SwitchChain { chain_id: 1, .. }]
    ));
    assert_state!(walk.answer(Answer::ChainSwitched), State::Preparing { .. });

    // A wallet that only tells of the change, and never answers.
    assert_state!(
        Walk::connected(5).act(Action::SwitchChain).chain(31_337),
        State::Preparing { .. }
    );
    // The person changes the chain in the wallet.
    assert_state!(Walk::connected(5).chain(1), State::Preparing { .. });

    // Ethereum is known to every wallet; only our own chain can be described.
    let unknown = Walk::connected(5)
        .act(Action::SwitchChain)
        .wallet_fails(WalletFailure::UnknownChain);
    assert_state!(
        unknown,
        State::Failed {
            failure: WalletFailure::UnknownChain,
            ..
        }
    );

    let chains = AcceptedChains::new(&[31_337]).unwrap();
    let mut walk = Walk::new();
    walk.flow = SignInFlow::new(chains, FoundWallets::default(), NOW);
    let walk = walk
        .apply(Event::Announced(announcement("a", 1)))
        .act(Action::Choose(announced("a")))
        .answer(Answer::Connected {
            accounts: vec![account(1)],
            chain_id: 5,
        })
        .act(Action::SwitchChain)
        .wallet_fails(WalletFailure::UnknownChain);
    assert!(matches!(
        &walk.effects[..],
        [Effect::AddChain {
            chain_id: 31_337,
            ..
        }]
    ));
    assert_state!(walk.answer(Answer::ChainSwitched), State::Preparing { .. });
}

#[test]
fn a_chain_change_before_the_signature_needs_a_new_message() {
    for walk in [
        Walk::ready(),
        Walk::signing(),
        Walk::signing().until_deadline(),
    ] {
        let walk = walk.chain(31_337);
        assert!(matches!(
            &walk.effects[..],
            [Effect::BeginProof {
                chain_id: 31_337,
                ..
            }]
        ));
    }
    assert_state!(Walk::signing().chain(5), State::WrongChain { .. });
}

#[test]
fn another_account_ends_the_attempt_and_starts_over_by_choice() {
    for walk in [
        Walk::connected(1),
        Walk::ready(),
        Walk::signing(),
        Walk::signing().until_deadline(),
    ] {
        let attempt = walk.flow.attempt;
        let walk = walk.accounts(&[account(2), account(1)]);
        assert_state!(
            walk,
            State::AccountSwitched {
                current: Some(_),
                ..
            }
        );
        assert!(walk.effects.is_empty());

        // The signature of the first account arrives late.
        let late = Answer::Signed {
            signature: "0x01".to_owned(),
        };
        let walk = walk.apply(Event::Answer {
            attempt,
            answer: late,
        });
        assert_state!(walk, State::AccountSwitched { .. });

        let walk = walk.act(Action::UseCurrentAccount);
        assert!(
            matches!(&walk.effects[..], [Effect::BeginProof { account: second, .. }] if *second == account(2))
        );
    }
}

#[test]
fn the_same_account_again_changes_nothing() {
    assert_state!(
        Walk::signing().accounts(&[account(1), account(2)]),
        State::Waiting { .. }
    );
}

#[test]
fn events_of_other_wallets_change_nothing() {
    let other = || WalletRef::Announced("b".to_owned());
    for event in [
        Event::AccountsChanged {
            wallet: other(),
            accounts: vec![account(9)],
        },
        Event::ChainChanged {
            wallet: other(),
            chain_id: 5,
        },
        Event::Disconnected { wallet: other() },
    ] {
        assert_state!(Walk::signing().apply(event), State::Waiting { .. });
    }
}

#[test]
fn a_lost_connection_is_named() {
    for walk in [Walk::connecting(), Walk::ready(), Walk::signing()] {
        let walk = walk.apply(Event::Disconnected {
            wallet: announced("a"),
        });
        assert_state!(
            walk,
            State::Failed {
                failure: WalletFailure::Disconnected,
                ..
            }
        );
        assert_state!(
            walk.act(Action::Retry),
            State::Waiting {
                request: WalletRequest::Connect { .. },
                ..
            }
        );
    }
}

#[test]
fn an_expired_message_is_never_signed() {
    let walk = Walk::signing().until_deadline();
    assert_state!(walk, State::Silent { .. });
    assert_state!(walk.until_deadline(), State::Expired { .. });

    let rejected = Walk::signing()
        .wallet_fails(WalletFailure::Rejected)
        .later(6 * 60_000)
        .act(Action::Retry);
    assert!(
        matches!(&rejected.effects[..], [Effect::BeginProof { .. }]),
        "{:?}",
        rejected.effects
    );
    let late = Walk::ready().later(6 * 60_000).act(Action::Sign);
    assert!(
        matches!(&late.effects[..], [Effect::BeginProof { .. }]),
        "{:?}",
        late.effects
    );
}

#[test]
fn a_wrong_clock_does_not_expire_the_message() {
    for (server_says, expected) in [
        (NOW.plus_ms(5 * 60_000), NOW.plus_ms(5 * 60_000)),
        (NOW.plus_ms(-3_600_000), NOW.plus_ms(CHALLENGE_LIFE_MS)),
        (NOW.plus_ms(3_600_000), NOW.plus_ms(CHALLENGE_LIFE_MS)),
    ] {
        let challenge = WalletChallenge {
            expires_at: server_says,
            ..challenge()
        };
        let walk = Walk::connected(1).answer(Answer::Challenge(challenge));
        assert_eq!(walk.flow.deadline(), Some(expected));
    }
}

#[test]
fn a_silent_server_is_named() {
    assert_state!(Walk::connected(1).until_deadline(), State::Refused { .. });
    assert_state!(Walk::verifying().until_deadline(), State::Refused { .. });
}

#[test]
fn a_refusal_is_tried_again_with_a_new_message() {
    let walk = Walk::verifying().answer(refusal()).act(Action::Retry);
    assert!(matches!(&walk.effects[..], [Effect::BeginProof { .. }]));
}

#[test]
fn the_built_in_wallet_skips_connecting_and_forgives_a_typing_error() {
    let wallet = WalletRef::BuiltIn(account(7));
    let walk = Walk::new().act(Action::Choose(wallet));
    assert!(matches!(
        &walk.effects[..],
        [Effect::BeginProof { chain_id: 1, .. }]
    ));
    let walk = walk
        .answer(Answer::Challenge(challenge()))
        .act(Action::Sign);
    assert_eq!(
        walk.flow.deadline(),
        Some(challenge().expires_at),
        "it has no window to look for"
    );
    let walk = walk.wallet_fails(WalletFailure::WrongPassphrase);
    assert_state!(
        walk,
        State::ReadyToSign {
            problem: Some(WalletFailure::WrongPassphrase),
            ..
        }
    );
    assert_state!(walk.act(Action::Sign), State::Waiting { .. });
}

#[test]
fn a_wallet_that_was_never_offered_is_not_asked() {
    let walk = Walk::choosing().act(Action::Choose(announced("b")));
    assert!(walk.effects.is_empty());
}

fn any_event() -> impl Strategy<Value = Event> {
    let wallet = || {
        prop_oneof![
            Just(announced("a")),
            Just(announced("b")),
            Just(WalletRef::Injected)
        ]
    };
    let any_account = || (1_u8..4).prop_map(account);
    let chain = || prop_oneof![Just(1_u64), Just(5), Just(31_337)];
    let failure = prop_oneof![
        Just(WalletFailure::Rejected),
        Just(WalletFailure::UnknownChain),
        Just(WalletFailure::Busy),
        Just(WalletFailure::WrongPassphrase),
        Just(WalletFailure::Other("boom".to_owned())),
    ];
    let answer = prop_oneof![
        (prop::collection::vec(any_account(), 0..3), chain())
            .prop_map(|(accounts, chain_id)| Answer::Connected { accounts, chain_id }),
        Just(Answer::ChainSwitched),
        Just(Answer::Challenge(challenge())),
        Just(Answer::Signed {
            signature: "0x01".to_owned()
        }),
        failure.prop_map(Answer::WalletFailed),
        Just(Answer::Accepted {
            next: "/dashboard".to_owned()
        }),
        Just(refusal()),
    ];
    let action = prop_oneof![
        Just(Action::LookAgain),
        wallet().prop_map(Action::Choose),
        any_account().prop_map(|account| Action::Choose(WalletRef::BuiltIn(account))),
        Just(Action::SwitchChain),
        Just(Action::Sign),
        Just(Action::Retry),
        Just(Action::UseCurrentAccount),
        Just(Action::Cancel),
    ];
    prop_oneof![
        1 => prop_oneof![Just("a"), Just("b")].prop_map(|uuid| Event::Announced(announcement(uuid, 1))),
        1 => Just(Event::InjectedFound),
        8 => action.prop_map(Event::Act),
        8 => (0_u32..3, answer).prop_map(|(age, answer)| Event::Answer { attempt: Attempt(age), answer }),
        2 => (wallet(), prop::collection::vec(any_account(), 0..3))
            .prop_map(|(wallet, accounts)| Event::AccountsChanged { wallet, accounts }),
        2 => (wallet(), chain()).prop_map(|(wallet, chain_id)| Event::ChainChanged { wallet, chain_id }),
        1 => wallet().prop_map(|wallet| Event::Disconnected { wallet }),
        1 => Just(Event::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Whatever happens in whatever order: never stuck, never signed in without the server's word
    /// on the current attempt, and a proof is only ever of the account that is connected.
    #[test]
    fn random_events_never_break_the_rules(events in prop::collection::vec((any_event(), 0_i64..90_000), 1..60)) {
        let mut flow = Walk::new().flow;
        let mut now = NOW;
        let mut asked: Option<(Attempt, WalletAddress)> = None;
        for (event, pause_ms) in events {
            now = now.plus_ms(pause_ms);
            // Ages become attempts: 0 is the current one.
            let event = match event {
                Event::Answer { attempt: Attempt(age), answer } => {
                    Event::Answer { attempt: Attempt(flow.attempt.0.wrapping_sub(age)), answer }
                }
                event => event,
            };
            let before = flow.clone();
            let effects = flow.apply(event.clone(), now);

            if let Event::Answer { attempt, .. } = &event && *attempt != before.attempt {
                prop_assert_eq!(&flow, &before, "a late answer changed something");
                prop_assert!(effects.is_empty());
            }
            if matches!(flow.state(), State::SignedIn { .. }) && !matches!(before.state(), State::SignedIn { .. }) {
                let verifying = matches!(before.state(), State::Verifying { .. });
                let accepted = matches!(event, Event::Answer { answer: Answer::Accepted { .. }, .. });
                prop_assert!(verifying && accepted, "signed in from {:?} by {event:?}", before.state());
            }
            for effect in &effects {
                match effect {
                    Effect::Sign { attempt, account, .. } => asked = Some((*attempt, *account)),
                    Effect::FinishProof { .. } => {
                        let State::Verifying { connection, .. } = flow.state() else {
                            return Err(TestCaseError::fail("a proof was sent outside verifying"));
                        };
                        prop_assert_eq!(asked, Some((before.attempt, connection.account)));
                    }
                    _ => {}
                }
            }
            let actions = flow.actions();
            prop_assert!(!actions.is_empty());
            if !matches!(flow.state(), State::SignedIn { .. }) {
                prop_assert!(matches!(actions.last(), Some(Action::Cancel | Action::Leave)));
            }
            for action in actions {
                let mut next = flow.clone();
                let effects = next.apply(Event::Act(action.clone()), now);
                prop_assert!(next != flow || !effects.is_empty(), "{action:?} does nothing in {:?}", flow.state());
            }
        }
    }
}
