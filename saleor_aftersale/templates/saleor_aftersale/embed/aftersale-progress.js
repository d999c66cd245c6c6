/* <aftersale-progress>: the bar of the tracking page for any storefront, without dependencies.

   Attributes: progress (0-100), text, returning, warning.
   Property:   timeline, the GraphQL object of an order or of one of its shipments.
   Style:      --aftersale-accent, --aftersale-warning, --aftersale-track on the element. */
const style = `
:host { display: block; font: inherit; color: inherit; color-scheme: light dark }
:host([hidden]) { display: none }
p { margin: 0 0 .5em; font-weight: 600 }
p:empty { display: none }
div { display: flex; align-items: center; gap: .75em }
i { flex: 1; height: .75em; overflow: hidden; border: 1px solid var(--track); border-radius: 1em }
b { display: block; width: 0; height: 100%; border-radius: 1em; background: var(--accent);
  transition: width .4s }
span { font-size: .875em; font-variant-numeric: tabular-nums }
:host {
  --accent: var(--aftersale-accent, #0b6350);
  --warning: var(--aftersale-warning, #9a3412);
  --track: var(--aftersale-track, #7b858b);
}
@media (prefers-color-scheme: dark) {
  :host {
    --accent: var(--aftersale-accent, #86d9c1);
    --warning: var(--aftersale-warning, #ffb38a);
    --track: var(--aftersale-track, #8a959b);
  }
}
:host([warning]) b, :host([returning]) b { background: var(--warning) }
:host([returning]) b { margin-left: auto }
@media (prefers-reduced-motion: reduce) { b { transition: none } }
@media (forced-colors: active) { b { forced-color-adjust: none; background: CanvasText !important } }
`;

class AftersaleProgress extends HTMLElement {
  static observedAttributes = ["progress", "text", "returning", "warning"];

  constructor() {
    super();
    const make = (name, parent) => parent.appendChild(document.createElement(name));
    const root = this.attachShadow({ mode: "open" });
    // A sheet made by script needs no 'unsafe-inline' in the storefront's CSP.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    this.words = make("p", root);
    const row = make("div", root);
    this.track = make("i", row);
    this.fill = make("b", this.track);
    this.percent = make("span", row);
    this.track.setAttribute("role", "progressbar");
    this.track.setAttribute("aria-valuemin", "0");
    this.track.setAttribute("aria-valuemax", "100");
    this.percent.setAttribute("aria-hidden", "true");
  }

  connectedCallback() {
    // Set before this file was loaded: the plain property would hide the setter.
    if (Object.hasOwn(this, "timeline")) {
      const value = this.timeline;
      delete this.timeline;
      this.timeline = value;
    }
    this.show();
  }

  attributeChangedCallback() {
    this.show();
  }

  set timeline(value) {
    const parts = value?.shipments || [value || {}];
    this.setAttribute("progress", value?.progress ?? 0);
    this.setAttribute("text", value?.text ?? "");
    this.toggleAttribute("returning", parts.length === 1 && !!parts[0].isReturning);
    this.toggleAttribute(
      "warning", parts.some((part) => part.isStalled || part.estimate?.lateSince),
    );
  }

  show() {
    const wanted = Math.round(Number(this.getAttribute("progress")) || 0);
    const progress = Math.min(100, Math.max(0, wanted));
    const text = this.getAttribute("text") || "";
    this.words.textContent = text;
    this.fill.style.width = `${progress}%`;
    this.percent.textContent = `${progress} %`;
    this.track.setAttribute("aria-valuenow", progress);
    this.track.setAttribute("aria-valuetext", text ? `${text}, ${progress} %` : `${progress} %`);
    this.track.setAttribute("aria-label", text || `${progress} %`);
  }
}

customElements.get("aftersale-progress") || customElements.define("aftersale-progress", AftersaleProgress);
