// Tells once that a person is here: the page was visible for five seconds, and somebody moved, scrolled or typed
// the way people do.  Nothing on the page needs it.  A robot that presses everything jumps from place to place.
"use strict";
if (!navigator.webdriver) {
  const { seen: address, csrf } = document.currentScript.dataset;
  const LOOKED = 5, ACTS = 3; // seconds in sight, and so many acts in them
  const APART = 250, PAUSE = 500; // milliseconds between two acts, and within one path at most
  const STEPS = 4, JUMP = 80; // a pointer's path: so many steps, none of them longer (in CSS pixels)
  const done = new AbortController();
  let seconds = 0, acts = 0, acted = -APART, steps = 0, last = null;

  const on = (type, then) => addEventListener(
    type, event => { if (event.isTrusted) then(event); }, { capture: true, passive: true, signal: done.signal });
  const act = ({ timeStamp }) => {
    if (timeStamp - acted < APART) return;
    acted = timeStamp;
    acts += 1;
  };
  const step = event => {
    const { clientX: x, clientY: y, timeStamp } = event;
    const length = last ? Math.hypot(x - last.x, y - last.y) : 0;
    const goesOn = length > 0 && length < JUMP && timeStamp - last.timeStamp < PAUSE;
    steps = goesOn ? steps + 1 : 0;
    last = { x, y, timeStamp };
    if (steps === STEPS) {
      steps = 0;
      act(event);
    }
  };
  on("pointermove", event => { if (event.pointerType !== "touch") step(event); });
  on("pointerdown", () => { last = null; }); // from one press to the next is no path
  on("touchmove", act);
  on("wheel", act);
  on("keydown", event => { if (!event.repeat) act(event); });

  const clock = setInterval(() => {
    if (document.visibilityState === "visible") seconds += 1;
    if (seconds < LOOKED || acts < ACTS) return;
    clearInterval(clock);
    done.abort();
    const body = new URLSearchParams([["pk_csrf", csrf], ["pk_end", "whole"]]);
    fetch(address, { method: "POST", body, keepalive: true }).catch(() => {});
  }, 1000);
}
