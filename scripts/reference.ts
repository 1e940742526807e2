// Writes docs/reference from what the program itself knows: `npx node scripts/reference.ts`. A test fails when a page is stale.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codesPage } from './reference/codes.ts';
import { commandsPage } from './reference/commands.ts';
import { connectorsPage } from './reference/connectors.ts';
import { eventsPage } from './reference/events.ts';
import { root } from './tool.ts';

/** A page of the reference: its path in the project, and its whole text. */
export interface ReferencePage {
  readonly path: string;
  readonly text: string;
}

/** Every page, as it must be now. */
export async function referencePages(): Promise<readonly ReferencePage[]> {
  return [
    { path: 'docs/reference/commands.md', text: head('Commands') + (await commandsPage()) },
    { path: 'docs/reference/connectors.md', text: head('Connectors') + (await connectorsPage()) },
    { path: 'docs/reference/events.md', text: head('Events of the journal') + eventsPage() },
    { path: 'docs/reference/codes.md', text: head('Codes') + codesPage() },
  ];
}

function head(title: string): string {
  return `<!-- Written by scripts/reference.ts from the source; do not edit. -->\n# ${title}\n\n`;
}

if (import.meta.main) {
  mkdirSync(join(root, 'docs/reference'), { recursive: true });
  for (const { path, text } of await referencePages()) {
    writeFileSync(join(root, path), text);
    console.log(`Wrote ${path}`);
  }
}
