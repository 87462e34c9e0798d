// What every page loads: htmx, set up so that it neither evaluates text nor keeps tenant data in the browser, and a few
// listeners that hang on the document, so that swapped-in content needs none of its own.
import htmx from "htmx.org/dist/htmx.esm.js";

Object.assign(htmx.config, {
	historyCacheSize: 0, // going back asks the server again; no snapshots of tenant data in the browser
	refreshOnHistoryMiss: true,
	allowEval: false,
	allowScriptTags: false,
	includeIndicatorStyles: false,
	selfRequestsOnly: true,
	scrollIntoViewOnBoost: false,
	defaultSettleDelay: 0, // what was swapped in answers at once: until it has settled, its links are plain ones
	responseHandling: [
		{ code: "204", swap: false },
		{ code: "[23]..", swap: true },
		{ code: "[45]..", swap: true, error: true }, // errors come as a fragment that says what to do
	],
});

// rememberZone stores the browser's time zone once, so that the server can write times in it.
function rememberZone() {
	if (/(?:^|; )tz=/.test(document.cookie)) return;
	const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
	const secure = location.protocol === "https:" ? "; Secure" : "";
	document.cookie = `tz=${encodeURIComponent(zone)}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
	if (zone !== "UTC" && document.querySelector("time")) location.reload();
}

async function copyText(button) {
	const source = document.getElementById(button.dataset.copy);
	const text = source ? source.textContent : "";
	try {
		await navigator.clipboard.writeText(text);
		announce("Copied");
	} catch {
		const range = document.createRange();
		range.selectNodeContents(source);
		getSelection().removeAllRanges();
		getSelection().addRange(range);
		announce("Selected; press Ctrl+C to copy");
	}
}

// announce tells everybody, those who listen included, what a button did.
function announce(text) {
	const status = document.getElementById("announce");
	if (!status) return;
	status.textContent = text;
	clearTimeout(announce.timer);
	announce.timer = setTimeout(() => { status.textContent = ""; }, 4000);
}

function openNav(open) {
	document.body.classList.toggle("nav-open", open);
	const button = document.querySelector("[data-nav]");
	if (button) button.setAttribute("aria-expanded", String(open));
}

document.addEventListener("click", (event) => {
	const target = event.target.closest("[data-copy],[data-nav],[data-print],[data-close-popover]");
	if (!target) {
		if (!event.target.closest(".side")) openNav(false);
		return;
	}
	if (target.dataset.copy) copyText(target);
	if ("nav" in target.dataset) openNav(!document.body.classList.contains("nav-open"));
	if ("print" in target.dataset) print();
	if ("closePopover" in target.dataset) target.closest("[popover]")?.hidePopover();
});

// Filters change the address without a new page, so what leads back here asks where that is when it is used.
document.addEventListener("click", (event) => {
	const link = event.target.closest("a[data-here]");
	if (!link) return;
	const here = new URL(location.href);
	here.searchParams.delete("after"); // what is new is on the first page
	link.href = here.href;
});
document.addEventListener("submit", (event) => {
	const here = event.target.querySelector("input[data-here]");
	if (here) here.value = location.pathname + location.search;
	const elsewhere = event.target.querySelector("input[data-elsewhere]");
	if (!elsewhere) return;
	const to = new URL(elsewhere.value, location.href);
	const now = new URL(location.href).searchParams;
	for (const key of ["range", "from", "to"]) now.has(key) ? to.searchParams.set(key, now.get(key)) : to.searchParams.delete(key);
	elsewhere.value = to.pathname + to.search;
});

document.addEventListener("change", (event) => {
	if (event.target.closest("[data-submit-on-change]")) event.target.form.requestSubmit();
	if (event.target.matches("[data-range]")) toggleCustomRange(event.target);
});

function toggleCustomRange(select) {
	for (const field of select.form.querySelectorAll("[data-custom-range]")) field.hidden = select.value !== "custom";
}

document.addEventListener("keydown", (event) => {
	if (event.key === "Escape") {
		openNav(false);
		const close = document.querySelector("#details .pane-close");
		if (close && !document.querySelector("dialog[open],[popover]:popover-open")) close.click();
	}
	// Enter in a popover means its own button, not the first one of the form around it.
	const own = event.key === "Enter" && event.target.matches("input") && event.target.closest("[popover]")?.querySelector("button[formaction]");
	if (own) {
		event.preventDefault();
		own.form.requestSubmit(own);
	}
	const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
	if (event.key === "/" && plain && !event.target.closest("input,textarea,select,[contenteditable]")) {
		const search = document.querySelector("[data-search]");
		if (search) {
			event.preventDefault();
			search.focus();
		}
	}
});

// The record whose details are open. Closing them goes back to its row, whichever list is there by then: rows are replaced
// as filters change, and details may have come with the page.
const recordOf = (address) => new URL(address, location.href).searchParams.get("id");
let opened = recordOf(location.href);
const opener = () => [...document.querySelectorAll("#results a[hx-target='#details']")].find((link) => recordOf(link.href) === opened);

document.addEventListener("htmx:beforeRequest", (event) => {
	const target = event.detail.target;
	target?.setAttribute("aria-busy", "true");
	if (target?.id === "details" && !event.detail.elt.closest("#details")) opened = recordOf(event.detail.elt.href);
});
document.addEventListener("htmx:afterSwap", (event) => {
	const target = event.detail.target;
	target?.removeAttribute("aria-busy");
	if (target?.id !== "details") return;
	const heading = target.querySelector("h2");
	(heading || opener() || document.querySelector("#results [tabindex]"))?.focus();
	document.body.classList.toggle("pane-open", Boolean(heading));
	for (const row of document.querySelectorAll("tr[aria-current]")) row.removeAttribute("aria-current");
	if (heading) opener()?.closest("tr")?.setAttribute("aria-current", "true");
});
document.addEventListener("htmx:sendError", (event) => {
	event.detail.target?.removeAttribute("aria-busy");
	announce("The server does not answer. Is it still running?");
});
document.addEventListener("htmx:configRequest", dropEmpty);

// dropEmpty keeps addresses short: a filter that is not set is not in them.
function dropEmpty(event) {
	if (event.detail.verb !== "get") return;
	const form = event.detail.formData;
	for (const key of new Set(form.keys())) {
		const values = form.getAll(key).filter((value) => value !== "");
		form.delete(key);
		for (const value of values) form.append(key, value);
	}
}
document.addEventListener("formdata", (event) => {
	if (event.target.method !== "get") return;
	for (const key of new Set(event.formData.keys())) {
		const values = event.formData.getAll(key).filter((value) => value !== "");
		event.formData.delete(key);
		for (const value of values) event.formData.append(key, value);
	}
});

// Filters apply as they change: choices at once, text when the typing pauses, and nothing that was sent already; leaving
// a field alone sends nothing.
const sent = new WeakMap();
const stateOf = (form) => new URLSearchParams(new FormData(form)).toString();
for (const form of document.querySelectorAll("form[data-filter]")) sent.set(form, stateOf(form));
document.addEventListener("input", (event) => {
	const form = event.target.closest("form[data-filter]");
	if (!form) return;
	clearTimeout(form.waiting);
	form.waiting = setTimeout(() => {
		const now = stateOf(form);
		if (sent.get(form) === now || (form.elements.range?.value === "custom" && !form.elements.from.value)) return;
		sent.set(form, now);
		htmx.trigger(form, "filter");
	}, event.target.matches("select,[type=checkbox]") ? 0 : 400);
});

// live listens for what the server noticed and offers it, without moving what is being read.
function live() {
	const bar = document.getElementById("live");
	if (!bar || !window.EventSource) return;
	const source = new EventSource(bar.dataset.live);
	source.addEventListener("change", (event) => {
		bar.querySelector("a").textContent = event.data;
		bar.hidden = false;
	});
	addEventListener("pagehide", () => source.close());
}

rememberZone();
live();
