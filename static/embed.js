/* Sarnakh's embed: <lead-form form="guide"></lead-form>. No dependencies; how to use it: docs/embed.md. */
(() => {
  "use strict";
  if (customElements.get("lead-form")) return; // the script stands twice on the page
  const me = document.currentScript || document.querySelector('script[src*="/embed.js"]');
  const base = new URL(".", me.src).href;
  const home = new URL(base).origin;
  const framed = document.querySelector("lead-form[framed]") !== null; // this is our own frame page
  const DAYS_395 = 34128000; // seconds; browsers cut cookies at 400 days
  const SENDS = "omit"; // the gateway writes "include" where it serves this on a site's own host
  const MARKS = /^(utm_(source|medium|campaign|term|content)|gclid|fbclid|msclkid|ttclid|yclid)$/;
  const kept = {}; // visitor ids where cookies are blocked, and of the page around our frame
  const sites = new Set(me.dataset.site ? [me.dataset.site] : []);
  let consent = null; // unknown until the site's setting or the page's own words come
  let views = false;
  let given = null; // what the page around our frame handed in: {visitor, page, consent}
  let count = 0;

  // ---- visitor ids: the landing page's own cookie (rule 8) -------------------------------------------------------
  function cookies() {
    try {
      return document.cookie;
    } catch {
      return ""; // sandboxed frames and blocked storage throw
    }
  }

  function visitors() {
    const found = [...cookies().matchAll(/(?:^|; )sarnakh_v_([\w-]+)=([^;]+)/g)].map((match) => [match[1], match[2]]);
    return { ...Object.fromEntries(found), ...kept };
  }

  function keep(site, id) {
    if (!id || consent === false) return;
    kept[site] = id;
    if (framed) return tell({ visitor: id, site });
    bake(site, id, DAYS_395);
  }

  function bake(site, id, age) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    try {
      document.cookie = `sarnakh_v_${site}=${id}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
    } catch {
      // blocked: the id lives as long as the page
    }
  }

  // ---- where this visit came from: the marked address it began with, for one tab ----------------------------------
  const marks = (address) => Object.fromEntries([...new URL(address).searchParams].filter(([name]) => MARKS.test(name)));

  function origin() {
    const now = { referrer: document.referrer, utm: marks(location.href) };
    const fresh = Object.keys(now.utm).length || (now.referrer && !now.referrer.startsWith(location.origin + "/"));
    try {
      if (fresh && consent) sessionStorage.setItem("sarnakh", JSON.stringify(now));
      return fresh ? now : JSON.parse(sessionStorage.getItem("sarnakh")) || now;
    } catch {
      return now; // storage is blocked
    }
  }

  const pageNow = () => (given && given.page) || { url: location.href, ...origin() };

  // ---- the wire: text/plain, so that no preflight goes ahead ------------------------------------------------------
  async function post(path, body, patience = 20000) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), patience);
    try {
      const reply = await fetch(base + path, { method: "POST", body: JSON.stringify(body), credentials: SENDS, signal: stop.signal });
      const text = await reply.text();
      return { status: reply.status, wait: +reply.headers.get("Retry-After") || 0, body: text ? JSON.parse(text) : {} };
    } finally {
      clearTimeout(timer);
    }
  }

  // A stylesheet made by script needs nothing of the page's style-src; older browsers get a link.
  const style = (path) => (loaded[path] ||= "adoptedStyleSheets" in document
    ? fetch(base + path, { credentials: "omit" }).then((reply) => reply.text()).then((text) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(text);
        document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
      })
    : new Promise((done) => document.head.append(make("link", { rel: "stylesheet", href: base + path, onload: done, onerror: done }))));

  // What is loaded once a form stands: with our own script's nonce, for policies that ask for one.
  const loaded = {};
  const more = (name) => (loaded[name] ||= new Promise((done) =>
    document.head.append(make("script", { src: `${base}${name}.js`, nonce: me.nonce, onload: done, onerror: done }))));

  function make(tag, props = {}, ...children) {
    const node = Object.assign(document.createElement(tag), props);
    for (const name in props.attrs) if (props.attrs[name] !== null) node.setAttribute(name, props.attrs[name]);
    node.append(...children.filter(Boolean));
    return node;
  }

  // ---- the form ---------------------------------------------------------------------------------------------------
  class LeadForm extends HTMLElement {
    static observedAttributes = ["form", "lang", "frame"];

    constructor() {
      super();
      this.turn = 0; // raised by each start: an answer to an earlier one is dropped
      this.id_ = `lf${++count}-`;
      this.addEventListener("input", this);
      this.addEventListener("submit", this);
    }

    connectedCallback() {
      addEventListener("online", this);
      if (!this.shown) this.start(); // a page that only moves us keeps what was typed
    }

    disconnectedCallback() { removeEventListener("online", this); }

    attributeChangedCallback(_name, before, after) {
      if (this.isConnected && this.turn && before !== after) this.start();
    }

    handleEvent(event) {
      if (event.type === "submit") {
        event.preventDefault();
        this.tries = 0;
        this.send();
      } else if (event.type === "online") {
        if (this.unsent) this.send();
      } else {
        this.touched = true;
        this.fault(event.target.name, "");
      }
    }

    async start() {
      const turn = ++this.turn;
      clearTimeout(this.timer);
      Object.assign(this, { shown: true, touched: false, busy: false, unsent: false, tries: 0 });
      if (this.hasAttribute("frame")) return this.frame();
      if (this.hasAttribute("framed")) await handed;
      const around = this.closest("[lang]");
      this.had = visitors();
      try {
        const [reply] = await Promise.all([
          post(`f/${this.getAttribute("form")}/spec`, {
            _visitor: Object.values(this.had), _page: pageNow(), consent, framed, lang: around ? around.lang : "",
            test: this.getAttribute("test") || "",
          }),
          style("embed.css"),
        ]);
        if (reply.body.css) await style(reply.body.css); // hides what depends on an answer not yet given
        if (turn !== this.turn) return;
        if (reply.status !== 200) throw new Error(reply.body.message || `status ${reply.status}`);
        this.show(reply.body);
      } catch (error) {
        if (turn === this.turn) this.unreachable(error);
      }
    }

    /* No form to show: the reason goes to the console, the visitor to the form's own page. */
    unreachable(error) {
      this.shown = false;
      console.error(`Sarnakh, form "${this.getAttribute("form")}": ${error.message}`);
      const fa = /^fa/.test((this.closest("[lang]") || {}).lang);
      const words = fa ? "فرم را در صفحهٔ جدا باز کنید" : "Open the form on its own page";
      this.replaceChildren(make("a", { href: `${base}f/${this.getAttribute("form")}?lang=${fa ? "fa" : "en"}`, target: "_blank", rel: "noopener", textContent: words }));
    }

    show(spec) {
      this.spec = spec;
      sites.add(spec.site);
      if (visitors()[spec.site] === this.had[spec.site]) keep(spec.site, spec.visitor); // else another form got one first
      if (spec.cookies === "free" || visitors()[spec.site]) consent ??= true;
      else if (spec.cookies === "ask" && consent) emit([]); // it came while the form was on its way
      if (consent) origin();
      if (spec.views) watchViews();
      this.classList.add("lead-form");
      for (const name in spec.theme) this.style.setProperty(`--lead-${name.replace("_", "-")}`, spec.theme[name]);
      const fields = spec.steps.flatMap((step) => step.fields);
      this.dir = spec.dir;
      this.form = make("form", { noValidate: true, method: "post", action: `${base}f/${spec.form}`, attrs: { lang: spec.lang } },
        spec.title && make("h2", { className: "lf-title", textContent: spec.title }),
        spec.intro && make("p", { className: "lf-intro", textContent: spec.intro }),
        spec.incentive && make("p", { className: "lf-incentive", textContent: spec.incentive }),
        spec.recognised && this.known(),
        ...fields.map((field) => this.field(field)),
        ...spec.consents.map((one) => this.field({ name: `consent_${one.purpose}`, control: "consent", label: one.text, required: one.required })),
        make("div", { className: "lf-trap", attrs: { "aria-hidden": "true" } },
          make("label", {}, spec.words.trap, make("input", { name: spec.trap, tabIndex: -1, autocomplete: "off" }))),
        this.button = make("button", { className: "lf-send", textContent: spec.submit_label }),
        this.status = make("p", { className: "lf-status", attrs: { role: "alert" } }));
      this.replaceChildren(this.form, ...spec.quotes.map((quote) =>
        make("blockquote", { className: "lf-quote", attrs: { lang: spec.lang } }, make("p", { textContent: quote.text }), make("cite", { textContent: quote.by }))));
      const { form } = this;
      if (spec.outside) more("outside").then(() => self.sarnakhOutside?.(form, spec));
      this.watched = more("watch").then(() => window.sarnakhWatch && sarnakhWatch(form, spec.challenge, `${form.action}/challenge`, this.touched, () => [this.spec.ticket, visitors()[this.spec.site]]));
    }

    known() {
      const other = make("button", { type: "button", className: "lf-link", textContent: this.spec.words.someone_else });
      other.onclick = async () => {
        kept[this.spec.site] = "-"; // no id of ours: the server gives a new one (rules 5 and 8)
        if (!framed) bake(this.spec.site, "", 0);
        await this.start();
        this.querySelector("input, select, textarea")?.focus(); // the button that had the focus is gone
      };
      return make("div", { className: "lf-known" }, make("span", { textContent: this.spec.words.known }), other);
    }

    field(field) {
      const id = this.id_ + field.name;
      const group = /^(radio|checkbox)$/.test(field.control);
      const shared = { name: field.name, required: field.required && !field.when && field.control !== "checkbox" };
      const describe = { "aria-describedby": (field.help ? `${id}-help ` : "") + `${id}-error` };
      const label = [field.step && make("span", { className: "lf-step", textContent: `${field.step} ` }), field.label, field.required ? null : make("span", { className: "lf-optional", textContent: ` ${this.spec.words.optional}` })];
      const choice = (type, value, ...words) =>
        make("label", { className: "lf-choice" }, make("input", { ...shared, type, value, attrs: group ? {} : { id, ...describe } }), make("span", {}, ...words));
      let control;
      if (group) control = field.options.map((option) => choice(field.control, option.value, option.label));
      else if (field.control === "consent") control = [choice("checkbox", "yes", ...label)];
      else {
        control = [make(field.control, { ...shared, id, className: "lf-input", attrs: {
          ...describe, type: field.input || null, dir: field.dir || null, inputmode: field.inputmode || null,
          autocomplete: field.autocomplete || null } },
          ...(field.control === "select" ? [make("option", { value: "", textContent: this.spec.words.choose }), ...field.options.map((option) => make("option", { value: option.value, textContent: option.label }))] : []))];
      }
      return make(group ? "fieldset" : "div", { className: `lf-field${field.control === "consent" ? " lf-consent" : ""}`, attrs: group ? { ...describe } : {} },
        field.control !== "consent" && make(group ? "legend" : "label", { className: "lf-label", attrs: { for: group ? null : id } }, ...label),
        field.help && make("p", { className: "lf-help", id: `${id}-help`, textContent: field.help }),
        ...control,
        make("p", { className: "lf-error", id: `${id}-error` }));
    }

    /* Words under a field; returns its first control. Its line is kept free, so nothing moves. */
    fault(name, words) {
      const place = name && document.getElementById(`${this.id_}${name}-error`);
      if (!place || (!words && !place.textContent)) return null;
      place.textContent = words;
      const control = this.form.querySelector(`[name="${name}"]`);
      for (const node of [control, control.closest("fieldset")]) if (node) words ? node.setAttribute("aria-invalid", "true") : node.removeAttribute("aria-invalid");
      return control;
    }

    async body() {
      const watch = await Promise.race([this.watched, new Promise((done) => setTimeout(done, 1500))]);
      const proof = watch ? await watch.proof() : "";
      const fields = {};
      for (const [name, value] of new FormData(this.form)) fields[name] = name in fields ? [].concat(fields[name], value) : value;
      return { ...fields, _ticket: this.spec.ticket, _visitor: visitors()[this.spec.site] || null, _page: pageNow(), _signals: watch ? watch.signals() : {}, _proof: proof, consent };
    }

    async send() {
      if (this.busy || !this.spec) return; // a double click
      const { words } = this.spec;
      const turn = this.turn;
      clearTimeout(this.timer);
      this.setBusy(true);
      let reply;
      try {
        reply = await post(`f/${this.spec.form}`, await this.body());
      } catch {
        reply = { status: 0, wait: 5 }; // offline, or no answer in time: the same ticket makes a repeat harmless
      }
      if (turn !== this.turn) return;
      this.setBusy(false);
      this.unsent = false;
      if (reply.status === 200) return this.thank(reply.body);
      const { errors = {}, ticket, message } = reply.body || {};
      if (ticket) this.spec.ticket = ticket;
      const names = Object.keys(errors);
      if (reply.status === 422 && reply.body.stale && this.tries++ < 2) return this.send(); // only the ticket was old
      if (names.length) {
        const faulty = names.map((name) => this.fault(name, errors[name])).filter(Boolean);
        const form = [...this.form.elements];
        this.status.textContent = faulty.length ? words.check : errors[names[0]];
        form.find((node) => faulty.includes(node))?.focus();
        return;
      }
      this.status.textContent = reply.status === 0 ? words.offline : reply.status === 503 ? words.busy : message || words.busy;
      if (reply.status && reply.status !== 503) return;
      this.unsent = true;
      if (this.tries++ < 5) this.timer = setTimeout(() => this.send(), (reply.wait || 5) * 1000);
    }

    setBusy(busy) {
      this.busy = busy;
      this.button.setAttribute("aria-disabled", busy); // not `disabled`: focus would be lost
      this.button.textContent = busy ? this.spec.words.sending : this.spec.submit_label;
      if (busy) this.status.textContent = "";
    }

    thank({ submission, next, visitor }) {
      keep(this.spec.site, visitor);
      const box = make("div", { className: "lf-thanks", tabIndex: -1, attrs: { role: "status", lang: this.spec.lang } },
        make("h2", { className: "lf-title", textContent: next.title }),
        make("p", { textContent: next.text }),
        ...(next.result ? this.result(next.result) : []),
        ...[next.download, next.code].map((to) => to && make("a", { className: "lf-download", href: to.url, textContent: to.label })));
      this.replaceChildren(box);
      box.focus();
      this.dispatchEvent(new CustomEvent("lead-form:sent", { bubbles: true, detail: { form: this.spec.form, submission } }));
      for (const other of document.querySelectorAll("lead-form")) if (other !== this && other.spec && !other.touched) other.start();
    }

    result({ advice, improve_title, improve }) {
      return [make("p", { className: "lf-advice", textContent: advice }),
        improve[0] && make("h3", { className: "lf-improve", textContent: improve_title }),
        improve[0] && make("ul", {}, ...improve.map((one) => make("li", { textContent: one })))];
    }

    frame() {
      const around = this.closest("[lang]");
      this.classList.add("lead-form");
      this.replaceChildren(make("iframe", { className: "lf-frame", title: this.title || "Form",
        src: `${base}f/${this.getAttribute("form")}/frame?lang=${around ? around.lang.slice(0, 2) : ""}` }));
      style("embed.css");
    }
  }

  // ---- our frame and the page around it: each side checks the other's origin --------------------------------------
  let heard;
  const handed = framed ? new Promise((done) => (heard = done)) : null;

  const host = () => {
    const allowed = document.querySelector("lead-form[framed]").dataset.origins.split(" ");
    const likely = (location.ancestorOrigins && location.ancestorOrigins[0]) || (document.referrer && new URL(document.referrer).origin);
    return allowed.includes(likely) ? likely : allowed[0];
  };

  function tell(message) {
    if (parent !== window) parent.postMessage({ sarnakh: message }, host());
  }

  function inFrame(event) {
    if (event.source !== parent || event.origin !== host()) return;
    given = event.data.sarnakh;
    consent ??= given.consent;
    Object.assign(kept, given.visitors);
    heard();
  }

  function aroundFrame(event) {
    if (event.origin !== home) return;
    const frame = [...document.querySelectorAll("iframe")].find((one) => one.contentWindow === event.source);
    if (!frame) return;
    const { ready, height, visitor, site } = event.data.sarnakh;
    if (height) frame.style.height = `${Math.min(height, 20000)}px`;
    if (visitor && /^[\w-]+$/.test(site) && /^[\w.-]+$/.test(visitor)) keep(site, visitor);
    if (ready) event.source.postMessage({ sarnakh: { visitors: visitors(), page: pageNow(), consent } }, home);
  }

  addEventListener("message", (event) => {
    if (event.data && event.data.sarnakh) (framed ? inFrame : aroundFrame)(event);
  });

  if (framed) {
    new ResizeObserver(() => tell({ height: Math.ceil(document.documentElement.getBoundingClientRect().height) })).observe(document.documentElement);
    tell({ ready: true });
    setTimeout(heard, parent === window ? 0 : 1500); // a page without our script: no visitor, the form all the same
  }

  // ---- events: window.sarnakh('track', name, {url, type}) and sarnakh('consent', true | false) ---------------------------
  async function emit(events) {
    for (const site of sites) {
      const visitor = visitors()[site] || null;
      const body = { site, visitor, consent, events };
      if (visitor && navigator.sendBeacon && events.length) navigator.sendBeacon(base + "e", JSON.stringify(body));
      else keep(site, (await post("e", body)).body.visitor);
    }
  }

  const event = (type, name, url) => ({ id: crypto.getRandomValues(new Uint32Array(4)).join("-"), type, name, url: url || location.href, at: new Date().toISOString() });

  function view() {
    if (view.last === location.href) return;
    view.last = location.href;
    emit([{ ...event("page_view", document.title.slice(0, 200)), referrer: document.referrer }]);
  }

  function watchViews() {
    if (views || framed || !consent) return;
    views = true;
    view();
    addEventListener("popstate", view);
    const push = history.pushState;
    history.pushState = function (...args) {
      push.apply(this, args);
      setTimeout(view, 0); // the title follows the address
    };
  }

  const commands = {
    track: (name, { url, type = "custom" } = {}) => emit([event(type, String(name), url)]),
    consent(yes) {
      consent = !!yes;
      if (yes) return emit([]);
      for (const site in visitors()) {
        delete kept[site];
        bake(site, "", 0);
      }
      if (SENDS !== "omit") return emit([]); // our own cookie goes as well
    },
  };

  const waiting = (window.sarnakh && window.sarnakh.q) || [];
  window.sarnakh = (name, ...args) => {
    if (!commands[name]) throw new Error(`sarnakh: no command "${name}"`);
    Promise.resolve(commands[name](...args)).catch((error) => console.error(`Sarnakh: ${error.message}`));
  };
  customElements.define("lead-form", LeadForm);
  for (const args of waiting) window.sarnakh(...args);
})();
