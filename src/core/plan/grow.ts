// From the text of a stranger to a tree: YAML is read here, and whatever is hostile in it ends here.
import { Composer, Lexer, Parser, isAlias, isMap, isPair, isScalar, isSeq } from 'yaml';
import type { Document, Node as YamlNode, Pair, ParsedNode } from 'yaml';
import { problemAt } from './problem.ts';
import type { Problem, SourceFile, Span } from './problem.ts';
import type { MapEntry, Tree } from './tree.ts';

/** How many characters a file may have: twice what 5,000 full lines need. */
const textMax = 1024 * 1024;
/** How many words and marks the lexer may find: it bounds the time that any text takes. */
const lexemesMax = 250_000;
/** After so many complaints about one file nobody reads on. */
const problemsMax = 50;
/** How deeply maps and lists may be nested. */
const depthMax = 60;
/** How many values a plan may have after its aliases are written out. */
const valuesMax = 250_000;

/** Keys that mean something to JavaScript objects; no plan needs them. */
const forbiddenKeys = new Set(['__proto__', 'prototype', 'constructor', '<<']);

/** What became of a file: a tree, or what is wrong with it. */
export type Grown =
  | { readonly type: 'tree'; readonly tree: Tree }
  | { readonly type: 'problems'; readonly problems: readonly Problem[] };

/** Reads YAML into a tree. Never throws, never hangs, whatever the text is. */
export function growTree(source: SourceFile): Grown {
  const refused = refuseAtOnce(source);
  if (refused) return { type: 'problems', problems: [refused] };
  try {
    const documents = readYaml(source.text);
    if (documents === 'too-large')
      return { type: 'problems', problems: [tooLarge(source, 'words and marks', lexemesMax)] };
    const [document, second] = documents;
    if (!document)
      return { type: 'tree', tree: { type: 'scalar', span: whole(source), value: null } };
    const complaints = [...document.errors, ...document.warnings]
      .slice(0, problemsMax)
      .map((complaint) => notYaml(source, complaint));
    if (second) complaints.push(severalPlans(source, second.range[0]));
    if (complaints.length > 0) return { type: 'problems', problems: complaints };
    return new Grower(source).grow(document.contents);
  } catch (error) {
    // The YAML library recurses: a text of a hundred thousand brackets ends its stack.
    if (error instanceof RangeError)
      return { type: 'problems', problems: [tooDeep(whole(source))] };
    throw error;
  }
}

function refuseAtOnce(source: SourceFile): Problem | undefined {
  const { text } = source;
  if (text.length > textMax) {
    return tooLarge(source, 'characters', textMax);
  }
  // oxlint-disable-next-line no-control-regex
  const strange = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/.exec(text);
  if (strange) {
    const code = text.charCodeAt(strange.index).toString(16).padStart(4, '0').toUpperCase();
    return problemAt(
      { source, from: strange.index, to: strange.index + 1 },
      'BK-0408',
      `The file contains the character U+${code}, which no text file has.`,
      {
        mend: 'Save it as plain UTF-8 text, or take the character out.',
      },
    );
  }
  if (nestsTooDeeply(text)) return tooDeep(whole(source));
  return undefined;
}

/** Lexer, parser and composer of the YAML library in one pass that can be broken off. */
function readYaml(text: string): readonly Document.Parsed[] | 'too-large' {
  const parser = new Parser();
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    // The library compares each key with each other; our own check is linear.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const documents: Document.Parsed[] = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++lexemes > lexemesMax) return 'too-large';
    for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
    if (documents.length > 1) return documents;
  }
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end());
  return documents;
}

function tooLarge(source: SourceFile, unit: string, most: number): Problem {
  return problemAt(
    start(source),
    'BK-0403',
    `The file has more than ${most.toLocaleString('en-US')} ${unit}.`,
    {
      why: 'A plan is read by people; a longer one was made by a machine, or is not a plan.',
      mend: 'Give the file that holds the plan, and keep data out of it.',
    },
  );
}

function severalPlans(source: SourceFile, from: number): Problem {
  return problemAt(
    { source, from, to: from + 1 },
    'BK-0401',
    'The file holds more than one YAML document.',
    {
      mend: 'Keep one plan in one file, without a line of ---; use include: for parts.',
    },
  );
}

/** A quick look that stops texts of endless brackets and dashes before the YAML library recurses into them. */
function nestsTooDeeply(text: string): boolean {
  if (/(?:[-?:][ \t]+){200}/.test(text)) return true;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const letter = text.charCodeAt(at);
    if (letter === 91 || letter === 123) depth++;
    else if (letter === 93 || letter === 125) depth = Math.max(0, depth - 1);
    if (depth > 500) return true;
  }
  return false;
}

function tooDeep(span: Span): Problem {
  return problemAt(span, 'BK-0404', `The plan is nested more than ${depthMax} levels deep.`, {
    mend: 'Take a few levels out; no part of the language needs more than 20.',
  });
}

function notYaml(
  source: SourceFile,
  complaint: {
    readonly code: string;
    readonly message: string;
    readonly pos: readonly [number, number];
  },
): Problem {
  const mend: { readonly [code: string]: string } = {
    TAB_AS_INDENT: 'Indent with spaces.',
    BAD_INDENT: 'Begin the lines of one map at the same column.',
    TAG_RESOLVE_FAILED: 'Leave tags (!…) out; the plan language has none.',
    MISSING_CHAR: 'Close the quote or bracket that was opened.',
    MULTILINE_IMPLICIT_KEY: 'Put a text with a colon into quotes.',
  };
  // What is missing at the end is shown behind the last thing that was written, not on an empty line.
  const [from, to] = complaint.pos.map((offset) => Math.min(offset, source.text.trimEnd().length));
  return problemAt(
    { source, from: from ?? 0, to: Math.max(to ?? 0, (from ?? 0) + 1) },
    'BK-0401',
    `This is not well-formed YAML: ${firstLine(complaint.message)}.`,
    {
      mend: mend[complaint.code],
    },
  );
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/[.:]$/, '').slice(0, 200);
}

class Grower {
  private readonly source: SourceFile;
  private readonly problems: Problem[] = [];
  private readonly anchors = new Map<
    string,
    { readonly tree: Tree; readonly values: number } | 'open'
  >();
  private values = 0;

  constructor(source: SourceFile) {
    this.source = source;
  }

  grow(contents: ParsedNode | null): Grown {
    const tree = this.value(contents, whole(this.source), 0);
    return this.problems.length > 0
      ? { type: 'problems', problems: this.problems }
      : { type: 'tree', tree };
  }

  private value(node: YamlNode | null, elsewhere: Span, depth: number): Tree {
    const span = this.spanOf(node, elsewhere);
    if (depth > depthMax) return this.refuse(tooDeep({ ...span, to: span.from + 1 }));
    this.values++;
    if (isAlias(node)) return this.alias(node.source, span);
    const anchor = node === null ? undefined : (node as { readonly anchor?: string }).anchor;
    const before = this.values;
    if (anchor !== undefined) this.anchors.set(anchor, 'open');
    const tree = this.plain(node, span, depth);
    if (anchor !== undefined) this.anchors.set(anchor, { tree, values: this.values - before + 1 });
    return tree;
  }

  private plain(node: YamlNode | null, span: Span, depth: number): Tree {
    if (isMap(node)) return this.map(node.items, span, depth);
    if (isSeq(node)) {
      const items = node.items.map((item) =>
        // A pair in a list (`[a: 1]`) comes as a map already; anything else here is a node.
        isPair(item)
          ? this.map([item], span, depth + 1)
          : this.value(item as YamlNode | null, span, depth + 1),
      );
      return { type: 'list', span, items };
    }
    return this.scalar(isScalar(node) ? node.value : null, span);
  }

  private map(pairs: readonly Pair<unknown, unknown>[], span: Span, depth: number): Tree {
    const entries = new Map<string, MapEntry>();
    for (const pair of pairs) {
      // The parser makes no keys but nodes or null.
      const keyNode = pair.key as YamlNode | null;
      const key = this.spanOf(keyNode, span);
      const name = this.key(keyNode, key);
      const first = entries.get(name);
      if (forbiddenKeys.has(name)) {
        this.problems.push(
          problemAt(key, 'BK-0407', `The key "${name}" is not allowed in a plan.`, {
            mend:
              name === '<<'
                ? 'Merge keys are not part of the language; write the map out, or use an alias for all of it.'
                : 'Choose another name.',
          }),
        );
      } else if (first) {
        const { line } = problemAt(first.key, 'BK-0402', '');
        this.problems.push(
          problemAt(
            key,
            'BK-0402',
            `The key "${clip(name)}" stands twice in this map; the first is on line ${line}.`,
            {
              why: 'One of the two would be lost without a word.',
              mend: 'Keep one of them, or rename it.',
            },
          ),
        );
      }
      const value = this.value(pair.value as YamlNode | null, key, depth + 1);
      if (!first) entries.set(name, { key, value });
    }
    return { type: 'map', span, entries };
  }

  private key(node: YamlNode | null, span: Span): string {
    if (isScalar(node))
      return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
    this.problems.push(
      problemAt(span, 'BK-0407', 'A key must be a plain text.', {
        mend: 'Write the key as one word.',
      }),
    );
    return '';
  }

  private alias(anchor: string, span: Span): Tree {
    const target = this.anchors.get(anchor);
    if (target === undefined) {
      return this.refuse(
        problemAt(span, 'BK-0406', `There is no anchor "&${clip(anchor)}" before this alias.`, {
          mend: `Write &${clip(anchor)} at the value that is meant.`,
        }),
      );
    }
    if (target === 'open') {
      return this.refuse(
        problemAt(span, 'BK-0406', `The alias "*${clip(anchor)}" contains itself.`, {
          mend: 'Write the value out once more.',
        }),
      );
    }
    this.values += target.values;
    if (this.values <= valuesMax) return target.tree;
    return this.refuse(
      problemAt(
        span,
        'BK-0405',
        `With its aliases written out the plan has more than ${valuesMax.toLocaleString('en-US')} values.`,
        {
          why: 'Aliases of aliases grow without bound.',
          mend: 'Use fewer aliases.',
        },
      ),
    );
  }

  private scalar(value: unknown, span: Span): Tree {
    if (typeof value === 'string' || typeof value === 'boolean' || value === null)
      return { type: 'scalar', span, value };
    if (
      typeof value === 'number' &&
      Number.isFinite(value) &&
      (!Number.isInteger(value) || Number.isSafeInteger(value))
    ) {
      // -0 and 0 are one number in JSON.
      return { type: 'scalar', span, value: value === 0 ? 0 : value };
    }
    return this.refuse(
      problemAt(span, 'BK-0409', 'This number is too large to be exact, or no number at all.', {
        mend: 'Write a number between -9007199254740991 and 9007199254740991, or put it in quotes if it is a text.',
      }),
    );
  }

  private refuse(problem: Problem): Tree {
    const seen =
      this.problems.length >= problemsMax ||
      this.problems.some((other) => other.code === 'BK-0405' && problem.code === 'BK-0405');
    if (!seen) this.problems.push(problem);
    return { type: 'scalar', span: whole(this.source), value: null };
  }

  private spanOf(node: YamlNode | null, elsewhere: Span): Span {
    const range = node?.range;
    return range
      ? { source: this.source, from: range[0], to: Math.max(range[1], range[0] + 1) }
      : elsewhere;
  }
}

/** The whole of a file. */
function whole(source: SourceFile): Span {
  return { source, from: 0, to: source.text.length };
}

function start(source: SourceFile): Span {
  return { source, from: 0, to: 1 };
}

function clip(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}
