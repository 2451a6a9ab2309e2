//! Pictures: wanted, got, shown.

use super::*;
use chat_protocol::{Body, Message};

/// Many small ones fit a screen, and none of them may push out another that is seen.
#[test]
fn pictures_give_way_when_they_cover_more_than_a_screen() {
    let mut known = crate::app::files::pictures::Pictures::default();
    let key = |id| PictureKey { file: FileId::from_bits(id), room: Size::new(60, 16) };
    let mut shows = |id, size| {
        let blocks = Halfblocks::new(image::DynamicImage::new_rgb8(1, 1), size).unwrap();
        known.ask(key(id));
        let picture = Picture { protocol: SlicedProtocol::Halfblocks(blocks) };
        known.set(key(id), PictureState::Ready(Arc::new(picture)));
        (0..=id).filter(|id| known.get(key(*id)).is_some()).count()
    };
    assert_eq!((0..100).map(|id| shows(id, Size::new(60, 1))).last(), Some(100));
    assert_eq!(shows(100, Size::new(300, 80)), 1, "one may be larger than all others");
    assert_eq!((101..140).map(|id| shows(id, Size::new(60, 16))).last(), Some(17));
}

fn pictures(effects: &[Effect]) -> Vec<(FileId, Size)> {
    let picture = |effect: &Effect| match effect {
        Effect::Picture { key, .. } => Some((key.file, key.room)),
        _ => None,
    };
    effects.iter().filter_map(picture).collect()
}

#[test]
fn pictures_are_got_when_they_are_wanted_and_seen_and_only_once() {
    let mut model = alice_with_files(WIDE);
    model.notice = None;
    assert!(pictures(&key(&mut model, KeyCode::PageUp)).is_empty(), "nobody wants them");
    let mut model = alice_with_files(WIDE);
    model.pictures.is_on = true;
    let room = model.picture_room();
    let wanted = pictures(&update(&mut model, Msg::Focus(true)));
    assert_eq!(wanted, [(FileId::from_bits(5), room)]);
    assert!(pictures(&update(&mut model, Msg::Focus(true))).is_empty());
    let wanted = pictures(&update(&mut model, Msg::Resize(50, 20)));
    assert_eq!(wanted, [(FileId::from_bits(5), model.picture_room())], "made anew for another size");
    let entries = (8..40).map(|at| entry(1, at, "bob", "more")).collect();
    hear(&mut model, Event::Newer { conversation: conversation(1), entries });
    assert!(pictures(&update(&mut model, Msg::Resize(70, 20))).is_empty(), "it is not on the screen");
    let entries = vec![file_entry(40, "bob", "bomb.png", "image/png", "")];
    hear(&mut model, Event::Newer { conversation: conversation(1), entries });
    let large = Box::new(file(41, "large.png", 9 << 20, "image/png"));
    let body = Body::Message(Message { file: Some(large), ..Message::default() });
    let entries = vec![chat_protocol::Entry { body, ..entry(1, 41, "bob", "") }];
    let wanted = pictures(&hear(&mut model, Event::Newer { conversation: conversation(1), entries }));
    assert!(wanted.is_empty(), "too large to be got for its picture");
}

#[test]
fn a_picture_on_the_whole_screen_is_got_on_demand() {
    let mut model = alice_with_files(WIDE);
    let wanted = pictures(&type_text(&mut model, "/view\n"));
    let room = screen_room(&model);
    assert_eq!(wanted, [(FileId::from_bits(5), room)]);
    let key_of = PictureKey { file: FileId::from_bits(5), room };
    update(&mut model, Msg::Picture(key_of, PictureState::Failed("no".to_owned())));
    assert!(matches!(model.pictures.get(key_of), Some(PictureState::Failed(_))));
    key(&mut model, KeyCode::Esc);
    assert!(model.overlay.is_none() && model.pictures.get(key_of).is_none(), "it is not kept");
    update(&mut model, Msg::Picture(key_of, PictureState::Failed("late".to_owned())));
    assert!(model.pictures.get(key_of).is_none(), "nobody waits for it any more");
    model.pictures.has_no_colours = true;
    assert!(pictures(&type_text(&mut model, "/view\n")).is_empty());
    assert!(error(&model).contains("NO_COLOR"));
}
