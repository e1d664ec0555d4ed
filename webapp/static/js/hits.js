// Keys among the codes that were found: j and k, or the arrows once one of them has the focus. Enter opens it.
const NEXT = ["j", "ArrowDown"];
const BEFORE = ["k", "ArrowUp"];

function isTyping(target) {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select");
}

document.addEventListener("keydown", (event) => {
  const forward = NEXT.includes(event.key);
  if ((!forward && !BEFORE.includes(event.key)) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const hits = [...document.querySelectorAll("[data-hits] > li:not([hidden]) > a")];
  const at = hits.indexOf(document.activeElement);
  const box = document.querySelector("main [data-search]");
  const inBox = box !== null && event.target === box;
  const arrow = event.key.startsWith("Arrow");
  if (arrow ? at < 0 && !(inBox && forward) : isTyping(event.target)) return; // arrows scroll, letters are typed
  const next = forward ? hits[at + 1] : at > 0 ? hits[at - 1] : at === 0 ? box : null;
  if (!next) return;
  event.preventDefault();
  next.focus();
});
