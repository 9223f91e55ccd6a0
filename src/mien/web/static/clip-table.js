// The table of the people in a clip.

import { colourOf } from "./overlay.js";
import { UNSURE, clock, doubts, interval, label, leaning, percent, share, years } from "./words.js";

const classes = (name) => (person) => [label(person[name]), share(person[name])];
const lean = (name) => (person) => leaning(person[name]);

// Attribute, title, what is told in one line and in a smaller one below, and what is told below where it is unsure.
const COLUMNS = [
  ["age", "Apparent age", (person) => [years(person), interval(person)], interval],
  ["gender", "Gender", classes("gender"), lean("gender")],
  ["emotion_shares", "Mostly looks", ({ emotion_shares }) => mostly(emotion_shares)],
  ["race", "Perceived race", classes("race"), lean("race")],
  ["attention_s", "Facing the camera", ({ attention_s, seen_s }) => [`${attention_s.toFixed(1)} s`, seen_s ? percent(attention_s / seen_s) : null]],
];

/** Fills the table; a person's first moment is a button that calls `seek` with its second. */
export function fillClipTable(table, people, seek) {
  const columns = COLUMNS.filter(([name]) => people.some((person) => person[name] !== null));
  const head = document.createElement("tr");
  head.append(...["#", "In view", ...columns.map(([, title]) => title)].map((title) => cell("th", title, "col")));
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren(...people.map((person, index) => row(person, index, columns, seek)));
}

function row(person, index, columns, seek) {
  const line = document.createElement("tr");
  const [number, view] = [cell("th", "", "row"), cell("td", "")];
  const chip = document.createElement("span");
  chip.className = "chip";
  chip.style.borderLeftColor = colourOf(person, index);
  chip.textContent = person.track_id;
  number.append(chip);
  const start = document.createElement("button");
  Object.assign(start, { type: "button", className: "moment", textContent: `from ${clock(person.in_view[0][0])}` });
  start.setAttribute("aria-label", `Person ${person.track_id}: show the first moment, ${clock(person.in_view[0][0])}`);
  start.addEventListener("click", () => seek(person.in_view[0][0]));
  const times = person.in_view.length === 1 ? "" : `, ${person.in_view.length} times`;
  view.append(`${person.seen_s.toFixed(1)} s${times}`, start);
  line.append(number, view, ...columns.map((column) => value(person, column)));
  return line;
}

function value(person, [name, , words, below]) {
  const known = person[name] !== null;
  const unsure = known && below && doubts(person, name);
  const [main, more] = unsure ? [UNSURE, below(person)] : known ? words(person) : ["–", null];
  const one = cell("td", main);
  if (unsure) one.className = "unsure";
  if (more) one.append(Object.assign(document.createElement("small"), { textContent: more }));
  return one;
}

function mostly(shares) {
  const [name, most] = Object.entries(shares).sort((a, b) => b[1] - a[1])[0];
  return [name, percent(most)];
}

function cell(tag, text, scope) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (scope) made.scope = scope;
  return made;
}
