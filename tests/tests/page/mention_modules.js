// The body of an async function: what is returned is the list of failures.

const { begunName, mentionsIn } = await import("/assets/mention.js");
const { formatted } = await import("/assets/formatted.js");
const { People } = await import("/assets/people.js");
const { nameChoices } = await import("/assets/choices.js");
const { Session } = await import("/assets/session.js");

const failures = [];
const same = (what, actual, expected) => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) failures.push(`${what}: ${a} instead of ${b}`);
};

// Who is mentioned: the cases of server/src/domain/mentions.rs.
const people = ["ann", "bob", "bob.", "b.o_b-", "7", "ann-marie"];
const mentioned = (text) => [...new Set(mentionsIn(text, people).flatMap(({ name }) => name ?? []))];
for (const [text, expected] of [
  ["", []], ["ann", []], ["@ann", ["ann"]], ["hi @ann, @bob!", ["ann", "bob"]], ["@bob @ann @bob", ["bob", "ann"]], ['(@ann) "@bob" *@7*', ["ann", "bob", "7"]],
  ["thanks,@ann\n@bob\t@7", ["ann", "bob", "7"]], ["👋@ann", ["ann"]], ["@ann's", ["ann"]], ["@ann...", ["ann"]], ["@ann-_.", ["ann"]], ["@bob.", ["bob."]], ["@bob..", ["bob."]],
  ["@bob.and", []], ["@ann.And", ["ann"]], ["@b.o_b-", ["b.o_b-"]], ["@ann-marie @ann-", ["ann-marie", "ann"]], ["@ann-maria", []], ["@anna", []], ["@an", []],
  ["@annÄ @annX @annд", []], ["@Ann @ANN", []], ["@eve @ann", ["ann"]], ["@@ann @ @. @- @_ann", []], ["mail@ann a.@ann a-@ann a_@ann é@ann 東@ann", []], ["𝒜@ann", []],
  ["https://example.org/@ann", []], ["@ann@example.org", []], ["@ann/@bob", ["ann"]], ["@\u200bann @\u0000ann @＠ann", []], [`@${"a".repeat(40)}`, []],
]) same(`mentioned in ${JSON.stringify(text)}`, mentioned(text), expected);
same("all of the text is there", mentionsIn("a @ann. @eve", ["ann"]), [{ text: "a " }, { name: "ann" }, { text: ". @eve" }]);

// How it is shown.
const shown = (text, names, me) => formatted(text, names, me).flatMap((block) => [...block.querySelectorAll(".mention")].map((one) => `${one.textContent} ${one.className}`));
same("one's own is louder", shown("@ann and *@bob*", ["ann", "bob"], "bob"), ["@ann mention", "@bob mention loud"]);
same("who is not mentioned is not shown so", shown("@ann @eve", ["ann"], "bob"), ["@ann mention"]);
same("nor in code", shown("`@ann`\n```\n@ann\n```", ["ann"], "ann"), []);
same("nor in a link", shown("https://example.org/@ann [@ann](https://example.org)", ["ann"], "ann"), []);
same("nothing is lost", formatted("**a @ann b** @ann", ["ann"]).map(({ textContent }) => textContent), ["a @ann b @ann"]);

// What is being typed.
for (const [text, expected] of [
  ["@", ""], ["hi @An", "an"], ["(@b.o", "b.o"], ["@ann ", null], ["a@an", null], ["x/@a", null], ["@@a", null], ["@-", null], ["", null], [`@${"a".repeat(33)}`, null],
]) same(`begun in ${text}`, begunName(text), expected);

// Who is offered.
{
  const all = Array.from({ length: 250 }, (_, at) => ({ user: `m${String(at).padStart(3, "0")}` }));
  const asked = [];
  let fails = true;
  const call = async ({ after = "", limit }) => {
    asked.push(after);
    if (fails) throw { code: "busy" };
    const rest = all.filter(({ user }) => user > after);
    return { members: rest.slice(0, limit), more: rest.length > limit };
  };
  const app = { me: "m001", selected: "c", conversation: { summary: { kind: "group" } }, session: { call } };
  const known = new People(app);
  const settled = () => new Promise((done) => setTimeout(done));
  let came = 0;
  const looks = () => same("not known yet", known.named("m", () => { came += 1; }), []);
  looks();
  await settled();
  fails = false;
  looks();
  looks();
  await settled();
  same("told once, and not of a refusal", came, 1);
  same("it is asked again after a refusal, and all of it", asked, ["", "", "m199"]);
  same("by the beginning, without oneself", known.named("m00", () => {}).slice(0, 3), ["m000", "m002", "m003"]);
  same("up to the last", known.named("m24", () => {}).at(-1), "m249");
  const { begun, find } = nameChoices(known, () => {});
  same("not too many", find("m", 8).length, 8);
  same("what is put into the text", [begun("hi @m24"), find("m249", 8), find("m24", 1)[0].text], [{ start: 3, beginning: "m24" }, [], "@m240 "]);
  known.forget("c");
  same("somebody came", known.named("m", () => {}), []);
  app.conversation = { summary: { kind: "direct", peer: { user: "bob" } } };
  same("the other one", [known.named("b", () => {}), known.named("x", () => {})], [["bob"], []]);
}

// What is counted.
{
  const sent = [];
  const session = new Session({ me: "alice", send: (request) => sent.push(request), tell: () => {}, now: () => 0 });
  const take = (type) => sent.splice(0).filter((request) => request.type === type);
  const summary = (more) => ({ conversation: "c", kind: "direct", peer: { user: "bob", online: true }, first: 1, head: 1, read: 1, unread: 0, ...more });
  session.handleWelcome({ limits: {} });
  session.handleFrame({ type: "conversations", id: take("list")[0].id, conversations: [summary()] });
  const counts = () => {
    const { unread, mentions } = session.conversations.get("c").summary;
    return [unread, mentions ?? 0];
  };
  const entry = (seq, more) => session.handleFrame({ type: "entry", conversation: "c", seq, at: seq, client_id: `i${seq}`, kind: "message", text: "x", ...more });
  entry(2, { from: "bob", mentions: ["alice", "bob"] });
  entry(3, { from: "bob", mentions: ["bob"] });
  entry(4, { from: "alice", mentions: ["alice"] });
  entry(4, { from: "bob", mentions: ["alice"] });
  same("those of others that name the user", counts(), [2, 1]);
  session.handleFrame({ type: "receipt", conversation: "c", user: "alice", read: 2, unread: 1 });
  same("until they are read", counts(), [1, 0]);
  entry(5, { from: "bob", mentions: ["alice"] });
  take("open");
  entry(6, { from: "bob", kind: "deletion", target: 2, text: undefined });
  same("one that was read counts no more", take("open"), []);
  entry(7, { from: "bob", kind: "deletion", target: 5, text: undefined });
  const [{ id }] = take("open");
  session.handleFrame({ type: "opened", id, summary: summary({ head: 7, read: 2, unread: 1 }) });
  same("what is left of what was deleted, the server says", counts(), [1, 0]);
  session.show("c");
  session.handleFrame({ type: "page", id: take("history")[0].id, conversation: "c", entries: [], first: 1, head: 7 });
  session.say({ client_id: "mine", conversation: "c", text: "@bob", at: 1 });
  session.handleFrame({ type: "ack", id: take("send")[0].id, conversation: "c", seq: 8, at: 8, client_id: "mine", mentions: ["bob"] });
  same("one's own tells it as well", session.conversations.get("c").log.find(8)?.mentions, ["bob"]);
}

return failures;
