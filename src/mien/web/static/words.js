// How a face's values are put into words, the same in pictures, tables and cards.

export const UNSURE = "unsure";

/** "34", or null. */
export const years = (face) => (face.age ? face.age.years.toFixed(0) : null);

/** "29–40", or null where there is no interval. */
export function interval(face) {
  if (!face.age?.interval) return null;
  const [low, high] = face.age.interval.map((end) => end.toFixed(0));
  return `${low}–${high}`;
}

/** A distribution's label, "unsure" as such. */
export const label = (distribution) => distribution.label.replaceAll("_", " ");

/** "83 %": how probable the most probable label is. */
export const share = (distribution) => percent(Math.max(...Object.values(distribution.probabilities)));

export const isUnsure = (distribution) => distribution.label === UNSURE;

/** Whether an attribute of this face should not be relied on. */
export const doubts = (face, name) => face.unsure?.includes(name) ?? false;

/** What an unsure distribution leans to: "happy or neutral". */
export function leaning(distribution) {
  const ranked = Object.entries(distribution.probabilities).sort((a, b) => b[1] - a[1]);
  return ranked.slice(0, 2).map(([name]) => name.replaceAll("_", " ")).join(" or ");
}

export const UNKNOWN = "unknown";

/** Who somebody is by a gallery: the name, "unknown", or null where there is nothing to tell yet. */
export const who = (face) => face.identity ?? (face.match ? UNKNOWN : null);

export const percent = (value) => `${Math.round(value * 100)} %`;

/** Seconds of a clip: "0:07", "2:05". */
export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** "1 person", "3 people". */
export const people = (count) => (count === 1 ? "1 person" : `${count} people`);

/** The lines written beside a face: who, then the expression, then race where it is asked for. */
export function lines(face, index) {
  const span = interval(face);
  const told = face.age ? years(face) + (span ? ` (${span})` : "") : null;
  const age = told && doubts(face, "age") ? "age unsure" : told;
  const worded = (name, value) => value && (isUnsure(value) ? `${name} unsure` : label(value));
  const emotion = worded("expression", face.emotion);
  const number = face.track_id ?? index + 1;
  return [
    [who(face), `#${number}`, age, worded("gender", face.gender)],
    [emotion && !isUnsure(face.emotion) ? `${emotion} ${share(face.emotion)}` : emotion],
    [worded("race", face.race)],
  ].map((parts) => parts.filter(Boolean).join(" · ")).filter(Boolean);
}
