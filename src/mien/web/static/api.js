// Asks the server, and puts what goes wrong into sentences.

const API = new URL("../api/v1/", import.meta.url);

/** What a person is told when there is no result. `again` says whether trying once more may help; `problem` is the server's, or null. */
export class Refusal extends Error {
  constructor(message, { again = false, problem = null } = {}) {
    super(message);
    this.again = again;
    this.problem = problem;
  }
}

/** The address of what the API has under a path. */
export const address = (path) => new URL(path, API).href;

/**
 * Profiles of everyone in a picture.
 *
 * @param picture a Blob; its name, where it has one, is told back.
 * @param options.attributes names of attributes.
 * @param options.signal of an AbortController.
 * @returns the API's answer, whole; `images[0]` is the picture's.
 * @throws Refusal with a sentence to show; AbortError where the caller gave up.
 */
export function analyze(picture, { attributes, signal }) {
  return ask("analyze", { method: "POST", body: formOf([picture], { attributes: attributes.join(",") }), signal });
}

/** A form with pictures and texts. */
export function formOf(pictures, texts) {
  const form = new FormData();
  for (const picture of pictures) form.append("images", picture, picture.name || "photo");
  for (const [name, text] of Object.entries(texts)) form.append(name, text);
  return form;
}

/**
 * Ask the API.
 *
 * @param path of it. @param options as fetch takes them.
 * @returns the JSON of the answer. @throws Refusal; AbortError where the caller gave up.
 */
export async function ask(path, options) {
  let response;
  try {
    response = await fetch(address(path), options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal("The server does not answer. Is mien serve still running?", { again: true });
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  throw refusal(response, answer);
}

function refusal(response, problem) {
  const wait = response.headers.get("Retry-After");
  const told = problem ? `${sentence(problem.detail)} ${sentence(problem.remedy)}` : `The server answered ${response.status}.`;
  switch (response.status) {
    case 401:
      return new Refusal("This browser is not let in any more: the server was started anew. Open the address that it printed.");
    case 413:
      return new Refusal(`This photo is too large: ${problem?.got ?? "the server takes less"}.`, { problem });
    case 422:
      return new Refusal(problem?.images ? `This cannot be read as a photo: ${problem.got}.` : told, { problem });
    case 429:
      return new Refusal(`That was too fast; wait ${wait ?? "a few"} seconds.`, { again: true });
    case 503:
      return new Refusal(wait ? "The server is busy with other photos." : told, { again: true });
    default:
      return new Refusal(told, { again: response.status >= 500, problem });
  }
}

/** "cut it out" → "Cut it out." */
export const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;
