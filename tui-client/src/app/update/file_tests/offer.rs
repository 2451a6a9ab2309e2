//! Files that are dropped on or pasted into the terminal.

use super::*;

fn offered(paths: &[(&str, u64)]) -> Msg {
    Msg::PasteChecked(
        paths.iter().map(|(path, bytes)| Offered { path: (*path).to_owned(), bytes: *bytes }).collect(),
    )
}

#[cfg(unix)]
#[test]
fn a_paste_of_files_is_offered_and_sent_only_by_enter() {
    let pasted = |model: &mut Model, text: &str| update(model, Msg::Paste(text.to_owned()));
    let mut model = alice_with_files(WIDE);
    type_text(&mut model, "draft ");
    let effects = pasted(&mut model, "'/a b' /c ");
    let expected = vec!["/a b".to_owned(), "/c".to_owned()];
    assert!(
        matches!(&effects[..], [Effect::CheckPaste(readings), ..] if readings[0] == expected),
        "{effects:?}"
    );
    assert_eq!(model.composer.text(), "draft '/a b' /c ", "it is a text until something else is known");
    update(&mut model, offered(&[("/a b", 1), ("/c", 2)]));
    assert!(matches!(model.overlay, Some(Overlay::Offer(_))));
    let effects = key(&mut model, KeyCode::Enter);
    assert_eq!(uploads(&effects), [("/a b".to_owned(), String::new()), ("/c".to_owned(), String::new())]);
    assert_eq!(model.composer.text(), "draft ");

    for (code, left) in [(KeyCode::Esc, "/c"), (KeyCode::Char('x'), "/cx"), (KeyCode::Tab, "/c")] {
        let mut model = alice_with_files(WIDE);
        pasted(&mut model, "/c");
        update(&mut model, offered(&[("/c", 2)]));
        assert!(uploads(&key(&mut model, code)).is_empty());
        assert_eq!(model.composer.text(), left, "{code:?}");
    }
}

#[cfg(unix)]
#[test]
fn several_files_that_are_pasted_behind_send_are_offered_as_without_it() {
    let both = || vec!["/a b".to_owned(), "/c".to_owned()];
    let all = [("/a b".to_owned(), String::new()), ("/c".to_owned(), String::new())];
    for (typed, pastes) in [
        ("/send ", &["'/a b' /c "][..]),
        ("/send", &[" '/a b' /c"]),
        ("/send   ", &["/a b\r\n/c\r\n"]),
        ("/send ", &["'/a b' ", "/c "]),
    ] {
        let mut model = alice_with_files(WIDE);
        type_text(&mut model, typed);
        let effects: Vec<_> =
            pastes.iter().flat_map(|text| update(&mut model, Msg::Paste((*text).to_owned()))).collect();
        assert!(
            matches!(&effects[..], [Effect::CheckPaste(readings)] if readings[..] == [both()]),
            "{effects:?}"
        );
        assert!(uploads(&key(&mut model, KeyCode::Enter)).is_empty(), "the second is no text");
        update(&mut model, offered(&[("/a b", 1), ("/c", 2)]));
        assert!(matches!(model.overlay, Some(Overlay::Offer(_))));
        assert_eq!(uploads(&key(&mut model, KeyCode::Enter)), all);
        assert!(model.composer.is_empty());
    }
    let mut model = alice_with_files(WIDE);
    type_text(&mut model, "/send ");
    update(&mut model, Msg::Paste("'/a b' /c".to_owned()));
    update(&mut model, offered(&[("/a b", 1), ("/c", 2)]));
    key(&mut model, KeyCode::Esc);
    assert_eq!(model.composer.text(), "'/a b' /c", "as without the command");
    let mut model = alice_with_files(WIDE);
    type_text(&mut model, "/send ");
    update(&mut model, Msg::Paste("/a /c".to_owned()));
    update(&mut model, offered(&[]));
    assert_eq!(model.composer.text(), "/send /a /c");
    let sent = uploads(&key(&mut model, KeyCode::Enter));
    assert_eq!(sent, [("/a".to_owned(), "/c".to_owned())], "these are not all files");
}

#[cfg(unix)]
#[test]
fn a_paste_is_not_offered_when_it_is_too_late_or_too_large_or_no_file() {
    let mut model = alice_with_files(WIDE);
    update(&mut model, Msg::Paste("/c".to_owned()));
    type_text(&mut model, "!");
    update(&mut model, offered(&[("/c", 2)]));
    assert!(model.overlay.is_none(), "the user has gone on writing");
    let mut model = alice_with_files(WIDE);
    update(&mut model, Msg::Paste("/c".to_owned()));
    update(&mut model, offered(&[]));
    assert!(model.overlay.is_none(), "it is not there");
    assert!(update(&mut model, Msg::Paste(" and a text".to_owned())).is_empty());
    let mut model = alice_with_files(WIDE);
    type_text(&mut model, "/send ");
    assert!(update(&mut model, Msg::Paste("/c".to_owned())).is_empty(), "it belongs to the command");
    assert_eq!(uploads(&key(&mut model, KeyCode::Enter)), [("/c".to_owned(), String::new())]);
    let mut model = alice_with_files(WIDE);
    model.file_bytes_max = 10;
    update(&mut model, Msg::Paste("/a\n/b".to_owned()));
    update(&mut model, offered(&[("/a", 10), ("/b", 11)]));
    assert!(uploads(&key(&mut model, KeyCode::Enter)).is_empty());
    assert!(error(&model).contains("too large") && matches!(model.overlay, Some(Overlay::Offer(_))));
    let mut model = alice_with_files(WIDE);
    update(&mut model, Msg::Paste("/c".to_owned()));
    assert!(
        key(&mut model, KeyCode::Enter).is_empty(),
        "before the answer it is no more than a wrong command"
    );
}
