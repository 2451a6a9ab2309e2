//! Groups: making, finding and leaving them, who is in them, and who has read.

use chat_tests::browser::key;
use chat_tests::{Browser, House, Person};
use serde_json::{Value, json};

/// Makes a group in the dialog.
async fn makes(browser: &Browser, name: &str, members: &str, public: bool) {
    browser.clicks("#new-group-open").await;
    browser.fills("#new-group-name", name).await;
    browser.fills("#new-group-topic", "what runs").await;
    browser.fills("#new-group-members", members).await;
    if public {
        browser.clicks("#new-group-public").await;
    }
    browser.clicks("#new-group-make").await;
    browser.shows("#talk-name", &format!("#{name}")).await;
}

/// Makes a group by hand, without a page.
async fn makes_by_hand(person: &mut Person, more: Value) -> Value {
    let mut request = json!({"type": "create_group", "client_id": "make", "name": "ops"});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    person.asks(request).await["summary"]["conversation"].clone()
}

/// Presses a button of a member's row with the keyboard.
async fn presses(browser: &Browser, member: &str, button: &str) {
    let selector = format!("#members-list [data-key={member}] .{button}");
    browser.sees(&selector).await;
    browser.evaluates(&format!("$('{selector}').focus()")).await;
    browser.types(key::ENTER).await;
}

/// Everything that happened to the group, as the timeline tells it.
async fn happenings(browser: &Browser) -> Value {
    browser.evaluates("$$('.happening').map((one) => one.textContent)").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_made_and_talks() {
    let house = House::open().await;
    let bob = Browser::start().await;
    bob.registers(house.address(), "bob").await;
    let mut eve = house.person("eve").await;
    let alice = Browser::start().await;
    alice.registers(house.address(), "alice").await;
    // What is wrong with a name is said while it is typed.
    alice.clicks("#new-group-open").await;
    alice.fills("#new-group-name", "Our group").await;
    alice.shows("#new-group-error", "A name is 1 to 32 characters").await;
    alice.fills("#new-group-name", "#ops").await;
    alice.waits("nothing to be wrong", "$('#new-group-error').hidden").await;
    alice.fills("#new-group-members", "bob, nobody").await;
    alice.types(key::ENTER).await;
    alice.shows("#new-group-error", "Nobody is called nobody.").await;
    alice.has_focus("#new-group-members").await;
    alice.types(key::ESCAPE).await;
    makes(&alice, "ops", "bob eve", false).await;
    alice.shows("#talk-presence", "3 members · what runs").await;
    alice.has_focus("#text").await;
    alice.waits("what happened", "$$('.happening').length === 2").await;
    assert_eq!(happenings(&alice).await, json!(["You made the private group #ops", "You added bob and eve"]));

    bob.shows("#conversations .name", "#ops").await;
    bob.shows("#conversations .preview", "alice added you and eve").await;
    alice.says("hello").await;
    bob.shows("#conversations .preview", "alice: hello").await;
    bob.shows("#conversations .badge", "1").await;
    bob.clicks("#conversations button").await;
    bob.reads("hello").await;
    bob.shows(".message.theirs .who", "alice").await;
    let group = eve.push("entry").await["conversation"].clone();
    eve.types(json!({"type": "typing", "id": "t", "conversation": group}).to_string()).await;
    bob.types("I").await;
    alice.shows("#talk-typing", "are typing…").await;
    bob.types(&format!(" see{}", key::ENTER)).await;
    alice.reads("I see").await;

    // It is found by its name, and its address outlives the page and another name.
    let address = alice.evaluates("location.hash").await;
    assert_eq!(address, json!(format!("#group/{}", group.as_str().unwrap())));
    alice.reloads().await;
    alice.shows("#talk-name", "#ops").await;
    alice.reads("I see").await;
    alice.begins("bob").await;
    alice.fills("#find", "#op").await;
    alice.types(key::ENTER).await;
    alice.shows("#talk-name", "#ops").await;
    for browser in [&alice, &bob] {
        assert_eq!(browser.complaints().await, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_tells_who_of_a_group_has_read_it() {
    let house = House::open().await;
    let (mut bob, mut eve) = (house.person("bob").await, house.person("eve").await);
    let alice = Browser::start().await;
    alice.registers(house.address(), "alice").await;
    makes(&alice, "ops", "bob eve", false).await;
    alice.says("hello").await;
    alice.marks("hello", "sent").await;
    let group = bob.push("entry").await["conversation"].clone();
    bob.asks(json!({"type": "read", "conversation": group, "seq": 3})).await;
    alice.shows(".readers", "read by 1").await;
    // Not everybody has it yet.
    alice.marks("hello", "sent").await;
    eve.types(json!({"type": "delivered", "id": "d", "conversation": group, "seq": 3}).to_string()).await;
    alice.marks("hello", "delivered").await;
    eve.asks(json!({"type": "read", "conversation": group, "seq": 3})).await;
    alice.shows(".message.read .readers", "read by 2").await;
    assert_eq!(alice.evaluates("$('.readers').title").await, "Read by bob and eve");
    alice.clicks(".readers").await;
    alice.shows("#readers-title", "Read by 2 of 2").await;
    let names = alice.evaluates("$$('#readers-list li').map((one) => one.textContent)").await;
    assert_eq!(names, json!(["bob", "eve"]));
    alice.types(key::ESCAPE).await;
    // A new page asks for it, and whoever does not tell is not among them.
    bob.asks(json!({"type": "settings", "read_receipts": false})).await;
    alice.reloads().await;
    alice.shows(".message.delivered .readers", "read by 1").await;
    assert_eq!(alice.evaluates("$('.readers').title").await, "Read by eve");
    assert_eq!(alice.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn admins_say_who_is_in_it_and_what_it_is_called() {
    let house = House::open().await;
    let bob = Browser::start().await;
    bob.registers(house.address(), "bob").await;
    house.person("eve").await;
    let alice = Browser::start().await;
    alice.registers(house.address(), "alice").await;
    makes(&alice, "ops", "bob", false).await;
    bob.clicks("#conversations button").await;
    bob.shows("#talk-name", "#ops").await;
    bob.says("a mistake").await;
    alice.reads("a mistake").await;
    assert_eq!(alice.evaluates("$$('.theirs [data-act=delete]').length").await, 1);

    // Whoever is no admin sees who is in it, and goes.
    bob.clicks("#group-open").await;
    bob.shows("#members-list [data-key=alice]", "admin · online").await;
    let buttons = bob.evaluates("$$('#group button').filter((one) => one.checkVisibility()).length").await;
    assert_eq!(buttons, 2, "to close it, and to leave");
    bob.types(key::ESCAPE).await;

    alice.clicks("#group-open").await;
    alice.shows("#members-list [data-key=bob]", "online").await;
    alice.clicks("#leave-group").await;
    alice.clicks("#leaving-yes").await;
    alice.shows("#leave-error", "Somebody else must be an admin first").await;
    alice.fills("#add-names", "eve nobody").await;
    alice.types(key::ENTER).await;
    alice.shows("#add-error", "Nobody is called nobody.").await;
    alice.fills("#add-names", "eve").await;
    alice.types(key::ENTER).await;
    alice.shows("#members-title", "3 members").await;
    alice.shows("#members-list [data-key=eve]", "eve").await;
    presses(&alice, "eve", "remove").await;
    alice.waits("eve to go", "!$('#members-list [data-key=eve]')").await;
    alice.has_focus("#members-title").await;
    alice.fills("#change-name", "prod").await;
    alice.fills("#change-topic", "what *runs*").await;
    alice.clicks("#change-past").await;
    alice.clicks("#change-form > button").await;
    alice.shows("#group-title", "#prod").await;
    alice.shows("#group-about", "Newcomers do not see").await;
    presses(&alice, "bob", "role").await;
    alice.shows("#members-list [data-key=bob]", "admin · online").await;
    alice.types(key::ESCAPE).await;
    bob.shows("#talk-name", "#prod").await;
    bob.shows("#talk-presence", "2 members · what *runs*").await;
    let told = json!([
        "alice made the private group #ops",
        "alice added you",
        "alice added eve",
        "alice removed eve",
        "alice renamed the group to #prod, and set the topic: what *runs*, and closed the past to newcomers",
        "alice made you an admin",
    ]);
    bob.waits("all of it", "$$('.happening').length === 6").await;
    assert_eq!(happenings(&bob).await, told);

    // What others said is deleted by admins only.
    alice.evaluates("$('.theirs [data-act=delete]').focus()").await;
    alice.types(key::ENTER).await;
    alice.clicks("#deleting-yes").await;
    bob.reads("message deleted").await;
    alice.says("mine").await;
    bob.waits("the new admin's button", "$('.theirs [data-act=delete]')").await;
    for browser in [&alice, &bob] {
        assert_eq!(browser.complaints().await, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn public_groups_are_found_joined_and_left() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    browser.clicks("#browse-open").await;
    browser.shows("#browse-hint", "no public groups").await;
    browser.types(key::ESCAPE).await;
    makes_by_hand(&mut bob, json!({"public": true, "topic": "<b>what</b>\nruns"})).await;
    browser.clicks("#browse-open").await;
    browser.shows("#browse-list small", "1 member · <b>what</b> runs").await;
    browser.clicks("#browse-list button").await;
    browser.shows("#talk-name", "#ops").await;
    browser.shows(".happening", "You joined").await;
    assert_eq!(bob.push("entry").await["change"], "joined");
    browser.clicks("#browse-open").await;
    browser.shows("#browse-list button", "Open").await;
    browser.types(key::ESCAPE).await;

    browser.clicks("#group-open").await;
    browser.clicks("#leave-group").await;
    browser.shows("#leaving-title", "Leave #ops?").await;
    // Whoever presses Enter stays.
    browser.types(key::ENTER).await;
    browser.no_longer_sees("#leaving").await;
    browser.clicks("#leave-group").await;
    browser.clicks("#leaving-yes").await;
    browser.no_longer_sees("#talk-header").await;
    browser.waits("an empty list", "$('#conversations').childElementCount === 0 && !$('#group').open").await;
    assert_eq!(browser.evaluates("$('#notice').hidden && location.hash === ''").await, true);

    // By its name, from the field that finds.
    browser.fills("#find", "#nothing").await;
    browser.shows("#begin", "Join #nothing").await;
    browser.types(key::ENTER).await;
    browser.shows("#find-error", "There is no such group, or it is private.").await;
    browser.fills("#find", "#ops").await;
    browser.types(key::ENTER).await;
    browser.shows("#talk-name", "#ops").await;
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_put_out_sees_nothing_of_it_any_more() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    let group = makes_by_hand(&mut bob, json!({"members": ["alice"]})).await;
    let secret = json!({"type": "send", "conversation": group, "client_id": "s", "text": "secret"});
    bob.asks(secret).await;
    browser.clicks("#conversations button").await;
    browser.reads("secret").await;
    browser.types("begun").await;
    browser.clicks("#group-open").await;
    browser.shows("#members-list", "bob").await;
    bob.does("remove_member", &group, 1, json!({"user": "alice"})).await;
    browser.shows("#notice", "You are not in #ops any more.").await;
    browser.no_longer_sees("#group").await;
    browser.no_longer_sees("#composer").await;
    assert_eq!(browser.evaluates("document.body.textContent.includes('secret')").await, false);
    assert_eq!(browser.evaluates("$('#conversations').childElementCount").await, 0);
    assert_eq!(browser.evaluates("JSON.stringify(localStorage).includes('begun')").await, false);
    // Its address leads nowhere.
    let address = format!("location.hash = {}", json!(format!("group/{}", group.as_str().unwrap())));
    browser.evaluates(&address).await;
    browser.shows("#notice", "The group in the address cannot be shown.").await;
    // What waited for it in a page that was closed before is refused, and that is said.
    let left = json!({"client_id": "left", "conversation": group, "text": "too late", "at": 1});
    let keep = "localStorage.setItem('chat.outbox/alice/left/0', input); location.hash = ''; return 0;";
    browser.runs(keep, json!(left.to_string())).await;
    browser.reloads().await;
    browser.shows("#notice", "Not sent, because you are not in that group any more: too late").await;
    let is_forgotten = "!Object.keys(localStorage).some((key) => key.includes('outbox'))";
    browser.waits("it to be forgotten", is_forgotten).await;
    assert_eq!(browser.complaints().await, [""; 0]);
}
