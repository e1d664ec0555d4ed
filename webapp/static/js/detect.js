// Result of DetectICD10CM: a mark in the note shows its cards, a card shows its marks, and the list follows the ticks.
// Without scripts marks are links to their cards, and a button makes the list.
const NEAR_PIXELS = 8;
const LEAVE_MILLISECONDS = 250;

const note = document.getElementById("note");
const form = note.closest("form");
const cards = new Map([...document.querySelectorAll("[data-card]")].map((card) => [card.dataset.card, card]));
const peek = document.createElement("div");
peek.className = "peek";
peek.hidden = true;
peek.id = "peek";
document.querySelector("main").append(peek);
let leaving = 0;
let shown = null;

function numbers(element) {
  return element.dataset.cards.split(" ");
}

function activate(wanted) {
  for (const [number, card] of cards) card.classList.toggle("is-active", wanted.includes(number));
  for (const piece of note.querySelectorAll(".piece")) {
    piece.classList.toggle("is-active", numbers(piece).some((number) => wanted.includes(number)));
  }
}

function brief(number) {
  const card = cards.get(number);
  const part = document.createElement("div");
  for (const selectors of [[".code", ".card-title"], [".tag", ".card-score"]]) {
    const line = document.createElement("p");
    const said = selectors.map((selector) => card.querySelector(selector).textContent.trim());
    line.textContent = said.join(selectors[0] === ".tag" ? ": " : " ");
    part.append(line);
  }
  return part;
}

function show(mark) {
  clearTimeout(leaving);
  if (shown === mark) return;
  shown = mark;
  activate(numbers(mark));
  peek.replaceChildren(...numbers(mark).filter((number) => cards.has(number)).map(brief));
  peek.hidden = false;
  const [at] = mark.getClientRects();
  const room = document.documentElement.clientWidth;
  const left = Math.max(NEAR_PIXELS, Math.min(at.left, room - peek.offsetWidth - NEAR_PIXELS));
  const below = at.bottom + NEAR_PIXELS + peek.offsetHeight <= window.innerHeight;
  const top = below ? at.bottom + NEAR_PIXELS : Math.max(0, at.top - peek.offsetHeight - NEAR_PIXELS);
  peek.style.left = `${left + window.scrollX}px`;
  peek.style.top = `${top + window.scrollY}px`;
}

function hide() {
  clearTimeout(leaving);
  shown = null;
  peek.hidden = true;
  activate([]);
}

function leave() {
  clearTimeout(leaving);
  leaving = setTimeout(hide, LEAVE_MILLISECONDS);
}

for (const mark of note.querySelectorAll(".hit")) {
  mark.addEventListener("pointerenter", () => show(mark));
  mark.addEventListener("pointerleave", leave);
  mark.addEventListener("focus", () => show(mark));
  mark.addEventListener("blur", leave);
}
window.addEventListener("resize", hide);
peek.addEventListener("pointerenter", () => clearTimeout(leaving));
peek.addEventListener("pointerleave", leave);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

for (const [number, card] of cards) {
  card.addEventListener("pointerenter", () => activate([number]));
  card.addEventListener("pointerleave", () => activate([]));
  card.addEventListener("focusin", () => activate([number]));
  card.addEventListener("focusout", () => activate([]));
}

const list = document.querySelector("[data-accepted]");
const said = document.querySelector("[data-accepted-words]");
const copy = document.querySelector(".accepted [data-copy]");

function update() {
  const ticked = [...cards.values()].filter((card) => card.querySelector("[name=accept]").checked);
  const codes = [...new Set(ticked.map((card) => card.dataset.code))];
  list.textContent = codes.join("\n");
  list.hidden = codes.length === 0;
  copy.dataset.copy = codes.join("\n");
  copy.disabled = codes.length === 0;
  said.textContent = codes.length ? `${codes.length} ${codes.length === 1 ? "code" : "codes"}.` : "None yet. Tick the cards that you accept.";
}

if (list) {
  said.setAttribute("role", "status");
  document.querySelector("[data-make-list]").hidden = true;
  form.addEventListener("change", update);
  update();
}
