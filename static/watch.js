/* What embed.js and hosted.js load for a form: the proof of work, and what hands did (docs/embed.md). Numbers only. */
(() => {
  "use strict";
  if (window.sarnakhWatch) return;

  // ---- SHA-256 of one block (FIPS 180-4): crypto.subtle is missing on http pages, and slower for texts this short --
  const K = new Int32Array(64);
  const START = new Int32Array(8);
  for (let n = 2, i = 0; i < 64; n++) {
    const fraction = (root) => ((n ** root % 1) * 2 ** 32) | 0;
    let d = 2;
    while (n % d) d++;
    if (d < n) continue;
    if (i < 8) START[i] = fraction(1 / 2);
    K[i++] = fraction(1 / 3);
  }
  const W = new Int32Array(64);

  /* The first two of the hash's eight words, of the block that stands in W. */
  function hash(out) {
    for (let i = 16; i < 64; i++) {
      const x = W[i - 15];
      const y = W[i - 2];
      W[i] = (W[i - 16] + W[i - 7] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3)
        + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)) | 0;
    }
    let a = START[0], b = START[1], c = START[2], d = START[3], e = START[4], f = START[5], g = START[6], h = START[7];
    for (let i = 0; i < 64; i++) {
      const s = (h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + W[i]) | 0;
      const t = (((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c)) | 0;
      h = g; g = f; f = e; e = (d + s) | 0; d = c; c = b; b = a; a = (s + t) | 0;
    }
    out[0] = (a + START[0]) | 0;
    out[1] = (b + START[1]) | 0;
  }

  /* Salt and number, as one padded block: 55 bytes at most. */
  function put(text) {
    W.fill(0, 0, 16);
    let i = 0;
    for (; i < text.length; i++) W[i >> 2] |= text.charCodeAt(i) << (24 - (i & 3) * 8);
    W[i >> 2] |= 128 << (24 - (i & 3) * 8);
    W[15] = i * 8;
  }

  // ---- proof of work: in slices, so that nobody feels it while typing (rule 21) ------------------------------------
  const SLICE = 8; // ms of the main thread at once; with a block of 100 and a slow phone it stays under 12
  const NUMBERS = 6000; // a slice's most, for browsers whose clock stands still for 100 ms
  const BUDGET = 1500; // ms in all, and at most as long at the press of the button
  const OLD = 540000; // ms: challenges are good for 10 minutes

  class Proof {
    constructor(challenge, renewal) {
      this.renewal = renewal;
      this.take(challenge);
    }

    take(challenge) {
      this.challenge = challenge;
      this.since = performance.now();
      this.next = 0;
      this.spent = 0;
      this.answer = null;
      this.wanted = [Number(`0x${challenge.challenge.slice(0, 8)}`) | 0, Number(`0x${challenge.challenge.slice(8, 16)}`) | 0];
    }

    /* By either clock, since one of them may stand still or be wrong; a new one is judged by the even clock alone. */
    get old() {
      if (performance.now() - this.since > OLD) return true;
      return !this.renewed && Date.now() / 1000 > Number((/expires=(\d+)/.exec(this.challenge.salt) || [])[1]) - 60;
    }

    slice() {
      const { salt, maxnumber, algorithm, challenge, signature } = this.challenge;
      const began = performance.now();
      const out = [0, 0];
      const last = Math.min(this.next + NUMBERS, maxnumber + 1);
      while (this.next < last && !this.answer) {
        const end = Math.min(this.next + 100, last);
        for (; this.next < end; this.next++) {
          put(salt + this.next);
          hash(out);
          if (out[0] !== this.wanted[0] || out[1] !== this.wanted[1]) continue;
          this.answer = btoa(JSON.stringify({ algorithm, challenge, number: this.next, salt, signature }));
          break;
        }
        if (performance.now() - began > SLICE) break;
      }
      this.spent += performance.now() - began;
      if (!this.answer && (this.spent > BUDGET || this.next > maxnumber)) this.answer = "slow";
    }

    /* From the first touch of the form on, between whatever else the page has to do. */
    begin() {
      if (this.answer || this.timer) return;
      this.timer = setTimeout(() => {
        this.timer = 0;
        this.slice();
        this.begin();
      });
    }

    async renew() {
      try {
        const reply = await fetch(this.renewal, { credentials: "omit", signal: timeout(BUDGET) });
        if (!reply.ok) return; // too many asked from this address block, or the service is away
        this.take(await reply.json());
        this.renewed = true;
      } catch {
        // offline, and the post will say so
      }
    }

    // At the press: what is found, within what is left of the time; never an error. Where no new work was to be had
    // there is no answer, and that is nobody's fault.
    async finish() {
      if (this.old) await this.renew();
      if (this.old) return "slow";
      const end = performance.now() + BUDGET - this.spent;
      while (!this.answer && performance.now() < end) {
        this.slice();
        await new Promise((done) => setTimeout(done));
      }
      return this.answer || "slow";
    }
  }

  function timeout(ms) {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), ms);
    return stop.signal;
  }

  // ---- "did you mean …?": its script comes when somebody goes to an e-mail field -----------------------------------
  const { src, nonce } = document.currentScript;
  let typos;

  function mend({ target }) {
    if (target.type !== "email") return;
    typos ||= new Promise((done) => document.head.append(
      Object.assign(document.createElement("script"), { src: new URL("typos.js", src).href, nonce, onload: done, onerror: done })));
    typos.then(() => window.sarnakhTypos && sarnakhTypos.watch(target));
  }

  // ---- what hands did: numbers, weighed in verification/checks/automation.py --------------------------------------
  const chromium = /Chrome\/(\d+)/.exec(navigator.userAgent); // the signs that other browsers spoof for privacy need it
  const DRIVERS = /^(\$?cdc_|\$chrome_asyncScriptInfo|__(playwright|pwInitScripts|puppeteer|selenium|webdriver|driver_(eval|unwr)|fxdriver|nightmare)|_selenium|_Selenium_IDE|callSelenium|callPhantom|_phantom$|domAutomation)/;

  // The mouse on the whole page, since people move before they reach a form. It is shared by all forms.
  const page = { moves: 0, steps: 0, even: 0, fast: 0, lone: 0, off: 0 };
  let last = null; // where the mouse is known to be: {x, y, at, dx, dy, far}
  let emulated = false;

  // Linux stamps keys and mice with whole milliseconds of its clock, so all of a page's times share one fraction; a
  // driver stamps them with now. As sums of points on a circle: how far together they lie. Not known of others.
  const clock = { times: 0, x: 0, y: 0 };
  function tick({ timeStamp }) {
    if (!chromium || !/^Linux/.test(navigator.platform) || /Android|CrOS/.test(navigator.userAgent)) return;
    clock.times++;
    clock.x += Math.cos(2 * Math.PI * timeStamp);
    clock.y += Math.sin(2 * Math.PI * timeStamp);
  }

  // A mouse rests on points of the screen (Windows, X11) or on 256ths of them (Wayland); numbers of a program lie
  // anywhere between. Not known of others.
  function offGrid(value) {
    const linux = /^Linux/.test(navigator.platform) && devicePixelRatio % 1 === 0;
    const fine = value * devicePixelRatio * (linux ? 256 : 1);
    return (linux || /^Win/.test(navigator.platform)) && Math.abs(fine - Math.round(fine)) > 0.2;
  }

  function onMove(event) {
    if (!event.isTrusted || event.pointerType !== "mouse") return;
    const { clientX: x, clientY: y, timeStamp: at } = event;
    page.moves++;
    tick(event);
    const framed = top !== window;
    const flat = chromium && (!window.visualViewport || visualViewport.scale === 1);
    if (flat && !framed) {
      const bar = event.screenY - screenY - y * (outerWidth / innerWidth); // what stands above the page
      if (bar > 40 && outerHeight === innerHeight) emulated = true;
    }
    const now = { x, y, at, dx: 0, dy: 0, far: false };
    if (last) {
      now.dx = x - last.x;
      now.dy = y - last.y;
      // A frame may begin between two points; how far the mouse went in it does not depend on that.
      const [across, down] = framed ? [now.dx, now.dy] : [x, y];
      if (flat && (offGrid(across) || offGrid(down))) page.off++;
      const length = Math.hypot(now.dx, now.dy);
      const merged = event.getCoalescedEvents ? event.getCoalescedEvents().length : 9;
      now.far = length > 60 && merged < 3; // more: the page was busy, and the moves came together
      if (length >= 3) {
        page.steps++;
        if (Math.hypot(now.dx - last.dx, now.dy - last.dy) < 0.6) page.even++;
      }
      if (length > 40 && at - last.at < 25) {
        page.fast++;
        if (merged === 1) page.lone++;
      }
    }
    last = now;
  }
  addEventListener("pointermove", onMove, { capture: true, passive: true });

  function traces() {
    const names = [...Object.getOwnPropertyNames(window), ...Object.getOwnPropertyNames(document)];
    const marked = ["webdriver", "selenium"].filter((name) => document.documentElement.hasAttribute(name));
    return names.filter((name) => DRIVERS.test(name)).length + marked.length;
  }

  function hidden() {
    if (!chromium || chromium[1] < 100) return false; // since 2021 each Chromium has it, mostly as false
    const own = Object.getOwnPropertyDescriptor(Navigator.prototype, "webdriver");
    return !("webdriver" in navigator) || navigator.webdriver === undefined || Object.hasOwn(navigator, "webdriver")
      || !own || !/\[native code\]/.test(Function.prototype.toString.call(own.get));
  }

  /* Of desktops alone; a frame does not know its window, and a full screen has nothing around it. */
  function shape() {
    if (!chromium || top !== window || navigator.brave || /Mobi|Android/.test(navigator.userAgent)) return undefined;
    if (matchMedia("(display-mode: fullscreen)").matches || document.fullscreenElement) return undefined;
    if (!outerWidth || !outerHeight) return "none";
    if (emulated || outerHeight > screen.height + 40) return "emulated";
    if (outerHeight === innerHeight && outerWidth === innerWidth && !/CrOS/.test(navigator.userAgent)) return "bare";
    return screen.width === 800 && screen.height === 600 ? "small" : undefined;
  }

  const MACHINES = [["win", /^win/i], ["android", /android/i], ["ios", /^iP(hone|ad|od)|^iOS/], ["mac", /^mac/i], ["linux", /linux|x11|chrom/i]];
  const named = (text) => (MACHINES.find(([, words]) => words.test(text)) || [])[0];

  /* "mixed": the browser's two names for its machine are not of one. An Android's second one is Linux. */
  function machine() {
    const own = named(navigator.userAgentData && navigator.userAgentData.platform);
    const old = named(navigator.platform);
    return own && old && own !== old && !(own === "android" && old === "linux") ? "mixed" : own || old;
  }

  const mean = (all) => all.reduce((sum, one) => sum + one, 0) / (all.length || 1);

  const deviation = (all) => Math.sqrt(mean(all.map((one) => (one - mean(all)) ** 2)));

  class Hands {
    constructor(form, late) {
      this.form = form;
      this.late = late;
      if (form.contains(document.activeElement)) this.at = document.activeElement.name;
      this.count = { keys: 0, touches: 0, pastes: 0, focuses: 0, clicks: 0, presses: 0, far: 0, centre: 0, still: 0, quick: 0, seams: 0, chars: 0 };
      this.changed = new Set();
      this.down = {}; // code → when it went down
      this.holds = [];
      this.gaps = [];
      for (const type of ["keydown", "keypress", "keyup", "touchstart", "paste", "focusin", "click", "input", "pointerdown", "pointerup", "submit"]) {
        form.addEventListener(type, this, { capture: true, passive: true });
      }
    }

    handleEvent(event) {
      this[event.type](event);
      if (event.type !== "submit") this.first ||= performance.now();
    }

    submit() {
      this.sent = performance.now();
      this.done = true; // until they go on in it: what was wrong with it is theirs to mend
    }

    touchstart() { this.count.touches++; }
    paste() { this.count.pastes++; }
    click() { this.count.clicks++; }

    focusin({ target }) {
      this.count.focuses++;
      this.reached(target);
    }

    input({ target }) {
      this.changed.add(target.name);
      this.reached(target);
    }

    reached({ name }) {
      this.at = name || this.at; // a button has none
      this.done = false;
    }

    keydown(event) {
      this.count.keys++;
      this.known = true;
      if (!event.isTrusted || event.repeat || !event.code || event.isComposing) return;
      tick(event);
      if (event.timeStamp - this.lastUp < 15) this.count.seams++;
      this.lastUp = NaN;
      const pause = event.timeStamp - this.lastKey;
      if (pause < 2000) this.gaps.push(pause); // longer is thinking
      this.down[event.code] = this.lastKey = event.timeStamp;
    }

    /* A letter without a key going down: no keyboard, input method or voice does that in a desktop's Chromium. */
    keypress(event) {
      if (event.isTrusted && chromium && !this.known && !/Mobi|Android/.test(navigator.userAgent)) this.count.chars++;
      this.known = event.repeat;
    }

    keyup(event) {
      const since = this.down[event.code];
      delete this.down[event.code];
      if (!since || !event.isTrusted) return;
      tick(event);
      this.lastUp = event.timeStamp;
      if (event.key.length === 1) this.holds.push(event.timeStamp - since);
    }

    pointerdown(event) {
      if (!event.isTrusted || event.pointerType !== "mouse" || event.button) return;
      const { clientX: x, clientY: y, target, timeStamp } = event;
      this.count.presses++;
      tick(event);
      this.pressed = timeStamp;
      if (last && Math.hypot(x - last.x, y - last.y) > 3) this.count.still++;
      if (last && last.far) this.count.far++;
      const box = target.getBoundingClientRect();
      if (Math.abs(x - box.x - box.width / 2) <= 1 && Math.abs(y - box.y - box.height / 2) <= 1) this.count.centre++;
      last = { x, y, at: timeStamp, dx: 0, dy: 0, far: false };
    }

    pointerup(event) {
      if (this.pressed) tick(event);
      if (this.pressed && event.timeStamp - this.pressed < 5) this.count.quick++;
      this.pressed = 0;
    }

    signals() {
      const { holds, gaps } = this;
      const found = {
        ...this.count, ...page, changed: this.changed.size, holds: holds.length, hold: mean(holds), gap: mean(gaps),
        spread: deviation(gaps), sway: deviation(holds), times: clock.times,
        together: 100 * Math.hypot(clock.x, clock.y) / (clock.times || 1), globals: traces(),
      };
      for (const name in found) found[name] = Math.round(found[name]);
      if (this.first) found.took = Math.round(this.sent - this.first);
      return {
        ...found, mouse: matchMedia("(any-pointer: fine)").matches, webdriver: !!navigator.webdriver, hidden: hidden(),
        late: this.late, window: shape(), platform: machine(),
      };
    }
  }

  // ---- where people leave: told once they turn away from a form that they did not send; names of questions only ---
  function tellLeaving(hands, address, who) {
    const { form } = hands;
    let told; // the question that was told last
    const tell = (what) => {
      const [_ticket, _visitor] = who();
      if (_visitor === undefined || !navigator.sendBeacon) return; // no id, no event
      navigator.sendBeacon(address, JSON.stringify({ _ticket, _visitor, ...what }));
    };
    const away = () => {
      const field = hands.at || "";
      if (document.visibilityState !== "hidden" || hands.done || told === field) return;
      told = field;
      const shown = [...form.elements].filter((one) => one.offsetParent).map((one) => one.name);
      tell({ field, asked: [...new Set(shown)] });
    };
    document.addEventListener("visibilitychange", away); // on phones the last that is heard of a page
    form.addEventListener("submit", () => {
      if (told !== undefined) tell({ back: true }); // they came back for it
      told = undefined;
    });
  }

  // Watch one form; `renewal`: where a new challenge is to be had; `late`: it was touched before this script came;
  // `who`: its ticket and the visitor's id as they are then, undefined where there is none.
  window.sarnakhWatch = (form, challenge, renewal, late = false, who) => {
    const hands = new Hands(form, late);
    if (who) tellLeaving(hands, renewal.replace(/challenge$/, "left"), who);
    const proof = new Proof(challenge, renewal);
    for (const type of ["focusin", "keydown", "pointerdown", "touchstart", "input"]) {
      form.addEventListener(type, () => proof.begin(), { passive: true });
    }
    for (const type of ["focusin", "change"]) form.addEventListener(type, mend);
    return { signals: () => hands.signals(), proof: () => proof.finish(), ready: () => (proof.old ? null : proof.answer) };
  };
})();
