// The table of the people in a picture.

import { colourOf } from "./overlay.js";
import { UNSURE, doubts, interval, label, leaning, percent, share, years } from "./words.js";

const angle = (degrees) => `${String(Math.round(degrees) || 0).replace("-", "−")}°`;
const classes = (name) => (face) => [label(face[name]), share(face[name])];
const lean = (name) => (face) => leaning(face[name]);

// Attribute, title, what is told in one line and in a smaller one below, and what is told below where it is unsure.
const COLUMNS = [
  ["age", "Apparent age", (face) => [years(face), interval(face)], interval],
  ["gender", "Gender", classes("gender"), lean("gender")],
  ["emotion", "Perceived expression", classes("emotion"), lean("emotion")],
  ["race", "Perceived race", classes("race"), lean("race")],
  ["quality", "Quality", ({ quality }) => [percent(quality.score), quality.reasons.join(", ")]],
  ["pose", "Head pose", ({ pose }) => [`yaw ${angle(pose.yaw)}`, `pitch ${angle(pose.pitch)}, roll ${angle(pose.roll)}`]],
];

/** Fills the table with the columns that were computed. */
export function fillTable(table, faces) {
  const columns = COLUMNS.filter(([name]) => faces.some((face) => face[name]));
  const head = document.createElement("tr");
  head.append(cell("th", "#", "col"), ...columns.map(([, title]) => cell("th", title, "col")));
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren(...faces.map((face, index) => row(face, index, columns)));
}

function row(face, index, columns) {
  const line = document.createElement("tr");
  const number = cell("th", "", "row");
  const chip = document.createElement("span");
  chip.className = "chip";
  chip.style.borderLeftColor = colourOf(face, index);
  chip.textContent = face.track_id ?? index + 1;
  number.append(chip);
  line.append(number);
  for (const [name, , words, below] of columns) {
    const unsure = face[name] && doubts(face, name);
    const known = face[name] ? words(face) : ["–", null];
    const [main, more] = unsure ? [UNSURE, below?.(face)] : known;
    const one = cell("td", main);
    if (unsure) one.className = "unsure";
    if (more) {
      const small = document.createElement("small");
      small.textContent = more;
      one.append(small);
    }
    line.append(one);
  }
  return line;
}

function cell(tag, text, scope) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (scope) made.scope = scope;
  return made;
}
