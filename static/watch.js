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

    /* At the press: what is found, within what is left of the time; never an error. */
    async finish() {
      if (this.old) {
        try {
          const reply = await fetch(this.renewal, { credentials: "omit", signal: timeout(BUDGET) });
          if (reply.ok) this.take(await reply.json());
          this.renewed = true;
        } catch {
          // offline, and the post will say so
        }
      }
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

  // ---- what hands did ---------------------------------------------------------------------------------------------
  const COUNTED = { keydown: "keys", pointermove: "moves", touchstart: "touches", paste: "pastes", focusin: "focuses" };

  /* Watch one form; `renewal`: where a new challenge is to be had. */
  window.sarnakhWatch = (form, challenge, renewal) => {
    const seen = { keys: 0, moves: 0, touches: 0, pastes: 0, focuses: 0, mouse: matchMedia("(any-pointer: fine)").matches, webdriver: !!navigator.webdriver };
    const proof = new Proof(challenge, renewal);
    for (const type in COUNTED) {
      form.addEventListener(type, (event) => {
        if (event.pointerType !== "touch") seen[COUNTED[type]]++;
        proof.begin();
      }, { passive: true });
    }
    return { signals: () => seen, proof: () => proof.finish(), ready: () => (proof.old ? null : proof.answer) };
  };
})();
