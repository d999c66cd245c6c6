/* Where is my order? Asks the shop once a minute and renders only when something changed. */

import { memo, useEffect, useRef, useState } from "react";

// Served by the plugin itself: <script type="module" src="…/assets/aftersale-progress.js">
// defines <aftersale-progress>.

const TIMELINE = `
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

async function fetchTimeline(apiUrl, accessToken, id, signal) {
  const answer = await fetch(apiUrl, {
    method: "POST",
    signal,
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({ query: TIMELINE, variables: { id } }),
  });
  const { data } = await answer.json();
  return data?.order?.timeline;
}

/** The order's timeline; the object stays the same as long as its version does. */
export function useTimeline({ apiUrl, accessToken, id, everyMs = 60_000 }) {
  const [timeline, setTimeline] = useState();

  useEffect(() => {
    const stop = new AbortController();
    let timer;
    async function ask() {
      // A page nobody looks at asks nothing.
      if (!document.hidden) {
        try {
          const found = await fetchTimeline(apiUrl, accessToken, id, stop.signal);
          if (found) setTimeline((known) => (known?.version === found.version ? known : found));
        } catch {
          // The shop doesn't answer: what is known stays on the screen.
        }
      }
      if (!stop.signal.aborted) timer = setTimeout(ask, everyMs);
    }
    ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [apiUrl, accessToken, id, everyMs]);

  return timeline;
}

/** The drop-in bar: React hands objects over as properties through a ref. */
const Bar = memo(function Bar({ timeline }) {
  const bar = useRef(null);
  useEffect(() => {
    bar.current.timeline = timeline;
  }, [timeline]);
  return <aftersale-progress ref={bar} />;
});

export function OrderProgress(props) {
  const timeline = useTimeline(props);
  if (!timeline) return null;
  const several = timeline.shipments.length > 1;
  return (
    <section aria-label={timeline.text}>
      <Bar timeline={timeline} />
      {several && timeline.shipments.map((parcel, index) => <Bar key={index} timeline={parcel} />)}
    </section>
  );
}
