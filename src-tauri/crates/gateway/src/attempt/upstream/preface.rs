//! The first frame of an HTTP/2 server, its settings (RFC 9113, 3.4 and 6.5).

const HEADER: usize = 9;
const SETTINGS: u8 = 4;
const MAX_CONCURRENT_STREAMS: u16 = 3;
/// Settings of this length are complete: more do not exist.
const MOST: usize = HEADER + 6 * 64;

/// The bytes so far.
#[derive(Debug, Default)]
pub(super) struct Preface(Vec<u8>);

impl Preface {
    /// `Some`: the frame is complete; the number of streams that may be open at once.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Option<usize> {
        let room = MOST - self.0.len();
        self.0.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let (header, payload) = self.0.split_at_checked(HEADER)?;
        let length =
            usize::from(header[0]) << 16 | usize::from(header[1]) << 8 | usize::from(header[2]);
        if header[3] != SETTINGS {
            return Some(usize::MAX);
        }
        let length = length.min(MOST - HEADER);
        let entries = payload.get(..length)?.chunks_exact(6);
        let streams = entries.rev().find_map(|entry| {
            let id = u16::from_be_bytes([entry[0], entry[1]]);
            let value = u32::from_be_bytes([entry[2], entry[3], entry[4], entry[5]]);
            (id == MAX_CONCURRENT_STREAMS).then_some(value)
        });
        Some(streams.map_or(usize::MAX, |streams| streams as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(entries: &[(u16, u32)]) -> Vec<u8> {
        let mut frame = vec![0, 0, entries.len() as u8 * 6, SETTINGS, 0, 0, 0, 0, 0];
        for (id, value) in entries {
            frame.extend(id.to_be_bytes());
            frame.extend(value.to_be_bytes());
        }
        frame
    }

    #[test]
    fn the_stream_limit_is_read_in_pieces_of_any_size() {
        let frame = settings(&[(4, 65_535), (MAX_CONCURRENT_STREAMS, 8)]);
        for size in 1..frame.len() + 2 {
            let mut preface = Preface::default();
            let read: Vec<_> = frame.chunks(size).map(|part| preface.read(part)).collect();
            let (last, before) = read.split_last().unwrap();
            assert_eq!(*last, Some(8), "{size}");
            assert!(before.iter().all(Option::is_none), "{size}");
        }
    }

    #[test]
    fn without_the_setting_the_number_is_not_limited() {
        for frame in [settings(&[]), settings(&[(4, 1)]), b"HTTP/1.1 400".to_vec()] {
            assert_eq!(Preface::default().read(&frame), Some(usize::MAX));
        }
    }
}
