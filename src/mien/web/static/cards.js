// A card for each person in view.

import { EXPRESSIONS, NAMES } from "./expressions.js";
import { colourOf } from "./overlay.js";
import { UNSURE, doubts, interval, label, leaning, percent, share, who, years } from "./words.js";

const PICTURE_EVERY_MS = 1000;
const AWAY_MS = 1200; // a face that is hidden for a moment keeps its card
const PICTURE_SIDE = 144;
const AROUND = 0.25; // of the box, on every side

export class Cards {
  #list; #cards = new Map();

  constructor(list) {
    this.#list = list;
  }

  clear() {
    this.update([], null, 0);
    this.#list.replaceChildren();
    this.#cards.clear();
  }

  /**
   * @param people in view.
   * @param picture {source, scale, mirrored}: what faces can be cut out of, and its pixels per pixel of the boxes.
   * @param now as of performance.now().
   */
  update(people, picture, now) {
    people.forEach((person, index) => {
      const key = person.track_id ?? `face ${index}`;
      let card = this.#cards.get(key);
      if (!card) {
        card = new Card(colourOf(person, index), person.track_id ?? index + 1);
        this.#cards.set(key, card);
        this.#list.append(card.element);
      }
      card.show(person, picture, now);
    });
    for (const [key, card] of this.#cards) {
      const away = now - card.seen;
      card.element.classList.toggle("away", away > 0);
      if (away <= AWAY_MS) continue;
      card.element.remove();
      this.#cards.delete(key);
    }
  }
}

class Card {
  #parts = {}; #bars = {}; #pictured = -Infinity;
  seen = 0;

  constructor(colour, number) {
    const { element } = this;
    element.style.borderLeftColor = colour;
    const add = (name, tag, parent = element) => parent.appendChild((this.#parts[name] = document.createElement(tag)));
    const canvas = add("picture", "canvas");
    [canvas.width, canvas.height] = [PICTURE_SIDE, PICTURE_SIDE];
    canvas.setAttribute("aria-hidden", "true");
    const head = add("head", "h3");
    add("number", "span", head).textContent = `Person ${number}`;
    add("seen", "span", head);
    add("who", "p").className = "who";
    add("more", "p").className = "more";
    const bars = add("bars", "dl");
    bars.className = "bars";
    for (const name of NAMES) bars.append(...this.#bar(name));
  }

  element = Object.assign(document.createElement("li"), { className: "person" });

  #bar(name) {
    const [title, detail, track, fill, value] = ["dt", "dd", "span", "span", "span"].map((tag) => document.createElement(tag));
    title.textContent = name;
    track.className = "track";
    fill.style.background = EXPRESSIONS[name];
    track.append(fill);
    value.className = "value";
    detail.append(track, value);
    this.#bars[name] = { title, fill, value };
    return [title, detail];
  }

  show(person, picture, now) {
    this.seen = now;
    const parts = this.#parts;
    write(parts.seen, person.seen_s === undefined ? "" : `${duration(person.seen_s)} in view`);
    const known = [identity(person), told(person, "age", age), told(person, "gender", worded("gender")), told(person, "race", worded("race"))];
    fill(parts.who, known.filter(Boolean));
    write(parts.more, more(person));
    this.#showBars(person);
    if (picture && now - this.#pictured > PICTURE_EVERY_MS) {
      cut(parts.picture, person.box, picture);
      this.#pictured = now;
    }
  }

  #showBars({ emotion }) {
    this.#parts.bars.hidden = !emotion;
    if (!emotion) return;
    for (const name of NAMES) {
      const { title, fill: bar, value } = this.#bars[name];
      const probability = emotion.probabilities[name];
      bar.style.width = `${(probability * 100).toFixed(0)}%`;
      write(value, percent(probability));
      title.classList.toggle("best", emotion.label === name);
    }
  }
}

/** [what, smaller after it, unsure], or null where it is not known. */
const told = (person, name, words) => (person[name] ? words(person, doubts(person, name)) : null);

/** The name or "unknown", how similar and why nobody is named, and whether it is nobody; null where there is nothing to tell. */
function identity(person) {
  if (!person.match) return null;
  const { similarity, reason } = person.match.decision;
  const alike = similarity === null ? "" : `similarity ${similarity.toFixed(2)}`;
  return [who(person), [alike, reason].filter(Boolean).join(", "), person.identity === null];
}

const age = (person, unsure) => [unsure ? "age unsure" : years(person), interval(person), unsure];

const worded = (name) => (person, unsure) =>
  unsure || person[name].label === UNSURE ? [`${name} unsure`, leaning(person[name]), true] : [label(person[name]), share(person[name]), false];

function more(person) {
  const parts = [];
  if (person.emotion) parts.push(person.emotion.label === UNSURE ? `expression unsure: ${leaning(person.emotion)}` : `looks ${label(person.emotion)}`);
  if (person.attention_s >= 1) parts.push(`${duration(person.attention_s)} facing the camera`);
  if (person.quality?.reasons.length) parts.push(person.quality.reasons.join(", "));
  if (person.state === "coasting") parts.push("hidden for a moment");
  return parts.join(" · ");
}

function fill(element, items) {
  const key = JSON.stringify(items);
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  element.replaceChildren(
    ...items.flatMap(([what, after, unsure], index) => {
      const span = document.createElement("span");
      span.textContent = what;
      if (unsure) span.className = "unsure";
      const small = document.createElement("small");
      small.textContent = after ? ` ${after}` : "";
      return [index ? " · " : "", span, small];
    }),
  );
}

/** Changes the page only where the text changes. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** "8 s", "3:05 min". */
function duration(seconds) {
  const whole = Math.floor(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
}

/** Draws the face and a little around it, square, mirrored as the picture is. */
function cut(canvas, [x1, y1, x2, y2], { source, scale, mirrored }) {
  const side = Math.max(x2 - x1, y2 - y1) * (1 + 2 * AROUND);
  const [left, top] = [(x1 + x2 - side) / 2, (y1 + y2 - side) / 2];
  const context = canvas.getContext("2d");
  context.setTransform(mirrored ? -1 : 1, 0, 0, 1, mirrored ? canvas.width : 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, left * scale, top * scale, side * scale, side * scale, 0, 0, canvas.width, canvas.height);
}
