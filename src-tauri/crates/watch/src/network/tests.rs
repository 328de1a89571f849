use std::time::Duration;

use tokio::time::Instant;

use super::{Network, Standing};

enum Step {
    Answered,
    Woke,
    Failed(Standing),
    Works,
}

use Standing::{Offline, Unsure, Up};
use Step::{Answered, Failed, Woke, Works};

/// A second, the event at it, and whether the machine counts as offline after it.
type Row = (u64, Step, bool);

const CASES: &[(&str, &[Row])] = &[
    (
        "nothing was ever answered",
        &[
            (0, Failed(Offline), true),
            (15, Failed(Offline), true),
            (30, Works, false),
        ],
    ),
    (
        "a lost network is not blamed on a provider, and known after a minute",
        &[
            (0, Answered, false),
            (10, Failed(Unsure), false),
            (59, Failed(Unsure), false),
            (60, Failed(Offline), true),
        ],
    ),
    (
        "any answer ends it, and shows that the check is wrong",
        &[
            (0, Failed(Offline), true),
            (15, Answered, false),
            (30, Failed(Up), false),
            (74, Failed(Up), false),
            (75, Failed(Offline), true),
            (76, Answered, false),
        ],
    ),
    (
        "a check that works again is believed again",
        &[
            (0, Failed(Offline), true),
            (1, Answered, false),
            (2, Works, false),
            (3, Failed(Unsure), false),
        ],
    ),
    (
        "what was answered before a sleep says nothing",
        &[
            (0, Answered, false),
            (1, Woke, false),
            (2, Failed(Offline), true),
        ],
    ),
];

#[test]
fn when_the_network_counts_as_offline() {
    for (what, case) in CASES {
        let start = Instant::now();
        let mut network = Network::default();
        for (second, step, offline) in *case {
            let now = start + Duration::from_secs(*second);
            match step {
                Answered => network.answered(now),
                Woke => network.woke(),
                Works => assert_eq!(network.checked(now, true), Up, "{what} at {second}"),
                Failed(standing) => {
                    assert_eq!(network.checked(now, false), *standing, "{what} at {second}");
                }
            }
            assert_eq!(network.is_offline(), *offline, "{what} at {second}");
        }
    }
}
