// Search, deep links and sorting; without this everything is visible.
"use strict";
const form = document.getElementById("search");
const input = document.getElementById("q");
const found = document.getElementById("found");
const rows = Array.from(document.querySelectorAll(".row"));
const parts = new Map(Array.from(document.querySelectorAll("details.rows"), (part) => [part, part.open]));
const chosen = Array.from(document.querySelectorAll("#search select"));
let words;
function fits(row) {
  return chosen.every(({ value, dataset }) => !value
    || (dataset.name === "recommendation" ? row.closest(".recommendation")?.id === value : (row.dataset.marks ?? "").split(" ").includes(value)));
}
function filter() {
  words ??= rows.map((row) => row.textContent.toLowerCase() + " " + (row.closest(".check")?.querySelector("h4").textContent.toLowerCase() ?? ""));
  const asked = input.value.toLowerCase().split(" ").filter(Boolean);
  const narrowed = asked.length > 0 || chosen.some((choice) => choice.value);
  let shown = 0;
  rows.forEach((row, place) => {
    const hit = asked.every((word) => words[place].includes(word)) && fits(row);
    row.hidden = !hit;
    shown += hit;
  });
  for (const check of document.querySelectorAll(".check")) {
    check.hidden = narrowed && !check.querySelector(".row:not([hidden])");
  }
  for (const [part, open] of parts) {
    part.open = narrowed ? part.querySelector(".row:not([hidden])") !== null : open;
  }
  found.textContent = narrowed ? `${shown} / ${rows.length} ${found.dataset.word}` : "";
}

// What is searched for stands in the address (#q=...&status=...), so that it can be sent to somebody; any other # is a place.
const fields = () => [["q", input], ...chosen.map((choice) => [choice.dataset.name, choice])];
function remember() {
  const kept = fields().filter(([, field]) => field.value).map(([name, field]) => `${name}=${encodeURIComponent(field.value)}`);
  history.replaceState(null, "", "#" + kept.join("&"));
}
function clear() { for (const [, field] of fields()) field.value = ""; }
const search = (text) => { input.value = text; filter(); remember(); };
function go() {
  if (location.hash.includes("=")) {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const [name, field] of fields()) field.value = asked.get(name) ?? "";
    for (const choice of chosen) if (choice.selectedIndex < 0) choice.value = "";
    filter();
    return;
  }
  const place = document.getElementById(location.hash.slice(1));
  if (!place) return;
  if (place.closest("[hidden]")) { clear(); filter(); }
  for (let part = place.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  place.scrollIntoView();
}
let waiting;
input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(() => search(input.value), 150); });
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && document.activeElement !== input) { event.preventDefault(); input.focus(); }
  if (event.key === "Escape" && fields().some(([, field]) => field.value)) { clearTimeout(waiting); clear(); search(""); }
});
for (const choice of chosen) choice.addEventListener("change", () => search(input.value));
addEventListener("hashchange", go);

// Tables are sorted by a button in each heading: numbers as numbers, and once more for the other direction.
const number = (text) => (/^[<>]? ?[-+]?[\d,]+(\.\d+)?/.test(text) ? parseFloat(text.replace(/[<>, ]/g, "")) : NaN);
function compare(left, right) {
  const [first, second] = [number(left), number(right)];
  return Number.isNaN(first) || Number.isNaN(second) ? left.localeCompare(right) : first - second;
}
function sort(heading) {
  const body = heading.closest("table").tBodies[0];
  const down = heading.getAttribute("aria-sort") === "ascending";
  for (const other of heading.parentElement.children) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const keyed = Array.from(body.rows, (row) => [row.cells[heading.cellIndex].textContent.trim(), row]);
  keyed.sort(([left], [right]) => (down ? compare(right, left) : compare(left, right)));
  body.append(...keyed.map(([, row]) => row));
}
for (const heading of document.querySelectorAll("table:not(.hits) thead th")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...heading.childNodes);
  button.addEventListener("click", () => sort(heading));
  heading.append(button);
}
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
go();
