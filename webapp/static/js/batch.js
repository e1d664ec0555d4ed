// A batch of notes: counts the notes while the answer comes, then offers it as a file. Without scripts it is a download.
const form = document.querySelector("[data-batch]");
const part = form.querySelector("[data-batch-progress]");
const bar = part.querySelector("progress");
const words = part.querySelector("[data-batch-words]");
const save = part.querySelector("[data-batch-save]");
const stop = form.querySelector("[data-batch-stop]");
const send = form.querySelector("[type=submit]");
let running = null;

// The number of the last note of which a whole line is there: CSV begins each with it, JSON has one line a note.
function counter(kind) {
  let lines = 0;
  let rest = "";
  let last = 0;
  return (text) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop();
    lines += parts.length;
    if (kind === "jsonl") return lines;
    for (const line of parts) {
      const found = /^(\d+),/.exec(line);
      if (found) last = Math.max(last, Number(found[1]));
    }
    return last;
  };
}

function say(done, total, end) {
  bar.max = total;
  bar.value = done;
  words.textContent = `${done} of ${total} ${total === 1 ? "note" : "notes"}${end}`;
}

async function refusal(response) {
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const told = page.querySelector("main .notice-bad, main [role=alert], main .wall h2, main .error-page .lead");
  return told ? told.textContent.replace(/\s+/g, " ").trim() : "This did not work. Please try again.";
}

function offer(pieces, response) {
  const type = response.headers.get("Content-Type");
  const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "");
  if (save.href) URL.revokeObjectURL(save.href);
  save.href = URL.createObjectURL(new Blob(pieces, { type }));
  save.download = name ? name[1] : "codes";
  save.hidden = false;
}

async function read(response) {
  const total = Number(response.headers.get("X-Notes"));
  const count = counter(form.elements.format.value);
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  const pieces = [];
  let done = 0;
  say(0, total, " …");
  try {
    for (;;) {
      const step = await reader.read();
      if (step.done) break;
      pieces.push(step.value);
      done = count(decoder.decode(step.value, { stream: true }));
      say(done, total, " …");
    }
    say(done, total, done < total ? ". The answer broke off." : ".");
  } catch (error) {
    say(done, total, error.name === "AbortError" ? ". Stopped." : ". The answer broke off.");
  }
  if (pieces.length) {
    offer(pieces, response);
    if (done === total) save.click();
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (running) return;
  running = new AbortController();
  part.hidden = false;
  save.hidden = true;
  stop.hidden = false;
  send.disabled = true;
  bar.removeAttribute("value");
  words.textContent = "Sending …";
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form), signal: running.signal });
    if (response.ok) await read(response);
    else {
      bar.value = 0;
      words.textContent = await refusal(response);
    }
  } catch (error) {
    bar.value = 0;
    words.textContent = error.name === "AbortError" ? "Stopped." : "The site does not answer. Please try again.";
  }
  running = null;
  stop.hidden = true;
  send.disabled = false;
});
stop.addEventListener("click", () => running?.abort());
