// Everybody in the gallery, and what can be done with them: another name, two entries made one, forgetting.

import { Refusal } from "./api.js";
import { make } from "./evidence.js";
import { everybody, forget, labelOf, merge, portrait, rename } from "./gallery.js";

const SHOWN = 200; // at once; the others are found by their name
const FEW = 6; // so many need no looking for
const element = (id) => document.getElementById(id);

export class Members {
  #people = []; #chosen = null;
  byId = new Map();

  constructor() {
    this.#setUp("rename", (form) => rename(this.#chosen, form.elements.name.value), (person) => `${labelOf(person)} has the new name.`);
    this.#setUp("merge", (form) => merge(this.#chosen, this.byId.get(form.elements.into.value)), (person) => `${labelOf(person)} has ${templates(person)} now.`);
    this.#setUpForgetting();
    element("find-name").addEventListener("input", () => this.#show());
    for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", () => button.closest("dialog").close());
  }

  /** Asks who is enrolled and shows them. */
  async refresh() {
    try {
      this.#people = await everybody();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      element("members-problem").textContent = error.message;
      element("members-problem").hidden = false;
      return;
    }
    element("members-problem").hidden = true;
    this.byId = new Map(this.#people.map((person) => [person.id, person]));
    element("known-names").replaceChildren(...this.#people.filter(({ name }) => name).map(({ name }) => make("option", { value: name })));
    this.#show();
  }

  #show() {
    const wanted = element("find-name").value.trim().toLocaleLowerCase();
    const found = this.#people.filter((person) => labelOf(person).toLocaleLowerCase().includes(wanted));
    const all = this.#people.length;
    element("find-row").hidden = all <= FEW && !wanted;
    element("members-empty").hidden = all > 0;
    element("members").replaceChildren(...found.slice(0, SHOWN).map((person) => this.#item(person)));
    const counted = all === 1 ? "1 person" : `${all.toLocaleString("en")} people`;
    const told = found.length === all ? counted : `${found.length.toLocaleString("en")} of ${counted}`;
    element("members-count").textContent = all ? `${told}${found.length > SHOWN ? `; the first ${SHOWN} are shown` : ""}` : "";
  }

  #item(person) {
    const name = labelOf(person);
    const title = make("h3", { className: person.name ? "" : "unsure", textContent: person.name ?? "unnamed" });
    const meta = make("p", { className: "soft", textContent: `${templates(person)} · since ${person.created_at.slice(0, 10)}` });
    const said = make("p", { className: "soft consent", textContent: person.consent ? `Consent: ${person.consent}` : "No consent is noted" });
    const buttons = make("div", { className: "buttons" }, ...["Rename", "Merge", "Forget"].map((word) => {
      const button = make("button", { type: "button", className: "button small", textContent: word });
      button.setAttribute("aria-label", `${word} ${name}`);
      button.dataset.does = word.toLowerCase();
      button.disabled = word === "Merge" && this.#people.length < 2;
      button.addEventListener("click", () => this.#open(word.toLowerCase(), person));
      return button;
    }));
    const item = make("li", {}, portrait(person), make("div", { className: "about" }, title, meta, said), buttons);
    item.dataset.person = person.id;
    return item;
  }

  #open(what, person) {
    this.#chosen = person;
    const dialog = element(what);
    const form = dialog.querySelector("form");
    form.reset();
    dialog.querySelector(".bad").hidden = true;
    for (const place of dialog.querySelectorAll("[data-who]")) place.textContent = labelOf(person);
    if (what === "rename") form.elements.name.value = person.name ?? "";
    if (what === "merge") {
      const others = this.#people.filter((one) => one.id !== person.id);
      form.elements.into.replaceChildren(...others.map((one) => make("option", { value: one.id, textContent: labelOf(one) })));
    }
    if (what === "forget") this.#askToForget(person);
    dialog.showModal();
  }

  /** A dialog with one form: does it, tells it and closes; or says why it cannot be done. */
  #setUp(what, act, told) {
    const dialog = element(what);
    dialog.querySelector("form").addEventListener("submit", async (event) => {
      event.preventDefault();
      const person = await this.#attempt(dialog, () => act(event.target));
      if (!person) return;
      dialog.close();
      await this.#changed(told(person), person.id, what);
    });
  }

  #setUpForgetting() {
    const dialog = element("forget");
    const question = dialog.querySelector("form");
    question.addEventListener("submit", async (event) => {
      event.preventDefault();
      const receipt = await this.#attempt(dialog, () => forget(this.#chosen));
      if (!receipt) return;
      question.hidden = true;
      element("receipt").hidden = false;
      showReceipt(receipt);
      element("receipt-title").focus();
    });
    dialog.addEventListener("close", () => {
      if (!element("receipt").hidden) this.#changed("Forgotten.", null);
    });
  }

  #askToForget(person) {
    element("forget").querySelector("form").hidden = false;
    element("receipt").hidden = true;
    const pictures = person.crops === 1 ? ", 1 picture of the face" : person.crops ? `, ${person.crops} pictures of the face` : "";
    element("forget-what").textContent = `${templates(person)}${pictures}, the name, notes and the consent are removed for good.`;
  }

  async #attempt(dialog, act) {
    const problem = dialog.querySelector(".bad");
    const button = dialog.querySelector("form .main");
    problem.hidden = true;
    button.disabled = true;
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problem.textContent = error.message;
      problem.hidden = false;
      return null;
    } finally {
      button.disabled = false;
    }
  }

  /** Shows everybody anew; what had the focus was replaced, so the same of the person gets it, or else the heading. */
  async #changed(text, id, what) {
    await this.refresh();
    element("members-told").textContent = text;
    const next = id && document.querySelector(`[data-person="${CSS.escape(id)}"] [data-does="${what}"]:enabled`);
    (next || element("members-title")).focus();
  }
}

const templates = (person) => (person.templates === 1 ? "1 template" : `${person.templates.toLocaleString("en")} templates`);

function showReceipt(receipt) {
  const rows = [
    ["whose", receipt.name === null ? receipt.person_id : `${receipt.name} (${receipt.person_id})`],
    ["removed", `${templates(receipt)}, ${receipt.crops === 1 ? "1 picture" : `${receipt.crops} pictures`}`],
    ["from", receipt.gallery],
    ["when", receipt.forgotten_at],
    ["SHA-256 over it", receipt.sha256],
    receipt.left && ["may be left in", receipt.left],
  ];
  element("receipt-facts").replaceChildren(...rows.filter(Boolean).map(([term, told]) =>
    make("div", {}, make("dt", { textContent: term }), make("dd", { textContent: told }))));
  const link = element("receipt-file");
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([JSON.stringify(receipt, null, 2) + "\n"], { type: "application/json" }));
  link.download = `receipt-${receipt.person_id}.json`;
}
