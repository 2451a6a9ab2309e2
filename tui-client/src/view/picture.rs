//! A picture, or the lines of it that are on the screen.

use crate::app::files::pictures::Picture;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui_image::sliced::{SignedPosition, SlicedImage};

/// Draws a picture from one of its lines on, as many as the area has.
pub fn draw(frame: &mut Frame<'_>, picture: &Picture, first_line: u16, area: Rect) {
    let size = picture.size();
    // One that was made for a wider screen is about to be made anew.
    if area.is_empty() || size.width > area.width || first_line >= size.height {
        return;
    }
    let lines = area.height.min(size.height - first_line);
    let area = Rect { width: size.width, height: lines, ..area };
    let up = i16::try_from(first_line).unwrap_or(i16::MAX);
    frame.render_widget(SlicedImage::new(&picture.protocol, SignedPosition { x: 0, y: -up }), area);
}
