// A job's page follows the job; once it has ended the page is loaded anew. Without scripts the page reloads itself.
const PAUSE_MILLISECONDS = 1000;

const part = document.querySelector("[data-job]");
const words = part.querySelector("[data-job-words]");
const bar = part.querySelector("progress");

async function look() {
  try {
    const response = await fetch(part.dataset.job, { headers: { Accept: "application/json" } });
    if (response.ok) {
      const job = await response.json();
      if (!job.unfinished) {
        location.reload();
        return;
      }
      show(job);
    }
  } catch {
    // offline for a moment: the next look tells
  }
  setTimeout(look, PAUSE_MILLISECONDS);
}

function show(job) {
  if (!job.label) return;
  const said = `${job.label} …`;
  if (words.textContent !== said) words.textContent = said;
  bar.max = job.total || 1;
  bar.value = job.done;
}

setTimeout(look, PAUSE_MILLISECONDS);
