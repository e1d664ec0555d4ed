// "/" anywhere on a page moves to the search box.
const box = document.querySelector("[data-search]");

function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !box) return;
  event.preventDefault();
  box.focus();
  box.select();
});
