// What speaks for and against a name, as a list item.

import { labelOf, portrait } from "./gallery.js";
import { colourOf } from "./overlay.js";

const WHY = {
  "empty gallery": "Nobody is enrolled yet.",
  "poor picture": "The picture of the face is too poor to tell.",
  "too far": "Nobody in the gallery is alike enough.",
  "too close to a second person": "Two people are too much alike to tell.",
};
const RAREST = 1e-9;

/**
 * @param face as the API's search tells of it. @param index of it.
 * @param people the gallery's, by id.
 */
export function evidence(face, index, people) {
  const { match } = face;
  const { decision, candidates } = match;
  const [first, second] = candidates;
  const item = make("li", { className: "match" });
  const chip = make("span", { className: "chip", textContent: index + 1 });
  chip.style.borderLeftColor = colourOf(face, index);
  const title = make("h3", {}, chip, " ", make("span", { className: match.identity ? "" : "unsure", textContent: match.identity ?? "unknown" }));
  const known = decision.person && people.get(decision.person);
  const head = make("div", { className: "match-head" }, known ? portrait(known) : "", make("div", {}, title));
  if (!decision.person) head.lastChild.append(make("p", { className: "soft", textContent: WHY[decision.reason] ?? decision.reason }));
  item.append(head);
  if (first) item.append(gauge(decision), facts(decision, first, second));
  return item;
}

function facts(decision, first, second) {
  const rows = [
    [decision.person ? "similarity" : "most alike", `${decision.person ? "" : `${called(first)}, `}${decimals(decision.similarity)}; wanted ${decimals(decision.threshold)}${decision.extrapolated ? ", extrapolated" : ""}`],
    ["strangers so alike", `${odds(decision.false_match_rate)}; allowed ${odds(decision.fmr)}`],
    ["runner-up", second ? `${called(second)}, ${decimals(second.similarity)}` : "nobody else is enrolled"],
    second && ["lead", `${decimals(decision.margin)}; wanted ${decimals(decision.least_margin)}`],
    ["compared with", decision.gallery_size === 1 ? "1 template" : `${decision.gallery_size.toLocaleString("en")} templates`],
  ];
  return make("dl", { className: "evidence" }, ...rows.filter(Boolean).map(([term, told]) =>
    make("div", {}, make("dt", { textContent: term }), make("dd", { textContent: told }))));
}

/** A bar as long as the similarity, with a mark where it had to reach; the list below tells the same. */
function gauge({ similarity, threshold, person }) {
  const bar = make("div", { className: person ? "gauge good" : "gauge" }, make("span", { className: "fill" }), make("span", { className: "mark" }));
  bar.setAttribute("aria-hidden", "true");
  bar.firstChild.style.width = percent(similarity);
  bar.lastChild.style.left = percent(threshold);
  return bar;
}

const called = (candidate) => labelOf({ id: candidate.person, name: candidate.name });
const percent = (value) => `${(Math.max(0, Math.min(value, 1)) * 100).toFixed(1)}%`;
const decimals = (value) => value.toFixed(3).replace("-", "−");

/** "1 in 8,700", "34 %". */
export function odds(rate) {
  if (rate < RAREST) return "fewer than 1 in a billion";
  if (rate > 0.1) return `${Math.round(rate * 100)} %`;
  return `1 in ${Number((1 / rate).toPrecision(2)).toLocaleString("en")}`;
}

/** An element with properties and what is in it. */
export function make(tag, properties, ...inside) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...inside);
  return made;
}
