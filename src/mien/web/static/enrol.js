// Enrolling somebody: the part of the People page that takes photos, a name and the consent. Nothing is sent before that is given.

import { Refusal } from "./api.js";
import { make } from "./evidence.js";
import { enrol, labelOf } from "./gallery.js";
import { setUpIntake } from "./intake.js";
import { prepare } from "./prepare.js";

const OPTIONS = ["keep_crops", "largest", "allow_lookalikes"];
const ROOM = 0.9; // of a request, for the photos; the rest is the form's
const TAGS = { enrolled: ["enrolled", "good"], known: ["enrolled already", ""], refused: ["refused", "bad"], error: ["not read", "bad"] };
const element = (id) => document.getElementById(id);

/**
 * @param options.limits of photos and requests. @param options.enrolled called with somebody who has new templates.
 * @returns what takes a photo.
 */
export function setUpEnrolment({ limits, enrolled }) {
  const [form, list, name, consent, agreed, send, missing, status, problem] = ["enrol", "enrol-photos", "enrol-name",
    "enrol-consent", "enrol-agreed", "enrol-send", "enrol-missing", "enrol-status", "enrol-problem"].map(element);
  let photos = []; // {picture, url, outcome}
  let busy = false;
  let reading = Promise.resolve(); // one after the other, in their order

  function take(blob) {
    reading = reading.then(async () => {
      const { picture, url } = await prepare(blob, limits);
      photos.push({ picture, url, outcome: null });
      show();
    });
  }

  function remove(photo) {
    if (photo.url) URL.revokeObjectURL(photo.url);
    photos = photos.filter((one) => one !== photo);
    show();
    element("enrol-choose").focus();
  }

  function show() {
    list.replaceChildren(...photos.map(item));
    list.hidden = photos.length === 0;
    check();
  }

  function item(photo) {
    const called = photo.picture.name || "photo";
    const picture = photo.url ? Object.assign(new Image(), { src: photo.url, alt: "" }) : make("span", { className: "no-picture", textContent: "?" });
    const text = make("div", {}, make("p", { className: "called", textContent: called }));
    if (photo.outcome) {
      const [word, kind] = TAGS[photo.outcome.status];
      text.append(make("p", {}, make("span", { className: `tag ${kind}`, textContent: word }), photo.outcome.reason ? ` ${photo.outcome.reason}` : ""));
    }
    const away = make("button", { type: "button", className: "button small", textContent: "Remove", disabled: busy });
    away.setAttribute("aria-label", `Remove ${called}`);
    away.addEventListener("click", () => remove(photo));
    return make("li", {}, picture, text, away);
  }

  /** Says what is still missing; only where nothing is, it can be sent. */
  function check() {
    const lacks = [photos.length ? null : "a photo", name.value.trim() ? null : "a name", consent.checked ? null : "the consent"].filter(Boolean);
    missing.textContent = lacks.length ? `Still missing: ${lacks.join(", ")}.` : "";
    send.disabled = busy || lacks.length > 0;
  }

  async function submit() {
    if (send.disabled) return;
    busy = true;
    problem.hidden = true;
    say(photos.length === 1 ? "Looking at the photo …" : `Looking at ${photos.length} photos …`);
    show();
    try {
      let person = null;
      for (const batch of batches(photos, limits)) person = (await sendBatch(batch)) ?? person;
      conclude(person);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      status.hidden = true;
      problem.hidden = false;
      problem.textContent = error.message;
    } finally {
      busy = false;
      show();
    }
  }

  async function sendBatch(batch) {
    const options = Object.fromEntries(OPTIONS.map((option) => [option, form.elements[option].checked]));
    const texts = { name: name.value, consent: consentText(agreed.value), ...options };
    let answer;
    try {
      answer = await enrol(batch.map((photo) => photo.picture), texts);
    } catch (error) {
      answer = error.problem;
      if (!answer?.outcomes) throw error;
    }
    answer.outcomes.forEach((outcome, at) => (batch[at].outcome = outcome));
    return answer.person;
  }

  function conclude(person) {
    const done = photos.filter(({ outcome }) => outcome.status === "enrolled");
    const missed = photos.filter(({ outcome }) => outcome.status === "refused" || outcome.status === "error");
    for (const { url } of photos.filter((photo) => !missed.includes(photo))) if (url) URL.revokeObjectURL(url);
    photos = missed;
    const parts = [];
    if (done.length && person.templates === done.length) parts.push(`${labelOf(person)} is enrolled, with ${count(done.length, "template")}.`);
    else if (done.length) parts.push(`${labelOf(person)} has ${count(done.length, "template")} more, ${person.templates} in all.`);
    else if (!missed.length) parts.push(`${labelOf(person)} was enrolled from this already.`);
    if (missed.length) parts.push(`${count(missed.length, "photo")} ${missed.length === 1 ? "was" : "were"} not enrolled; the reason is told beside it.`);
    say(parts.join(" "));
    if (!missed.length) form.reset(); // the next one is somebody else, who has not agreed yet
    if (done.length) enrolled(person);
  }

  function say(text) {
    status.hidden = false;
    status.textContent = text;
  }

  setUpIntake({ drop: element("enrol-drop"), choose: element("enrol-choose"), input: element("enrol-file"), within: form, taken: take });
  form.addEventListener("input", check);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  check();
  return take;
}

/** How and when somebody agreed, as the gallery keeps it. */
const consentText = (words) => `${words.trim() || "agreed"} (box ticked on the page People, ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC)`;

const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;

/** The photos in parts that requests take. */
function batches(photos, { maxImages, maxRequestBytes }) {
  const parts = [];
  let bytes = Infinity;
  for (const photo of photos) {
    bytes += photo.picture.size;
    if (bytes > maxRequestBytes * ROOM || parts.at(-1).length >= maxImages) {
      parts.push([]);
      bytes = photo.picture.size;
    }
    parts.at(-1).push(photo);
  }
  return parts;
}
