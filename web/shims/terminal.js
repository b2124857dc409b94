// The terminal: xterm.js, dressed in the page's tokens.
import { FitAddon } from "@xterm/addon-fit";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { Terminal } from "@xterm/xterm";

const COLOURS = {
  background: "term-bg", foreground: "term-ink", cursor: "accent", cursorAccent: "term-bg", selectionBackground: "term-selection",
  black: "term-black", red: "term-red", green: "term-green", yellow: "term-yellow", blue: "term-blue", magenta: "term-magenta",
  cyan: "term-cyan", white: "term-white", brightBlack: "term-grey", brightRed: "term-red", brightGreen: "term-green",
  scrollbarSliderBackground: "line-strong", scrollbarSliderHoverBackground: "ink-faint", scrollbarSliderActiveBackground: "ink-faint",
  brightYellow: "term-yellow", brightBlue: "term-blue", brightMagenta: "term-magenta", brightCyan: "term-cyan", brightWhite: "term-ink",
};

function theme() {
  const tokens = getComputedStyle(document.documentElement);
  return Object.fromEntries(Object.entries(COLOURS).map(([name, token]) => [name, tokens.getPropertyValue(`--${token}`).trim()]));
}

/** Opens a terminal in an element. `onData(bytes)` gets what is typed, `onSize(columns, rows)` its size, at first and at each change. */
export function openTerminal(element, label, onData, onSize) {
  const terminal = new Terminal({
    allowProposedApi: true,
    cursorBlink: false,
    fontFamily: '"JetBrains Mono", "D2Coding", "NanumGothicCoding", "Noto Sans Mono CJK KR", "Noto Sans KR", monospace',
    fontSize: 13,
    lineHeight: 1.25,
    minimumContrastRatio: 4.5,
    screenReaderMode: true,
    scrollback: 5000,
    theme: theme(),
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = "11";
  terminal.open(element);
  if (terminal.textarea) terminal.textarea.setAttribute("aria-label", label);
  // F6 moves between the parts of the page: without it, nobody could leave by keyboard.
  terminal.attachCustomKeyEventHandler((event) => event.key !== "F6");

  const encoder = new TextEncoder();
  terminal.onData((text) => onData(encoder.encode(text)));
  terminal.onBinary((text) => onData(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));

  let size = "";
  const measure = () => {
    if (element.clientWidth < 40 || element.clientHeight < 20) return;
    fit.fit();
    const now = `${terminal.cols}x${terminal.rows}`;
    if (now === size) return;
    size = now;
    onSize(terminal.cols, terminal.rows);
  };
  const observer = new ResizeObserver(measure);
  observer.observe(element);
  document.fonts?.load('13px "JetBrains Mono"').then(() => {
    terminal.options.fontFamily = terminal.options.fontFamily + " ";
    measure();
  });
  measure();

  return {
    write: (bytes) => terminal.write(bytes),
    focus: () => terminal.focus(),
    dress: () => { terminal.options.theme = theme(); },
    text: () => {
      const buffer = terminal.buffer.active;
      return Array.from({ length: buffer.length }, (_, line) => buffer.getLine(line)?.translateToString(true) ?? "").join("\n").trimEnd();
    },
    close: () => {
      observer.disconnect();
      terminal.dispose();
    },
  };
}
