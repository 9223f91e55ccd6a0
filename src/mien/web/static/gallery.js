// The gallery of people, by the API.

import { address, ask, formOf } from "./api.js";

const of = (person) => `people/${encodeURIComponent(person.id)}`;
const sent = (method, members) => ({ method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(members) });

/** Everybody, in the order of the names. @throws Refusal. */
export const everybody = async () => (await ask("people", {})).people;

/** @param texts name, consent and options. @returns who was enrolled, and what became of each picture. @throws Refusal. */
export const enrol = (pictures, texts) => ask("people", { method: "POST", body: formOf(pictures, texts) });

/** @returns the API's answer; `images[0]` is the picture's. @throws Refusal; AbortError. */
export const search = (picture, { fmr, signal }) => ask("search", { method: "POST", body: formOf([picture], { fmr }), signal });

/** @returns the person as they are now. @throws Refusal. */
export const rename = (person, name) => ask(of(person), sent("PATCH", { name }));

/** @returns who stays. @throws Refusal. */
export const merge = (person, target) => ask(`${of(person)}/merge`, sent("POST", { into: target.id }));

/** @returns the receipt. @throws Refusal. */
export const forget = (person) => ask(of(person), { method: "DELETE" });

/** Somebody's picture where one was kept, else a circle with the initial. */
export function portrait(person) {
  if (person.crops) {
    const image = Object.assign(new Image(), { className: "portrait", alt: "", loading: "lazy" });
    image.src = address(`${of(person)}/crop`);
    return image;
  }
  const circle = Object.assign(document.createElement("span"), { className: "portrait", textContent: initial(person) });
  circle.setAttribute("aria-hidden", "true");
  return circle;
}

/** The first letter as people see it, which may be several code points. */
const initial = ({ name }) => (name ? [...new Intl.Segmenter().segment(name)][0].segment.toLocaleUpperCase() : "?");

/** The name, or the id of somebody without one. */
export const labelOf = (person) => person.name ?? person.id;
