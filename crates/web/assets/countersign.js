// Comforts only: every page works without this script.
"use strict";

const all = (selector) => document.querySelectorAll(selector);

// A second click must not send a form twice.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  // After the form was collected, or the click itself would be lost.
  if (button) setTimeout(() => { button.disabled = true; });
});

// The Back button brings a page back with its buttons as they were left.
addEventListener("pageshow", () => {
  for (const button of all("button:disabled")) button.disabled = false;
});

for (const button of all("[data-copy]")) {
  if (!navigator.clipboard) break;
  const name = button.textContent;
  button.hidden = false;
  button.onclick = async () => {
    const { textContent } = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(textContent.replaceAll(" ", ""));
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = name; }, 2000);
  };
}

for (const button of all("[data-print]")) {
  button.hidden = false;
  button.onclick = () => print();
}

// The server says when a new code may be asked for; here the seconds are counted.
for (const line of all("[data-seconds]")) {
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
  for (const menu of all("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
