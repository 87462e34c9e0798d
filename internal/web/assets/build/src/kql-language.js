// Colours for KQL: a scanner that is right about strings, comments and words, which is all that colours need.
import { StreamLanguage, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";

const operators = new Set(`as consume count datatable distinct evaluate extend facet filter find fork getschema invoke join limit
lookup make-series mv-apply mv-expand order parse parse-kv parse-where partition print project project-away project-by-names
project-keep project-rename project-reorder range reduce render sample sample-distinct scan search serialize sort summarize take
top top-hitters top-nested union where let set declare materialize`.split(/\s+/));
const words = new Set(`and or not by on asc desc nulls first last kind with in has contains startswith endswith matches regex between
step from to default of true false null inner innerunique leftouter rightouter fullouter leftanti rightanti leftsemi rightsemi
has_any has_all hasprefix hassuffix has_cs contains_cs startswith_cs endswith_cs typeof dynamic`.split(/\s+/));
const types = new Set("bool boolean datetime date decimal double real guid int long string timespan time dynamic".split(" "));

function word(stream, state) {
	stream.match(/^[A-Za-z_0-9]*(?:-[A-Za-z_]+)*/);
	let text = stream.current();
	if (text.includes("-") && !operators.has(text)) {
		stream.backUp(text.length - text.indexOf("-"));
		text = stream.current();
	}
	const start = state.start;
	state.start = false;
	if (operators.has(text) && (start || ["by", "materialize"].includes(text))) return "keyword";
	if (types.has(text) && stream.match(/^\s*\(/, false)) return "typeName";
	if (words.has(text) || text.replace(/^!/, "").replace(/~$/, "") in words) return "operatorKeyword";
	if (stream.match(/^\s*\(/, false)) return "function";
	return "variableName";
}

function token(stream, state) {
	if (state.fence) {
		if (stream.match("```")) state.fence = false;
		else stream.next();
		return "string";
	}
	if (stream.eatSpace()) return null;
	if (stream.match("//")) {
		stream.skipToEnd();
		return "comment";
	}
	if (stream.match("```")) {
		state.fence = true;
		return "string";
	}
	if (stream.match(/^[hH]?@"(?:[^"]|"")*"?/) || stream.match(/^[hH]?@'(?:[^']|'')*'?/)) return "string";
	if (stream.match(/^[hH]?"(?:[^"\\]|\\.)*"?/) || stream.match(/^[hH]?'(?:[^'\\]|\\.)*'?/)) return "string";
	if (stream.match(/^\d+(?:\.\d+)?(?:e[+-]?\d+)?(?:ms|microseconds?|ticks?|[dhms])?\b/i) || stream.match(/^0x[0-9a-f]+/i)) return "number";
	if (stream.match(/^[|;]/)) {
		state.start = true;
		return "punctuation";
	}
	if (stream.match(/^[A-Za-z_]/, false)) return word(stream, state);
	stream.next();
	if (stream.current() === "(") state.start = true;
	return "operator";
}

export const language = StreamLanguage.define({
	name: "kql",
	startState: () => ({ start: true, fence: false }),
	token,
	languageData: { commentTokens: { line: "//" }, closeBrackets: { brackets: ["(", "[", "{", "'", '"'] } },
	tokenTable: { function: tags.function(tags.variableName) },
});

export const colours = syntaxHighlighting(HighlightStyle.define([
	{ tag: tags.keyword, color: "var(--kql-keyword)", fontWeight: "600" },
	{ tag: tags.operatorKeyword, color: "var(--kql-word)" },
	{ tag: tags.function(tags.variableName), color: "var(--kql-function)" },
	{ tag: tags.typeName, color: "var(--kql-type)" },
	{ tag: tags.string, color: "var(--kql-string)" },
	{ tag: tags.number, color: "var(--kql-number)" },
	{ tag: tags.comment, color: "var(--kql-comment)", fontStyle: "italic" },
	{ tag: tags.punctuation, color: "var(--kql-word)", fontWeight: "600" },
]));
