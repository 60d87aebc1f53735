
"use strict";
(() => {
  const api = document.body.dataset.api, stream = document.body.dataset.stream;
  const keyName = "runnerfleet-key";
  const pollSeconds = 10; // also while live: the stream tells the moves of one host, the API those of all
  const retrySeconds = 5;
  const rows = 30;
  const byId = id => document.getElementById(id);
  let live = false, due = null, reading = false, again = false, hurried = false, streaming = false;

  // Everything from the fleet is written as text, never as markup.
  function make(tag, text, className) {
    const element = document.createElement(tag);
    if (text !== undefined && text !== null) element.textContent = String(text);
    if (className) element.className = className;
    return element;
  }

  function link(text, address) {
    const url = URL.canParse(address ?? "") ? new URL(address) : null;
    if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) return null;
    const element = make("a", text);
    element.href = url.href;
    element.rel = "noreferrer";
    return element;
  }

  function ago(moment) {
    const element = make("time");
    const seconds = Math.max(0, Math.round((Date.now() - Date.parse(moment)) / 1000));
    const [size, unit] = seconds < 60 ? [1, "s"] : seconds < 3600 ? [60, "min"] : seconds < 172800 ? [3600, "h"] : [86400, "d"];
    element.textContent = `${Math.floor(seconds / size)} ${unit} ago`;
    element.dateTime = moment;
    element.title = moment;
    return element;
  }

  function reason(cause, element) {
    if (!cause) return element;
    element.append(make("span", cause.code, "id"), " ", cause.message);
    const more = link("more", cause.link);
    if (more) element.append(" ", more);
    return element;
  }

  function say(text, className) {
    const status = byId("status");
    status.textContent = text;
    status.className = className ?? "";
  }

  function counts(id, byState) {
    byId(id).replaceChildren(...Object.entries(byState).map(([state, count]) => {
      const tile = make("div", null, count === 0 ? "none" : "");
      tile.append(make("dt", state, "state"), make("dd", count));
      return tile;
    }));
  }

  function list(id, items, line) {
    const section = byId(id);
    section.hidden = items.length === 0;
    section.querySelector("ul").replaceChildren(...items.map(item => line(item, make("li"))));
  }

  function runner(item) {
    const row = make("tr");
    const cell = className => row.appendChild(make("td", null, className));
    const state = cell();
    state.append(make("span", item.state, "state " + item.state));
    if (item.closing) state.append(make("div", "ending", "soft"));
    cell("id whole").append(item.id);
    const work = cell();
    work.append(item.repository);
    if (item.jobId !== null) work.append(make("div", `job ${item.jobId}`, "soft whole"));
    cell().append(...item.labels.map(label => make("span", label, "label")));
    cell().append(ago(item.stateSince));
    reason(item.reason ?? item.closing, cell());
    return row;
  }

  function show(fleet, runners) {
    byId("name").textContent = fleet.name;
    counts("runner-counts", fleet.runners);
    counts("job-counts", fleet.jobs);
    list("breakers", fleet.breakers, (breaker, line) => {
      line.append(make("strong", breaker.key), " ");
      reason(breaker.reason, line);
      line.append(" ", make("span", "open since", "soft"), " ", ago(breaker.openedAt));
      return line;
    });
    list("limits", fleet.places, (place, line) => {
      const bar = make("progress");
      bar.max = Math.max(place.limit, 1);
      bar.value = Math.min(place.taken, bar.max);
      bar.ariaLabel = place.key;
      line.append(make("span", place.key), bar, make("span", `${place.taken} of ${place.limit}`, "soft"));
      return line;
    });
    list("notices", fleet.notices, (notice, line) => {
      line.append(ago(notice.at), " ", make("strong", notice.subject), " ");
      return reason(notice.reason, line);
    });
    byId("runners").replaceChildren(...runners.map(runner));
    byId("no-runners").hidden = runners.length > 0;
    byId("key-form").hidden = true;
    byId("fleet").hidden = false;
  }

  function ask(path, signal) {
    const key = sessionStorage.getItem(keyName);
    return fetch(path, { signal, cache: "no-store", credentials: "same-origin", headers: key ? { "X-RunnerFleet-Key": key } : {} });
  }

  class Refused extends Error { }

  async function answered(response) {
    if (response.ok) return response;
    if (response.status === 401) {
      const tried = sessionStorage.getItem(keyName) !== null;
      sessionStorage.removeItem(keyName);
      byId("fleet").hidden = true;
      byId("key-form").hidden = false;
      byId("key").focus();
      throw new Refused(tried ? "That key is not the fleet's." : "This fleet asks for its API key.");
    }
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail ?? (response.status === 404 ? "The API is not mapped here: the host needs MapRunnerFleetApi." : `The fleet answered ${response.status}.`));
  }

  async function read() {
    if (reading) { again = true; return; }
    clearTimeout(due);
    reading = true;
    hurried = false;
    let next = pollSeconds;
    try {
      if (api === "") throw new Error("The API is not mapped: the host needs MapRunnerFleetApi.");
      const limit = AbortSignal.timeout(20000);
      const [fleet, page] = await Promise.all([`${api}/fleet`, `${api}/runners?take=${rows}`].map(async path => (await answered(await ask(path, limit))).json()));
      show(fleet, page.items);
      if (live) say("Live", "live"); else say(`Read every ${pollSeconds} s`);
      if (stream !== "" && !streaming) follow();
    } catch (error) {
      next = error instanceof Refused ? null : retrySeconds;
      say(error instanceof TypeError || error.name === "TimeoutError" ? "The fleet does not answer." : error.message, "trouble");
    }
    reading = false;
    if (again && next !== null) next = 0.5; // a burst of moves is read twice a second at most
    again = false;
    if (next !== null) due = setTimeout(read, next * 1000);
  }

  // Not EventSource: it cannot send the key in a header.
  async function follow() {
    streaming = true;
    try {
      const response = await answered(await ask(stream));
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      live = true;
      say("Live", "live");
      let last = "";
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        last = (last + part.value).slice(-65536);
        const end = last.lastIndexOf("\n\n");
        if (end < 0) continue;
        if (/^event: move$/m.test(last.slice(0, end))) soon();
        last = last.slice(end + 2);
      }
    } catch { /* reading goes on, and tells */ }
    live = false;
    setTimeout(() => { streaming = false; soon(); }, retrySeconds * 1000);
  }

  function soon() {
    if (reading) { again = true; return; }
    if (hurried) return;
    hurried = true;
    clearTimeout(due);
    due = setTimeout(read, 200);
  }

  byId("key-form").addEventListener("submit", event => {
    event.preventDefault();
    sessionStorage.setItem(keyName, byId("key").value.trim());
    byId("key").value = "";
    read();
  });
  read();
})();
