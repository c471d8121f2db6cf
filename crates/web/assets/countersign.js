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

// When a new code may be asked for the server says; here the seconds are only counted.
for (const line of document.querySelectorAll("[data-seconds]")) {
  const words = line.querySelector("[data-many]");
  const button = line.parentElement.querySelector("button");
  const end = performance.now() + Number(line.dataset.seconds) * 1000;
  line.querySelector("[data-without-script]").hidden = true;
  const count = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    line.hidden = left <= 0;
    button.hidden = !line.hidden;
    if (line.hidden) return;
    words.textContent = left === 1 ? words.dataset.one : words.dataset.many.replace("#", left);
    setTimeout(count, 1000);
  };
  count();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
