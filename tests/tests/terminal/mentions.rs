//! Mentions, in real terminals.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_mentioned_sees_that_it_is_them() {
    let house = House::open().await;
    let (home_a, home_b) = (home(), home());
    let mut ann = registers(house.address(), "ann", &home_a, (80, 24));
    let mut bob = registers(house.address(), "bob", &home_b, (80, 24));
    ann.types(&format!("/group ops bob{ENTER}"));
    ann.shows("#ops  2 members");
    bob.shows("ann added bob");
    bob.types(&format!("/notes{ENTER}"));
    bob.shows("for yourself");
    ann.types("shall we, @b");
    ann.shows(" @bob ");
    ann.types("\t");
    ann.shows("> shall we, @bob");
    ann.types(&format!("eat? ask @nobody{ENTER}"));
    ann.shows("✓ shall we, @bob eat?");
    bob.shows("@1 1 │");
    bob.shows("@1 1 unread elsewhere");
    bob.types(&format!("/mute{ENTER}/msg #ops{ENTER}"));
    bob.shows("shall we, @bob eat? ask @nobody");
    bob.no_longer_shows("@1");
    let is_loud = |screen: &vt100::Screen, text: &str| {
        let row =
            (0..24).find(|row| screen.contents_between(*row, 0, *row, 80).contains("shall we")).unwrap();
        let line = screen.contents_between(row, 0, row, 80);
        let column = line.split(text).next().unwrap().chars().count();
        screen.cell(row, u16::try_from(column).unwrap()).is_some_and(vt100::Cell::inverse)
    };
    let screen = bob.screen();
    assert!(is_loud(&screen, "@bob") && !is_loud(&screen, "@nobody"));
}
