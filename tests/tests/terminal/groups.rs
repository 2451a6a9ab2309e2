//! Groups, in real terminals.

use super::*;

const UP: &str = "\x1b[A";
const ESC: &str = "\x1b";

/// Three people come together: what each of them says and does is seen by the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_people_talk_in_a_group() {
    let house = House::open().await;
    let (home_a, home_b, home_c) = (home(), home(), home());
    let mut ann = registers(house.address(), "ann", &home_a, (90, 24));
    let mut bob = registers(house.address(), "bob", &home_b, (90, 24));
    let mut eve = registers(house.address(), "eve", &home_c, (90, 24));
    ann.types(&format!("/group ops bob nobody{ENTER}"));
    ann.shows("nobody is called nobody");
    ann.shows("> /group ops bob nobody");
    ann.types(&format!("\x03/group ops bob{ENTER}"));
    ann.shows("the group #ops is made");
    ann.shows("#ops  2 members");
    bob.shows("ann added bob");
    ann.types(&format!("/add eve{ENTER}"));
    ann.shows("eve can read and write here now");
    eve.shows("ann added eve");
    ann.types(&format!("/topic what runs :tada:{ENTER}"));
    for side in [&ann, &bob, &eve] {
        side.shows("#ops  3 members  what runs 🎉");
    }
    ann.types(&format!("shall we eat?{ENTER}"));
    for side in [&bob, &eve] {
        side.shows("   shall we eat?");
    }
    bob.types(&format!("{UP}r"));
    bob.shows("ann: shall we eat?");
    bob.types(&format!("at noon{ENTER}"));
    for side in [&ann, &eve] {
        side.shows("   ↳ ann: shall we eat?");
        side.shows("   at noon");
    }
    ann.types(&format!("{UP}{UP}"));
    ann.shows("read by 2 of 2");
    ann.types("w");
    ann.shows("[5]: Esc closes");
    ann.types(ESC);
    ann.no_longer_shows("Esc closes");
    ann.types(ESC);
    ann.no_longer_shows("r reply");
    ann.types("hm");
    for side in [&bob, &eve] {
        side.shows("ann is typing…");
    }
    ann.types("\x15");
    bob.types(&format!("/rename prod{ENTER}"));
    bob.shows("only the group's admins may do that");
    bob.types("\x03");
    ann.types(&format!("/admin bob{ENTER}"));
    bob.shows("ann made bob an admin");
    bob.types(&format!("/rename prod{ENTER}"));
    for side in [&ann, &bob, &eve] {
        side.shows("bob renamed the group: #prod");
        side.shows("#prod  3 members");
    }
    ann.types(&format!("/members{ENTER}"));
    ann.shows("● bob           admin");
    ann.types(ESC);
    ann.no_longer_shows("bob           admin");
    // An admin takes back what somebody else said.
    eve.types(&format!("something rude{ENTER}"));
    bob.shows("something rude");
    bob.types(&format!("{UP}d"));
    bob.shows("delete this message? y/n");
    bob.types("y");
    for side in [&ann, &eve] {
        side.shows("message deleted");
        side.no_longer_shows("something rude");
    }
    // Typed at once, Escape and what follows would be one key.
    bob.shows("message deleted");
    bob.shows("Esc ");
    bob.types(ESC);
    bob.no_longer_shows("Esc ");
    // Somebody is put out while they write.
    eve.types("but I");
    eve.shows("> but I");
    bob.types(&format!("/remove eve{ENTER}"));
    eve.shows("you are not in #prod any more; what you wrote there is kept");
    eve.types(&format!(" did not{ENTER}"));
    eve.no_longer_shows("what you wrote there is kept");
    ann.shows("bob removed eve");
    ann.shows("#prod  2 members");
    bob.types(&format!("/leave{ENTER}"));
    bob.shows("you have left #prod");
    ann.shows("bob left");
    ann.types(&format!("/unadmin ann{ENTER}"));
    ann.shows("you are its last admin");
    ann.types("\x03");
    ann.types(&format!("/add eve{ENTER}"));
    // What was begun there is there again.
    eve.shows("> but I");
    eve.types(&format!(" was right{ENTER}"));
    ann.shows("but I was right");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_public_group_is_found_and_joined() {
    let house = House::open().await;
    let (home_a, home_b, home_c) = (home(), home(), home());
    let mut ann = registers(house.address(), "ann", &home_a, (80, 24));
    let mut bob = registers(house.address(), "bob", &home_b, (80, 24));
    let mut eve = registers(house.address(), "eve", &home_c, (40, 12));
    ann.types(&format!("/group --public ops{ENTER}"));
    ann.shows("#ops  1 member");
    ann.types(&format!("/topic what runs{ENTER}"));
    ann.shows("ann set the topic: what runs");
    ann.types(&format!("/past none{ENTER}before you came{ENTER}"));
    ann.shows("✓ before you came");
    bob.types(&format!("/groups{ENTER}"));
    bob.shows("○ #ops  1 member  what runs");
    bob.types(ENTER);
    bob.shows("you are in #ops now");
    bob.shows("bob joined");
    bob.no_longer_shows("before you came");
    ann.shows("bob joined");
    bob.types(&format!("hello{ENTER}"));
    ann.shows("   hello");
    bob.shows("✓✓ hello");
    eve.types(&format!("/join #nosuch{ENTER}"));
    eve.shows("there is no public group #nosuch");
    eve.types(&format!("\x03/join #ops{ENTER}"));
    eve.shows("#ops  3 members");
    eve.types(&format!("/leave{ENTER}"));
    eve.shows("you have left #ops");
    ann.shows("eve left");
}
