// Who is in a photo: the part of the People page that searches the gallery.

import { Refusal } from "./api.js";
import { evidence } from "./evidence.js";
import { search } from "./gallery.js";
import { setUpIntake } from "./intake.js";
import { prepare } from "./prepare.js";
import { Stage } from "./stage.js";

const element = (id) => document.getElementById(id);

/**
 * @param options.limits of photos. @param options.people function that gives the gallery's people by id.
 * @returns what takes a photo.
 */
export function setUpSearch({ limits, people }) {
  const [form, status, problem, result, matches] = ["search", "status", "problem", "result", "matches"].map(element);
  const figure = result.querySelector(".stage");
  const stage = new Stage(figure, highlight);
  let photo = null; // {picture, url, note}
  let asking = null; // AbortController of the request under way

  async function take(blob) {
    asking?.abort();
    if (photo?.url) URL.revokeObjectURL(photo.url);
    photo = null;
    const own = (asking = new AbortController());
    say("Reading the photo …");
    const prepared = await prepare(blob, limits);
    if (own.signal.aborted) return;
    photo = prepared;
    form.classList.add("has-photo");
    await ask();
  }

  async function ask() {
    if (photo === null) return;
    asking?.abort();
    const own = (asking = new AbortController());
    say("Comparing with everybody …");
    show(null);
    try {
      const answer = await search(photo.picture, { fmr: form.elements.fmr.value, signal: own.signal });
      show(answer.images[0]);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof Refusal)) throw error;
      complain(error);
    }
  }

  function show(image) {
    stage.show(photo.url, image);
    figure.classList.toggle("busy", image === null);
    figure.hidden = photo.url === null;
    result.hidden = photo.url === null && image === null;
    matches.replaceChildren(...(image?.faces ?? []).map((face, index) => evidence(face, index, people())));
    if (image === null) return;
    const named = image.faces.filter((face) => face.match.identity).map((face) => face.match.identity);
    const unknown = image.faces.length - named.length;
    const told = [...named, unknown ? (unknown === 1 ? "1 unknown" : `${unknown} unknown`) : null].filter(Boolean).join(", ");
    const found = image.faces.length ? `In the photo: ${told}.` : "No face was found. Faces turned far away, covered, or smaller than about 20 pixels are not seen.";
    say([found, photo.note, photo.url === null ? "This browser cannot show this kind of picture." : null].filter(Boolean).join(" "));
  }

  function say(text) {
    problem.hidden = true;
    status.hidden = false;
    status.textContent = text;
  }

  function complain(refusal) {
    status.hidden = true;
    result.hidden = true;
    problem.hidden = false;
    problem.textContent = refusal.message;
    if (!refusal.again) return;
    const again = document.createElement("button");
    Object.assign(again, { type: "button", className: "button", textContent: "Try again" });
    again.addEventListener("click", ask);
    problem.append(again);
  }

  function highlight(index) {
    stage.highlighted = index;
    [...matches.children].forEach((one, at) => one.classList.toggle("shown", at === index));
  }

  setUpIntake({ drop: element("drop"), choose: element("choose"), input: element("file"), taken: take });
  form.addEventListener("change", (event) => event.target.name === "fmr" && ask());
  form.addEventListener("submit", (event) => event.preventDefault());
  matches.addEventListener("pointerover", (event) => highlight([...matches.children].indexOf(event.target.closest("li"))));
  matches.addEventListener("pointerleave", () => highlight(null));
  return take;
}
