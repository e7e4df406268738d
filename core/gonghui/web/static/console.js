// What pages do beyond HTML. Every page works without it, but for dialogs' focus and keys.
"use strict";

const typing = (element) => element.closest("input, textarea, select, [contenteditable]");

// Menus close when one clicks beside them or presses Escape, and give the focus back.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Whether the navigation is folded is remembered by this browser; the server draws it so from the start.
for (const folded of document.querySelectorAll("details[data-remembered]")) {
  folded.addEventListener("toggle", () => {
    const word = folded.open ? "open" : "folded";
    document.cookie = `${folded.dataset.remembered}=${word}; path=/; max-age=31536000; samesite=lax`;
  });
}

// A button opens the dialog that it names; <button data-closes> closes the one around it.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  event.target.closest("[data-closes]")?.closest("dialog")?.close();
});

// A dialog keeps the focus: after its last stop comes its first, where browsers go on to their own frame.
document.addEventListener("keydown", (event) => {
  const dialog = event.key === "Tab" && document.querySelector("dialog[open]");
  if (!dialog) return;
  const stops = [...dialog.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter((stop) => !stop.disabled && stop.offsetParent !== null);
  const at = stops.indexOf(document.activeElement);
  const next = at + (event.shiftKey ? -1 : 1);
  if (at >= 0 && next >= 0 && next < stops.length) return;
  event.preventDefault();
  stops[event.shiftKey ? stops.length - 1 : 0]?.focus();
});

// <button data-prints> prints the page.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-prints]")) window.print();
});

// A form marked so is sent as soon as one of its fields is chosen.
document.addEventListener("change", (event) => {
  event.target.closest("form[data-sends]")?.requestSubmit();
});

// Keys: / to the search, j and k through the rows, Enter opens the row, ? says all of them.
const rows = () => [...document.querySelectorAll("tbody tr")].filter((row) => row.querySelector("a"));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/") {
    const search = document.querySelector("[data-key='/']");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  } else if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  } else if (event.key === "j" || event.key === "k") {
    const all = rows();
    const at = all.findIndex((row) => row.classList.contains("at"));
    const next = all[event.key === "j" ? Math.min(at + 1, all.length - 1) : Math.max(at - 1, 0)];
    if (!next) return;
    all[at]?.classList.remove("at");
    next.classList.add("at");
    next.querySelector("a").focus();
  }
});

