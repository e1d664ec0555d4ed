// The button beside a code copies it; without a clipboard (plain http) it stays hidden.
const SHOWN_MILLISECONDS = 1500;

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not copied";
    }
    setTimeout(() => { button.textContent = label; }, SHOWN_MILLISECONDS);
  });
}
