/** Elements, made without markup: text is only ever text. */

/** The element with this id. */
export const $ = (id) => document.getElementById(id);

/**
 * Makes an element.
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Writes a text, if it is another one than stands there already: what does not change is not announced again. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows what is wrong at a place that is announced; an empty text clears it. */
export function complain(element, text) {
  write(element, text);
  element.hidden = !text;
}

/**
 * Makes the children of an element those of `rows`, in their order; what is there already stays and is only updated.
 * @template {{key: string}} Row
 * @param {Element} parent
 * @param {Row[]} rows
 * @param {(row: Row) => HTMLElement} create
 * @param {(element: HTMLElement, row: Row) => void} update
 */
export function reconcile(parent, rows, create, update) {
  const wanted = new Set(rows.map(({ key }) => key));
  // What goes is taken out first, so that nothing that stays has to be moved.
  for (const child of [...parent.children]) if (!wanted.has(child.dataset.key)) child.remove();
  const known = new Map(Array.from(parent.children, (child) => [child.dataset.key, child]));
  let next = parent.firstElementChild;
  for (const row of rows) {
    const element = known.get(row.key) ?? create(row);
    element.dataset.key = row.key;
    update(element, row);
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
}

/** A circle with somebody's first letter, in a colour of their own; a group has a square. */
export function avatar(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 8;
  const isGroup = name.startsWith("#");
  const letter = isGroup ? "#" : (/[a-z0-9]/.exec(name)?.[0] ?? "?");
  return make("span", { class: `avatar tone-${sum}${isGroup ? " of-group" : ""}`, "aria-hidden": "true" }, letter.toUpperCase());
}
