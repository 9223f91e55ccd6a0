// Sends a clip to the server, asks how far it is, and has it deleted.

import { Refusal, sentence } from "./api.js";

const VIDEOS = new URL("../api/v1/videos", import.meta.url);
const address = (clip) => `${VIDEOS.href}/${encodeURIComponent(clip.id)}`;
const GONE = "The server does not answer. Is mien serve still running?";

/**
 * Upload a clip.
 *
 * @param file a File.
 * @param options.attributes names of attributes. @param options.blur whether to hide the faces.
 * @param options.signal of an AbortController. @param options.progressed called with the share that is sent.
 * @returns the clip as the API tells of it. @throws Refusal; AbortError where the caller gave up.
 */
export function send(file, { attributes, blur, signal, progressed }) {
  const url = new URL(VIDEOS);
  url.search = new URLSearchParams({ name: file.name, attributes: attributes.join(","), blur });
  const request = new XMLHttpRequest(); // fetch does not tell how much is sent
  return new Promise((done, failed) => {
    signal.addEventListener("abort", () => request.abort());
    request.upload.addEventListener("progress", ({ loaded, total }) => progressed(total ? loaded / total : 0));
    request.addEventListener("abort", () => failed(new DOMException("given up", "AbortError")));
    request.addEventListener("error", () => failed(new Refusal(GONE, { again: true })));
    request.addEventListener("load", () => {
      const wait = request.getResponseHeader("Retry-After");
      if (request.status === 202) done(request.response);
      else failed(refusal(request.status, request.response, wait));
    });
    request.open("POST", url);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", file.type.startsWith("video/") ? file.type : "application/octet-stream");
    request.send(file);
  });
}

/** How far a clip is. @throws Refusal; AbortError. */
export const look = (clip, signal) => get(address(clip), signal);

/** Everyone in it, once it is done. @throws Refusal; AbortError. */
export const people = (clip, signal) => get(clip.results["people.json"], signal);

/** Delete it; the request is sent even where the page is being closed. */
export function dismiss(clip) {
  fetch(address(clip), { method: "DELETE", keepalive: true }).catch(() => {}); // it is deleted by itself later
}

async function get(url, signal) {
  let response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(GONE, { again: true });
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  throw refusal(response.status, answer, response.headers.get("Retry-After"));
}

function refusal(status, problem, wait) {
  switch (status) {
    case 401:
      return new Refusal("This browser is not let in any more: the server was started anew. Open the address that it printed.");
    case 404:
      return new Refusal("The server has deleted this clip, as nobody asked for it for a while. Send it again.");
    case 413:
      return new Refusal(`This clip is too large: the server takes ${problem?.wanted ?? "less"}.`);
    case 422:
      return new Refusal(`This cannot be read as a video: ${problem?.got ?? "unknown format"}. ${problem?.wanted ?? "MP4 and WebM"} will do.`);
    case 429:
      return new Refusal(`That was too fast; wait ${wait ?? "a few"} seconds.`, { again: true });
    case 503:
      return new Refusal(wait ? "The server is busy with other clips." : GONE, { again: true });
    default:
      return new Refusal(problem ? `${sentence(problem.detail)} ${sentence(problem.remedy)}` : `The server answered ${status}.`, { again: true });
  }
}
