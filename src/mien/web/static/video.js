// The Video page: sends a clip, tells how far it is, shows who is in it, and has it deleted.

import { Refusal, sentence } from "./api.js";
import { fillClipTable } from "./clip-table.js";
import { dismiss, look, people as fetchPeople, send } from "./clips.js";
import { setUpIntake } from "./intake.js";
import { Stays } from "./stays.js";
import { clock, people, percent } from "./words.js";

const LOOK_MS = 500;
const KEEP_MS = 60_000; // a result is kept while the page that shows it is open
const GUESS_AFTER_S = 3; // of work, how much longer it takes
const MEGABYTES = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

const element = (id) => document.getElementById(id);
const [form, drop, problem, work, stage, figures, bar, result, video] = [
  "form", "drop", "problem", "work", "stage", "figures", "bar", "result", "video",
].map(element);
const limits = { bytes: Number(form.dataset.maxBytes), seconds: Number(form.dataset.maxSeconds) };
const stays = new Stays(element("stays"), seek);

let file = null; // chosen last
let clip = null; // as the server tells of it; null where it has none of ours
let under = null; // AbortController of what is under way
let keeping = null; // timer

async function take(chosen) {
  forget();
  file = chosen;
  const own = (under = new AbortController());
  form.classList.add("has-photo");
  element("again").hidden = true;
  element("work-title").textContent = file.name;
  work.hidden = false;
  try {
    await check(file);
    if (own.signal.aborted) return;
    const sent = await upload(own.signal);
    if (own.signal.aborted) return dismiss(sent);
    clip = sent;
    await finished(own.signal);
    const told = await fetchPeople(clip, own.signal);
    show(told);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Refusal)) throw error;
    forget();
    complain(error);
  }
}

/** What the server would refuse is not sent first, as far as the browser can tell. */
async function check({ size }) {
  if (size > limits.bytes) {
    throw new Refusal(`This clip is too large: ${MEGABYTES.format(size / 1e6)} MB. The server takes up to ${limits.bytes / 1e6} MB.`);
  }
  say("Reading the clip", null, "");
  const seconds = await duration(file);
  if (seconds > limits.seconds) {
    throw new Refusal(`This clip is too long: ${clock(seconds)} minutes. The server takes up to ${clock(limits.seconds)}; cut out the part that matters.`);
  }
}

/** Of a file in seconds; NaN where the browser cannot read it, which says nothing about the server. */
function duration(blob) {
  const probe = document.createElement("video");
  const url = URL.createObjectURL(blob);
  return new Promise((done) => {
    probe.preload = "metadata";
    probe.addEventListener("loadedmetadata", () => done(probe.duration));
    probe.addEventListener("error", () => done(NaN));
    probe.src = url;
  }).finally(() => URL.revokeObjectURL(url));
}

function upload(signal) {
  const attributes = [...form.elements.attributes].filter((box) => box.checked).map((box) => box.value);
  const megabytes = (share) => `${((file.size * share) / 1e6).toFixed(1)} of ${(file.size / 1e6).toFixed(1)} MB`;
  say("Uploading", 0, megabytes(0));
  return send(file, {
    attributes: [...attributes, "quality"],
    blur: form.elements.blur.checked,
    signal,
    progressed: (share) => say("Uploading", share, megabytes(share)),
  });
}

/** Asks until the clip is done. */
async function finished(signal) {
  let began = null;
  for (;;) {
    const { status, before, progress } = clip;
    if (status === "done") return;
    if (status === "failed") throw new Refusal(`${sentence(clip.problem.got)} ${sentence(clip.problem.remedy)}`);
    if (status === "waiting") say("Waiting", null, before === 1 ? "1 clip is looked at first" : `${before} clips are looked at first`);
    else if (progress.frames === 0) say("Getting ready", null, "");
    else {
      began ??= { at: performance.now(), share: progress.share };
      say("Looking at the clip", progress.share, [...far(progress), ...left(progress, began)].join(" · "));
    }
    await pause(LOOK_MS, signal);
    clip = await look(clip, signal);
  }
}

function far({ share, time_s, duration_s, people: count }) {
  const place = duration_s ? `${clock(time_s)} of ${clock(duration_s)}` : clock(time_s);
  return [share === null ? place : `${percent(share)}, ${place}`, `${people(count)} so far`];
}

function left({ share }, began) {
  const seconds = (performance.now() - began.at) / 1000;
  if (share === null || share <= began.share || seconds < GUESS_AFTER_S) return [];
  const more = (seconds * (1 - share)) / (share - began.share);
  return [more < 60 ? `about ${Math.ceil(more / 5) * 5} s left` : `about ${Math.round(more / 60)} min left`];
}

function pause(ms, signal) {
  return new Promise((done, failed) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      failed(new DOMException("given up", "AbortError"));
    });
  });
}

function show(told) {
  work.hidden = true;
  result.hidden = false;
  const count = told.people.length;
  const found = count ? `${people(count)} seen in ${told.duration_s.toFixed(1)} s of video.` : "No face was found. Faces turned far away, covered, or smaller than about 20 pixels are not seen.";
  element("found").textContent = found;
  element("remarks").hidden = told.remarks.length === 0;
  element("remarks").replaceChildren(...told.remarks.map((text) => Object.assign(document.createElement("li"), { textContent: sentence(text) })));
  video.src = clip.results["video.webm"];
  for (const link of document.querySelectorAll("[data-download]")) {
    link.href = clip.results[link.dataset.download]; // the server names the file
  }
  fillClipTable(element("people"), told.people, seek);
  element("people").parentElement.hidden = element("stays").hidden = count === 0;
  result.querySelector(".result").classList.toggle("wide", count === 0 || element("people").tHead.rows[0].cells.length > 5);
  stays.show(told.people, told.duration_s);
  keeping = setInterval(keep, KEEP_MS);
}

/** Tells the server that the result is still looked at. */
async function keep() {
  try {
    await look(clip);
  } catch (error) {
    if (!(error instanceof Refusal) || error.again) return; // it may answer again
    clip = null;
    forget();
    complain(error);
  }
}

function seek(seconds) {
  video.currentTime = Math.min(seconds, Number.isFinite(video.duration) ? video.duration : seconds);
  stays.time = seconds;
}

/** Cancels what is under way, and has the server delete what it has. */
function forget() {
  under?.abort();
  under = null;
  clearInterval(keeping);
  if (clip) dismiss(clip);
  clip = null;
  video.removeAttribute("src");
  video.load();
  work.hidden = result.hidden = problem.hidden = true;
}

/** @param share of the bar; null where it is not known. */
function say(text, share, more) {
  if (stage.textContent !== text) stage.textContent = text;
  figures.textContent = more;
  if (share === null) bar.removeAttribute("value");
  else bar.value = share;
}

function complain(refusal) {
  problem.hidden = false;
  problem.textContent = refusal.message;
  if (!refusal.again) return;
  const again = document.createElement("button");
  Object.assign(again, { type: "button", className: "button", textContent: "Try again" });
  again.addEventListener("click", () => take(file));
  problem.append(again);
}

setUpIntake({ drop, choose: element("choose"), input: element("file"), taken: take });
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", (event) => event.target.name && (element("again").hidden = file === null));
element("again").addEventListener("click", () => take(file));
element("cancel").addEventListener("click", () => {
  forget();
  element("choose").focus();
});
element("delete").addEventListener("click", () => {
  forget();
  element("choose").focus();
});
let frame = null;
const follow = () => {
  stays.time = video.currentTime;
  frame = video.paused ? null : requestAnimationFrame(follow);
};
for (const kind of ["play", "seeked", "timeupdate"]) video.addEventListener(kind, () => frame ?? follow());
window.addEventListener("pagehide", () => clip && dismiss(clip));
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
