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
// Again whenever the window has another width: a phone that is turned, a window made narrow.
const here = document.querySelector("#pages [aria-current]");
if (here) {
  const pages = here.parentElement;
  new ResizeObserver(() => {
    pages.scrollLeft = here.offsetLeft - (pages.clientWidth - here.offsetWidth) / 2;
  }).observe(pages);
}

// On narrow screens rows become cards, and each cell says which column it is.
function labelCells(root) {
  for (const table of root.querySelectorAll("table.stacking")) {
    const names = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent.trim());
    for (const row of table.querySelectorAll("tbody tr:not(.empty)")) {
      [...row.children].forEach((cell, index) => { cell.dataset.label = names[index] || ""; });
    }
    table.classList.add("labelled");
  }
}

// The page of something that is still under way asks for itself, ever more slowly, and takes over what is new.
async function follow() {
  const parts = [...document.querySelectorAll("[data-part]")];
  const shown = parts.map((part) => part.innerHTML);
  labelCells(document);
  for (let pause = 700; document.querySelector("[data-follow]"); pause = Math.min(pause * 1.1, 10000)) {
    await new Promise((wake) => { setTimeout(wake, pause); });
    if (document.hidden) continue;
    const answer = await fetch(location.href).catch(() => null);
    // Whoever was signed out meanwhile is led elsewhere.
    if (!answer || !answer.ok || answer.redirected) continue;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    page.querySelectorAll("[data-part]").forEach((fresh, index) => {
      if (!parts[index] || fresh.innerHTML === shown[index]) return;
      shown[index] = fresh.innerHTML;
      labelCells(fresh);
      const focused = document.activeElement;
      const link = parts[index].contains(focused) && focused.getAttribute("href");
      parts[index].replaceChildren(...fresh.childNodes);
      if (link) parts[index].querySelector(`a[href="${CSS.escape(link)}"]`)?.focus();
    });
  }
}

follow();
