// The browser's camera, and sentences for when there is none.

/**
 * A stream of pictures from a camera.
 *
 * @param video constraints as getUserMedia takes them.
 * @throws Error whose message is a sentence to show.
 */
export async function openCamera(video = { facingMode: "user" }) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error("Browsers give a camera to pages over HTTPS or from this very computer only. Start the server with --self-signed, or open it at localhost.");
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (error) {
    throw new Error(cameraProblem(error), { cause: error });
  }
}

/** Lets go of the camera; its light goes out. */
export function closeCamera(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** What an error of getUserMedia means, and what to do. */
export function cameraProblem(error) {
  switch (error.name) {
    case "NotAllowedError":
    case "SecurityError":
      return "The camera was refused. Allow it for this page in the browser's address bar, then try again.";
    case "NotFoundError":
      return "No camera was found. Connect one, then try again.";
    case "NotReadableError":
    case "AbortError":
      return "The camera is in use by another program. Close that program, then try again.";
    case "OverconstrainedError":
      return "The camera cannot do what was asked. Choose another camera.";
    default:
      return `The camera cannot be opened (${error.name}). Try another camera or browser.`;
  }
}
