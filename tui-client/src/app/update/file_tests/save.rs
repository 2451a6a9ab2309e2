//! Saving files, and their list.

use super::*;

#[test]
fn a_file_is_saved_by_default_by_number_or_by_name() {
    let to = |path: &str| Some(path.to_owned());
    for (typed, file, to) in [
        // The last one of somebody else.
        ("/save", 6, None),
        ("/save 5", 5, None),
        ("/save HARB", 5, None),
        ("/save 'a report with a long name.pdf' b.pdf", 6, to("b.pdf")),
        ("/save ~/x/", 6, to("/home/ann/x/")),
        ("/save [7] .", 7, to(".")),
    ] {
        let mut model = alice_with_files(WIDE);
        let effects = type_text(&mut model, &format!("{typed}\n"));
        assert_eq!(saves(&effects), [(FileId::from_bits(file), to)], "{typed}");
    }
    for typed in ["/save 4", "/save nosuch", "/view 6", "/view 99"] {
        let mut model = alice_with_files(WIDE);
        assert!(type_text(&mut model, &format!("{typed}\n")).is_empty());
        assert!(!error(&model).is_empty());
        assert_eq!(model.composer.text(), typed);
    }
}

#[test]
fn what_has_become_of_a_save_is_told() {
    let mut model = alice_with_files(WIDE);
    let begins = |model: &mut Model, id| {
        let subject = Subject::Download(file(6, "r.pdf", 60_000, "application/pdf"));
        let change = TransferChange::Started { subject, name: "r.pdf".to_owned(), bytes_total: 60_000 };
        transfer(model, id, change, 0);
    };
    begins(&mut model, 1);
    assert!(saves(&type_text(&mut model, "/save 6\n")).is_empty());
    assert_eq!(error(&model), "it is being saved already: #1");
    let path = PathBuf::from("/home/ann/Downloads/r.pdf");
    transfer(&mut model, 1, TransferChange::Saved { path }, 0);
    assert_eq!(model.notice, Some(Notice::Info("saved as ~/Downloads/r.pdf".to_owned())));
    assert_eq!(model.saves[&FileId::from_bits(6)], Saved::At("~/Downloads/r.pdf".to_owned()));
    begins(&mut model, 2);
    transfer(&mut model, 2, TransferChange::Failed { error: TransferError::Damaged }, 0);
    assert!(matches!(model.saves[&FileId::from_bits(6)], Saved::Failed(_)));
    assert_eq!(model.transfers.under_way().count(), 0);
}

#[test]
fn the_list_of_files_saves_and_shows_the_selected_one() {
    let mut model = alice_with_files(WIDE);
    let selected = |model: &Model| match model.overlay {
        Some(Overlay::Files(FileList { selected, .. })) => selected.map(|seq| seq.get()),
        _ => None,
    };
    type_text(&mut model, "/files\n");
    assert_eq!(selected(&model), Some(7));
    for (code, expected) in [
        (KeyCode::Down, 6),
        (KeyCode::End, 5),
        (KeyCode::Down, 5),
        (KeyCode::Home, 7),
        (KeyCode::Up, 7),
        (KeyCode::PageDown, 5),
    ] {
        key(&mut model, code);
        assert_eq!(selected(&model), Some(expected), "{code:?}");
    }
    let effects = key(&mut model, KeyCode::Char('v'));
    assert!(matches!(&effects[..], [Effect::Picture { .. }]));
    assert!(matches!(model.overlay, Some(Overlay::Picture(_))));
    key(&mut model, KeyCode::Esc);
    type_text(&mut model, "/files\n");
    key(&mut model, KeyCode::Char('v'));
    assert!(error(&model).contains("not a PNG") && selected(&model) == Some(7));
    assert_eq!(saves(&key(&mut model, KeyCode::Enter)), [(FileId::from_bits(7), None)]);
    assert!(model.overlay.is_none());
}

/// A conversation may be very long and have no files at all.
#[test]
fn the_list_of_files_looks_back_some_pages_and_then_asks() {
    let mut model = alice_with_files(WIDE);
    let entries = vec![file_entry(5000, "bob", "x", "text/plain", "")];
    hear(&mut model, Event::Newest { conversation: conversation(1), entries, at_start: false });
    let is_older = |effects: &[Effect]| matches!(effects, [Effect::Ask(Command::Older { .. })]);
    let mut asked = usize::from(is_older(&type_text(&mut model, "/files\n")));
    let mut before = 5000;
    let mut answer = |model: &mut Model| {
        before -= 1;
        let entries = vec![entry(1, before, "bob", "no file")];
        hear(model, Event::Older { conversation: conversation(1), entries, at_start: false })
    };
    for _ in 0..30 {
        asked += usize::from(is_older(&answer(&mut model)));
    }
    assert_eq!(asked, 10);
    assert!(is_older(&key(&mut model, KeyCode::Down)), "who goes on at its end looks further");
    let entries = vec![file_entry(4988, "bob", "first", "text/plain", "")];
    let effects = hear(&mut model, Event::Older { conversation: conversation(1), entries, at_start: true });
    assert!(effects.is_empty());
    key(&mut model, KeyCode::Down);
    assert_eq!(saves(&key(&mut model, KeyCode::Enter)), [(FileId::from_bits(4988), None)]);
}
