// The body of an async function: what is returned is the list of failures.

const { wordsOf } = await import("/assets/words.js");
const { rangesIn, termsOf } = await import("/assets/query.js");
const { excerptOf } = await import("/assets/excerpt.js");
const { addressOf, readAddress } = await import("/assets/address.js");
const { Log } = await import("/assets/log.js");
const { Session } = await import("/assets/session.js");

const failures = [];
const same = (what, actual, expected) => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) failures.push(`${what}: ${a} instead of ${b}`);
};

// Words: the cases of server/src/domain/words.rs.
for (const [text, expected] of [
  ["", []], ["?! \t\n …", []], ["Hello, World!", ["hello", "world"]], ["don't", ["don", "t"]], ["report_final-2.PDF", ["report", "final", "2", "pdf"]],
  ["https://example.com/a?b=c", ["https", "example", "com", "a", "b", "c"]], ["3.14", ["3", "14"]], ["Crème Brûlée", ["creme", "brulee"]],
  ["Cre\u0300me", ["creme"]], ["STRASSE Straße", ["strasse", "strasse"]], ["Øre Łódź İstanbul", ["ore", "lodz", "istanbul"]],
  ["ΣΊΣΥΦΟΣ σίσυφος", ["σισυφοσ", "σισυφοσ"]], ["Ёлка", ["елка"]], ["ﬁne ｗｉｄｅ ²", ["fine", "wide", "2"]], ["שָׁלוֹם", ["שלום"]], ["مَرْحَبًا", ["مرحبا"]],
  ["東京タワー", ["東", "京", "タ", "ワ", "ー"]], ["がぎ か\u3099", ["が", "ぎ", "が"]], ["안녕 hi", ["안", "녕", "hi"]], ["abc東def", ["abc", "東", "def"]],
  ["ที่นี่", ["ที่", "นี่"]], ["नमस्ते दुनिया", ["नमस्ते", "दुनिया"]], ["👍", ["👍"]], ["ok👍🏽👍", ["ok", "👍", "👍"]], ["👨‍👩‍👧", ["👨‍👩‍👧"]],
  ["🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]], ["❤️ ❤", ["❤", "❤"]], ["1️⃣ #️⃣", ["1"]], ["a\u0000b\u001b[31m", ["a", "b", "31m"]], ["a\u202eb", ["a", "b"]],
  ["soft\u00adly a\u200db", ["softly", "ab"]], ["a\u000b\u0f71", ["a"]], ["\u093e", []], ["x \u093ey", ["x", "y"]], ["का", ["का"]],
  ["ab".repeat(1000), ["ab".repeat(32)]],
]) same(`words of ${JSON.stringify(text)}`, wordsOf(text).map(({ word }) => word), expected);
same("where they stand", wordsOf("¿Où est ß?").map(({ start, end }) => [start, end]), [[1, 3], [4, 7], [8, 9]]);

// What a search asks for.
const term = (words, isPrefix = false) => ({ words, isPrefix });
for (const [query, expected] of [
  ["", []], ["a  b", [term(["a"]), term(["b"])]], ['"a b" c', [term(["a", "b"]), term(["c"])]], ['"a b', [term(["a", "b"])]], ['x"y z"', [term(["x"]), term(["y", "z"])]],
  ["example.com", [term(["example", "com"])]], ["lun* 東* 👍*", [term(["lun"], true), term(["東"]), term(["👍"])]], ['"lun*"', [term(["lun"])]],
  ["From:@Ann IN:#ops after:2026-01-01 before:x has:file", []], ['from:"ann"', [term(["ann"])]], ["note:this :x", [term(["note", "this"]), term(["x"])]], ["* ?!", []],
]) same(`terms of ${query}`, termsOf(query), expected);

// Where a text has it.
const found = (text, query) => rangesIn(text, termsOf(query)).map(({ start, end }) => text.slice(start, end));
for (const [text, query, expected] of [
  ["Lunch at Noon", "noon", ["Noon"]], ["no moon, noon", "noon", ["noon"]], ["lunches", "lunch", []], ["Lunches, lunch", "lun*", ["Lunches", "lunch"]],
  ["at noon, at night", '"at noon"', ["at noon"]], ["at noon", "at noon", ["at", "noon"]], ["a b c", '"a b" "b c"', ["a b c"]], ["see example.com/x", "example.com", ["example.com"]],
  ["Crème", "creme", ["Crème"]], ["東京タワー", "京タ", ["京タ"]], ["ok👍🏽", "👍", ["👍🏽"]], ["from ann", "from:ann", []], ["", "x", []],
]) same(`${query} in ${text}`, found(text, query), expected);

// The part of it that is shown.
const excerpt = (text, query) => excerptOf(text, termsOf(query));
same("a short one is whole", excerpt("a needle here", "needle"), [{ text: "a ", isFound: false }, { text: "needle", isFound: true }, { text: " here", isFound: false }]);
same("nothing in it", excerpt("a needle", "x"), [{ text: "a needle", isFound: false }]);
same("nothing at all", excerpt("", "x"), []);
{
  const pieces = excerpt(`${"before ".repeat(100)}needle${" after".repeat(100)}`, "needle");
  same("around it", [pieces[0].text, pieces[1].text.startsWith("before"), pieces[2], pieces.at(-1).text], ["…", true, { text: "needle", isFound: true }, "…"]);
  const shown = pieces.map(({ text }) => text).join("");
  same("and not much", [shown.length < 190, shown.endsWith("after…")], [true, true]);
  const faces = excerpt("😀".repeat(300) + "x", "x");
  same("no half of a character", faces.map(({ text }) => text).join("").isWellFormed?.() ?? true, true);
  const long = excerpt(`x${"y".repeat(400)}`, "x*");
  same("what is found may be longer than that", long.map(({ isFound }) => isFound), [true, false]);
}

// Addresses.
const group = { kind: "group", conversation: "0123456789abcdef", name: "ops" };
const direct = { kind: "direct", conversation: "0123456789abcdef", peer: { user: "bob" } };
same("written", [addressOf(direct), addressOf(direct, 7), addressOf(group), addressOf(group, 7), addressOf({ kind: "direct" }, 7)], ["bob", "bob/7", "group/0123456789abcdef", "group/0123456789abcdef/7", ""]);
for (const [text, expected] of [
  ["bob", { target: { to: "bob" } }], ["bob/7", { target: { to: "bob" }, seq: 7 }], ["group/0123456789abcdef", { target: { conversation: "0123456789abcdef" } }],
  ["group/0123456789abcdef/7", { target: { conversation: "0123456789abcdef" }, seq: 7 }], ["group/7", { target: { to: "group" }, seq: 7 }], ["group", { target: { to: "group" } }],
  ["", null], ["/", null], ["bob/x", null], ["bob/0", null], ["bob/7/8", null],
]) same(`read ${text}`, readAddress(text), expected);

// A window that begins around a message.
const entry = (seq) => ({ conversation: "c", seq, at: seq, from: "bob", client_id: `id${seq}`, kind: "message", text: `text ${seq}` });
const entries = (first, last) => Array.from({ length: last - first + 1 }, (_, index) => entry(first + index));
const page = (first, last, head = last) => ({ type: "page", conversation: "c", entries: entries(first, last), first: 1, head });
{
  const log = new Log();
  log.fetch("around");
  same("a push is not waited for", log.handleEntry(entry(201)), false);
  log.handleAround(page(76, 125, 200));
  same("it is loaded", [log.loading, log.first, log.last, log.told, log.following], [false, 76, 125, 200, false]);
  same("the push is fetched", log.missing(201), { after: 200 });
  const empty = new Log();
  empty.fetch("around");
  empty.handleAround(page(1, 0, 200));
  same("nothing there is the end", [empty.loading, empty.last, empty.following], [false, 200, true]);
}
{
  const sent = [];
  const session = new Session({ me: "alice", send: (request) => sent.push(request), tell: () => {}, now: () => 0 });
  const take = (type) => sent.splice(0).filter((request) => request.type === type);
  const welcome = () => {
    session.handleWelcome({ limits: {} });
    const [{ id }] = take("list");
    session.handleFrame({ type: "conversations", id, conversations: [{ conversation: "c", kind: "direct", peer: { user: "bob", online: true }, first: 1, head: 200, read: 0, unread: 200 }] });
  };
  const asked = () => take("history").map(({ after, before, limit }) => ({ after, before, limit }));
  welcome();
  session.show("c", 100);
  same("only what is around it is asked for", asked(), [{ before: 125, limit: 50 }]);
  session.handleDisconnected();
  sent.length = 0;
  welcome();
  session.show("c", 100);
  same("a lost answer begins at the end", asked(), []);
  same("which is asked for", session.conversations.get("c").log.loading, true);
}

return failures;
