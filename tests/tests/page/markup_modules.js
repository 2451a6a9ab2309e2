// The body of an async function: `input` is a list of texts and their blocks, what is returned is the list of failures.

const { gistOf, parse } = await import("/assets/markup.js");

const failures = [];
// The order of an object's fields says nothing.
const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
};
const same = (what, actual, expected) => {
  const [a, b] = [JSON.stringify(sorted(actual)), JSON.stringify(sorted(expected))];
  if (a !== b) failures.push(`${what}: ${a} instead of ${b}`);
};

for (const [text, blocks] of input) same(`parse(${JSON.stringify(text)})`, parse(text), blocks);

for (const [text, gist] of [
  ["", ""], ["plain", "plain"], ["*a* **b**\n> `c`", "a b c"], ["```rs\na\n  b\n```", "a   b"], ["2*3*4", "2*3*4"],
  ["[a](https://b.org)", "a (b.org)"], ["https://a.org", "https://a.org"], ["a\u202eb\r\nc", "a\ufffdb c"],
]) same(`gistOf(${JSON.stringify(text)})`, gistOf(text), gist);

// The longest messages of one marker only are no work at all.
for (const piece of ["*", "[", "`", "_a *b ", "[a](http://", "http://", "```a\n", "> ", "``` ", "\\"]) {
  const text = piece.repeat(8192 / piece.length);
  same(`nothing of ${piece} is lost`, gistOf(text).length > 0, true);
}
return failures;
