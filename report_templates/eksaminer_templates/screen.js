// Search, deep links and sorting; without this everything is visible.
"use strict";
const form = document.getElementById("search");
const input = document.getElementById("q");
const found = document.getElementById("found");
const rows = Array.from(document.querySelectorAll(".row"));
const parts = new Map(Array.from(document.querySelectorAll("details.rows"), (part) => [part, part.open]));
let words;
function filter() {
  words ??= rows.map((row) => row.textContent.toLowerCase() + " " + (row.closest(".check")?.querySelector("h4").textContent.toLowerCase() ?? ""));
  const asked = input.value.toLowerCase().split(" ").filter(Boolean);
  let shown = 0;
  rows.forEach((row, place) => {
    const hit = asked.every((word) => words[place].includes(word));
    row.hidden = !hit;
    shown += hit;
  });
  for (const check of document.querySelectorAll(".check")) {
    check.hidden = asked.length > 0 && !check.querySelector(".row:not([hidden])");
  }
  for (const [part, open] of parts) {
    part.open = asked.length ? part.querySelector(".row:not([hidden])") !== null : open;
  }
  found.textContent = asked.length ? `${shown} / ${rows.length} ${found.dataset.word}` : "";
}

// What is searched for stands in the address (#q=...), so that it can be sent to somebody; any other # is a place.
const remember = () => history.replaceState(null, "", input.value ? "#q=" + encodeURIComponent(input.value) : "#");
const search = (text) => { input.value = text; filter(); remember(); };
function go() {
  if (location.hash.startsWith("#q=")) {
    try { input.value = decodeURIComponent(location.hash.slice(3)); } catch { input.value = ""; }
    filter();
    return;
  }
  const place = document.getElementById(location.hash.slice(1));
  if (!place) return;
  if (place.closest("[hidden]")) { input.value = ""; filter(); }
  for (let part = place.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  place.scrollIntoView();
}
let waiting;
input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(() => search(input.value), 150); });
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && document.activeElement !== input) { event.preventDefault(); input.focus(); }
  if (event.key === "Escape" && input.value) { clearTimeout(waiting); search(""); }
});
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
