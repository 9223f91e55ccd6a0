// Keeps the report fresh while the page is looked at.

const EVERY_MS = 10_000;

const report = document.getElementById("report");
const fresh = document.getElementById("fresh");
const choice = document.getElementById("choice");

for (const select of choice.querySelectorAll("select")) {
  select.addEventListener("change", () => choice.requestSubmit());
}

/** What a reader has unfolded stays so, by its title. */
function unfolded() {
  return new Set([...report.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent));
}

function isInUse() {
  const selection = document.getSelection();
  return report.contains(document.activeElement) || (selection && !selection.isCollapsed && report.contains(selection.anchorNode));
}

async function refresh() {
  if (document.hidden || isInUse()) return;
  let text;
  try {
    const response = await fetch(report.dataset.content);
    if (!response.ok) throw new Error(response.statusText);
    text = await response.text();
  } catch {
    fresh.textContent = "· the server does not answer; these are the figures from before";
    return;
  }
  const open = unfolded();
  report.innerHTML = text;
  for (const summary of report.querySelectorAll("summary")) {
    summary.parentElement.open = open.has(summary.textContent);
  }
  fresh.textContent = `· as of ${new Date().toLocaleTimeString()}`;
}

if (report) setInterval(refresh, EVERY_MS);
