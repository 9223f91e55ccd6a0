// Asks the server for profiles, and puts what goes wrong into sentences.

const ANALYZE = new URL("../api/v1/analyze", import.meta.url);

/** What a person is told when there is no result. `again` says whether trying once more may help. */
export class Refusal extends Error {
  constructor(message, { again = false } = {}) {
    super(message);
    this.again = again;
  }
}

/**
 * Profiles of everyone in a picture.
 *
 * @param picture a Blob; its name, where it has one, is told back.
 * @param options.attributes names of attributes.
 * @param options.signal of an AbortController.
 * @returns the API's answer, whole; `images[0]` is the picture's.
 * @throws Refusal with a sentence to show; AbortError where the caller gave up.
 */
export async function analyze(picture, { attributes, signal }) {
  const form = new FormData();
  form.append("images", picture, picture.name || "photo");
  form.append("attributes", attributes.join(","));
  let response;
  try {
    response = await fetch(ANALYZE, { method: "POST", body: form, signal });
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
  switch (response.status) {
    case 401:
      return new Refusal("This browser is not let in any more: the server was started anew. Open the address that it printed.");
    case 413:
      return new Refusal(`This photo is too large: ${problem?.got ?? "the server takes less"}.`);
    case 422:
      return new Refusal(`This cannot be read as a photo: ${problem?.got ?? "unknown format"}.`);
    case 429:
      return new Refusal(`That was too fast; wait ${wait ?? "a few"} seconds.`, { again: true });
    case 503:
      return new Refusal(wait ? "The server is busy with other photos." : `${problem?.detail ?? "The server cannot do this"}.`, { again: true });
    default:
      return new Refusal(problem ? `${problem.detail}. ${problem.remedy}.` : `The server answered ${response.status}.`, { again: true });
  }
}
