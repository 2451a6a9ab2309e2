//! Files on the screen.

use super::*;
use crate::app::files::pictures::{Picture, PictureKey, PictureState};
use crate::app::files::{Offer, Offered};
use crate::app::{FileList, Overlay, Saved};
use chat_protocol::FileId;
use image::DynamicImage;
use ratatui::layout::Size;
use ratatui_image::protocol::halfblocks::Halfblocks;
use ratatui_image::sliced::SlicedProtocol;
use std::path::PathBuf;
use std::sync::Arc;

fn moving(size: (u16, u16)) -> Model {
    let mut model = alice_with_files(size);
    upload_begins(&mut model, 1, "holiday video.mp4", "on its way");
    for second in 0..=3 {
        let change = TransferChange::Progress { bytes_done: second << 20, bytes_total: 8 << 20 };
        transfer(&mut model, 1, change, second * 1000);
    }
    let subject = Subject::Download(file(5, "harbour.png", 50_000, "image/png"));
    let (name, bytes_total) = ("harbour.png".to_owned(), 50_000);
    transfer(&mut model, 2, TransferChange::Started { subject, name, bytes_total }, 0);
    upload_begins(&mut model, 3, "b.txt", "");
    transfer(&mut model, 3, TransferChange::Waiting { cause: SafeText::line("others come first") }, 0);
    model
}

#[test]
fn transfers_stand_above_the_composer_and_files_between_the_messages() {
    let mut model = moving((80, 24));
    assert_screen(
        &model,
        "
 alice             │bob  ● online
 ● bob             │bob 09:01
 ○ carol         1 │   good morning
                   │alice 09:02
                   │ ✓ hi :)
                   │── new ─────────────────────────────────────────────────────
                   │bob 09:03
                   │   did you see 👩‍👩‍👧 and �[2J the �evil one?
                   │   two
                   │   lines
                   │   📎 harbour.png · 49 KiB · image/png [5]
                   │   look at it
                   │   📎 a report with …name.pdf · 59 KiB · application/pdf [6]
                   │alice 09:07
                   │ ✓ 📎 ../evil…np.exe · 68 KiB · application/octet-stream [7]
                   │ ◌ 📎 holiday video.mp4 · 8.0 MiB · 37 %
                   │   on its way
                   │ ◌ 📎 b.txt · 8.0 MiB · waits
                   │────────────────────────────────────────────────────────────
                   │↑ #1 holiday …deo.mp4 ━━───── 3.0/8.0 MiB 1.0 MiB/s 5 s left
                   │↓ #2 harbour.png 49 KiB
                   │↑ #3 b.txt waits: others come first
                   │>
● connected                                                   1 unread elsewhere
",
    );
    model.size = (40, 12);
    assert_screen(
        &model,
        "
bob  ● online
   📎 a report wit…name.pdf · 59 KiB [6]
alice 09:07
 ✓ 📎 ../evil�gnp.exe · 68 KiB [7]
 ◌ 📎 holiday video.mp4 · 8.0 MiB · 37 %
   on its way
 ◌ 📎 b.txt · 8.0 MiB · waits
────────────────────────────────────────
↑ #1 holi….mp4 ━━━─────── 3.0/8.0 MiB +1
↓ #2 harbour.png 49 KiB
>
● connected           1 unread elsewhere
",
    );
    model.size = (20, 6);
    assert_screen(
        &model,
        "
bob  ● online
 ◌ 📎 b.txt · waits
────────────────────
↑ #1 hol…p4 37 % +2
>
● connected 1 unread
",
    );
}

#[test]
fn what_has_become_of_files_stands_below_them() {
    let mut model = moving((60, 16));
    let path = PathBuf::from("/home/ann/Downloads/harbour.png");
    transfer(&mut model, 2, TransferChange::Saved { path }, 0);
    let error = TransferError::TooLarge { bytes: 9 << 20, bytes_max: 8 << 20 };
    transfer(&mut model, 3, TransferChange::Failed { error }, 0);
    assert_screen(
        &model,
        "
 alice           │bob  ● online
 ● bob           │   saved as ~/Downloads/harbour.png
 ○ carol       1 │   look at it
                 │   📎 a report with …name.pdf · 59 KiB [6]
                 │alice 09:07
                 │ ✓ 📎 ../evil�gnp.exe · 68 KiB [7]
                 │ ◌ 📎 holiday video.mp4 · 8.0 MiB · 37 %
                 │   on its way
                 │ ✗ 📎 b.txt · 8.0 MiB
                 │   not sent: too large: 9.0 MiB, and the
                 │   server takes 8.0 MiB at most (/retry or
                 │   /discard)
                 │──────────────────────────────────────────
                 │↑ #1 holid…o.mp4 ━━━━───────── 3.0/8.0 MiB
                 │>
✗ too large: 9.0 MiB, and the server takes 8.0 MiB at most
",
    );
}

#[test]
fn the_list_of_files_fits_any_screen() {
    let mut model = moving((80, 24));
    model.saves.insert(FileId::from_bits(5), Saved::At("~/Downloads/harbour.png".to_owned()));
    model.overlay = Some(Overlay::Files(FileList { selected: Some(seq(6)), pages_left: 0 }));
    for (size, expected) in [
        (
            (80, 24),
            "
╭ Files: Enter saves, v views, Esc closes ─────────────────────────────────────╮
│ [7] ../evil�gnp.exe             68 KiB  applicat…-stream  alice   2 Mar 09:07│
│ [6] a report with a…name.pdf    59 KiB  application/pdf   bob     2 Mar 09:06│
│ [5] harbour.png ✓               49 KiB  image/png         bob     2 Mar 09:05│
│ 3 files                                                                      │
╰──────────────────────────────────────────────────────────────────────────────╯
",
        ),
        (
            (20, 6),
            "
╭ Files ───────────╮
│ [7] ../evi…np.exe│
│ [6] a repo…me.pdf│
│ 3 files          │
╰──────────────────╯
",
        ),
    ] {
        model.size = size;
        assert_overlay(&model, expected);
    }
}

#[test]
fn an_offer_says_what_and_to_whom() {
    let mut model = moving((80, 24));
    let photo = Offered { path: "/home/ann/Pictures/some where/photo.png".to_owned(), bytes: 48_213 };
    let files = vec![photo, Offered { path: "/x\u{202e}y".to_owned(), bytes: 9 << 30 }];
    model.file_bytes_max = 8 << 20;
    model.overlay = Some(Overlay::Offer(Offer { files, before: String::new() }));
    for (size, expected) in [
        (
            (80, 24),
            "
╭ Dropped here ────────────────────────────────────────────────────────────────╮
│ Send these 2 files to bob?                                                   │
│ ~/Pictures/some where/photo.png  47 KiB                                      │
│ /x�y  9.0 GiB ✗                                                              │
│ Enter sends, Esc keeps the text                                              │
╰──────────────────────────────────────────────────────────────────────────────╯
",
        ),
        (
            (20, 6),
            "
╭ Dropped here ────╮
│ Send the… to bob?│
│ …o.png  47 KiB   │
│ /x�y  9.0 GiB ✗  │
│ Enter yes, Esc no│
╰──────────────────╯
",
        ),
    ] {
        model.size = size;
        assert_overlay(&model, expected);
    }
}

fn shows_picture(model: &mut Model, room: Size, size: Size) {
    let blocks = Halfblocks::new(DynamicImage::new_rgb8(8, 8), size).unwrap();
    let picture = Picture { protocol: SlicedProtocol::Halfblocks(blocks) };
    let key = PictureKey { file: FileId::from_bits(5), room };
    update(model, Msg::Picture(key, PictureState::Ready(Arc::new(picture))));
}

fn coloured_lines(model: &Model) -> Vec<u16> {
    let mut terminal = Terminal::new(TestBackend::new(model.size.0, model.size.1)).unwrap();
    terminal.draw(|frame| draw(frame, model)).unwrap();
    let buffer = terminal.backend().buffer();
    let is_picture = |row: &u16| (0..model.size.0).any(|column| buffer[(column, *row)].bg != Color::Reset);
    (0..model.size.1).filter(is_picture).collect()
}

#[test]
fn a_picture_stands_below_its_line_and_scrolls_with_it() {
    let mut model = alice_with_files((40, 24));
    model.pictures.is_on = true;
    update(&mut model, Msg::Focus(true));
    assert_eq!(coloured_lines(&model), Vec::<u16>::new());
    let room = model.picture_room();
    shows_picture(&mut model, room, Size::new(20, 6));
    let lines = coloured_lines(&model);
    let shown = screen(&model);
    let line = shown.lines().position(|line| line.contains("harbour.png")).unwrap();
    let first = u16::try_from(line).unwrap() + 1;
    assert_eq!(lines, (first..first + 6).collect::<Vec<_>>(), "{shown}");
    // From above and from below, only a part of it is on the screen.
    model.size = (40, 10);
    let mut partly = 0;
    for key in [KeyCode::PageUp, KeyCode::PageUp, KeyCode::PageDown, KeyCode::PageDown] {
        let room = model.picture_room();
        shows_picture(&mut model, room, Size::new(20, 6));
        press(&mut model, key, KeyModifiers::NONE);
        let room = model.picture_room();
        shows_picture(&mut model, room, Size::new(20, 6));
        partly += usize::from((1..6).contains(&coloured_lines(&model).len()));
    }
    assert!(partly > 0);
}

#[test]
fn a_picture_may_fill_the_screen() {
    let mut model = alice_with_files((40, 12));
    type_text(&mut model, "/view 5\n");
    assert!(screen(&model).contains("╭ harbour.png: Esc closes ─"));
    let room = Size::new(38, 10);
    shows_picture(&mut model, room, Size::new(38, 10));
    assert_eq!(coloured_lines(&model), (1..11).collect::<Vec<_>>());
    let key = PictureKey { file: FileId::from_bits(5), room };
    update(&mut model, Msg::Picture(key, PictureState::Failed("too \u{1b}large".to_owned())));
    assert!(screen(&model).contains("It cannot be shown: too �large"));
}

/// The lines of the box alone.
fn assert_overlay(model: &Model, expected: &str) {
    let shown = screen(model);
    let in_box = |line: &&str| line.starts_with(['╭', '│', '╰']);
    let lines: Vec<_> = shown.lines().filter(in_box).collect();
    assert_eq!(lines.join("\n"), expected.trim(), "\n{shown}");
}
