// Boxes beside the counts of systems and chapters hide and show the results of their kind; nothing is sent for it.
const groups = [...document.querySelectorAll("[data-facets]")];

function chosen(group) {
  return new Set([...group.querySelectorAll("input:checked")].map((box) => box.value));
}

function show() {
  const kept = groups.map((group) => [group.dataset.facets, chosen(group)]);
  for (const list of document.querySelectorAll("[data-hits]")) {
    for (const hit of list.children) {
      hit.hidden = kept.some(([kind, values]) => kind in hit.dataset && !values.has(hit.dataset[kind]));
    }
    const none = list.parentElement.querySelector("[data-none]");
    if (none) none.hidden = [...list.children].some((hit) => !hit.hidden);
  }
}

for (const group of groups) {
  for (const box of group.querySelectorAll("input")) box.hidden = false;
  group.addEventListener("change", show);
}
