/* "Did you mean sara@gmail.com?" under an e-mail field: verification/typos.py, run in the page. */
// Nothing that is typed leaves it before it is sent. The table comes with the script. Offered, never enforced.
(() => {
  "use strict";
  if (window.sarnakhTypos) return;
  const { targets, words, ...read } = "TABLE";
  const known = new Set(read.known);
  const brands = new Set(read.brands);
  const national = new Set(read.national);
  const endings = new Set(read.endings);
  const neighbours = Object.fromEntries(read.keys.map((pair) => [pair[0], pair.slice(2)]));
  const persian = Object.fromEntries(read.persian.map((pair) => [pair[0], pair[1]]));
  const [SURE, LIKELY, FAR] = [0.8, 1, 1.5]; // what a slip costs: by how often hands make it
  const MOST = { 2: 0, 3: SURE, 4: LIKELY, 5: LIKELY }; // letters of the provider's name → the dearest slip in it
  const LONGEST = 40;

  const shortened = (text) => [text, ...[...text].map((_, place) => text.slice(0, place) + text.slice(place + 1))];
  const nameOf = (domain) => domain.split(".")[0];
  const index = new Map();
  const byName = new Map();
  targets.forEach((target, place) => {
    for (const text of shortened(target)) index.set(text, [...(index.get(text) || []), place]);
    if (!byName.has(nameOf(target))) byName.set(nameOf(target), place);
  });

  function alike(typed, target) {
    let place = 0;
    while (place < Math.min(typed.length, target.length) && typed[place] === target[place]) place++;
    return place;
  }

  function extra(letter, target, at) {
    const around = target.slice(Math.max(at - 1, 0), at + 1);
    if (letter === "." || around.includes(letter)) return SURE;
    return [...around].some((one) => (neighbours[one] || "").includes(letter)) ? LIKELY : FAR;
  }

  function slip(typed, target, at) {
    const rest = typed.slice(at);
    const wanted = target.slice(at);
    if (rest && wanted && rest.slice(1) === wanted.slice(1)) return (neighbours[wanted[0]] || "").includes(rest[0]) ? LIKELY : FAR;
    if (wanted.length > 1 && rest.slice(0, 2) === wanted[1] + wanted[0] && rest.slice(2) === wanted.slice(2)) return LIKELY;
    if (wanted && rest === wanted.slice(1)) return wanted[0] === "." ? SURE : LIKELY;
    return rest && rest.slice(1) === wanted ? extra(rest[0], target, at) : null;
  }

  /* Whether the name may well stand under this ending: only a country's, for who is in many countries. */
  function inUse(name, ending) {
    if (brands.has(name) || !endings.has(ending)) return false;
    return ending.length === 2 || !national.has(name);
  }

  function cost(typed, target) {
    const found = slip(typed, target, alike(typed, target));
    if (found === null) return null;
    const dot = target.indexOf(".");
    if (typed.slice(0, dot + 1) === target.slice(0, dot + 1)) return inUse(target.slice(0, dot), typed.slice(dot + 1)) ? null : found;
    if (typed.replaceAll(".", "") === target.replaceAll(".", "")) return found;
    return found <= (MOST[dot] ?? FAR) ? found : null;
  }

  function nearest(typed) {
    let best = null;
    for (const place of new Set(shortened(typed).flatMap((text) => index.get(text) || []))) {
      const found = cost(typed, targets[place]);
      if (found !== null && (!best || found < best[0] || (found === best[0] && place < best[1]))) best = [found, place];
    }
    return best && targets[best[1]];
  }

  function twoSlips(name, ending) {
    if (byName.has(name) || endings.has(ending) || slip(ending, "com", alike(ending, "com")) === null) return null;
    const near = nearest(`${name}.com`);
    return near && (brands.has(nameOf(near)) || national.has(nameOf(near))) ? near : null;
  }

  /* RFC 3492: a browser hands out an e-mail field's domain in ASCII, whatever keyboard typed it. */
  function decoded(label) {
    if (!label.startsWith("xn--")) return label;
    const cut = label.lastIndexOf("-");
    const out = cut > 3 ? [...label.slice(4, cut)] : [];
    let [n, i, bias] = [128, 0, 72];
    for (let at = cut > 3 ? cut + 1 : 4; at < label.length;) {
      const old = i;
      for (let weight = 1, k = 36; ; k += 36) {
        const digit = parseInt(label[at++], 36);
        const value = digit < 10 ? digit + 26 : digit - 10;
        if (!(value >= 0)) return label;
        i += value * weight;
        const least = Math.min(Math.max(k - bias, 1), 26);
        if (value < least) break;
        weight *= 36 - least;
      }
      const size = out.length + 1;
      let delta = old ? (i - old) >> 1 : Math.floor((i - old) / 700);
      delta += Math.floor(delta / size);
      for (bias = 0; delta > 455; bias += 36) delta = Math.floor(delta / 35);
      bias += Math.floor((36 * delta) / (delta + 38));
      n += Math.floor(i / size);
      i %= size;
      out.splice(i++, 0, String.fromCodePoint(n));
    }
    return out.join("");
  }

  const turned = (text) => [...text].map((char) => persian[char] || char).join("");

  function suggest(domain) {
    const given = domain.trim().toLowerCase().split(".").map(decoded).join(".");
    const typed = turned(given).replace(/^[.,]+|[.,]+$/g, "").replace(/[.,]+/g, ".").replace(/^www\./, "");
    if (!typed || typed.length > LONGEST || known.has(typed)) return null;
    if (!typed.includes(".") && byName.has(typed)) return targets[byName.get(typed)];
    if (targets.includes(typed)) return typed !== given ? typed : null;
    const near = nearest(typed);
    if (near) return near;
    const [name, ...rest] = typed.split(".");
    if ((brands.has(name) || national.has(name)) && !inUse(name, rest[rest.length - 1] || "")) return targets[byName.get(name)];
    return twoSlips(name, rest.join("."));
  }

  /* The whole address as it was meant. What stands before the @ stays, unless the keyboard was a Persian one. */
  function meant(address) {
    const at = address.lastIndexOf("@");
    const domain = at > 0 && suggest(address.slice(at + 1));
    return domain ? `${turned(address.slice(0, at).trim())}@${domain}` : null;
  }

  // ---- under the field: a line that is kept free there, so that nothing moves --------------------------------------
  function watch(input) {
    const error = document.getElementById(`${input.id}-error`);
    if (!error || input.lfHint) return;
    const hint = (input.lfHint = document.createElement("p"));
    hint.className = "lf-hint";
    hint.setAttribute("aria-live", "polite");
    error.after(hint);
    const offer = () => {
      const address = meant(input.value);
      hint.replaceChildren();
      if (!address) return;
      const button = document.createElement("button");
      const lang = input.closest("[lang]")?.lang.slice(0, 2);
      const [before, after] = (words[lang] || words.en).split("{address}");
      const told = document.createElement("bdi");
      told.textContent = address;
      button.type = "button";
      button.className = "lf-link";
      button.append(before, told, after);
      button.onclick = () => {
        input.value = address;
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.focus();
      };
      hint.append(button);
      // A narrow page would cut the end, which is what was mended.
      if (hint.scrollWidth > hint.clientWidth) told.textContent = `…${address.slice(address.lastIndexOf("@"))}`;
    };
    input.addEventListener("input", () => hint.replaceChildren());
    input.addEventListener("change", offer);
    if (input.value) offer(); // the Back button, or a page that came again with its errors
  }

  window.sarnakhTypos = { suggest, meant, watch };
})();
