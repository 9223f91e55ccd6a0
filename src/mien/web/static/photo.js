// The Photo page: takes a photo in, shows who is in it, gives the result out.

import { Refusal, analyze } from "./api.js";
import { setUpIntake } from "./intake.js";
import { prepare } from "./prepare.js";
import { csv } from "./rows.js";
import { setUpShutter } from "./shutter.js";
import { Stage } from "./stage.js";
import { fillTable } from "./table.js";
import { people } from "./words.js";

const element = (id) => document.getElementById(id);
const [form, drop, file, status, problem, result, table] = ["form", "drop", "file", "status", "problem", "result", "people"].map(element);
const stage = new Stage(document.querySelector(".stage"), highlight);
const limits = { maxPixels: Number(form.dataset.maxPixels), maxBytes: Number(form.dataset.maxBytes) };

let photo = null; // {picture, url, note}
let answer = null; // the API's
let asking = null; // AbortController of the request under way

async function take(blob) {
  asking?.abort();
  if (photo?.url) URL.revokeObjectURL(photo.url);
  photo = answer = null;
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
  const attributes = [...form.elements.attributes].filter((box) => box.checked).map((box) => box.value);
  say("Looking for faces …");
  show(null);
  try {
    answer = await analyze(photo.picture, { attributes, signal: own.signal });
    show(answer.images[0]);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Refusal)) throw error;
    complain(error);
  }
}

function show(image) {
  stage.show(photo.url, image);
  document.querySelector(".stage").classList.toggle("busy", image === null);
  document.querySelector(".stage").hidden = photo.url === null;
  result.hidden = photo.url === null && image === null;
  document.querySelector(".side").hidden = image === null;
  if (image === null) return;
  fillTable(table, image.faces);
  element("people").parentElement.hidden = image.faces.length === 0;
  result.classList.toggle("wide", table.tHead.rows[0].cells.length > 5);
  const time = answer.elapsed_ms < 1000 ? `${answer.elapsed_ms.toFixed(0)} ms` : `${(answer.elapsed_ms / 1000).toFixed(1)} s`;
  const found = image.faces.length
    ? `${people(image.faces.length)} found in ${time}.`
    : "No face was found. Faces turned far away, covered, or smaller than about 20 pixels are not seen.";
  say([found, photo.note, photo.url === null ? "This browser cannot show this kind of picture." : null].filter(Boolean).join(" "));
}

function say(text) {
  problem.hidden = true;
  status.hidden = false;
  status.textContent = text;
}

function complain(refusal) {
  status.hidden = true;
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
  [...table.tBodies[0].rows].forEach((row, at) => row.classList.toggle("shown", at === index));
}

async function download(kind) {
  const [image] = answer.images;
  const blob = {
    json: () => new Blob([JSON.stringify(image, null, 2) + "\n"], { type: "application/json" }),
    csv: () => new Blob([csv(image)], { type: "text/csv" }),
    png: () => stage.toBlob(),
  }[kind];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await blob());
  link.download = `${(image.name ?? "photo").replace(/\.\w+$/, "")}-mien.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

setUpIntake({ drop, choose: element("choose"), input: file, taken: take });
form.addEventListener("change", (event) => event.target.name === "attributes" && ask());
form.addEventListener("submit", (event) => event.preventDefault());
element("take").addEventListener("click", setUpShutter(element("camera"), take));
table.tBodies[0].addEventListener("pointerover", (event) => {
  const row = event.target.closest("tr");
  highlight([...table.tBodies[0].rows].indexOf(row));
});
table.tBodies[0].addEventListener("pointerleave", () => highlight(null));
for (const button of document.querySelectorAll("[data-download]")) {
  button.addEventListener("click", () => download(button.dataset.download));
}
