// A filter over the results; without it everything is visible.
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
let waiting;
input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 150); });
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
