//! The frames that end a WebSocket for which the permission has ended.

/// "Policy Violation" (RFC 6455 §7.4.1).
const POLICY_VIOLATION: u16 = 1008;

const REASON: &str = "access ended";
const PAYLOAD_LENGTH: usize = 2 + REASON.len();
const FINAL_CLOSE: u8 = 0x88;
const MASKED: u8 = 0x80;

/// For the browser: unmasked, as a server sends.
pub(super) fn frame_to_client() -> Vec<u8> {
    let mut frame = vec![FINAL_CLOSE, PAYLOAD_LENGTH as u8];
    frame.extend(payload());
    frame
}

/// For the notebook server: masked, as clients must. The key need not be secret here, because no
/// part of the payload is anybody's choice (RFC 6455 §10.3).
pub(super) fn frame_to_server() -> Vec<u8> {
    const KEY: [u8; 4] = [0x4c, 0x43, 0x1e, 0x07];
    let mut frame = vec![FINAL_CLOSE, MASKED | PAYLOAD_LENGTH as u8];
    frame.extend(KEY);
    frame.extend(
        payload()
            .zip(KEY.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    frame
}

fn payload() -> impl Iterator<Item = u8> {
    POLICY_VIOLATION
        .to_be_bytes()
        .into_iter()
        .chain(REASON.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::websocket::frame::{FrameKind, FrameScanner};

    #[test]
    fn both_are_one_whole_control_frame() {
        for frame in [frame_to_client(), frame_to_server()] {
            let mut scanner = FrameScanner::default();
            let mut kinds = Vec::new();
            scanner.scan(&frame, |kind| kinds.push(kind));
            assert_eq!(kinds, [FrameKind::Control]);
            assert!(scanner.is_between_frames());
        }
        assert_eq!(&frame_to_client()[2..4], &[0x03, 0xf0]);
    }
}
