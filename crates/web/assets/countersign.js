// Comforts only: every page works without this script.
"use strict";

// A second click must not send a form twice.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  // After the browser has collected the form, or the click itself would be lost.
  if (button) setTimeout(() => { button.disabled = true; });
});

// A page brought back by the Back button comes with its buttons as they were left.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button:disabled")) button.disabled = false;
});

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const name = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(source.textContent.replaceAll(" ", ""));
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = name; }, 2000);
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
