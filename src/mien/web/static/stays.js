// When each person of a clip is in view, and with which expressions: one strip a person, drawn in SVG.

import { EXPRESSIONS, NAMES } from "./expressions.js";
import { colourOf } from "./overlay.js";
import { clock, percent } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const GAP_S = 1; // without a look at the face
const LEAST_S = 0.1; // of what is drawn, so that a moment can be seen
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
const MOST_TICKS = 8;

export class Stays {
  #section; #rows; #head; #duration = 0;

  /**
   * @param section with elements #legend, #strips, #playhead and #scale in it.
   * @param seek called with the second that was pointed to.
   */
  constructor(section, seek) {
    this.#section = section;
    this.#rows = section.querySelector("#strips");
    this.#head = section.querySelector("#playhead");
    section.querySelector("#legend").replaceChildren(...NAMES.map(legend));
    this.#rows.addEventListener("click", (event) => {
      const strip = event.target.closest("svg");
      if (!strip) return;
      const { left, width } = strip.getBoundingClientRect();
      seek(((event.clientX - left) / width) * this.#duration);
    });
  }

  /** @param people as the API tells of them. @param duration of the clip in seconds. */
  show(people, duration) {
    this.#duration = Math.max(duration, LEAST_S);
    this.#section.querySelector("#legend").hidden = people.every((person) => !person.emotion_over_time);
    this.#rows.replaceChildren(...people.map((person, index) => row(person, index, this.#duration)));
    this.#section.querySelector("#scale").replaceChildren(...ticks(this.#duration));
    this.time = 0;
  }

  /** Where the video is, in seconds. */
  set time(seconds) {
    this.#head.style.left = `${Math.min(seconds / this.#duration, 1) * 100}%`;
  }
}

function legend(name) {
  const [item, swatch] = ["li", "span"].map((tag) => document.createElement(tag));
  swatch.style.background = EXPRESSIONS[name];
  item.append(swatch, name);
  return item;
}

function row(person, index, duration) {
  const [item, chip] = ["li", "span"].map((tag) => document.createElement(tag));
  chip.className = "chip";
  chip.style.borderLeftColor = colourOf(person, index);
  chip.textContent = person.track_id;
  const strip = document.createElementNS(SVG, "svg");
  strip.setAttribute("viewBox", `0 0 ${duration} 1`);
  strip.setAttribute("preserveAspectRatio", "none");
  strip.setAttribute("role", "img");
  strip.setAttribute("aria-label", told(person));
  for (const [start, end] of person.in_view) strip.append(stay(start, end, colourOf(person, index)));
  for (const part of parts(person.emotion_over_time)) strip.append(...bands(part));
  item.append(chip, strip);
  return item;
}

/** "Person 3: in view 0:01 to 0:04; mostly happy, 64 %". */
function told(person) {
  const times = person.in_view.map(([start, end]) => `${clock(start)} to ${clock(end)}`).join(", ");
  const shares = Object.entries(person.emotion_shares ?? {}).sort((a, b) => b[1] - a[1]);
  return `Person ${person.track_id}: in view ${times}${shares.length ? `; mostly ${shares[0][0]}, ${percent(shares[0][1])}` : ""}`;
}

function stay(start, end, colour) {
  const bar = document.createElementNS(SVG, "rect");
  const box = { x: start, y: 0, width: Math.max(end - start, LEAST_S), height: 1, fill: colour, class: "stay" };
  for (const [name, value] of Object.entries(box)) bar.setAttribute(name, value);
  return bar;
}

/** Samples [second, probabilities] in the order of NAMES, split where the face was not looked at. */
function parts(overTime) {
  const found = [];
  (overTime?.time_s ?? []).forEach((second, at) => {
    const sample = [second, NAMES.map((name) => overTime.probabilities[name][at])];
    const last = found.at(-1)?.at(-1);
    if (last && second - last[0] <= GAP_S) found.at(-1).push(sample);
    else found.push([sample]);
  });
  // One look alone is shown for a moment.
  return found.map((part) => (part.length > 1 ? part : [part[0], [part[0][0] + LEAST_S, part[0][1]]]));
}

/** One shape an expression, each on top of the one before; in all they are as high as the strip. */
function bands(samples) {
  const below = samples.map(() => 0);
  return NAMES.map((name, index) => {
    const under = samples.map(([second], at) => `${second},${(1 - below[at]).toFixed(3)}`);
    samples.forEach(([, probabilities], at) => (below[at] += probabilities[index]));
    const over = samples.map(([second], at) => `${second},${Math.max(1 - below[at], 0).toFixed(3)}`);
    const band = document.createElementNS(SVG, "polygon");
    band.setAttribute("points", [...under, ...over.reverse()].join(" "));
    band.setAttribute("fill", EXPRESSIONS[name]);
    return band;
  });
}

function ticks(duration) {
  const step = TICKS.find((one) => duration / one <= MOST_TICKS) ?? duration / MOST_TICKS;
  return Array.from({ length: Math.floor(duration / step) + 1 }, (_, index) => {
    const tick = document.createElement("span");
    tick.style.left = `${((index * step) / duration) * 100}%`;
    tick.textContent = clock(index * step);
    return tick;
  });
}
