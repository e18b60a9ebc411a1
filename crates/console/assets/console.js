// The console's script: live pages, forms without leaving the page, dialogs, keys. Everything that is shown comes from the
// server as markup.

import { morph } from "./morph.js";

const PREFIX = "/_konekuta";
const token = document.querySelector("meta[name=konekuta-token]").content;
const live = document.getElementById("live");
const pulse = document.getElementById("pulse");

// ---- Moments, in the reader's own time

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "2-digit", day: "2-digit" });

function writeMoments(within) {
  const today = day.format(new Date());
  for (const element of within.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (element.dataset.written === element.dateTime || Number.isNaN(moment.valueOf())) continue;
    const date = day.format(moment);
    const text = element.firstChild ?? element.appendChild(document.createTextNode(""));
    text.original = text.original ?? text.nodeValue;
    text.nodeValue = date === today ? clock.format(moment) : `${date} ${clock.format(moment)}`;
    element.title = element.dateTime;
  }
}

// ---- Live

let source = null;
let paused = false;

function state(name) {
  pulse.dataset.state = name;
  pulse.setAttribute("aria-pressed", String(paused));
  pulse.querySelector(".word").textContent = document.body.dataset[`${name}Text`];
}

function listen() {
  if (source || paused || document.hidden) return;
  source = new EventSource(`${PREFIX}/live?path=${encodeURIComponent(location.pathname + location.search)}`);
  source.addEventListener("open", () => state("live"));
  source.addEventListener("error", () => state("lost"));
  source.addEventListener("drawn", (event) => draw(event.data));
}

function hush() {
  source?.close();
  source = null;
}

function draw(markup) {
  const tails = new Map();
  for (const tail of live.querySelectorAll("[data-tail]")) {
    tails.set(tail, tail.scrollHeight - tail.scrollTop - tail.clientHeight < 24);
  }
  morph(live, markup);
  settle(live);
  for (const [tail, follows] of tails) if (follows) tail.scrollTop = tail.scrollHeight;
}

/** What markup cannot say by itself. */
function settle(within) {
  writeMoments(within);
}

function togglePause() {
  paused = !paused;
  hush();
  state(paused ? "paused" : "live");
  listen();
}

pulse.addEventListener("click", togglePause);
document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen()));
addEventListener("pagehide", hush);
addEventListener("pageshow", listen);

// ---- Dialogs

function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog) return;
  for (const output of dialog.querySelectorAll("output")) output.replaceChildren();
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) openDialog(opener.dataset.opens);
  if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
  if (event.target.nodeName === "DIALOG") event.target.close();
  const focused = event.target.closest("[data-focus]");
  if (focused) document.getElementById(focused.dataset.focus).focus();
});

document.addEventListener("change", (event) => {
  const sets = event.target.dataset.sets;
  if (sets) {
    document.getElementById(sets).value = event.target.value;
    const name = document.getElementById(`${sets}-name`);
    if (name) name.value = event.target.selectedOptions[0].dataset.name ?? "";
  }
  const form = event.target.closest("form[data-upload]");
  if (form && event.target.type === "file") {
    const key = form.elements.key;
    key.value = key.dataset.prefix + (event.target.files[0]?.name ?? "");
  }
});

// ---- Forms

function toast(markup) {
  const toasts = document.getElementById("toasts");
  const note = document.createElement("div");
  note.innerHTML = markup;
  toasts.append(note);
  setTimeout(() => note.remove(), 6000);
}

function show(form, markup, ok) {
  const dialog = form.closest("dialog");
  if (ok && dialog && form.classList.contains("question")) {
    dialog.close();
    toast(markup);
    return;
  }
  const output = form.querySelector("output");
  output.innerHTML = markup;
  settle(output);
}

async function send(form, button) {
  if (button?.dataset.asks && !confirm(button.dataset.asks)) return;
  const action = button?.getAttribute("formaction") ?? form.getAttribute("action");
  const busy = button ?? form;
  busy.setAttribute("aria-busy", "true");
  try {
    const body = new URLSearchParams(new FormData(form));
    const response = await fetch(action, { method: "POST", headers: { "x-konekuta-token": token }, body });
    show(form, await response.text(), response.ok);
    if (response.ok && button && "reloads" in button.dataset) location.reload();
  } catch {
    state("lost");
  } finally {
    busy.removeAttribute("aria-busy");
  }
}

async function upload(form) {
  const file = form.elements.file.files[0];
  const key = form.elements.key.value.split("/").map(encodeURIComponent).join("/");
  const headers = { "x-konekuta-token": token, "content-type": file.type || "application/octet-stream" };
  const response = await fetch(`${form.dataset.upload}/${key}`, { method: "PUT", headers, body: file });
  show(form, await response.text(), response.ok);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if ("deed" in form.dataset) {
    event.preventDefault();
    send(form, event.submitter);
  } else if ("upload" in form.dataset) {
    event.preventDefault();
    upload(form);
  }
});

// ---- Theme

document.getElementById("theme").addEventListener("click", toggleTheme);

function toggleTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  const next = now === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  document.cookie = `konekuta-theme=${next}; path=${PREFIX}; max-age=31536000; samesite=lax`;
}

// ---- Keys

let awaitsScreen = false;

function isTyping(element) {
  return element.closest("input, textarea, select, [contenteditable]") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (awaitsScreen) {
    awaitsScreen = false;
    const link = document.querySelector(`.bar nav a[data-key="${CSS.escape(event.key)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
      return;
    }
  }
  const deeds = {
    g: () => (awaitsScreen = true),
    "?": () => openDialog("help"),
    "/": () => document.getElementById("search")?.focus(),
    n: () => document.querySelector("[data-act]")?.click(),
    p: togglePause,
    t: toggleTheme,
  };
  if (deeds[event.key]) {
    event.preventDefault();
    deeds[event.key]();
  }
});

settle(document);
for (const tail of live.querySelectorAll("[data-tail]")) tail.scrollTop = tail.scrollHeight;
state("live");
listen();
