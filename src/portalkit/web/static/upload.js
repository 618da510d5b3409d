// Shows how far an upload is.  Without it the same form sends the same request and gets the same answer.
"use strict";
for (const form of document.querySelectorAll("form[data-pk-upload]")) {
  const find = name => form.querySelector(`[data-pk-${name}]`);
  const button = find("send"), panel = find("progress"), said = find("said"), problem = find("problem");
  const bar = panel.querySelector("progress"), cancel = find("cancel");
  const words = form.dataset;
  let asked = null;

  const say = text => { if (said.textContent !== text) said.textContent = text; };
  const end = text => {
    asked = null;
    panel.hidden = true;
    button.disabled = false;
    problem.textContent = text;
    problem.hidden = !text;
  };
  const tooLarge = () => {
    const file = [...find("files").files].find(f => f.size > Number(words.each));
    return file ? words.large.replace("{name}", file.name) : "";
  };
  const reason = page => {
    const found = new DOMParser().parseFromString(page, "text/html")
      .querySelectorAll(".pk-notice--warn p, .pk-head h1, .pk-head .pk-lede");
    const notice = [...found].filter(e => e.matches(".pk-notice--warn p"));
    return (notice.length ? notice : [...found]).map(e => e.textContent.trim()).join(" ") || words.broken;
  };

  form.addEventListener("submit", event => {
    event.preventDefault();
    if (asked) return;
    const large = tooLarge();
    if (large) return end(large);
    asked = new XMLHttpRequest();
    asked.upload.onprogress = ({ loaded, total }) => {
      bar.max = total;
      bar.value = loaded;
      const tenths = Math.floor(10 * loaded / total);
      cancel.hidden = loaded === total; // the server has it all, and will take it
      say(loaded < total ? words.sending.replace("{percent}", 10 * tenths) : words.saving);
    };
    asked.onload = () => {
      const { status, responseURL, responseText } = asked;
      if (status === 200) location.assign(responseURL);
      else end(reason(responseText));
    };
    asked.onerror = () => end(words.broken);
    asked.onabort = () => end(words.cancelled);
    const data = new FormData(form);
    asked.open("POST", form.action);
    asked.send(data);
    problem.hidden = true;
    button.disabled = true;
    bar.removeAttribute("value");
    say(words.sending.replace("{percent}", 0));
    panel.hidden = cancel.hidden = false;
    said.focus();
  });
  cancel.addEventListener("click", () => { if (asked) asked.abort(); button.focus(); });
  addEventListener("pageshow", () => end(""));
}
