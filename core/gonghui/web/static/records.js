// What the pages of records do beyond HTML; each works without it.
"use strict";

// A value that was opened folds back to its mask.
for (const opened of document.querySelectorAll("[data-folds]")) {
  setTimeout(() => {
    opened.textContent = opened.dataset.mask;
    opened.classList.remove("opened");
    opened.nextElementSibling?.remove();
  }, Number(opened.dataset.folds) * 1000);
}

// Ticked rows are counted, and all of a page are ticked at once.
const bulk = document.querySelector("form[data-bulk]");
if (bulk) {
  const boxes = [...bulk.querySelectorAll("td.pick input")];
  const all = document.createElement("input");
  const said = bulk.querySelector("[data-said-chosen]");
  const unsaid = said.textContent;
  all.type = "checkbox";
  all.setAttribute("aria-label", bulk.dataset.all);
  bulk.querySelector("th.pick").replaceChildren(all);
  const tell = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    said.textContent = chosen ? said.dataset.saidChosen.replace("0", chosen) : unsaid;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && !all.checked;
    for (const button of bulk.querySelectorAll(".bulk button")) button.disabled = !chosen;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    tell();
  });
  bulk.addEventListener("change", tell);
  tell();
}

// What may be chosen is looked up while one types; the server draws the form again, and the choice is taken from it.
let waiting;
document.addEventListener("input", (event) => {
  const name = event.target.dataset.finds;
  if (!name) return;
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const body = new FormData(event.target.form);
    body.set("again", "find");
    const answer = await fetch(event.target.form.action, { method: "POST", body, headers: { Accept: "text/html" } });
    const drawn = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(name);
    if (drawn) document.getElementById(name).replaceChildren(...drawn.children);
  }, 250);
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post" || event.defaultPrevented) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
