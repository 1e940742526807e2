// Elements of an XMPP stream: read piece by piece as they come, and written with everything escaped.
import { SaxesParser } from 'saxes';

/** One element with what is in it. */
export interface Element {
  readonly name: string;
  readonly attributes: { readonly [name: string]: string };
  readonly children: readonly Element[];
  readonly text: string;
}

interface Growing {
  readonly name: string;
  readonly attributes: { readonly [name: string]: string };
  readonly children: Growing[];
  text: string;
}

/** No element that we wait for is longer; a server that sends one is not waited for. Letters. */
const elementMaxLength = 256 * 1024;

/** Reads a stream: gives each element that is directly in it, and is told when the stream itself ends. */
export class StreamReader {
  readonly #parser = new SaxesParser();
  readonly #path: Growing[] = [];
  #length = 0;

  constructor(onElement: (element: Element) => void, onEnd: () => void) {
    this.#parser.on('opentag', ({ name, attributes }) => {
      this.#path.push({
        name,
        attributes,
        children: [],
        text: '',
      });
    });
    this.#parser.on('text', (text) => {
      const inner = this.#path.at(-1);
      if (inner !== undefined && this.#path.length > 1) inner.text += text;
    });
    this.#parser.on('closetag', () => {
      const done = this.#path.pop();
      if (this.#path.length === 0) return onEnd();
      if (done === undefined) return;
      if (this.#path.length > 1) this.#path.at(-1)?.children.push(done);
      else {
        this.#length = 0;
        onElement(done);
      }
    });
    this.#parser.on('doctype', () => {
      throw new Error('the server sends what XMPP forbids');
    });
    this.#parser.on('error', (error) => {
      throw error;
    });
  }

  /** Takes the next piece. Throws when it is no XML, or too much of it. */
  take(text: string): void {
    this.#length += text.length;
    if (this.#length > elementMaxLength)
      throw new Error('the server sends an element without an end');
    this.#parser.write(text);
  }
}

/** The first child of that name. */
export function childOf(element: Element, name: string): Element | undefined {
  return element.children.find((child) => child.name === name);
}

/** A text, so that it can stand between tags and in attributes. Letters that XML has no room for are dropped. */
export function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}
