// `check` as SARIF 2.1.0, which code scanning of GitHub, GitLab and Azure reads.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { type Annotation, annotationsOf, type Checked } from './checked.ts';

/** GitHub takes no more results of one upload. */
const resultsMax = 5_000;

/** The log, with fingerprints that stay the same while a finding moves through the file. */
export function asSarif(checked: readonly Checked[], version: string): string {
  const annotations = annotationsOf(checked).slice(0, resultsMax);
  const rules = [...new Set(annotations.map((annotation) => annotation.rule))].map((id) => ({
    id,
  }));
  const driver = {
    name: 'backout',
    version,
    rules,
  };
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, columnKind: 'utf16CodeUnits', results: annotations.map(resultOf) }],
  };
  return JSON.stringify(log, null, 2);
}

function resultOf({ level, rule, file, line, column, length, message, mend }: Annotation): object {
  const region = { startLine: line, startColumn: column, endColumn: column + length };
  return {
    ruleId: rule,
    level: level === 'notice' ? 'note' : level,
    message: { text: mend === undefined ? message : `${message} Mend: ${mend}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(file.replaceAll('\\', '/')) },
          region,
        },
      },
    ],
    partialFingerprints: {
      'backout/v1': bytesToHex(sha256(utf8ToBytes(`${rule}\n${file}\n${message}`))).slice(0, 32),
    },
  };
}
