/* What the console does beyond plain pages: it tells the gateway the reader's time zone, and fetches again what has changed. */
(() => {
  "use strict";

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  const wanted = `gateway_zone=${encodeURIComponent(zone)}`;
  const isKept = () => document.cookie.split("; ").includes(wanted);
  if (zone && !isKept()) {
    document.cookie = `${wanted}; path=/console; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
    if (isKept() && document.querySelector("main time")) location.reload();
  }

  const parts = () => [...document.querySelectorAll("[data-live]")];
  const from = document.body.dataset.liveFrom;
  if (!from || !parts().length || !window.EventSource) return;

  /* Whoever types or reads an opened action is not disturbed: that part is fetched later. */
  const isInUse = (part) => part.contains(document.activeElement) || part.querySelector("details.action[open]") !== null;
  const topicsOf = (part) => part.dataset.live.split(" ");
  const SOON = 15000, LATER = 60000;  /* milliseconds */
  let waiting = new Set();
  let isFetching = false;
  let isToldMeanwhile = false;

  const refresh = async () => {
    if (isFetching) { isToldMeanwhile = true; return; }
    const changed = parts().filter((part) => topicsOf(part).some((topic) => waiting.has(topic)));
    const due = changed.filter((part) => !isInUse(part));
    if (!due.length || document.hidden) return;
    isFetching = true;
    isToldMeanwhile = false;
    waiting = new Set(changed.filter(isInUse).flatMap(topicsOf));
    const owe = (part) => topicsOf(part).forEach((topic) => waiting.add(topic));
    try {
      const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
      if (answer.redirected) { location.reload(); return; }
      if (answer.status >= 500) throw new Error(answer.statusText);
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of due) {
        const now = fresh.getElementById(part.id);
        if (isInUse(part)) owe(part);
        else if (now && now.innerHTML !== part.innerHTML) part.replaceChildren(...now.cloneNode(true).childNodes);
      }
    } catch {  /* the gateway is away, or too busy */
      due.forEach(owe);
      setTimeout(refresh, SOON);
    } finally { isFetching = false; }
    if (isToldMeanwhile) refresh();
  };
  const refreshAll = () => {
    waiting = new Set(parts().flatMap(topicsOf));
    refresh();
  };

  /* A browser opens six connections to one place: pages that nobody looks at give theirs back. */
  let source = null;
  const listen = () => {
    if (document.hidden) { source?.close(); source = null; return; }
    if (source) return;
    source = new EventSource(from);
    source.addEventListener("open", refreshAll);  /* what changed since the page was made, or while the gateway was away */
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) return;  /* the browser tries again by itself */
      source = null;  /* too many pages are open, or a proxy says that the gateway is away: the page is fetched now and then */
      refreshAll();
      setTimeout(listen, LATER);
    });
    source.addEventListener("changed", (event) => { event.data.split(" ").forEach((topic) => waiting.add(topic)); refresh(); });
    source.addEventListener("ended", () => location.reload());
  };
  document.addEventListener("visibilitychange", listen);
  window.addEventListener("pageshow", listen);
  window.addEventListener("pagehide", () => { source?.close(); source = null; });
  listen();
})();
