// The expressions of each person over the last minute, as stacked bands.

import { EXPRESSIONS, NAMES } from "./expressions.js";
import { colourOf } from "./overlay.js";

const LENGTH_MS = 60_000;
const EVERY_MS = 200;
const GAP_MS = 1000; // without a look at the face
const MOST_ROWS = 6; // people seen last

export class Timeline {
  #section; #rows; #people = new Map(); #sampled = -Infinity;

  /** @param section with an element #legend and an element #rows in it. */
  constructor(section) {
    this.#section = section;
    this.#rows = section.querySelector("#rows");
    section.querySelector("#legend").replaceChildren(...NAMES.map(legend));
  }

  clear() {
    this.#people.clear();
    this.#rows.replaceChildren();
    this.#section.hidden = true;
  }

  /** Takes in the people in view, and draws; people without an id are left out. */
  update(people, now) {
    if (now - this.#sampled < EVERY_MS) return;
    this.#sampled = now;
    for (const person of people) {
      if (person.track_id === null || !person.emotion) continue;
      const row = this.#people.get(person.track_id) ?? this.#begin(person);
      row.samples.push({ now, probabilities: NAMES.map((name) => person.emotion.probabilities[name]) });
    }
    for (const [id, row] of this.#people) {
      while (row.samples.length && row.samples[0].now < now - LENGTH_MS) row.samples.shift();
      if (!row.samples.length || this.#isCrowdedOut(row)) {
        row.element.remove();
        this.#people.delete(id);
      } else {
        draw(row, now);
      }
    }
    this.#section.hidden = this.#people.size === 0;
  }

  #isCrowdedOut(row) {
    const last = (one) => one.samples.at(-1).now;
    return [...this.#people.values()].filter((other) => other.samples.length && last(other) > last(row)).length >= MOST_ROWS;
  }

  #begin(person) {
    const [element, chip, canvas] = ["li", "span", "canvas"].map((tag) => document.createElement(tag));
    chip.className = "chip";
    chip.style.borderLeftColor = colourOf(person, 0);
    chip.textContent = `#${person.track_id}`;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Person ${person.track_id}`); // until the first drawing says more
    element.append(chip, canvas);
    this.#rows.append(element);
    const row = { element, canvas, id: person.track_id, samples: [] };
    this.#people.set(person.track_id, row);
    return row;
  }
}

function legend(name) {
  const [item, swatch] = ["li", "span"].map((tag) => document.createElement(tag));
  swatch.style.background = EXPRESSIONS[name];
  item.append(swatch, name);
  return item;
}

function draw({ canvas, id, samples }, now) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * ratio));
  if (!width) return;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  const x = (time) => ((time - now + LENGTH_MS) / LENGTH_MS) * width;
  for (const part of whole(samples)) band(context, part, x, height);
  canvas.setAttribute("aria-label", `Person ${id}: ${summary(samples)}`);
}

/** Samples split where the person was out of view. */
function whole(samples) {
  const parts = [];
  for (const sample of samples) {
    const last = parts.at(-1)?.at(-1);
    if (last && sample.now - last.now <= GAP_MS) parts.at(-1).push(sample);
    else parts.push([sample]);
  }
  return parts;
}

function band(context, samples, x, height) {
  const below = samples.map(() => 0);
  NAMES.forEach((name, index) => {
    context.beginPath();
    samples.forEach((sample, at) => context.lineTo(x(sample.now), height * (1 - below[at])));
    for (let at = samples.length - 1; at >= 0; at -= 1) {
      below[at] += samples[at].probabilities[index];
      context.lineTo(x(samples[at].now), height * (1 - below[at]));
    }
    context.fillStyle = EXPRESSIONS[name];
    context.fill();
  });
}

/** "mostly happy (64 %)". */
function summary(samples) {
  const sums = NAMES.map((_, index) => samples.reduce((sum, sample) => sum + sample.probabilities[index], 0));
  const best = sums.indexOf(Math.max(...sums));
  return `mostly ${NAMES[best]}, ${Math.round((sums[best] / samples.length) * 100)} %`;
}
