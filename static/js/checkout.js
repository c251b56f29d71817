// The customer's page: countdown, copy buttons, and the look-out for the payment. Without it, the page reloads itself.
"use strict";

(() => {
  const SECOND = 1000;
  const ANSWER_WITHIN = 10 * SECOND;
  const LONGEST_WAIT = 60 * SECOND;

  const announcement = document.getElementById("announcement");
  const texts = announcement.dataset;
  // The phone's own clock may be wrong, so all times are counted from what the server says is left.
  const opened = performance.now();
  let page, shownSince, watchUntil, askAt, deadline = 0;
  let etag = "", failures = 0, overdue = false, minuteSaid = false;
  let request, timer;

  function adopt(main) {
    page = main;
    shownSince = performance.now();
    sync({ expires_in: Number(main.dataset.expiresIn), watch_for: Number(main.dataset.watchFor) });
    minuteSaid = deadline - performance.now() < 60 * SECOND;
    const left = Number(main.dataset.askIn);
    askAt = left ? shownSince + left * SECOND : Infinity;
  }

  function sync(left) {
    const news = performance.now() + left.expires_in * SECOND;
    // The server says whole seconds; the countdown must not stumble over the rest.
    if (Math.abs(news - deadline) > 2 * SECOND) deadline = news;
    watchUntil = performance.now() + left.watch_for * SECOND;
    overdue = false;
  }

  const pending = () => page.dataset.status === "pending";
  const watching = () => performance.now() < watchUntil;

  // Countdown

  function tick() {
    if (performance.now() > askAt) askForUtr();
    const shown = page.querySelector("[data-countdown]");
    if (!shown) return;
    const left = Math.max(0, Math.ceil((deadline - performance.now()) / SECOND));
    const text = clock(left);
    if (shown.textContent !== text) shown.textContent = text;
    page.querySelector("progress").value = left;
    if (left <= 60 && left > 0 && !minuteSaid) {
      minuteSaid = true;
      say(texts.oneMinute);
    }
    if (left === 0 && !overdue) {
      overdue = true;
      look();
    }
  }

  // Who still waits after some minutes has perhaps paid, and the bank's word is late.
  function askForUtr() {
    askAt = Infinity;
    const claim = page.querySelector("#claim");
    if (claim) claim.open = true;
  }

  function clock(seconds) {
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor(seconds / 60) % 60;
    const tail = ":" + two(seconds % 60);
    return hours ? hours + ":" + two(minutes) + tail : minutes + tail;
  }

  function say(text) {
    announcement.textContent = text;
  }

  // Look-out

  async function look() {
    clearTimeout(timer);
    // A request from before the phone slept may hang for long: the newest one counts.
    if (request) request.abort();
    const mine = (request = new AbortController());
    const late = setTimeout(() => mine.abort(), ANSWER_WITHIN);
    let retryAfter = 0;
    try {
      const headers = etag ? { "If-None-Match": etag } : {};
      const answer = await fetch(page.dataset.statusUrl, { headers, cache: "no-store", signal: mine.signal });
      retryAfter = Number(answer.headers.get("Retry-After")) || 0;
      if (answer.status !== 304) {
        if (!answer.ok) throw new Error(String(answer.status));
        await take(await answer.json(), mine.signal);
        etag = answer.headers.get("ETag") || "";
      }
      failures = 0;
    } catch {
      if (request !== mine) return;
      failures += 1;
    } finally {
      clearTimeout(late);
    }
    showConnection();
    if (watching()) timer = setTimeout(look, Math.max(wait(), retryAfter * SECOND));
  }

  function lookAfresh() {
    etag = "";
    if (watching()) look();
  }

  async function take(state, signal) {
    if (state.status !== page.dataset.status) await showNewState(signal);
    else sync(state);
  }

  function wait() {
    const age = performance.now() - opened;
    let base = age < 60 * SECOND ? 2 : age < 300 * SECOND ? 4 : 10;
    // Who paid in the last second waits for the bank's word right after the time is up.
    if (!pending()) base = performance.now() - shownSince < 120 * SECOND ? 4 : 30;
    else if (document.hidden) base = 10;
    const patient = Math.min(base * SECOND * 2 ** Math.min(failures, 5), LONGEST_WAIT);
    return patient * (0.8 + 0.4 * Math.random());
  }

  // The server writes every state's page; this one only puts it in the place of the old.
  async function showNewState(signal) {
    const answer = await fetch(location.pathname, { cache: "no-store", signal });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = fresh.querySelector("main[data-status]");
    if (!answer.ok || !main) throw new Error("no page");
    const hadFocus = page.contains(document.activeElement);
    const typing = keepTyped(main);
    page.replaceWith(main);
    document.title = fresh.title;
    adopt(main);
    const heading = main.querySelector("h1");
    say(heading.textContent.trim());
    if (typing) return typing.focus();
    if (hadFocus) heading.focus();
    scrollTo(0, 0);
  }

  // The time to pay may end while somebody types the UTR. Returns the new field if they were in the old one.
  function keepTyped(main) {
    const before = page.querySelector("#utr");
    const after = main.querySelector("#utr");
    if (!before || !after || !before.value) return null;
    after.value = before.value;
    main.querySelector("#claim").open = true;
    return document.activeElement === before ? after : null;
  }

  function showConnection() {
    const line = page.querySelector("[data-connection]");
    if (!line) return;
    line.dataset.usual = line.dataset.usual || line.textContent;
    const text = failures > 1 ? texts.offline : line.dataset.usual;
    if (line.textContent === text) return;
    line.textContent = text;
    say(text);
  }

  // Copy buttons

  async function copy(button) {
    const done = await write(button.dataset.copy);
    say(done ? texts.copied : texts.notCopied);
    if (!done) return;
    const label = button.querySelector("[data-label]");
    label.dataset.usual = label.dataset.usual || label.textContent;
    label.textContent = texts.copied;
    button.classList.add("done");
    setTimeout(() => {
      label.textContent = label.dataset.usual;
      button.classList.remove("done");
    }, 2 * SECOND);
  }

  async function write(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return writeTheOldWay(text);
    }
  }

  // Without https there is no navigator.clipboard.
  function writeTheOldWay(text) {
    const field = document.createElement("textarea");
    const focused = document.activeElement;
    field.value = text;
    field.readOnly = true;
    field.className = "visually-hidden";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (focused) focused.focus();
    return done;
  }

  document.documentElement.classList.add("js");
  adopt(document.querySelector("main[data-status]"));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  // The customer comes back from the UPI app, or from a tunnel.
  document.addEventListener("visibilitychange", () => document.hidden || lookAfresh());
  addEventListener("pageshow", (event) => event.persisted && lookAfresh());
  addEventListener("online", lookAfresh);
  setInterval(tick, SECOND / 2);
  tick();
  if (watching()) timer = setTimeout(look, wait());
})();
