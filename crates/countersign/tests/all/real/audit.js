// What a designer or a screen reader would object to on the page as it is drawn now: a list of sentences.
const [width] = arguments;
const problems = [];

function parse(color) {
  const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
  return { red, green, blue, alpha };
}

function over(top, below) {
  const mix = (channel) => top[channel] * top.alpha + below[channel] * (1 - top.alpha);
  return { red: mix("red"), green: mix("green"), blue: mix("blue"), alpha: 1 };
}

function backgroundOf(element) {
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    const color = parse(getComputedStyle(at).backgroundColor);
    if (color.alpha > 0) layers.push(color);
    if (color.alpha === 1) break;
  }
  return layers.reduceRight((below, top) => over(top, below), { red: 255, green: 255, blue: 255, alpha: 1 });
}

// WCAG 2.2, "relative luminance" and "contrast ratio".
function luminance({ red, green, blue }) {
  const linear = (channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function expect(least, colors, what) {
  const ratio = contrast(over(parse(colors[0]), colors[1]), colors[1]);
  if (ratio < least) problems.push(`${what} has contrast ${ratio.toFixed(2)}, which is less than ${least}`);
}

function isSeen(element) {
  if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
  if (element.closest(".only-read, .skip:not(:focus)")) return false;
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0;
}

const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  const text = texts.currentNode.data.trim();
  if (text === "" || element.closest("svg") || !isSeen(element)) continue;
  expect(4.5, [getComputedStyle(element).color, backgroundOf(element)], `the text ${JSON.stringify(text)}`);
}

const controls = document.querySelectorAll("input:not([type=hidden]), button, summary, a.button");
for (const control of [...controls].filter(isSeen)) {
  const name = `the control ${control.id || control.textContent.trim() || control.className}`;
  const style = getComputedStyle(control);
  const box = control.getBoundingClientRect();
  if (control.tagName === "INPUT") {
    expect(4.5, [style.color, backgroundOf(control)], `what is typed in ${name}`);
    if (control.labels.length === 0 && !control.ariaLabel) problems.push(`${name} has no label`);
  }
  const around = backgroundOf(control.parentElement);
  if (parseFloat(style.borderTopWidth) > 0 && control.type !== "radio") {
    expect(3, [style.borderTopColor, around], `the line around ${name}`);
  }
  // WCAG 2.2, 2.5.8; whoever misses a radio button hits its label.
  const isSmall = Math.min(box.width, box.height) < 24;
  if (isSmall && control.type !== "radio") problems.push(`${name} is ${box.width} × ${box.height} px small`);
}

const focused = document.activeElement;
if (focused.matches(":focus-visible") && getComputedStyle(focused).outlineStyle !== "none") {
  const ring = [getComputedStyle(focused).outlineColor, backgroundOf(focused.parentElement)];
  expect(3, ring, `the focus ring of ${focused.id || focused.tagName}`);
}

const page = document.documentElement;
if (page.scrollWidth > width) {
  const beyond = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width);
  const names = beyond.map((element) => `${element.tagName}.${element.className}`);
  problems.push(`the page is ${page.scrollWidth} px wide in a window of ${width} px: ${names.join(", ")}`);
}

const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
for (const id of ids.filter((id, place) => ids.indexOf(id) !== place)) problems.push(`two elements have the id ${id}`);
for (const attribute of ["aria-describedby", "aria-labelledby"]) {
  for (const element of document.querySelectorAll(`[${attribute}]`)) {
    const missing = element.getAttribute(attribute).split(" ").filter((id) => !ids.includes(id));
    if (missing.length > 0) problems.push(`${attribute} of ${element.tagName} points at nothing: ${missing}`);
  }
}

if (document.querySelectorAll("h1").length !== 1) problems.push("there is not exactly one main heading");
if (!page.lang) problems.push("the page says no language");
const wrong = document.querySelector("[role=alert]");
if (wrong && !document.title.startsWith("Error: ")) problems.push(`the title says no error: ${document.title}`);
if (wrong && focused !== wrong) problems.push(`the focus is not on the summary of mistakes but on ${focused.tagName}`);

// "A page ≤ 30 kB over the wire", with everything that it needs, before any cache.
const parts = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
const bytes = parts.reduce((sum, part) => sum + part.encodedBodySize, 0);
if (bytes > 30_000) problems.push(`the page weighs ${bytes} bytes`);

return problems;
