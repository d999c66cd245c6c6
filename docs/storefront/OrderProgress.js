/* Where is my order? Asks the shop once a minute and renders only when something changed.
   Plain React without JSX: it runs as it is, with a build step or without. */

import { createElement, memo, useEffect, useRef, useState } from "react";

// Served by the plugin itself: <script type="module" src="…/assets/aftersale-progress.js">
// defines <aftersale-progress>.

export const TIMELINE = `
  query Timeline($id: ID!) {
    order(id: $id) {
      timeline {
        version
        text
        progress
        heardAt
        shipments {
          text
          progress
          isReturning
          isStalled
          estimate { earliest latest lateSince }
        }
      }
    }
  }
`;

async function fetchTimeline(apiUrl, authorization, id, signal) {
  const answer = await fetch(apiUrl, {
    method: "POST",
    signal,
    headers: { "Content-Type": "application/json", Authorization: authorization },
    body: JSON.stringify({ query: TIMELINE, variables: { id } }),
  });
  const { data } = await answer.json();
  return data?.order?.timeline;
}

/**
 * The order's timeline; the object stays the same as long as its version does.
 * `authorization` is the customer's: "Bearer <token>", on Saleor 2.10.1 "JWT <token>".
 */
export function useTimeline({ apiUrl, authorization, id, everyMs = 60_000 }) {
  const [timeline, setTimeline] = useState();

  useEffect(() => {
    const stop = new AbortController();
    let timer;
    async function ask() {
      // A page nobody looks at asks nothing.
      if (!document.hidden) {
        try {
          const found = await fetchTimeline(apiUrl, authorization, id, stop.signal);
          // Another order's answer may still be on its way.
          if (found && !stop.signal.aborted) {
            setTimeline((known) => (known?.version === found.version ? known : found));
          }
        } catch {
          // The shop doesn't answer: what is known stays on the screen.
        }
      }
      if (!stop.signal.aborted) timer = setTimeout(ask, everyMs);
    }
    setTimeline(undefined);
    ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [apiUrl, authorization, id, everyMs]);

  return timeline;
}

/** The drop-in bar: objects are handed over as a property, through a ref. */
const Bar = memo(function Bar({ timeline }) {
  const bar = useRef(null);
  useEffect(() => {
    bar.current.timeline = timeline;
  }, [timeline]);
  return createElement("aftersale-progress", { ref: bar });
});

export function OrderProgress(props) {
  const timeline = useTimeline(props);
  if (!timeline) return null;
  const parcels = timeline.shipments.length > 1 ? timeline.shipments : [];
  return createElement(
    "section",
    { "aria-label": timeline.text },
    createElement(Bar, { timeline }),
    ...parcels.map((parcel, index) => createElement(Bar, { key: index, timeline: parcel })),
  );
}
