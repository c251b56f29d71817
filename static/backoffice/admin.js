"use strict";

// Buttons that copy a text.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    // Without https browsers keep the clipboard closed: offer the text for copying by hand.
    window.prompt("Copy this text:", button.dataset.copy);
    return;
  }
  setTimeout(() => { button.textContent = label; }, 1600);
});

// A second click while the first is under way must not make a second payment or key.
for (const form of document.querySelectorAll("form.verb")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  window.addEventListener("pageshow", () => { sent = false; });
}

// On narrow screens the navigation scrolls sideways: bring the present page into view.
const here = document.querySelector("#pages [aria-current]");
if (here) here.parentElement.scrollLeft = here.offsetLeft - 16;

// On narrow screens rows become cards, and each cell says which column it is.
for (const table of document.querySelectorAll("table.stacking")) {
  const names = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent.trim());
  for (const row of table.querySelectorAll("tbody tr:not(.empty)")) {
    [...row.children].forEach((cell, index) => { cell.dataset.label = names[index] || ""; });
  }
  table.classList.add("labelled");
}
