// The one script of the pages: hears server-sent events, fetches the parts anew, and says when it hears nothing.
// It keeps what is being typed and where the focus is; without it every page still reads and works.

/** Served as /live.js. */
export const script = `'use strict';
(() => {
  const { events, fragment, seq } = document.body.dataset;
  const live = document.getElementById('live');
  const clock = document.getElementById('clock');
  const spoken = document.getElementById('spoken');
  const ahead = Number(document.body.dataset.now) - Date.now();
  const serverNow = () => Date.now() + ahead;
  const STALE_MS = 5000;
  const two = (n) => String(n).padStart(2, '0');

  const span = (ms) => {
    const all = Math.max(0, Math.floor(ms / 1000));
    const d = Math.floor(all / 86400), h = Math.floor(all / 3600) % 24, m = Math.floor(all / 60) % 60, s = all % 60;
    if (d > 0) return d + ' d ' + h + ' h';
    return h > 0 ? h + ':' + two(m) + ':' + two(s) : m + ':' + two(s);
  };
  const local = (date) => two(date.getHours()) + ':' + two(date.getMinutes()) + ':' + two(date.getSeconds());
  const utc = (date) => date.toISOString().slice(11, 19) + ' UTC';
  const say = (text) => { if (spoken.textContent !== text) spoken.textContent = text; };
  const write = (node, text) => { if (node.textContent !== text) node.textContent = text; };

  // ---- clocks
  const spokenTimes = new Map();
  function localise() {
    for (const node of document.querySelectorAll('time[data-at]')) {
      const date = new Date(Number(node.dataset.at));
      node.title = utc(date);
      write(node, local(date));
    }
  }
  function tick() {
    const now = serverNow();
    const date = new Date(now);
    write(clock, local(date).slice(0, 5) + ' (' + utc(date).slice(0, 5) + ' UTC)');
    for (const node of document.querySelectorAll('[data-since]')) write(node, span(now - Number(node.dataset.since)));
    for (const node of document.querySelectorAll('[data-bar]')) node.value = Math.min(node.max, now - Number(node.dataset.bar));
    for (const node of document.querySelectorAll('[data-until]')) {
      const left = Number(node.dataset.until) - now;
      write(node, span(left));
      if (node.dataset.speak === undefined) continue;
      const step = [10, 60, 300].find((seconds) => left > 0 && left <= seconds * 1000);
      if (step === undefined || spokenTimes.get(node.dataset.speak) === step) continue;
      spokenTimes.set(node.dataset.speak, step);
      say(node.dataset.speak + ': ' + span(left) + ' left');
    }
  }

  // ---- parts
  const known = new Map();
  for (const part of document.querySelectorAll('[data-part]')) known.set(part.id, part.innerHTML);

  const keyOf = (field) => (field.form ? field.form.getAttribute('action') + ' ' + (field.form.elements.step ? field.form.elements.step.value : '') : '') + ' ' + field.name;
  function swap(part, content) {
    const typed = new Map();
    for (const field of part.querySelectorAll('input:not([type=hidden]), select')) typed.set(keyOf(field), field.value);
    const open = new Set(Array.from(part.querySelectorAll('details[open] > summary'), (each) => each.textContent));
    const active = document.activeElement;
    const focused = part.contains(active) ? { key: active.name ? keyOf(active) : null, text: active.textContent, from: active.selectionStart, to: active.selectionEnd } : null;
    part.innerHTML = content;
    for (const field of part.querySelectorAll('input:not([type=hidden]), select')) {
      if (typed.has(keyOf(field))) field.value = typed.get(keyOf(field));
    }
    for (const summary of part.querySelectorAll('details > summary')) {
      if (open.has(summary.textContent)) summary.parentElement.open = true;
    }
    if (focused === null) return;
    const again = Array.from(part.querySelectorAll('input, button, summary, a')).find((each) =>
      focused.key === null ? each.textContent === focused.text : each.name && keyOf(each) === focused.key);
    if (!again) { document.getElementById('main').focus({ preventScroll: true }); return; }
    again.focus({ preventScroll: true });
    if (focused.from !== null && focused.from !== undefined && again.setSelectionRange) again.setSelectionRange(focused.from, focused.to);
  }
  function show(text) {
    const fresh = new DOMParser().parseFromString(text, 'text/html');
    for (const part of fresh.querySelectorAll('[data-part]')) {
      const here = document.getElementById(part.id);
      if (here === null || known.get(part.id) === part.innerHTML) continue;
      known.set(part.id, part.innerHTML);
      swap(here, part.innerHTML);
    }
    for (const rows of fresh.querySelectorAll('[data-rows]')) {
      const here = document.getElementById(rows.id);
      if (here === null) continue;
      for (const row of Array.from(rows.children).reverse()) {
        if (document.getElementById(row.id) === null) here.prepend(document.adoptNode(row));
      }
    }
    localise();
    tick();
    const headline = document.querySelector('[data-spoken]');
    if (headline !== null) say(headline.textContent.trim());
  }

  // ---- looking again: one look at a time, and one more when something came meanwhile
  let looking = false;
  let again = false;
  async function look() {
    again = true;
    if (looking) return;
    looking = true;
    while (again) {
      again = false;
      try {
        const answer = await fetch(fragment, { signal: AbortSignal.timeout(5000) });
        if (answer.ok) show(await answer.text());
        else throw new Error(String(answer.status));
      } catch {
        again = true;
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
    looking = false;
  }

  // ---- the stream
  let source = null;
  let heard = Date.now();
  let last = Number(seq);
  let cut = false;
  function hear() {
    heard = Date.now();
    if (cut) { cut = false; look(); }
  }
  function connect() {
    if (source !== null) source.close();
    source = new EventSource(events + (last > 0 ? '?from=' + (last + 1) : ''));
    source.addEventListener('heartbeat', hear);
    source.addEventListener('message', (event) => {
      hear();
      if (event.lastEventId !== '') last = Math.max(last, Number(event.lastEventId));
      look();
    });
  }
  function watch() {
    const silent = Date.now() - heard;
    if (silent <= STALE_MS) {
      live.className = 'said good';
      live.innerHTML = '<span class="mark" aria-hidden="true">\\u25cf</span> live';
      return;
    }
    if (!cut) say('The live view is cut off. What is shown may be old.');
    cut = true;
    live.className = 'said bad';
    live.innerHTML = '<span class="mark" aria-hidden="true">\\u25b2</span> stale ' + Math.round(silent / 1000) + ' s';
    if (source === null || source.readyState === EventSource.CLOSED || Math.round(silent / 1000) % 10 === 0) connect();
  }

  localise();
  tick();
  setInterval(tick, 1000);
  if (events === undefined) return;
  connect();
  watch();
  setInterval(watch, 1000);
  // A browser has few connections to one server: a page that nobody sees lets go of its own.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) { source.close(); source = null; return; }
    if (source === null) { heard = Date.now(); connect(); look(); }
  });
})();
`;
