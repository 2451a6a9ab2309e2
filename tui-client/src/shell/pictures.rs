//! Pictures: got into memory, decoded within limits, and made what the terminal takes.
//!
//! Nothing of it happens before the user wants a picture. Whoever sends one chooses its bytes, so each step has its limit:
//! the file, its pixels, the memory that decoding takes; and a decoder that panics takes nothing else with it.

use super::terminal::quietly;
use crate::app::Msg;
use crate::app::files::pictures::{FILE_BYTES_MAX, Picture, PictureKey, PictureState};
use chat_client::files::Transfers;
use chat_protocol::{Attachment, FileId};
use image::{DynamicImage, GenericImageView, ImageDecoder, ImageFormat, ImageReader, Limits};
use ratatui::layout::Size;
use ratatui_image::picker::Picker;
use ratatui_image::sliced::SlicedProtocol;
use ratatui_image::{FilterType, Resize};
use std::collections::VecDeque;
use std::io::Cursor;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, mpsc};

/// Of a picture, in pixels.
const SIDE_MAX: u32 = 16_384;
const PIXELS_MAX: u64 = 40_000_000;
/// What decoding one may take.
const DECODE_BYTES_MAX: u64 = 192 * 1024 * 1024;
/// Files that are kept, so that a picture can be made anew for another size of the screen.
const KEPT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A file that may be needed again.
struct Kept {
    file: FileId,
    bytes: Arc<Vec<u8>>,
}

/// What the pictures are made with.
#[derive(Clone)]
pub struct Gallery {
    picker: Option<Arc<Picker>>,
    kept: Arc<Mutex<VecDeque<Kept>>>,
    /// One is decoded at a time: the limits hold for all of them together.
    turn: Arc<Semaphore>,
}

impl Default for Gallery {
    fn default() -> Self {
        Self { picker: None, kept: Arc::default(), turn: Arc::new(Semaphore::new(1)) }
    }
}

impl Gallery {
    /// Whether the terminal has been asked what it can do.
    pub fn knows_terminal(&self) -> bool {
        self.picker.is_some()
    }

    /// The terminal has been asked.
    pub fn set_terminal(&mut self, picker: Picker) {
        self.picker = Some(Arc::new(picker));
    }

    /// Gets a picture and tells when it is there.
    pub fn show(
        &self,
        transfers: &Transfers,
        key: PictureKey,
        file: Box<Attachment>,
        answer: mpsc::Sender<Msg>,
    ) {
        let (gallery, transfers) = (self.clone(), transfers.clone());
        tokio::spawn(async move {
            let state = match gallery.make(&transfers, key.room, &file).await {
                Ok(picture) => PictureState::Ready(Arc::new(picture)),
                Err(why) => PictureState::Failed(why),
            };
            // Nobody waits for it after the end.
            let _ = answer.send(Msg::Picture(key, state)).await;
        });
    }

    async fn make(&self, transfers: &Transfers, room: Size, file: &Attachment) -> Result<Picture, String> {
        let _turn = self.turn.acquire().await.map_err(|_| "the client ends".to_owned())?;
        let bytes = match self.kept(file.id) {
            Some(bytes) => bytes,
            None => {
                let got = transfers.fetch(file, FILE_BYTES_MAX).await.map_err(|error| error.to_string())?;
                self.keep(file.id, Arc::new(got))
            }
        };
        let picker = self.picker.clone().ok_or("the terminal could not be asked")?;
        let made = tokio::task::spawn_blocking(move || quietly(|| made(&bytes, &picker, room)));
        made.await.ok().flatten().unwrap_or_else(|| Err("its decoder failed".to_owned()))
    }

    fn kept(&self, file: FileId) -> Option<Arc<Vec<u8>>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|kept| kept.file == file).map(|kept| Arc::clone(&kept.bytes))
    }

    fn keep(&self, file: FileId, bytes: Arc<Vec<u8>>) -> Arc<Vec<u8>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(Kept { file, bytes: Arc::clone(&bytes) });
        while kept.iter().map(|kept| kept.bytes.len()).sum::<usize>() > KEPT_BYTES_MAX {
            kept.pop_front();
        }
        bytes
    }
}

fn made(bytes: &[u8], picker: &Picker, room: Size) -> Result<Picture, String> {
    let picture = decoded(bytes)?;
    let fit = Resize::Fit(Some(FilterType::Triangle));
    let protocol = SlicedProtocol::new_with_resize(picker, picture, room, fit);
    Ok(Picture { protocol: protocol.map_err(|error| error.to_string())? })
}

/// The picture in these bytes, the way up that its camera says; the first one of a moving one.
fn decoded(bytes: &[u8]) -> Result<DynamicImage, String> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(plainly)?;
    let is_known = matches!(
        reader.format(),
        Some(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Gif | ImageFormat::WebP)
    );
    if !is_known {
        return Err("it is not what it says that it is".to_owned());
    }
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(SIDE_MAX), Some(SIDE_MAX));
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(plainly)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX || decoder.total_bytes() > DECODE_BYTES_MAX {
        return Err(format!("too large: {width} x {height} pixels"));
    }
    let orientation = decoder.orientation();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(plainly)?;
    if let Ok(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    let (width, height) = picture.dimensions();
    if width == 0 || height == 0 {
        return Err("it is empty".to_owned());
    }
    Ok(picture)
}

/// Why, on one line of a screen.
fn plainly(error: impl std::error::Error) -> String {
    format!("it cannot be read ({error})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageBuffer, Rgb};
    use proptest::prelude::*;
    use ratatui_image::picker::ProtocolType;

    const ROOM: Size = Size::new(20, 8);

    fn encoded(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
        let shade = |at: u32, of: u32| u8::try_from(at * 255 / of).unwrap();
        let pixels = ImageBuffer::from_fn(width, height, |x, y| Rgb([shade(x, width), shade(y, height), 9]));
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(pixels).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[allow(deprecated)] // It asks no terminal.
    fn picker(protocol: ProtocolType) -> Picker {
        let mut picker = Picker::from_fontsize(ratatui_image::FontSize::new(10, 20));
        picker.set_protocol_type(protocol);
        picker
    }

    #[test]
    fn each_kind_of_picture_fits_each_kind_of_terminal() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let bytes = encoded(format, 400, 300);
            for protocol in
                [ProtocolType::Halfblocks, ProtocolType::Sixel, ProtocolType::Kitty, ProtocolType::Iterm2]
            {
                let size = made(&bytes, &picker(protocol), ROOM).unwrap().size();
                assert!(
                    size.width <= ROOM.width && size.height <= ROOM.height,
                    "{format:?} {protocol:?} {size}"
                );
                assert!(size.height >= ROOM.height - 1, "{format:?} {protocol:?} {size}");
            }
        }
    }

    #[test]
    fn what_is_no_picture_or_too_large_is_refused() {
        let error = |bytes: &[u8]| decoded(bytes).unwrap_err();
        assert!(error(b"").contains("not what it says"));
        assert!(error(b"<svg xmlns='http://www.w3.org/2000/svg'/>").contains("not what it says"));
        let whole = encoded(ImageFormat::Png, 40, 30);
        assert!(error(&whole[..whole.len() / 2]).contains("cannot be read"));
        let (wide, high) = (SIDE_MAX + 1, 6400);
        // A few kilobytes that would become 400 MB.
        let bomb = |width: u32, height: u32| {
            let mut png = encoded(ImageFormat::Png, 8, 8);
            png[16..20].copy_from_slice(&width.to_be_bytes());
            png[20..24].copy_from_slice(&height.to_be_bytes());
            let sum = crc(&png[12..29]);
            png[29..33].copy_from_slice(&sum.to_be_bytes());
            png
        };
        assert!(
            error(&bomb(16_000, high)).contains("too large: 16000 x 6400"),
            "{}",
            error(&bomb(16_000, high))
        );
        assert!(!error(&bomb(wide, 10)).is_empty());
        assert!(!error(&bomb(u32::MAX, u32::MAX)).is_empty());
    }

    /// As PNG has it (ISO 3309).
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(
                sum ^ u32::from(*byte),
                |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 },
            )
        })
    }

    #[test]
    fn a_panic_of_a_decoder_is_no_end() {
        assert_eq!(quietly(|| 1), Some(1));
        assert_eq!(quietly(|| -> u8 { panic!("as a decoder may") }), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

        #[test]
        fn broken_pictures_do_no_harm(kind in 0_usize..4, at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 0..8)) {
            let format = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP][kind];
            let mut picture = encoded(format, 16, 12);
            let at = at.index(picture.len());
            let end = (at + bytes.len()).min(picture.len());
            picture[at..end].copy_from_slice(&bytes[..end - at]);
            let _ = quietly(|| made(&picture, &picker(ProtocolType::Halfblocks), ROOM).map(drop));
        }
    }
}
