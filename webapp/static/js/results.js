// On the search page the results follow what is typed. Without scripts the form does the same, one page at a time.
const PAUSE_MILLISECONDS = 250;
const SHORTEST = 2;
const PARTS = ["search-systems", "search-day", "results-count", "results"];

const form = document.querySelector("main form[role=search]");
let timer = 0;
let running = new AbortController();

async function update() {
  const address = `${form.action}?${new URLSearchParams(new FormData(form))}`;
  running.abort();
  running = new AbortController();
  try {
    const response = await fetch(address, { signal: running.signal, headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const id of PARTS) {
      document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
    }
    document.title = page.title;
    history.replaceState(null, "", address);
  } catch (error) {
    if (error.name !== "AbortError") running.abort(); // offline: what is shown stays, and Enter still sends the form
  }
}

form?.addEventListener("input", (event) => {
  clearTimeout(timer);
  if (event.target.value.trim().length >= SHORTEST) timer = setTimeout(update, PAUSE_MILLISECONDS);
});
form?.addEventListener("submit", () => { clearTimeout(timer); running.abort(); });
