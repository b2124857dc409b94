// The editor: CodeMirror 6 for manifests. What is known of a manifest comes from the worker, by the functions it is given.
import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, insertCompletionText, pickedCompletion, startCompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { forEachDiagnostic, forceLinting, lintGutter, lintKeymap, linter } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, hoverTooltip, keymap, lineNumbers, showPanel } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const CHECK_DELAY_MS = 350;

const look = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--surface)", color: "var(--ink)", fontSize: "13px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--ink-faint)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--raised)" },
  "&.cm-focused": { outline: "none" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--accent-soft) !important" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--ink)", border: "1px solid var(--line-strong)", borderRadius: "6px", boxShadow: "var(--shadow-2)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { fontStyle: "normal", opacity: "0.75", marginLeft: "12px" },
  ".cm-panels": { backgroundColor: "var(--bad-soft)", color: "var(--ink)", border: "none" },
  ".cm-panels-bottom": { borderTop: "1px solid var(--line)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--raised)", border: "none", color: "var(--ink-soft)" },
});

const colours = syntaxHighlighting(HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--code-key)" },
  { tag: [tags.string, tags.content, tags.attributeValue], color: "var(--code-text)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--code-number)" },
  { tag: tags.comment, color: "var(--ink-faint)", fontStyle: "italic" },
  { tag: [tags.separator, tags.punctuation, tags.meta], color: "var(--ink-soft)" },
]));

const place = (state, position) => {
  const line = state.doc.lineAt(position);
  return [line.number - 1, position - line.from];
};

function checks(check) {
  return linter(async (view) => {
    const { doc } = view.state;
    if (doc.toString().trim() === "") return [];
    return JSON.parse(await check(doc.toString())).map((found) => {
      const line = doc.line(Math.min(found.line + 1, doc.lines));
      const from = Math.min(line.from + found.column, line.to);
      const to = Math.max(from, Math.min(line.from + found.end_column, line.to));
      return { from, to, severity: found.severity.toLowerCase(), message: found.message };
    });
  }, { delay: CHECK_DELAY_MS });
}

/** Below the text, in words: the mistake on the cursor's line, or the first one. A click goes there; on a phone nothing hovers. */
const problems = showPanel.of((view) => {
  const dom = document.createElement("button");
  Object.assign(dom, { type: "button", className: "problem-line" });
  let shown;
  const look = (state) => {
    const { from, to } = state.doc.lineAt(state.selection.main.head);
    const all = [];
    forEachDiagnostic(state, (diagnostic, at) => all.push({ at, message: diagnostic.message }));
    shown = all.find(({ at }) => at >= from && at <= to) ?? all[0];
    dom.hidden = !shown;
    if (shown) {
      const [line, column] = place(state, shown.at);
      dom.textContent = `${line + 1}:${column + 1}  ${shown.message}`;
    }
  };
  dom.addEventListener("click", () => {
    if (!shown) return;
    view.dispatch({ selection: { anchor: Math.min(shown.at, view.state.doc.length) }, scrollIntoView: true });
    view.focus();
  });
  look(view.state);
  return { dom, update: (update) => look(update.state) };
});

/** Enter behind `key:` goes one step in, as what comes next stands there. */
function enterIndents(view) {
  const { state } = view;
  const { head, empty } = state.selection.main;
  const line = state.doc.lineAt(head);
  const before = line.text.slice(0, head - line.from);
  if (!empty || !/^[\s-]*[\w./-]+:\s*$/.test(before) || line.text.slice(head - line.from).trim() !== "") return false;
  const indent = before.match(/^[\s-]*/)[0].length + 2;
  view.dispatch(state.update({
    changes: { from: head - (before.length - before.trimEnd().length), to: line.to, insert: `\n${" ".repeat(indent)}` },
    selection: { anchor: head - (before.length - before.trimEnd().length) + 1 + indent },
    scrollIntoView: true,
    userEvent: "input",
  }));
  return true;
}

/** Puts a completion in; behind `key: ` what could be its value is offered at once. */
const put = (text) => (view, completion, from, to) => {
  view.dispatch({ ...insertCompletionText(view.state, text, from, to), annotations: pickedCompletion.of(completion) });
  if (text.endsWith(": ")) startCompletion(view);
};

/** What the worker says of a field. */
function fieldHelp(found) {
  const dom = document.createElement("div");
  dom.className = "field-help";
  for (const [tag, text] of [["code", found.path], ["em", found.field_type], ["p", found.description]]) {
    if (text) dom.append(Object.assign(document.createElement(tag), { textContent: text }));
  }
  return dom;
}

function completions(complete, hover) {
  return autocompletion({
    override: [async (context) => {
      const word = context.matchBefore(/[\w./-]*/);
      if (!context.explicit && (!word || word.from === word.to)) return null;
      const items = JSON.parse(await complete(context.state.doc.toString(), ...place(context.state, context.pos)));
      if (items.length === 0) return null;
      const from = word ? word.from : context.pos;
      // What an offered field is, is what one would see over it if it stood there.
      const info = async ({ label, detail }) => {
        const { state } = context;
        const text = state.sliceDoc(0, from) + label + state.sliceDoc(context.pos);
        const found = detail && JSON.parse(await hover(text, ...place(state, from)));
        return found?.description ? fieldHelp(found) : null;
      };
      return {
        from,
        options: items.map((item) => ({ label: item.label, apply: put(item.insert), detail: item.detail, info })),
        validFor: /^[\w./-]*$/,
      };
    }],
  });
}

function hovers(hover) {
  return hoverTooltip(async (view, position) => {
    const found = JSON.parse(await hover(view.state.doc.toString(), ...place(view.state, position)));
    if (!found) return null;
    return {
      pos: position,
      create: () => ({ dom: fieldHelp(found) }),
    };
  });
}

/** Opens an editor in an element. `asks` has `changed(text)` and the promises `check(text)`, `complete(text, line, column)`, `hover(text, line, column)`, all of JSON. */
export function openEditor(element, label, text, isYaml, changed, check, complete, hover) {
  const known = isYaml ? [yaml(), checks(check), lintGutter(), problems, completions(complete, hover), hovers(hover)] : [];
  const view = new EditorView({
    parent: element,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), foldGutter(), highlightActiveLine(), highlightActiveLineGutter(), history(), drawSelection(), indentOnInput(),
        bracketMatching(), closeBrackets(), indentUnit.of("  "), look, colours, ...known,
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
        keymap.of([
          ...(isYaml ? [{ key: "Enter", run: (target) => acceptCompletion(target) || enterIndents(target) }] : []),
          { key: "Tab", run: (target) => acceptCompletion(target) || indentMore(target), shift: indentLess },
          ...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...foldKeymap, ...completionKeymap, ...lintKeymap,
        ]),
        EditorView.updateListener.of((update) => { if (update.docChanged) changed(update.state.doc.toString()); }),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    replace: (next) => {
      if (next !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
    },
    focus: () => view.focus(),
    showMistake: (line, column) => {
      const at = view.state.doc.line(Math.min(line + 1, view.state.doc.lines));
      view.dispatch({ selection: { anchor: Math.min(at.from + column, at.to) }, scrollIntoView: true });
      view.focus();
      forceLinting(view);
    },
    close: () => view.destroy(),
  };
}
