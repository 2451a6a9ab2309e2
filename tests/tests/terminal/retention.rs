//! What does not stay, in real terminals.

use super::*;

/// Logs in where the account is there already.
fn returns(server: SocketAddr, name: &str, home: &TempDir) -> Tty {
    let mut tty = opens(server, name, home, (90, 24));
    tty.shows(&format!("Password of {name}"));
    tty.types(&format!("{PASSWORD}{ENTER}"));
    tty.shows("● connected");
    tty
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_group_does_not_keep_goes_from_the_screens_of_all() {
    let house = House::open().await;
    drop((house.person("ann").await, house.person("bob").await));
    let shelf = house.shelf().await;
    shelf.old_group("ann", "bob").await;
    shelf.closes().await;
    let (home_a, home_b) = (home(), home());
    let mut ann = returns(house.address(), "ann", &home_a);
    let mut bob = returns(house.address(), "bob", &home_b);
    for side in [&ann, &bob] {
        side.shows(" old-3");
    }
    bob.types(&format!("what is new?{ENTER}"));
    for side in [&ann, &bob] {
        side.shows("what is new?");
    }
    bob.types(&format!("/retention 30d{ENTER}"));
    bob.shows("only the group's admins may do that");
    bob.types(&format!("\x15/retention{ENTER}"));
    bob.shows("what is said here is kept");
    ann.types(&format!("/retention 99999d{ENTER}"));
    ann.shows("✗ /retention 30d, up to 36500d");
    ann.types(&format!("\x15/retention 30d{ENTER}"));
    for side in [&ann, &bob] {
        side.shows("#ops  2 members  kept 30 days");
        side.shows("ann keeps what is said here for 30 days");
        side.no_longer_shows("old-3");
        side.shows("what is new?");
    }
    bob.types(&format!("/members{ENTER}"));
    bob.shows("#ops: 2 members, kept 30 days");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_whoever_deletes_their_account() {
    let house = House::open().await;
    let (home_a, home_b) = (home(), home());
    let mut ann = registers(house.address(), "ann", &home_a, (80, 24));
    let mut bob = registers(house.address(), "bob", &home_b, (80, 24));
    bob.types(&format!("/msg ann my secret plan{ENTER}"));
    ann.shows("   my secret plan");
    ann.types(&format!("fine{ENTER}"));
    bob.shows("   fine");
    bob.types(&format!("/delete-account{ENTER}ann{ENTER}"));
    bob.shows("✗ type your own name, bob, if you mean it");
    bob.types(&format!("\x7f\x7f\x7fbob{ENTER}nonsense{ENTER}"));
    bob.shows("✗ that is not your password: nothing is erased");
    ann.shows("my secret plan");
    bob.types(&format!("begun and not sent\x15/delete-account{ENTER}bob{ENTER}{PASSWORD}{ENTER}"));
    bob.shows("your account is deleted");
    assert_eq!(bob.ends(), 0);
    bob.is_given_back();
    assert!(!bob.has_shown(PASSWORD));
    ann.no_longer_shows("my secret plan");
    ann.shows(" message deleted");
    ann.shows("│deleted-");
    ann.shows("fine");
    // The name is free, and whoever takes it is somebody else.
    let bob = registers(house.address(), "bob", &home_b, (80, 24));
    bob.shows("Begin with /msg NAME");
}
