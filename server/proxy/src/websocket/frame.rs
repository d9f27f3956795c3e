//! Where WebSocket frames begin and end in a stream of bytes (RFC 6455 §5.2), whatever its chunks.

/// What a frame is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// A message or a part of one.
    Data,
    /// Close, ping, pong and what may yet be defined as such (opcodes 8 to 15).
    Control,
}

/// Follows one direction of a WebSocket and keeps nothing of it but the head under way.
#[derive(Debug, Clone)]
pub struct FrameScanner {
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    Head {
        bytes: [u8; HEAD_LENGTH_MAX],
        length: usize,
    },
    Payload {
        remaining: u64,
    },
    /// Not WebSocket frames: nothing more can be said.
    Lost,
}

/// Two bytes, eight of extended length, four of masking key.
const HEAD_LENGTH_MAX: usize = 14;
const START: State = State::Head {
    bytes: [0; HEAD_LENGTH_MAX],
    length: 0,
};

impl Default for FrameScanner {
    fn default() -> Self {
        Self { state: START }
    }
}

impl FrameScanner {
    /// Follows `bytes` and tells of each frame whose head is complete with them.
    pub fn scan(&mut self, bytes: &[u8], mut on_frame: impl FnMut(FrameKind)) {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match &mut self.state {
                State::Lost => return,
                State::Payload { remaining } => {
                    let passed = usize::try_from(*remaining)
                        .unwrap_or(usize::MAX)
                        .min(rest.len());
                    *remaining -= passed as u64;
                    if *remaining == 0 {
                        self.state = START;
                    }
                    &rest[passed..]
                }
                State::Head { bytes, length } => {
                    bytes[*length] = rest[0];
                    *length += 1;
                    if let Some((kind, next)) = parse_head(&bytes[..*length]) {
                        self.state = next;
                        on_frame(kind);
                    }
                    &rest[1..]
                }
            };
        }
    }

    /// Whether a frame of ours may be put in here.
    #[must_use]
    pub fn is_between_frames(&self) -> bool {
        matches!(self.state, State::Head { length: 0, .. })
    }

    /// How many bytes can follow for certain without the next frame beginning among them.
    #[must_use]
    pub fn bytes_within_frame(&self) -> usize {
        match &self.state {
            State::Head { length: 0, .. } | State::Lost => 0,
            State::Head { .. } => 1,
            State::Payload { remaining } => usize::try_from(*remaining).unwrap_or(usize::MAX),
        }
    }

    /// Whether the stream has ceased to be one of frames.
    #[must_use]
    pub const fn is_lost(&self) -> bool {
        matches!(self.state, State::Lost)
    }
}

/// Kind and what follows, once the head is complete.
fn parse_head(head: &[u8]) -> Option<(FrameKind, State)> {
    let [first, second, rest @ ..] = head else {
        return None;
    };
    let mask_length = if second & 0x80 == 0 { 0 } else { 4 };
    let extended_length = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    if rest.len() < extended_length + mask_length {
        return None;
    }
    let payload_length = match extended_length {
        0 => u64::from(second & 0x7f),
        _ => rest[..extended_length]
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte)),
    };
    let kind = if first & 0x08 == 0 {
        FrameKind::Data
    } else {
        FrameKind::Control
    };
    let next = match payload_length {
        0 => START,
        // "the most significant bit MUST be 0"
        length if length >> 63 == 1 => State::Lost,
        remaining => State::Payload { remaining },
    };
    Some((kind, next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A frame as RFC 6455 draws it.
    #[derive(Debug, Clone)]
    struct Frame {
        first: u8,
        mask: Option<[u8; 4]>,
        payload_length: usize,
    }

    impl Frame {
        fn encode(&self) -> Vec<u8> {
            let mask_bit = if self.mask.is_some() { 0x80 } else { 0 };
            let mut bytes = vec![self.first];
            match self.payload_length {
                length @ 0..126 => bytes.push(mask_bit | u8::try_from(length).unwrap()),
                length @ 126..65_536 => {
                    bytes.push(mask_bit | 126);
                    bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
                }
                length => {
                    bytes.push(mask_bit | 127);
                    bytes.extend((length as u64).to_be_bytes());
                }
            }
            bytes.extend(self.mask.iter().flatten());
            // A payload full of what looks like heads.
            bytes.extend((0..self.payload_length).map(|i| [0x89, 0x82, 0x01][i % 3]));
            bytes
        }

        fn kind(&self) -> FrameKind {
            if self.first & 0x0f < 8 {
                FrameKind::Data
            } else {
                FrameKind::Control
            }
        }
    }

    fn frames() -> impl Strategy<Value = Vec<Frame>> {
        let length =
            prop_oneof![4 => 0_usize..130, 2 => 120_usize..2_000, 1 => 65_000_usize..67_000];
        let frame = (any::<u8>(), any::<Option<[u8; 4]>>(), length).prop_map(
            |(first, mask, payload_length)| Frame {
                first,
                mask,
                payload_length,
            },
        );
        prop::collection::vec(frame, 0..6)
    }

    proptest! {
        #[test]
        fn frames_are_found_whatever_the_chunks(frames in frames(), cuts in prop::collection::vec(1_usize..3_000, 1..20)) {
            let bytes: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
            let expected: Vec<FrameKind> = frames.iter().map(Frame::kind).collect();
            let mut ends: Vec<usize> = Vec::new();
            for frame in &frames {
                ends.push(ends.last().copied().unwrap_or(0) + frame.encode().len());
            }
            let mut scanner = FrameScanner::default();
            let mut found = Vec::new();
            let mut position = 0;
            for cut in cuts.iter().cycle() {
                let at_end = position == 0 || ends.contains(&position);
                prop_assert_eq!(scanner.is_between_frames(), at_end, "at {}", position);
                let within = scanner.bytes_within_frame();
                let to_end = ends.iter().find(|&&end| end > position).map_or(0, |end| end - position);
                prop_assert!(within <= to_end && (within > 0 || at_end));
                if position == bytes.len() {
                    break;
                }
                let end = (position + cut).min(bytes.len());
                scanner.scan(&bytes[position..end], |kind| found.push(kind));
                position = end;
            }
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn any_bytes_are_survived(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20)) {
            let mut scanner = FrameScanner::default();
            for chunk in chunks {
                scanner.scan(&chunk, |_| {});
            }
        }
    }

    #[test]
    fn an_impossible_length_ends_the_following() {
        let mut scanner = FrameScanner::default();
        let mut found = 0;
        scanner.scan(&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x82, 0], |_| {
            found += 1;
        });
        assert!(scanner.is_lost());
        assert!(!scanner.is_between_frames());
        assert_eq!((found, scanner.bytes_within_frame()), (1, 0));
    }
}
